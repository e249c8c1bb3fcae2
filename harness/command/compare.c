/* `rehearse run --compare`: the migration as it is, and as suggested, on equal replicas. */
#include <stdio.h>
#include <string.h>

#include "harness/base/cleanup.h"
#include "harness/base/fs.h"
#include "harness/base/mem.h"
#include "harness/command/progress.h"
#include "harness/command/rehearse.h"
#include "harness/report/compare.h"
#include "harness/suggest/suggest.h"

/* A standby can be given up once; and without suggestions there is nothing to compare. */
static int check(const struct scenario *s, const struct engine *engine, struct err *err)
{
	if (!strcmp(s->replica.provider, "promote"))
		return err_set(err, ERR_USAGE,
			"--compare needs two equal replicas: provider embedded or clone, not "
			"promote");
	if (!engine->analyser || !engine->analyser->suggest)
		return err_set(
			err, ERR_UNSUPPORTED, "suggestions for %s are not supported", engine->name);
	return 0;
}

/* The fixture's files, or those of the migration. */
static int read_files(struct suggest_plan *plan, const char *const *paths, size_t n,
	const struct format_options *options, bool fixture, struct err *err)
{
	struct format_set set;
	int failed = 0;

	if (formats_read(paths, n, options, &set, err))
		return -1;
	for (size_t i = 0; i < set.n_files && !failed; i++) {
		const struct format_file *f = &set.files[i];

		failed = fixture ? suggest_learn(plan, f->text, f->len, err)
				 : suggest_add(plan, f->path, f->text, f->len, err);
	}
	format_set_release(&set);
	return failed;
}

/* Versions tell the products of an engine apart: one is older than another's rules know. */
static int find_target(
	const struct engine *engine, const char *version, struct lint_target *ret, struct err *err)
{
	const struct lint_product *product = engine->analyser->products;
	int failed = -1;

	for (; failed && product->name; product++) {
		CLEANUP(cleanup_free) char *server = mem_printf("%s:%s", product->name, version);

		failed = lint_target_parse(server, &engine, ret, err);
	}
	return failed;
}

static int make_plan(struct suggest_plan *plan, const struct scenario *s,
	const struct engine *engine, const char *version, struct err *err)
{
	const struct format_options plain = {.format = "plain"};
	const struct format_options own = scenario_format_options(&s->migration);
	const char *fixture = s->replica.fixture;
	struct lint_target target;

	if (find_target(engine, version, &target, err) ||
		suggest_begin(plan, engine, &target, err) ||
		(fixture && read_files(plan, &fixture, 1, &plain, true, err)))
		return -1;
	return read_files(plan, (const char *const *)s->migration.files, s->migration.n_files, &own,
		false, err);
}

/* What may run before the application changes: the traffic is that of its old version. */
static void use_expand(struct scenario *s, const char *dir)
{
	struct scenario_migration *m = &s->migration;

	mem_free_strings(m->files, m->n_files);
	m->files = mem_zalloc(sizeof(*m->files));
	m->files[0] = fs_join(dir, suggest_phase_name(SUGGEST_EXPAND));
	m->n_files = 1;
	MEM_FREE(m->from);
	MEM_FREE(m->to);
	mem_free(m->format);
	m->format = mem_strdup("plain");
	m->transaction = TRANSACTION_STATEMENT;
	s->expect_given = false;
}

static int print(const struct options *o, const struct suggest_plan *plan, const char *suggested,
	const struct result *before, const struct result *after, const char *dir, struct err *err)
{
	CLEANUP(cleanup_free) char *path = fs_join(dir, "comparison.md");
	CLEANUP(cleanup_str) struct str file = {0};
	CLEANUP(cleanup_str) struct str text = {0};
	struct report_options options = {
		.colour = progress_colour(stdout), .width = progress_width(stdout)};
	struct compare_side a = {before, "as it was written"}, b = {after, "as suggested"};

	str_add(&file, "```\n");
	report_compare(&a, &b, &(struct report_options){0}, &file);
	str_add(&file, "\n");
	suggest_describe(plan, suggested, &file);
	str_add(&file, "```\n");
	if (fs_write(path, str_text(&file), file.len, 0644, err))
		return -1;
	if (o->quiet)
		return 0;
	report_compare(&a, &b, &options, &text);
	str_add(&text, "\n");
	suggest_describe(plan, suggested, &text);
	if (plan->numbers[SUGGEST_CONTRACT])
		str_add(&text,
			"\nThe last part was not rehearsed: this traffic is that of the "
			"application's old version.\n");
	fputs(str_text(&text), stdout);
	return 0;
}

/* The second rehearsal, of what was written into `suggested`. */
static int rehearse_suggested(const struct options *o, struct scenario *s,
	const struct suggest_plan *plan, const char *suggested, const struct result *before,
	const char *dir, struct err *err)
{
	CLEANUP(cleanup_free) char *second = fs_join(dir, "as-suggested");
	struct result after;
	int code = -1;

	result_init(&after);
	if (!fs_remove_tree(suggested, err) && !suggest_write(plan, suggested, err)) {
		use_expand(s, suggested);
		if (!command_rehearse(o, s, second, &after, err) &&
			!print(o, plan, suggested, before, &after, dir, err))
			code = command_verdict_exit(&after);
	}
	result_release(&after);
	return code;
}

int command_compare(const struct options *o, struct scenario *s, const char *dir, struct err *err)
{
	CLEANUP(cleanup_free) char *first = fs_join(dir, "as-written");
	CLEANUP(cleanup_free) char *suggested = fs_join(dir, "suggested");
	const struct engine *engine = engine_find(s->engine);
	struct suggest_plan plan = {0};
	struct result before;
	int code = -1;

	if (!engine)
		return err_set(err, ERR_UNSUPPORTED, "engine '%s' is not supported", s->engine);
	if (check(s, engine, err))
		return -1;
	result_init(&before);
	if (!command_rehearse(o, s, first, &before, err) &&
		!make_plan(&plan, s, engine, before.rehearsal.server_version, err)) {
		if (plan.n_rewritten && plan.numbers[SUGGEST_EXPAND]) {
			code = rehearse_suggested(o, s, &plan, suggested, &before, dir, err);
		} else {
			if (!o->quiet)
				fprintf(stderr, "%s\n",
					plan.n_rewritten ? "all of it has to wait for the "
							   "application: see 'rehearse suggest'"
							 : "no statement of it has a safer form "
							   "that is known");
			code = command_verdict_exit(&before);
		}
	}
	suggest_release(&plan);
	result_release(&before);
	return code;
}
