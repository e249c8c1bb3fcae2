#include "harness/apply/apply.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/base/cleanup.h"
#include "harness/base/mem.h"
#include "harness/base/units.h"
#include "harness/command/command.h"
#include "harness/command/options.h"
#include "harness/command/progress.h"

const char command_apply_help[] =
	"usage: rehearse apply --target DSN --result result.json [SCENARIO | FILE...] [options]\n"
	"       rehearse apply --target DSN --without-rehearsal REASON SCENARIO | FILE...\n"
	"\n"
	"Applies a migration in production with the rehearsal's own runner: time-outs, retries,\n"
	"each statement in schema_migrations_audit. Without SCENARIO or FILEs: those that the\n"
	"result names. Of a scenario only its engine and migration count.\n"
	"\n"
	"  --target DSN      the server to migrate, or env:NAME\n"
	"  --result FILE     an approval of exactly these files on this version of the server\n"
	"  --without-rehearsal REASON\n"
	"                    instead of it; the reason goes to the audit table\n"
	"  --dry-run         say what would be run, and change nothing at all\n"
	"  --in-doubt WORD   what to think of a statement that was running when an earlier apply\n"
	"                    was killed: done, or again (after you have looked)\n"
	"  --set KEY=VALUE   say engine=mysql or migration.lock_timeout=5s\n"
	"\n"
	"What an earlier apply has done is not run again, and an INVALID index that it left is\n"
	"dropped before it is built anew.\n"
	"\n"
	"Exit codes: 0 applied, 1 a statement failed, 2 usage, 3 refused or not carried out.\n";

static bool is_format(const char *word)
{
	size_t i = 0;

	while (format_words[i] && strcmp(format_words[i], word) != 0)
		i++;
	return format_words[i];
}

/* Those of the rehearsal: its files and the transactions they ran in. */
static int from_result(const struct options *o, struct scenario *ret, struct err *err)
{
	struct scenario_override overrides[2];
	struct result r;
	int failed;

	result_init(&r);
	if (result_load(o->result, &r, err)) {
		result_release(&r);
		return -1;
	}
	overrides[0] = (struct scenario_override){"engine", r.rehearsal.engine};
	overrides[1] = (struct scenario_override){is_format(r.rehearsal.transaction_mode)
			? "migration.format"
			: "migration.transaction",
		r.rehearsal.transaction_mode};
	failed = scenario_defaults(overrides, 2, ret, err);
	for (size_t i = 0; i < r.n_files && !failed; i++) {
		failed = scenario_add_migration(ret, r.files[i].path, err);
		if (failed)
			scenario_release(ret);
	}
	result_release(&r);
	return failed;
}

static int from_files(const struct options *o, struct scenario *ret, struct err *err)
{
	if (scenario_defaults(o->overrides, o->n_overrides, ret, err))
		return -1;
	for (size_t i = 0; i < o->n_files; i++)
		if (scenario_add_migration(ret, o->files[i], err)) {
			scenario_release(ret);
			return -1;
		}
	return 0;
}

static int find_migration(const struct options *o, struct scenario *ret, struct err *err)
{
	if (o->scenario)
		return scenario_load(o->scenario, o->small, o->overrides, o->n_overrides, ret, err);
	if (o->n_files)
		return from_files(o, ret, err);
	if (o->result && !o->n_overrides)
		return from_result(o, ret, err);
	return err_set(err, ERR_USAGE,
		"name the migration: a scenario or files (see 'rehearse help apply')");
}

static int check_words(const struct options *o, struct apply_config *c, struct err *err)
{
	if (!o->target)
		return err_set(err, ERR_USAGE, "--target: which server is to be migrated?");
	if (!o->result == !o->unrehearsed)
		return err_set(err, ERR_USAGE,
			"give --result FILE of an approved rehearsal, or --without-rehearsal "
			"REASON");
	if (o->unrehearsed && !*o->unrehearsed)
		return err_set(err, ERR_USAGE, "--without-rehearsal: a reason is required");
	if (!o->in_doubt)
		return 0;
	c->doubt = !strcmp(o->in_doubt, "done") ? APPLY_DOUBT_DONE : APPLY_DOUBT_AGAIN;
	if (c->doubt == APPLY_DOUBT_AGAIN && strcmp(o->in_doubt, "again"))
		return err_set(err, ERR_USAGE, "--in-doubt '%s': say done or again", o->in_doubt);
	return 0;
}

