#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/base/cleanup.h"
#include "harness/base/fs.h"
#include "harness/base/mem.h"
#include "harness/command/command.h"
#include "harness/command/options.h"
#include "harness/command/progress.h"
#include "harness/command/rehearse.h"
#include "harness/rehearsal/rehearsal.h"
#include "harness/report/report.h"

const char command_run_help[] =
	"usage: rehearse run SCENARIO [options]\n"
	"       rehearse run --source DSN MIGRATION... [options]\n"
	"\n"
	"Rehearses a migration under traffic on a replica of its own and judges it.\n"
	"SCENARIO is a scenario.yaml or the directory that holds one. In the short form the\n"
	"source is cloned by a base backup and the traffic is generated from its schema.\n"
	"MIGRATION is an SQL file or a folder: of plain SQL, golang-migrate, goose, dbmate,\n"
	"Flyway, diesel, sqlx, sql-migrate or Prisma. What their own tables on the replica say\n"
	"is applied does not run again. In place of it --set migration.command='bin/rails\n"
	"db:migrate' runs your own tool against the replica (PostgreSQL).\n"
	"\n"
	"  --source DSN      server whose data the rehearsal starts from (PGPASSWORD and\n"
	"                    the password file work as usual)\n"
	"  --standby DSN     with --provider promote: the standby that is given up\n"
	"  --provider NAME   embedded, clone or promote\n"
	"  --from VERSION    the first migration that runs, and\n"
	"  --to VERSION      the last one, of a folder of versions\n"
	"  --migration-format NAME\n"
	"                    whose files they are, where it is not recognised\n"
	"  --set KEY=VALUE   overrides a key of the scenario, say workload.rate=200/s\n"
	"  --small           the scenario's small variant\n"
	"  --compare         rehearses the safe form that 'rehearse suggest' writes as well, on "
	"an\n"
	"                    equal replica, and shows both side by side; the exit code is that of\n"
	"                    the safe form\n"
	"  --output DIR      where result.json and report.md go\n"
	"                    (default rehearse-results/NAME)\n"
	"  --format NAME     what is printed: text (default), line, markdown, json\n"
	"  --quiet           no progress, only the verdict's line\n"
	"  --verbose         everything that was measured\n"
	"\n"
	"Exit codes: 0 approve, 1 reject, 2 usage or configuration error, 3 the rehearsal\n"
	"could not be carried out, 4 inconclusive.\n";

/* Writes result.json and report.md into dir. */
static int save(const struct result *r, const char *dir, const char *json, struct err *err)
{
	CLEANUP(cleanup_free) char *markdown = fs_join(dir, "report.md");
	CLEANUP(cleanup_str) struct str text = {0};

	if (fs_mkdirs(dir, 0755, err) || result_save(r, json, err))
		return -1;
	report_find("markdown")->render(r, &(struct report_options){0}, &text);
	return fs_write(markdown, str_text(&text), text.len, 0644, err);
}

int command_verdict_exit(const struct result *r)
{
	if (!strcmp(r->verdict, "approve"))
		return EXIT_APPROVE;
	return !strcmp(r->verdict, "reject") ? EXIT_REJECT : EXIT_INCONCLUSIVE;
}

static void print_report(const struct result *r, const struct options *o)
{
	struct report_options options = {.colour = progress_colour(stdout),
		.verbose = o->verbose,
		.width = progress_width(stdout)};
	CLEANUP(cleanup_str) struct str text = {0};
	const char *format = o->format ? o->format : o->quiet ? "line" : "text";

	report_find(format)->render(r, &options, &text);
	fputs(str_text(&text), stdout);
	fflush(stdout);
}

struct early {
	const struct options *options;
	struct progress *progress;
	const char *dir, *json;
	bool printed;
};

/* A verdict is not held back by what is to be removed; what tells of that, too, is. */
static void on_judged(void *ctx, const struct result *r)
{
	struct early *early = ctx;
	const char *format = early->options->format;

	save(r, early->dir, early->json, NULL); /* and again at the end, which tells errors */
	if (early->options->verbose ||
		(format && strcmp(format, "text") != 0 && strcmp(format, "line") != 0))
		return;
	progress_end(early->progress);
	print_report(r, early->options);
	early->printed = true;
}

int command_rehearse(const struct options *o, const struct scenario *s, const char *dir,
	struct result *r, struct err *err)
{
	CLEANUP(cleanup_free) char *json = fs_join(dir, "result.json");
	struct progress progress;
	struct early early = {.options = o, .progress = &progress, .dir = dir, .json = json};
	struct rehearsal_watch watch;
	struct err save_err = {0};
	int failed;

	progress_init(&progress, stderr, o->quiet, o->verbose);
	watch = progress_watch(&progress);
	watch.judged = on_judged;
	watch.judged_ctx = &early;
	failed = rehearsal_run(s, &watch, r, err);
	progress_end(&progress);
	/* What was touched leaves evidence, also when it went wrong; a usage error touches nothing.
	 */
	if (!failed || (err->kind != ERR_USAGE && err->kind != ERR_UNSUPPORTED)) {
		if (save(r, dir, json, &save_err)) {
			if (!failed)
				*err = save_err;
			failed = -1;
		} else if (!o->quiet) {
			fprintf(stderr, "saved: %s\n", json);
		}
		if (r->n_phases && !early.printed)
			print_report(r, o);
	}
	return failed;
}

static int rehearse(const struct options *o, struct scenario *s, struct err *err)
{
	CLEANUP(cleanup_free)
	char *dir = o->output ? mem_strdup(o->output) : mem_printf("rehearse-results/%s", s->name);
	struct result r;
	int code;

	if (o->compare)
		return command_compare(o, s, dir, err);
	result_init(&r);
	code = command_rehearse(o, s, dir, &r, err) ? -1 : command_verdict_exit(&r);
	result_release(&r);
	return code;
}

int command_run(int argc, char **argv, struct err *err)
{
	struct options o;
	struct scenario s;
	int code;

	if (options_parse(argc, argv, &o, err))
		return -1;
	if (o.format && !report_find(o.format)) {
		err_set(err, ERR_USAGE, "--format '%s': not one of text, line, markdown, json",
			o.format);
		options_release(&o);
		return -1;
	}
	if (options_scenario(&o, "run", &s, err)) {
		options_release(&o);
		return -1;
	}
	code = rehearse(&o, &s, err);
	scenario_release(&s);
	options_release(&o);
	return code;
}
