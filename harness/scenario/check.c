/* What no key tells by itself. */
#include <ctype.h>
#include <string.h>

#include "adapters/engine.h"
#include "harness/base/cleanup.h"
#include "harness/base/fs.h"
#include "harness/base/mem.h"
#include "harness/scenario/resolve.h"

int scenario_check_engine(const struct scenario *s, const struct origin *o, struct err *err)
{
	if (engine_find(s->engine))
		return 0;
	err_set(err, ERR_UNSUPPORTED, "engine '%s' is not supported", s->engine);
	return origin_prefix(o, err, "engine");
}

struct provider_rule {
	const char *provider, *key;
	size_t offset; /* of the text in struct scenario_replica */
	bool needed;   /* else it must not be given */
	const char *text;
};

#define IN_REPLICA(member) offsetof(struct scenario_replica, member)

static const struct provider_rule provider_rules[] = {
	{"clone", "replica.source", IN_REPLICA(source), true,
		"provider 'clone' needs the DSN of the server to copy"},
	{"clone", "replica.standby", IN_REPLICA(standby), false,
		"provider 'clone' copies `source`; it takes no standby"},
	{"clone", "replica.fixture", IN_REPLICA(fixture), false,
		"provider 'clone' has the source's data; it takes no fixture"},
	{"promote", "replica.source", IN_REPLICA(source), true,
		"provider 'promote' needs the DSN of the standby's primary, to tell them apart"},
	{"promote", "replica.standby", IN_REPLICA(standby), true,
		"provider 'promote' needs the DSN of the standby to promote"},
	{"promote", "replica.fixture", IN_REPLICA(fixture), false,
		"provider 'promote' has the standby's data; it takes no fixture"},
	{"embedded", "replica.source", IN_REPLICA(source), false,
		"provider 'embedded' takes no source; say `provider: clone` to copy it"},
	{"embedded", "replica.standby", IN_REPLICA(standby), false,
		"provider 'embedded' takes no standby; say `provider: promote` to use it"},
};

static int check_provider(const struct scenario *s, const struct origin *o, struct err *err)
{
	const struct scenario_replica *r = &s->replica;

	for (size_t i = 0; i < sizeof(provider_rules) / sizeof(provider_rules[0]); i++) {
		const struct provider_rule *rule = &provider_rules[i];
		const char *value = *(char *const *)((const char *)r + rule->offset);

		if (!strcmp(rule->provider, r->provider) && (value && *value) != rule->needed)
			return origin_fail(o, err, rule->key, "%s", rule->text);
	}
	if (!strcmp(r->provider, "promote") && r->n_settings)
		return origin_fail(o, err, "replica.settings",
			"provider 'promote' does not start the server, so it cannot set anything");
	if (r->give_back && strcmp(r->provider, "promote") != 0)
		return origin_fail(o, err, "replica.return",
			"only provider 'promote' has a standby to give back");
	if (r->give_back && (!r->stop || !*r->stop || !r->start || !*r->start))
		return origin_fail(o, err, "replica.return",
			"needs replica.stop and replica.start, the commands for the standby's "
			"server");
	if (r->bin_dir && !fs_is_dir(r->bin_dir))
		return origin_fail(
			o, err, "replica.bin_dir", "no such directory: '%s'", r->bin_dir);
	return 0;
}

/* Reads the files once before anything is touched, so that what is wrong is told with its key. */
static int check_formats(
	const struct scenario_migration *m, const struct origin *o, struct err *err)
{
	struct format_options options = scenario_format_options(m);
	struct format_set set = {0};
	const char *wrong = NULL;

	options.from = options.to = NULL;
	if (formats_read((const char *const *)m->files, m->n_files, &options, &set, err))
		wrong = "migration.files";
	else if (m->from && formats_from(&set, m->from, err))
		wrong = "migration.from";
	else if (m->to && formats_to(&set, m->to, err))
		wrong = "migration.to";
	format_set_release(&set);
	return wrong ? origin_prefix(o, err, wrong) : 0;
}

static int fail_command(const struct origin *o, struct err *err, const char *text)
{
	err_set(err, ERR_UNSUPPORTED, "%s", text);
	return origin_prefix(o, err, "migration.command");
}

static int check_command(const struct scenario *s, const struct origin *o, struct err *err)
{
	const struct scenario_migration *m = &s->migration;

	if (m->n_files || m->format || m->from || m->to || m->n_placeholders)
		return origin_fail(o, err, "migration.command",
			"a command takes no files, versions or placeholders beside it");
	if (!*m->command)
		return origin_fail(o, err, "migration.command", "is empty");
	if (!engine_find(s->engine)->observer->foreign_open)
		return fail_command(o, err, "a command is not supported on this engine");
	if (!strcmp(s->replica.provider, "promote") &&
		!engine_find(s->engine)->observer->foreign_check)
		return fail_command(o, err,
			"a command is not supported with provider 'promote' on this engine: it "
			"needs a login of its own that the replica lets in");
	if (m->working_dir && !fs_is_dir(m->working_dir))
		return origin_fail(
			o, err, "migration.working_dir", "no such directory: '%s'", m->working_dir);
	return 0;
}

