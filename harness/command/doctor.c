#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "adapters/engine.h"
#include "harness/base/cleanup.h"
#include "harness/base/fs.h"
#include "harness/base/golden.h"
#include "harness/base/journal.h"
#include "harness/base/mem.h"
#include "harness/base/proc.h"
#include "harness/command/command.h"
#include "harness/command/options.h"
#include "harness/command/progress.h"

const char command_doctor_help[] =
	"usage: rehearse doctor [SCENARIO] [--source DSN] [--standby DSN] [--set KEY=VALUE] "
	"[--clean]\n"
	"\n"
	"Looks at this machine (server programs, user, space), at the servers named (version,\n"
	"rights, log settings, the mark that makes a standby disposable), and for leftovers of\n"
	"killed runs. Without words about a scenario it looks for every engine, each in a section\n"
	"of its own; --set engine=mysql asks about that one alone. Changes nothing, unless "
	"--clean:\n"
	"that ends the processes and removes the directories and slots that killed runs left\n"
	"behind, and gives back, from its golden copy, a replica that one has promoted\n"
	"(replica.return).\n"
	"\n"
	"Exit codes: 0 all well, 3 something stands in the way (without a scenario: for every\n"
	"engine, or leftovers are there).\n";

#define END_TIMEOUT_US 30000000

static const char *const marks[] = {
	[DOCTOR_OK] = "ok", [DOCTOR_WARNING] = "warning", [DOCTOR_PROBLEM] = "PROBLEM"};
static const char *const colours[] = {
	[DOCTOR_OK] = "\033[32m", [DOCTOR_WARNING] = "\033[33m", [DOCTOR_PROBLEM] = "\033[31m"};

/* What went away by itself is not worth a line. */
static bool is_left(const struct journal_entry *e)
{
	if (e->kind == JOURNAL_DIR)
		return fs_is_dir(e->what);
	if (e->kind == JOURNAL_PROCESS)
		return e->ticks && proc_start_ticks(e->pid) == e->ticks;
	return true;
}

static int reset_setting(const struct journal_entry *e, struct err *err)
{
	const struct engine *engine = e->engine ? engine_find(e->engine) : NULL;

	if (!engine || !engine->reset_setting || !e->where || !e->value)
		return err_set(err, ERR_FAILED,
			"the journal does not say how it is put back: do it by hand");
	return engine->reset_setting(e, err);
}

static int give_back(const struct journal_entry *e, struct err *err)
{
	CLEANUP(cleanup_free) char *stop = mem_strdup(e->where ? e->where : "");
	CLEANUP(golden_release) struct golden g = {0};
	char *start = strchr(stop, '\n');

	if (!start)
		return err_set(err, ERR_FAILED, "the journal does not say how it is started");
	*start++ = '\0';
	golden_init(&g, e->what, stop, start);
	return golden_return(&g, err);
}

static int clear(const struct journal_entry *e, struct err *err)
{
	switch (e->kind) {
	case JOURNAL_PROCESS:
		/* Its data goes with its directory; both kinds of server end at once on it. */
		return proc_end(e->pid, SIGQUIT, END_TIMEOUT_US, err);
	case JOURNAL_DIR:
		return fs_remove_tree(e->what, err);
	case JOURNAL_GOLDEN:
		return give_back(e, err);
	case JOURNAL_SETTING:
		break;
	}
	return reset_setting(e, err);
}

static void describe(const struct journal_entry *e, char *buf, size_t size)
{
	if (e->kind == JOURNAL_PROCESS)
		snprintf(buf, size, "process %d (%s)", (int)e->pid, e->what);
	else if (e->kind == JOURNAL_DIR)
		snprintf(buf, size, "directory %s", e->what);
	else if (e->kind == JOURNAL_GOLDEN)
		snprintf(buf, size, "replica in %s, to be given back as it was", e->what);
	else
		snprintf(buf, size, "setting '%s' of the standby %s", e->what,
			e->where ? e->where : "");
}

/* Clears or tells one thing; true when it is still there. */
static bool one_entry(const struct journal_entry *e, bool clean, struct doctor_report *report)
{
	struct err err = {0};
	char text[512];

	describe(e, text, sizeof(text));
	if (!clean) {
		doctor_add(report, DOCTOR_PROBLEM, "leftover", "rehearse doctor --clean",
			"%s of a killed run", text);
		return true;
	}
	if (clear(e, &err)) {
		doctor_add(report, DOCTOR_PROBLEM, "leftover", err.text, "%s could not be cleared",
			text);
		return true;
	}
	doctor_add(report, DOCTOR_OK, "cleared", NULL, "%s", text);
	return false;
}

/* Processes go before the directories that they use; a setting is put back while the server that
 * has it is still up, which is stopped for its files. */
static bool one_run(const struct journal_leftover *l, bool clean, struct doctor_report *report)
{
	static const enum journal_kind order[] = {
		JOURNAL_PROCESS, JOURNAL_SETTING, JOURNAL_GOLDEN, JOURNAL_DIR};
	bool left = false;

	for (size_t k = 0; k < sizeof(order) / sizeof(order[0]); k++)
		for (size_t i = 0; i < l->n; i++)
			if (l->entries[i].kind == order[k] && is_left(&l->entries[i]))
				left |= one_entry(&l->entries[i], clean, report);
	return left;
}

