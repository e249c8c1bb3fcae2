/* `rehearse suggest` and `rehearse run --compare`: from reject to approve without a line by hand.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/base/fs.h"
#include "harness/base/mem.h"
#include "tests/support/cli.h"
#include "tests/support/suite.h"

static struct cli cli;

static void setup(void)
{
	cli_init(&cli);
}

static void teardown(void)
{
	cli_release(&cli);
}

static const struct {
	const char *name;
	const char *scale, *limit; /* in place of the small ones */
} scenarios[] = {
	{"index-plain", NULL, NULL},
	{"fk-plain", NULL, NULL},
	{"set-not-null-plain", NULL, NULL},
	{"rename-naive", NULL, NULL},
	{"add-column-volatile-default", NULL, NULL},
	/* Room between a copy's wait and what a busy machine does by itself. */
	{"opendental-int-to-bigint", "replica.scale=0.05", "verdict.max_lock_wait=300ms"},
};
enum { N_SCENARIOS = sizeof(scenarios) / sizeof(scenarios[0]) };

static void verdict_is(const char *side, const char *expected)
{
	char *path = mem_printf("%s/%s/result.json", cli.output, side);
	json_error_t error;
	json_t *root = json_load_file(path, 0, &error);

	ck_assert_msg(root != NULL, "%s: %s", path, error.text);
	ck_assert_msg(!strcmp(json_string_value(json_object_get(root, "verdict")), expected),
		"%s: not %s", path, expected);
	json_decref(root);
	free(path);
}

START_TEST(the_suggestion_is_approved_where_the_original_is_rejected)
{
	char *path = mem_printf("scenarios/%s", scenarios[_i].name);
	char *comparison = mem_printf("%s/comparison.md", cli.output);
	struct cli_run run;

	const char *words[] = {"run", "--compare", "--small", path, "--output", cli.output, "--set",
		"phases.baseline=3s", "--set", "phases.recovery=1s",
		scenarios[_i].scale ? "--set" : NULL, scenarios[_i].scale, "--set",
		scenarios[_i].limit, NULL};

	cli_run(&cli, &run, words);
	/* Check's messages are short: the verdicts are what counts. */
	if (run.code)
		fputs(run.out, stderr);
	ck_assert_msg(run.code == 0, "exit %d: %.400s", run.code, run.err);
	verdict_is("as-written", "reject");
	verdict_is("as-suggested", "approve");
	ck_assert_ptr_nonnull(strstr(run.out, "two ways"));
	ck_assert_ptr_nonnull(strstr(run.out, "as it was written"));
	ck_assert(fs_is_file(comparison));
	ck_assert_uint_eq(cli_entries(cli.tmp), 0);
	cli_run_release(&run);
	free(comparison);
	free(path);
}
END_TEST

START_TEST(what_is_left_to_people_says_what_it_does)
{
	/* A line end in a name must not end the comment that quotes it. */
	char *file = cli_file(&cli, "m.sql", "DROP TABLE \"a\nb\";\nCREATE TABLE c (id int);\n");
	char *dir = fs_join(cli.root, "left");
	char *first = mem_printf("%s/expand/001_drop_table_as_it_was_written.sql", dir);
	char *second = mem_printf("%s/expand/002_create_table_as_it_was_written.sql", dir);
	char *text = NULL;
	struct cli_run run;
	struct err err = {0};

	CLI(&cli, &run, "suggest", file, "-o", dir);
	ck_assert_msg(run.code == 0, "%s", run.err);
	ck_assert_ptr_nonnull(strstr(run.out, "no safe steps are written for it: "));
	cli_run_release(&run);
	ck_ok(fs_read(first, 0, &text, NULL, &err), err);
	ck_assert_ptr_nonnull(strstr(text, "\n-- No safe steps are written for it here: "));
	ck_assert_ptr_nonnull(strstr(text, "\n-- Instead: "));
	ck_assert_ptr_nonnull(strstr(text, "a b"));
	ck_assert_ptr_null(strstr(text, "\nb fail"));
	free(text);
	ck_ok(fs_read(second, 0, &text, NULL, &err), err);
	ck_assert_ptr_null(strstr(text, "No safe steps"));
	free(text);
	free(second);
	free(first);
	free(dir);
	free(file);
}
END_TEST

START_TEST(a_suggestion_is_written_once_and_never_over_another)
{
	char *file = cli_file(&cli, "m.sql", "CREATE INDEX i ON t (a);\n");
	char *dir = fs_join(cli.root, "out");
	char *written = mem_printf("%s/expand/001_build_i_beside_the_traffic.sql", dir);
	char *text = NULL;
	struct cli_run run;
	struct err err = {0};

	CLI(&cli, &run, "suggest", file, "-o", dir);
	ck_assert_msg(run.code == 0, "%s", run.err);
	ck_assert_ptr_nonnull(strstr(run.out, "1 of 1 statements have a safer form"));
	cli_run_release(&run);
	ck_ok(fs_read(written, 0, &text, NULL, &err), err);
	ck_assert_ptr_eq(strstr(text, "-- rehearse: class=concurrent-build\n"), text);
	ck_assert_ptr_nonnull(strstr(text, "\nCREATE INDEX CONCURRENTLY i ON t (a);\n"));
	CLI(&cli, &run, "suggest", file, "-o", dir);
	ck_assert_int_eq(run.code, 2);
	ck_assert_ptr_nonnull(strstr(run.err, "is there already"));
	cli_run_release(&run);
	free(text);
	free(written);
	free(dir);
	free(file);
}
END_TEST

static const struct {
	const char *words[5];
	const char *says;
} wrong[] = {
	{{"suggest", "no-such-file.sql"}, "no-such-file.sql"},
	{{"suggest", "scenarios/index-plain/migration.sql", "--server", "oracle:23"},
		"is not supported"},
	{{"run", "--compare", "scenarios/index-plain", "--set", "replica.provider=promote"}, ""},
};

START_TEST(wrong_words_touch_nothing)
{
	const char *words[8] = {0};
	struct cli_run run;

	memcpy(words, wrong[_i].words, sizeof(wrong[_i].words));
	cli_run(&cli, &run, words);
	ck_assert_msg(run.code == 2, "exit %d: %s", run.code, run.err);
	ck_assert_msg(strstr(run.err, wrong[_i].says), "%s", run.err);
	ck_assert_uint_eq(cli_entries(cli.tmp), 0);
	cli_run_release(&run);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("compare");
	TCase *tc = tcase_create("compare");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(
		tc, the_suggestion_is_approved_where_the_original_is_rejected, 0, N_SCENARIOS);
	tcase_add_test(tc, what_is_left_to_people_says_what_it_does);
	tcase_add_test(tc, a_suggestion_is_written_once_and_never_over_another);
	tcase_add_loop_test(tc, wrong_words_touch_nothing, 0, sizeof(wrong) / sizeof(wrong[0]));
	suite_add_tcase(suite, tc);
	return suite_run(suite);
}