static int check_migration(const struct scenario *s, const struct origin *o, struct err *err)
{
	const struct scenario_migration *m = &s->migration;

	if (m->command)
		return check_command(s, o, err);
	if (!m->n_files)
		return origin_fail(o, err, "migration.files",
			"no migration is given: name a file or a directory");
	for (size_t i = 0; i < m->n_files; i++) {
		CLEANUP(cleanup_free) char *key = mem_printf("migration.files.%zu", i);

		if (!fs_is_file(m->files[i]) && !fs_is_dir(m->files[i]))
			return origin_fail(o, err, key, "no such file: '%s'", m->files[i]);
	}
	if (m->backoff_us > m->backoff_max_us)
		return origin_fail(o, err, "migration.backoff", "is longer than backoff_max");
	return check_formats(m, o, err);
}

/* It is sent inside a comment, and stands in reports and on command lines. */
static bool script_name_fits(const char *name)
{
	const char *p = name;

	while (isalnum((unsigned char)*p) || (*p && strchr("_.-", *p)))
		p++;
	return *name && !*p && p - name <= 63;
}

static int check_script(const struct scenario *s, size_t i, const struct origin *o, struct err *err)
{
	const struct scenario_script *script = &s->workload.scripts[i];
	CLEANUP(cleanup_free) char *name_key = mem_printf("workload.scripts.%zu.name", i);
	CLEANUP(cleanup_free) char *file_key = mem_printf("workload.scripts.%zu.file", i);
	CLEANUP(cleanup_free) char *weight_key = mem_printf("workload.scripts.%zu.weight", i);

	if (!script->file)
		return origin_fail(o, err, file_key, "is missing: each script needs its file");
	if (!fs_is_file(script->file))
		return origin_fail(o, err, file_key, "no such file: '%s'", script->file);
	if (!script_name_fits(script->name))
		return origin_fail(o, err, name_key,
			"'%s' cannot be a name: up to 63 letters, digits and '_.-'", script->name);
	if (!script->weight)
		return origin_fail(o, err, weight_key, "must be greater than 0");
	for (size_t k = 0; k < i; k++) {
		if (!strcmp(s->workload.scripts[k].name, script->name))
			return origin_fail(o, err, name_key,
				"'%s' is the name of two scripts; give one another name",
				script->name);
	}
	return 0;
}

static int check_workload(const struct scenario *s, const struct origin *o, struct err *err)
{
	for (size_t i = 0; i < s->workload.n_scripts; i++) {
		if (check_script(s, i, o, err))
			return -1;
	}
	if (s->workload.mode == WORKLOAD_OPEN && !(s->workload.rate > 0))
		return origin_fail(o, err, "workload.rate", "must be greater than 0");
	if (!s->workload.connections)
		return origin_fail(o, err, "workload.connections", "must be greater than 0");
	return 0;
}

/* A text that one kind needs and that means nothing to the others. */
static int check_kind_text(const struct scenario_disturbance *d, enum disturbance_kind kind,
	const char *text, const char *key, const struct origin *o, struct err *err)
{
	bool given = text && *text;

	if (d->kind == kind && !given)
		return origin_fail(
			o, err, key, "is missing: '%s' needs it", disturbance_kind_name(d->kind));
	if (d->kind != kind && given)
		return origin_fail(o, err, key, "'%s' does not use it; it is for '%s'",
			disturbance_kind_name(d->kind), disturbance_kind_name(kind));
	return 0;
}

static int check_disturbance(
	const struct scenario *s, size_t i, const struct origin *o, struct err *err)
{
	const struct scenario_disturbance *d = &s->disturbances[i];
	CLEANUP(cleanup_free) char *kind_key = mem_printf("disturbances.%zu.kind", i);
	CLEANUP(cleanup_free) char *table_key = mem_printf("disturbances.%zu.table", i);
	CLEANUP(cleanup_free) char *sql_key = mem_printf("disturbances.%zu.sql", i);
	CLEANUP(cleanup_free) char *duration_key = mem_printf("disturbances.%zu.duration", i);

	if (d->kind > DISTURB_SECOND_MIGRATOR)
		return origin_fail(o, err, kind_key, "is missing (say long_snapshot)");
	if (check_kind_text(d, DISTURB_IDLE_IN_TRANSACTION, d->table, table_key, o, err) ||
		check_kind_text(d, DISTURB_SECOND_MIGRATOR, d->sql, sql_key, o, err))
		return -1;
	if (!d->duration_us)
		return origin_fail(o, err, duration_key, "is missing (say 30s)");
	return 0;
}

int scenario_check_at(const struct scenario *s, const struct origin *o, struct err *err)
{
	if (scenario_check_engine(s, o, err) || check_provider(s, o, err) ||
		check_migration(s, o, err) || check_workload(s, o, err))
		return -1;
	for (size_t i = 0; i < s->n_disturbances; i++) {
		if (check_disturbance(s, i, o, err))
			return -1;
	}
	if (s->n_expect_findings && !s->expect_given)
		return origin_fail(o, err, "expect.verdict", "is missing: findings are expected");
	return 0;
}

int scenario_check(const struct scenario *s, struct err *err)
{
	return scenario_check_at(s, &(struct origin){.file = s->file}, err);
}
