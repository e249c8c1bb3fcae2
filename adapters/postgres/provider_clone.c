/*
 * clone: PostgreSQL's steps. A base backup, replayed to its end and promoted; its slot on the
 * source is temporary and goes with its connection.
 */
#include "adapters/provider_clone.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "adapters/postgres/carry.h"
#include "adapters/postgres/clone_check.h"
#include "adapters/postgres/control.h"
#include "adapters/postgres/postgres.h"
#include "adapters/postgres/private.h"
#include "adapters/postgres/source.h"
#include "adapters/postgres/surroundings.h"
#include "harness/base/cleanup.h"
#include "harness/base/fs.h"
#include "harness/base/mem.h"
#include "harness/base/units.h"

#define START_TIMEOUT_US 600000000 /* replay of what was written during a long copy */

struct pg_clone {
	struct pg_private p;
	struct pg_source source;
};

static struct pg_clone *mine(struct private_replica *base)
{
	return (struct pg_clone *)base;
}

static struct private_replica *make(
	const struct provider_config *config, const struct provider_env *env)
{
	struct pg_clone *r = mem_zalloc(sizeof(*r));

	private_replica_init(&r->p.base, "clone", config, env);
	return &r->p.base;
}

static int look(struct private_replica *base, struct err *ret_refusal, struct err *err)
{
	struct pg_clone *r = mine(base);

	if (pg_source_read(base->config->source, base->config->database, &r->source, NULL, err))
		return -1;
	base->database = r->source.database;
	base->info.source = mem_strdup(r->source.redacted);
	pg_clone_check(&r->p, &r->source, ret_refusal);
	return 0;
}

static void release_source(struct private_replica *base)
{
	pg_source_release(&mine(base)->source);
}

static uint64_t source_bytes(const struct private_replica *base)
{
	return ((const struct pg_clone *)base)->source.bytes;
}

static void plan_steps(const struct private_replica *base, struct str *out, unsigned *n)
{
	const struct pg_source *s = &((const struct pg_clone *)base)->source;
	char need[UNITS_TEXT];

	str_addf(out,
		"%u. copy PostgreSQL %s (%s) by a base backup, about %s of disk with room to "
		"work\n",
		(*n)++, s->version_text, s->redacted,
		units_size_text(pg_clone_needs_bytes(s), need));
	if (s->n_tablespaces)
		str_addf(out, "%u. put its %zu tablespaces into the run's directory\n", (*n)++,
			s->n_tablespaces);
	str_addf(out,
		"%u. start the copy privately, on a Unix socket only, with archive, replication, "
		"subscriptions and scheduled jobs off\n",
		(*n)++);
	str_addf(out, "%u. replay to the end of the backup, promote it, prove that it is alone\n",
		(*n)++);
}

/* "OLD=NEW" with the equals signs of a path escaped. */
static char *mapping(const struct pg_tablespace *t, const char *dir, size_t number)
{
	CLEANUP(cleanup_str) struct str out = {0};

	for (const char *c = t->location; *c; c++) {
		if (*c == '=')
			str_add_char(&out, '\\');
		str_add_char(&out, *c);
	}
	str_addf(&out, "=%s/tablespace-%zu", dir, number);
	return str_take(&out);
}

/*
 * As this process's own user, so that its password file, certificates and socket rights count as
 * they did for the check. The password travels in the environment.
 */
static int copy_data(struct pg_clone *r, struct err *err)
{
	const struct pg_server *s = &r->p.replica;
	CLEANUP(cleanup_free) char *program = fs_join(r->p.programs.dir, "pg_basebackup");
	const char *const fixed[] = {program, "-d", r->source.redacted, "-D", s->data_dir, "-X",
		"stream", "--checkpoint=fast", "--no-sync"};
	const char **argv = NULL;
	char **env = pg_source_environment(&r->source), **mappings = NULL;
	size_t n = 0, cap = 0, n_mappings = 0, cap_mappings = 0;
	int result;

	for (size_t i = 0; i < sizeof(fixed) / sizeof(fixed[0]); i++)
		*MEM_PUSH(argv, n, cap) = fixed[i];
	if (r->source.free_slots < 1)
		*MEM_PUSH(argv, n, cap) = "--no-slot";
	for (size_t i = 0; i < r->source.n_tablespaces; i++) {
		char *one = mapping(&r->source.tablespaces[i], s->dir, i + 1);

		*MEM_PUSH(mappings, n_mappings, cap_mappings) = one;
		*MEM_PUSH(argv, n, cap) = "-T";
		*MEM_PUSH(argv, n, cap) = one;
	}
	(void)MEM_PUSH(argv, n, cap);
	result = proc_run(
		&(struct proc_spec){.argv = argv, .env = (const char *const *)env}, NULL, err);
	free(argv);
	mem_free_strings(mappings, n_mappings);
	pg_environment_free(env);
	if (!result && geteuid() == 0)
		result = fs_chown_tree(s->dir, s->user.uid, s->user.gid, err);
	return result ? err_prefix(err, "cannot copy the source") : 0;
}

/* Names of the settings in the copied postgresql.auto.conf: "a, b"; caller frees. */
static char *auto_names(const char *text)
{
	CLEANUP(cleanup_str) struct str out = {0};

	for (const char *line = text; *line;
		line = *strchrnul(line, '\n') ? strchrnul(line, '\n') + 1 : "") {
		size_t len = strcspn(line, " =\n");

		if (!len || *line == '#')
			continue;
		str_add(&out, out.len ? ", " : "");
		str_add_n(&out, line, len);
	}
	return str_take(&out);
}

