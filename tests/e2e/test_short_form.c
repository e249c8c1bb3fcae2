/* `rehearse run --source DSN FILE` against servers that somebody else runs. */
#include <stdlib.h>
#include <string.h>

#include "harness/base/fs.h"
#include "harness/base/mem.h"
#include "tests/support/cli.h"
#include "tests/support/engines.h"
#include "tests/support/suite.h"

static const struct test_engine *engine;
static struct engine_pair pair;
static struct cli cli;

static void start(const struct test_engine *of)
{
	engine = of;
	cli_init(&cli);
	engine->start_primary(&pair);
	engine_run(engine, pair.primary_dsn, engine->tables);
}

static void start_postgres(void)
{
	start(&test_engine_postgres);
}

static void start_mysql(void)
{
	start(&test_engine_mysql);
}

static void stop(void)
{
	cli_release(&cli);
	engine->stop(&pair);
}

/* What the source looked like must be what it looks like afterwards. */
static char *fingerprint(void)
{
	char *text = engine->sql(pair.primary_dsn, engine->fingerprint);

	ck_assert_str_ne(text, "");
	return text;
}

/* `limit`: the verdict's, on lock waits; a busy machine alone makes some. */
static void run_file(struct cli_run *run, const char *sql, const char *limit)
{
	char *file = cli_file(&cli, "migration.sql", sql);

	CLI(&cli, run, "run", "--source", pair.primary_dsn, "--set", engine->engine_set, file,
		"--output", cli.output, "--set", "phases.warm_up=1s", "--set", "phases.baseline=3s",
		"--set", "phases.recovery=1s", "--set", "workload.rate=100/s", "--set", limit,
		"--set", "verdict.p99_floor=1s");
	free(file);
}

static void left_alone(char *before)
{
	char *after = fingerprint();

	ck_assert_str_eq(before, after);
	ck_assert_uint_eq(cli_entries(cli.tmp), 0);
	ck_assert_uint_eq(cli_processes(cli.tmp), 0);
	free(before);
	free(after);
}

static json_int_t errors_of(const json_t *result)
{
	const json_t *phase;
	json_int_t n = 0;
	size_t i;

	json_array_foreach(json_object_get(result, "phases"), i, phase) n += json_integer_value(
		json_object_get(json_object_get(phase, "transactions"), "failed"));
	return n;
}

START_TEST(a_change_that_blocks_is_rejected_on_generated_traffic)
{
	char *before = fingerprint();
	struct cli_run run;
	json_t *result;

	run_file(&run, engine->blocking, "verdict.max_lock_wait=100ms");
	ck_assert_msg(run.code == 1, "exit code %d: %s%s", run.code, run.out, run.err);
	result = cli_result(&cli);
	ck_assert_uint_gt(json_array_size(json_object_get(result, "lock_waits")), 0);
	ck_assert_int_eq(errors_of(result), 0);
	json_decref(result);
	left_alone(before);
	cli_run_release(&run);
}
END_TEST

START_TEST(a_nullable_column_is_approved_on_generated_traffic)
{
	char *before = fingerprint();
	struct cli_run run;

	run_file(&run, "ALTER TABLE patient ADD COLUMN email text;\n", "verdict.max_lock_wait=1s");
	ck_assert_msg(run.code == 0, "exit code %d: %s%s", run.code, run.out, run.err);
	left_alone(before);
	cli_run_release(&run);
}
END_TEST

START_TEST(a_source_that_cannot_be_used_is_told_in_a_line)
{
	const struct engine_case *c = &engine->sources[_i];
	char *dsn = mem_printf("%s%s", pair.primary_dsn, c->text);
	char *file = cli_file(&cli, "migration.sql", "ALTER TABLE patient ADD COLUMN fax text;\n");
	struct cli_run run;

	CLI(&cli, &run, "run", "--quiet", "--source", dsn, "--set", engine->engine_set, file,
		"--output", cli.output);
	ck_assert_msg(run.code == 3, "%s: exit code %d: %s", c->comment, run.code, run.err);
	ck_assert_msg(strstr(run.err, c->says) != NULL, "%s: %s", c->comment, run.err);
	ck_assert_ptr_null(strstr(run.err, "secretword"));
	ck_assert_ptr_eq(strchr(run.err, '\n'), run.err + strlen(run.err) - 1);
	ck_assert_uint_eq(cli_entries(cli.tmp), 0);
	cli_run_release(&run);
	free(file);
	free(dsn);
}
END_TEST

START_TEST(a_password_never_reaches_files_or_the_terminal)
{
	char *dsn = mem_printf("%s user=boss password=secretword", pair.primary_dsn);
	char *file = cli_file(&cli, "migration.sql",
		"ALTER TABLE patient ADD COLUMN ssn varchar(20) DEFAULT 'row-value-4711';\n");
	const char *const names[] = {"result.json", "report.md"};
	struct cli_run run;

	CLI(&cli, &run, "run", "--verbose", "--source", dsn, "--set", engine->engine_set, file,
		"--output", cli.output, "--set", "phases.warm_up=1s", "--set", "phases.baseline=2s",
		"--set", "phases.recovery=1s");
	/* Whatever the verdict of so short a run. */
	ck_assert_msg(run.code != 2 && run.code != 3, "%d: %s%s", run.code, run.err, run.out);
	ck_assert_ptr_null(strstr(run.out, "secretword"));
	ck_assert_ptr_null(strstr(run.err, "secretword"));
	ck_assert_ptr_null(strstr(run.out, "4711"));
	for (size_t i = 0; i < 2; i++) {
		char *path = fs_join(cli.output, names[i]), *text = NULL;
		struct err err = {0};

		ck_ok(fs_read(path, 0, &text, NULL, &err), err);
		ck_assert_ptr_null(strstr(text, "secretword"));
		ck_assert_ptr_null(strstr(text, "4711"));
		free(text);
		free(path);
	}
	cli_run_release(&run);
	free(file);
	free(dsn);
}
END_TEST

static void add_case(Suite *s, const struct test_engine *of, SFun start_it)
{
	TCase *t = tcase_create(of->name);

	tcase_add_unchecked_fixture(t, start_it, stop);
	tcase_set_timeout(t, 300);
	tcase_add_test(t, a_change_that_blocks_is_rejected_on_generated_traffic);
	tcase_add_test(t, a_nullable_column_is_approved_on_generated_traffic);
	tcase_add_loop_test(t, a_source_that_cannot_be_used_is_told_in_a_line, 0,
		(int)engine_count(of->sources));
	tcase_add_test(t, a_password_never_reaches_files_or_the_terminal);
	suite_add_tcase(s, t);
}

int main(void)
{
	Suite *s = suite_create("short form");

	add_case(s, &test_engine_postgres, start_postgres);
	add_case(s, &test_engine_mysql, start_mysql);
	return suite_run(s);
}