static int leftovers(bool clean, struct doctor_report *report, struct err *err)
{
	struct journal_leftover *found;
	size_t n;
	bool any = false;
	int failed = 0;

	if (journal_leftovers(&found, &n, err))
		return -1;
	for (size_t i = 0; i < n && !failed; i++) {
		if (one_run(&found[i], clean, report))
			any = true;
		else if (clean)
			failed = journal_forget(found[i].file, err);
	}
	if (!any)
		doctor_add(report, DOCTOR_OK, "leftovers", NULL, "none of killed runs");
	journal_free_leftovers(found, n);
	return failed;
}

static void print_line(const struct doctor_line *line)
{
	bool colour = progress_colour(stdout);

	printf("%s%-8s%s %-18s %s\n", colour ? colours[line->state] : "", marks[line->state],
		colour ? "\033[0m" : "", line->topic, line->text);
	if (line->remedy)
		printf("%-8s %-18s -> %s\n", "", "", line->remedy);
}

static bool has_problem(const struct doctor_report *report)
{
	for (size_t i = 0; i < report->n; i++)
		if (report->lines[i].state == DOCTOR_PROBLEM)
			return true;
	return false;
}

static bool print(const struct doctor_report *report)
{
	for (size_t i = 0; i < report->n; i++)
		print_line(&report->lines[i]);
	return !has_problem(report);
}

/* ---- one engine: that of the scenario ---- */

static int examine(const struct options *o, const char *engine_name, struct doctor_report *report,
	struct err *err)
{
	struct scenario s;
	struct provider_config config;
	const struct engine *engine;
	int failed;

	if (o->scenario ? scenario_load(
				  o->scenario, o->small, o->overrides, o->n_overrides, &s, err)
			: scenario_defaults(o->overrides, o->n_overrides, &s, err))
		return -1;
	engine = engine_find(engine_name ? engine_name : s.engine);
	scenario_provider_config(&s, &config);
	if (engine) {
		config.engine = engine->name;
		failed = engine->doctor(&config, report, err);
	} else {
		failed = err_set(err, ERR_UNSUPPORTED, "engine '%s' is not supported", s.engine);
	}
	scenario_release(&s);
	return failed;
}

static int one_engine(const struct options *o, bool *ret_well, struct err *err)
{
	struct doctor_report report = {0};
	int failed = examine(o, NULL, &report, err);

	if (!failed)
		*ret_well = print(&report);
	doctor_report_release(&report);
	return failed;
}

/* ---- all engines, when nothing says which ---- */

static bool tells(const struct doctor_report *report, const struct doctor_line *line)
{
	for (size_t i = 0; i < report->n; i++)
		if (!strcmp(report->lines[i].topic, line->topic) &&
			!strcmp(report->lines[i].text, line->text))
			return true;
	return false;
}

/* Of the machine: what every engine tells in the same words. */
static bool common(const struct doctor_report *reports, size_t n, const struct doctor_line *line)
{
	for (size_t i = 0; i < n; i++)
		if (!tells(&reports[i], line))
			return false;
	return true;
}

static void print_section(const char *title, const struct doctor_report *reports, size_t n,
	size_t which, bool machine)
{
	printf("%s\n", title);
	for (size_t i = 0; i < reports[which].n; i++)
		if (common(reports, n, &reports[which].lines[i]) == machine)
			print_line(&reports[which].lines[i]);
	printf("\n");
}

/* Well when one engine at least can be rehearsed on: nobody has to have all. */
static int all_engines(const struct options *o, bool *ret_well, struct err *err)
{
	const struct engine *const *engines = engine_all();
	struct doctor_report *reports = NULL;
	size_t n = 0, cap = 0;
	int failed = 0;

	*ret_well = false;
	while (engines[n] && !failed) {
		struct doctor_report *report = MEM_PUSH(reports, n, cap);

		*report = (struct doctor_report){0};
		failed = examine(o, engines[n - 1]->name, report, err);
		*ret_well |= !has_problem(report);
	}
	if (!failed)
		print_section("this machine", reports, n, 0, true);
	for (size_t i = 0; i < n && !failed; i++)
		print_section(engines[i]->name, reports, n, i, false);
	for (size_t i = 0; i < n; i++)
		doctor_report_release(&reports[i]);
	mem_free(reports);
	return failed;
}

int command_doctor(int argc, char **argv, struct err *err)
{
	struct doctor_report left = {0};
	bool well = false;
	struct options o;
	int code = -1;

	if (options_parse(argc, argv, &o, err))
		return -1;
	if (o.n_files)
		err_set(err, ERR_USAGE, "'%s' is not a scenario", o.files[0]);
	else if (!(o.scenario || o.n_overrides ? one_engine(&o, &well, err)
					       : all_engines(&o, &well, err)) &&
		!leftovers(o.clean, &left, err))
		code = print(&left) && well ? EXIT_APPROVE : EXIT_NOT_CARRIED_OUT;
	doctor_report_release(&left);
	options_release(&o);
	return code;
}