static int target_dsn(const struct options *o, struct apply_config *c, struct err *err)
{
	if (strncmp(o->target, "env:", 4)) {
		c->dsn = o->target;
		return 0;
	}
	c->dsn = getenv(o->target + 4);
	if (!c->dsn || !*c->dsn)
		return err_set(err, ERR_USAGE, "--target: the environment variable '%s' is not set",
			o->target + 4);
	return 0;
}

static void show_started(void *ctx, const struct result *r, size_t i)
{
	const struct result_statement *s = &r->statements[i];

	if (!*(const bool *)ctx)
		fprintf(stderr, "%u of %zu: %s (%s:%u)%s\n", s->index, r->n_statements,
			*s->kind ? s->kind : s->text, s->file, s->line,
			s->attempts > 1 ? ", again" : "");
}

static void print_statement(const struct result_statement *s)
{
	char took[UNITS_TEXT], waited[UNITS_TEXT];

	printf("%4u  %-14s %s:%u  %s", s->index, s->outcome, s->file, s->line,
		*s->kind ? s->kind : s->text);
	if (s->attempts)
		printf("  %s", units_duration_text(s->duration_us, took));
	if (s->waited_us)
		printf(", waited %s for locks", units_duration_text(s->waited_us, waited));
	if (s->attempts > 1)
		printf(", %u attempts", s->attempts);
	printf("\n");
	if (*s->error)
		printf("      %s%s%s\n", s->code, *s->code ? " " : "", s->error);
	if (*s->note)
		printf("      %s\n", s->note);
}

/* The tool does not know yet what was done in its place. */
static void print_tool(const struct scenario_migration *m)
{
	const struct format_options options = scenario_format_options(m);
	struct format_set set = {0};
	struct err ignored = {0};

	if (formats_read((const char *const *)m->files, m->n_files, &options, &set, &ignored))
		return;
	if (format_table_of(set.format))
		printf("%s is not changed: before %s runs again, mark these versions there as "
		       "applied\n",
			format_table_of(set.format), format_name(set.format));
	format_set_release(&set);
}

static int print_outcome(const struct result *r)
{
	size_t ok = 0, before = 0;

	for (size_t i = 0; i < r->n_statements; i++) {
		ok += !strcmp(r->statements[i].outcome, "ok");
		before += !strcmp(r->statements[i].outcome, "applied-before");
		print_statement(&r->statements[i]);
	}
	if (ok + before == r->n_statements) {
		printf("\napplied: %zu statement%s%s\n", ok, ok == 1 ? "" : "s",
			before ? ", the rest was applied before" : "");
		return EXIT_APPROVE;
	}
	printf("\nNOT APPLIED: %zu of %zu statements are done; the same command goes on from "
	       "there\n",
		ok + before, r->n_statements);
	return EXIT_REJECT;
}

static int apply(const struct options *o, const struct apply_config *c, struct err *err)
{
	struct apply_watch watch = {(void *)&o->quiet, show_started};
	CLEANUP(cleanup_str) struct str plan = {0};
	struct result r;
	int code = -1;

	if (o->dry_run) {
		if (apply_plan(c, &plan, err))
			return -1;
		fputs(str_text(&plan), stdout);
		return EXIT_APPROVE;
	}
	result_init(&r);
	if (!apply_run(c, &watch, &r, err))
		code = print_outcome(&r);
	else if (r.n_statements)
		print_outcome(&r);
	if (code == EXIT_APPROVE)
		print_tool(c->settings);
	result_release(&r);
	return code;
}

int command_apply(int argc, char **argv, struct err *err)
{
	struct apply_config c = {0};
	struct scenario s = {0};
	struct options o;
	int code = -1;

	if (options_parse(argc, argv, &o, err))
		return -1;
	if (!check_words(&o, &c, err) && !target_dsn(&o, &c, err) && !find_migration(&o, &s, err)) {
		c.engine = s.migration.command ? NULL : engine_find(s.engine);
		c.settings = &s.migration;
		c.result = o.result;
		c.unrehearsed = o.unrehearsed;
		if (c.engine)
			code = apply(&o, &c, err);
		else if (s.migration.command)
			err_set(err, ERR_UNSUPPORTED, "a command is not supported by apply");
		else
			err_set(err, ERR_UNSUPPORTED, "engine '%s' is not supported", s.engine);
		scenario_release(&s);
	}
	options_release(&o);
	return code;
}