static int write_file(const struct pg_server *s, const char *name, struct err *err)
{
	CLEANUP(cleanup_free) char *path = fs_join(s->data_dir, name);

	if (fs_write(path, "", 0, 0600, err))
		return -1;
	if (geteuid() == 0 && chown(path, s->user.uid, s->user.gid))
		return err_set(err, ERR_FAILED, "cannot give away '%s'", path);
	return 0;
}

/* Takes out of the copy what tells it where it came from and what it followed. */
static int cut_off(struct pg_clone *r, struct err *err)
{
	static const char *const gone[] = {"recovery.signal", "recovery.conf", "current_logfiles"};
	const struct pg_server *s = &r->p.replica;
	CLEANUP(cleanup_free) char *path = fs_join(s->data_dir, "postgresql.auto.conf");
	CLEANUP(cleanup_free) char *text = NULL;
	CLEANUP(cleanup_free) char *names = NULL;

	if (fs_is_file(path)) {
		if (fs_read(path, 0, &text, NULL, err))
			return -1;
		names = auto_names(text);
		if (*names)
			replica_note(&r->p.info, "auto-conf-emptied", false,
				"the copy's postgresql.auto.conf was emptied; it set: %s", names);
	}
	for (size_t i = 0; i < sizeof(gone) / sizeof(gone[0]); i++) {
		CLEANUP(cleanup_free) char *file = fs_join(s->data_dir, gone[i]);

		if (fs_remove_tree(file, err))
			return -1;
	}
	return write_file(s, "postgresql.auto.conf", err) || write_file(s, "standby.signal", err)
		? -1
		: 0;
}

static int choose_settings(struct private_replica *base, struct err *err)
{
	struct pg_private *p = &mine(base)->p;
	const struct provider_config *config = p->config;

	pg_settings_standard(&p->settings, &p->programs);
	if (pg_carry(config->source, config->database, &p->programs, &p->settings, &p->info, err))
		return -1;
	pg_settings_add_all(&p->settings, config->settings, config->n_settings);
	pg_settings_isolate(&p->settings, &p->programs);
	pg_settings_set(&p->settings, "primary_conninfo", "");
	pg_settings_set(&p->settings, "hot_standby", "on");
	return pg_carry_floors(config->source, config->database, &p->settings, err);
}

static int open_server(struct private_replica *base, const char *dir, struct err *err)
{
	struct pg_clone *r = mine(base);

	if (pg_server_open(&r->p.replica, &r->p.programs, dir, base->env->journal, err))
		return -1;
	r->p.replica.admin = r->source.admin;
	return 0;
}

static int copy(struct private_replica *base, struct err *err)
{
	struct pg_clone *r = mine(base);

	return copy_data(r, err) || cut_off(r, err) ? -1 : 0;
}

/* It answers once the backup's end is replayed. */
static int start(struct private_replica *base, struct err *err)
{
	struct pg_private *p = &mine(base)->p;

	if (pg_server_configure(&p->replica, p->settings.items, p->settings.n, err))
		return -1;
	return pg_server_start(&p->replica, START_TIMEOUT_US, err);
}

static int note_surroundings(struct private_replica *base, struct err *err)
{
	CLEANUP(cleanup_free)
	char *dsn = pg_server_dsn(&mine(base)->p.replica, base->database);
	CLEANUP(pg_control_close) struct db_conn *conn = NULL;

	if (pg_control_open(dsn, NULL, &conn, err))
		return -1;
	return pg_surroundings_note(conn, &base->info, err);
}

static int promote(struct private_replica *base, struct err *err)
{
	private_replica_tell(base, "promoting the replica");
	if (pg_private_promote(&mine(base)->p, err))
		return -1;
	replica_note(&base->info, "promoted", false,
		"a base backup of the source was replayed to its end and promoted; nothing is left "
		"on the source");
	return 0;
}

/* Text sorts by the machine's C library: an index copied from another one may be out of order. */
static int note_collations(struct private_replica *base, struct err *err)
{
	struct pg_clone *r = mine(base);
	CLEANUP(cleanup_free) char *dsn = pg_server_dsn(&r->p.replica, r->p.database);
	CLEANUP(pg_control_close) struct db_conn *conn = NULL;
	bool differs = false;

	if (r->source.version < 150000)
		return 0;
	if (pg_control_open(dsn, NULL, &conn, err) ||
		pg_control_true(conn,
			"SELECT datcollversion IS DISTINCT FROM "
			"pg_database_collation_actual_version(oid) "
			"FROM pg_database WHERE datname = current_database()",
			&differs, err))
		return -1;
	if (differs)
		replica_note(&r->p.info, "collation-differs", true,
			"this machine's collations have another version than the source's: indexes "
			"on "
			"text may be out of order here; rehearse on a machine with the same C "
			"library");
	return 0;
}

static const struct clone_engine engine = {
	.private = &pg_private_engine,
	.make = make,
	.look = look,
	.release_source = release_source,
	.source_bytes = source_bytes,
	.plan = plan_steps,
	.choose_settings = choose_settings,
	.open_server = open_server,
	.copy = copy,
	.start = start,
	.quarantined =
		"the clone was started by the harness, on a Unix socket only, with archiving, "
		"subscriptions and synchronous replication off from its start",
	.note_surroundings = note_surroundings,
	.promote = promote,
	.note_proven = note_collations,
};

static int plan(const struct provider_config *config, const struct provider_env *env,
	struct str *out, struct err *err)
{
	return clone_plan(&engine, config, env, out, err);
}

static int open_clone(const struct provider_config *config, const struct provider_env *env,
	struct replica **ret, struct err *err)
{
	return clone_open(&engine, config, env, ret, err);
}

const struct provider postgres_clone = {CLONE_STEPS,
	.summary = "a base backup of the source, started privately and promoted", .plan = plan,
	.open = open_clone};
