/* The commands with right and wrong words; no server is started. */
#include <stdlib.h>
#include <string.h>

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

static unsigned lines(const char *text)
{
	unsigned n = 0;

	for (; *text; text++)
		n += *text == '\n';
	return n;
}

START_TEST(help_names_every_command)
{
	static const char *const names[] = {"run", "plan", "doctor", "report", "version", "help"};
	struct cli_run run;

	CLI(&cli, &run, "help");
	ck_assert_int_eq(run.code, 0);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		struct cli_run one, flag;

		ck_assert_ptr_nonnull(strstr(run.out, names[i]));
		CLI(&cli, &one, "help", names[i]);
		CLI(&cli, &flag, names[i], "--help");
		ck_assert_int_eq(one.code, 0);
		ck_assert_int_eq(flag.code, 0);
		ck_assert_ptr_nonnull(strstr(one.out, "usage: rehearse"));
		ck_assert_str_eq(one.out, flag.out);
		cli_run_release(&one);
		cli_run_release(&flag);
	}
	cli_run_release(&run);
}
END_TEST

START_TEST(version_names_engines_and_providers)
{
	struct cli_run run;

	CLI(&cli, &run, "--version");
	ck_assert_int_eq(run.code, 0);
	ck_assert_ptr_nonnull(strstr(run.out, "rehearse "));
	ck_assert_ptr_nonnull(strstr(run.out, "postgres"));
	ck_assert_ptr_nonnull(strstr(run.out, "embedded clone promote"));
	cli_run_release(&run);
}
END_TEST

/* Each is answered by one line on stderr, exit code 2, and nothing is touched. */
static const struct {
	const char *words[8];
	const char *says;
	const char *comment;
} wrong[] = {
	{{"frobnicate"}, "no command 'frobnicate'", "unknown command"},
	{{"run"}, "name a scenario", "nothing to run"},
	{{"run", "--frob"}, "unknown option '--frob'", "unknown option"},
	{{"run", "--set"}, "no value for option '--set'", "option without its value"},
	{{"run", "--set", "workload.rate", "scenarios/index-plain"}, "KEY=VALUE", "no equals sign"},
	{{"run", "--set", "workload.rat=1/s", "scenarios/index-plain"}, "workload.rat",
		"unknown key"},
	{{"run", "--set", "workload.rate=400", "scenarios/index-plain"}, "workload.rate",
		"a number that is not a rate"},
	{{"run", "--set", "phases.baseline=10 parsecs", "scenarios/index-plain"}, "phases.baseline",
		"not a duration"},
	{{"run", "no/such/migration.sql", "--source", "host=/nowhere"}, "no/such/migration.sql",
		"no such migration"},
	{{"run", "no/such/scenario.yaml"}, "no/such/scenario.yaml", "no such scenario"},
	{{"run", "scenarios/index-plain", "more.sql"}, "more.sql", "file beside a scenario"},
	{{"run", "--format", "pdf", "scenarios/index-plain"}, "pdf", "unknown format"},
	{{"run", "--provider", "teleport", "scenarios/index-plain"}, "teleport",
		"unknown provider"},
	{{"run", "--set", "engine=oracle", "scenarios/index-plain"}, "oracle", "unknown engine"},
	{{"plan"}, "name a scenario", "nothing to plan"},
	{{"run", "README.md"}, "name a scenario", "a file, but no source"},
	{{"report"}, "name one saved result", "no result"},
	{{"report", "no/such.json"}, "no/such.json", "no such result"},
	{{"version", "now"}, "takes no words", "words too many"},
	{{"help", "frobnicate"}, "no command 'frobnicate'", "help on an unknown command"},
};

START_TEST(wrong_words_get_one_line_and_touch_nothing)
{
	struct cli_run run;

	cli_run(&cli, &run, wrong[_i].words);
	ck_assert_msg(run.code == 2, "%s: exit code %d: %s", wrong[_i].comment, run.code, run.err);
	ck_assert_msg(
		strstr(run.err, wrong[_i].says) != NULL, "%s: %s", wrong[_i].comment, run.err);
	ck_assert_msg(lines(run.err) == 1, "%s: %s", wrong[_i].comment, run.err);
	ck_assert_str_eq(run.out, "");
	ck_assert_uint_eq(cli_entries(cli.tmp), 0);
	ck_assert_uint_eq(cli_entries(cli.state), 0);
	cli_run_release(&run);
}
END_TEST

START_TEST(a_wrong_key_in_a_file_is_named_with_its_line)
{
	char *file = cli_file(&cli, "scenario.yaml",
		"name: x\nreplica:\n  fixture: dental\nworkload:\n  rtae: 5/s\n");
	struct cli_run run;

	CLI(&cli, &run, "run", file);
	ck_assert_int_eq(run.code, 2);
	ck_assert_ptr_nonnull(strstr(run.err, "scenario.yaml:5:"));
	ck_assert_ptr_nonnull(strstr(run.err, "rtae"));
	ck_assert_uint_eq(cli_entries(cli.tmp), 0);
	cli_run_release(&run);
	free(file);
}
END_TEST

START_TEST(a_plan_touches_nothing)
{
	struct cli_run run;

	CLI(&cli, &run, "plan", "scenarios/index-plain");
	ck_assert_msg(run.code == 0, "%s", run.err);
	ck_assert_ptr_nonnull(strstr(run.out, "CREATE INDEX"));
	ck_assert_ptr_nonnull(strstr(run.out, "promote"));
	ck_assert_uint_eq(cli_entries(cli.tmp), 0);
	ck_assert_uint_eq(cli_entries(cli.state), 0);
	cli_run_release(&run);
}
END_TEST

START_TEST(a_damaged_result_is_named)
{
	char *file = cli_file(&cli, "result.json", "{\"format\": 1, \"verdict\": 7}");
	struct cli_run run;

	CLI(&cli, &run, "report", file);
	ck_assert_int_eq(run.code, 2);
	ck_assert_ptr_nonnull(strstr(run.err, "result.json"));
	ck_assert_uint_eq(lines(run.err), 1);
	cli_run_release(&run);
	free(file);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("commands");
	TCase *t = tcase_create("words");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, help_names_every_command);
	tcase_add_test(t, version_names_engines_and_providers);
	tcase_add_loop_test(
		t, wrong_words_get_one_line_and_touch_nothing, 0, sizeof(wrong) / sizeof(wrong[0]));
	tcase_add_test(t, a_wrong_key_in_a_file_is_named_with_its_line);
	tcase_add_test(t, a_plan_touches_nothing);
	tcase_add_test(t, a_damaged_result_is_named);
	suite_add_tcase(s, t);
	return suite_run(s);
}
