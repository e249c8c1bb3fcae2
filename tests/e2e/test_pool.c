/* `rehearse replica pool`: copies are made, a run takes its own, and they can be removed again. */
#include <stdlib.h>
#include <string.h>

#include "harness/base/fs.h"
#include "harness/base/mem.h"
#include "tests/support/cli.h"
#include "tests/support/suite.h"

static struct cli cli;
static char *cache;

static void setup(void)
{
	cli_init(&cli);
	cache = mem_printf("XDG_CACHE_HOME=%s/cache", cli.root);
	cli.extra_env = cache;
}

static void teardown(void)
{
	cli_release(&cli);
	free(cache);
}

static void run_is(const char *const *words, int code, const char *says)
{
	struct cli_run run;

	cli_run(&cli, &run, words);
	ck_assert_msg(run.code == code, "exit code %d: %s%s", run.code, run.out, run.err);
	ck_assert_msg(strstr(run.out, says) || strstr(run.err, says), "'%s' is not in: %s%s", says,
		run.out, run.err);
	cli_run_release(&run);
}
#define POOL(code, says, ...) \
	run_is((const char *const[]){"replica", "pool", __VA_ARGS__, NULL}, (code), (says))

START_TEST(a_run_takes_its_copies)
{
	char *file = cli_file(&cli, "m.sql", "CREATE TABLE made (id int);\n");
	char *script = cli_file(&cli, "idle.sql", "SELECT 1;\n");
	char *scenario;
	char *text = mem_printf("migration:\n  files: [%s]\nworkload:\n  scripts:\n"
				"    - file: %s\n  rate: 200/s\n  connections: 8\n"
				"phases: {warm_up: 0, baseline: 1s, recovery: 100ms, "
				"migration_min: 100ms}\n",
		file, script);

	scenario = cli_file(&cli, "scenario.yaml", text);
	POOL(0, "no copies are ready", "list");
	POOL(0, "database 'rehearse' at scale 1, PostgreSQL", "fill", "2", scenario);
	POOL(0, "ready for 2 rehearsals", "list");
	run_is((const char *const[]){"run", scenario, "--output", cli.output, NULL}, 0, "APPROVE");
	POOL(0, "ready for 1 rehearsal,", "list");
	POOL(0, "no copies are ready", "drain", scenario);
	POOL(0, "ready for 1 rehearsal,", "fill", "1", scenario);
	POOL(0, "no copies are ready", "drain");
	ck_assert_uint_eq(cli_entries(cli.tmp), 0);
	free(file);
	free(script);
	free(text);
	free(scenario);
}
END_TEST

START_TEST(words_that_make_no_sense_are_refused)
{
	POOL(2, "fill', 'list' or 'drain'", "empty");
	POOL(2, "needs a number", "fill");
	POOL(2, "needs a number", "fill", "0", "scenarios/index-plain");
	POOL(2, "needs a number", "fill", "many", "scenarios/index-plain");
	POOL(2, "only 'embedded'", "fill", "1", "--source", "host=nowhere",
		"scenarios/index-plain/migration.sql");
}
END_TEST

int main(void)
{
	Suite *s = suite_create("pool_command");
	TCase *t = tcase_create("pool_command");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_set_timeout(t, 300);
	tcase_add_test(t, a_run_takes_its_copies);
	tcase_add_test(t, words_that_make_no_sense_are_refused);
	suite_add_tcase(s, t);
	return suite_run(s);
}
