/* Folders of migrations of a tool, rehearsed and planned as a user would. */
#include <stdlib.h>
#include <string.h>

#include "adapters/postgres/postgres.h"
#include "harness/base/cleanup.h"
#include "harness/base/fs.h"
#include "harness/base/mem.h"
#include "tests/support/cli.h"
#include "tests/support/files.h"
#include "tests/support/pg.h"
#include "tests/support/suite.h"

static struct cli cli;

/* The second of three versions is the last that goose has applied. */
static const struct test_file files[TEST_FILES_MAX] = {
	{"scenario.yaml",
		"name: goose-in-part\n"
		"replica:\n"
		"  fixture: ./fixture\n"
		"migration:\n"
		"  files: [migrations]\n"
		"  lock_timeout: 2s\n"
		"workload:\n"
		"  rate: 150/s\n"
		"  connections: 4\n"
		"phases:\n"
		"  warm_up: 0\n"
		"  baseline: 1s\n"
		"  recovery: 200ms\n"
		"  migration_min: 200ms\n"},
	{"fixture/1.sql",
		"CREATE TABLE visit (id bigint PRIMARY KEY, note text, seen date);\n"
		"INSERT INTO visit SELECT i, 'x' FROM generate_series(1, 200) i;\n"
		"CREATE TABLE goose_db_version (id int, version_id bigint, is_applied boolean);\n"
		"INSERT INTO goose_db_version VALUES (1, 0, true), (2, 1, true), (3, 2, true);\n"},
	{"migrations/00001_visit.sql",
		"-- +goose Up\n"
		"CREATE TABLE visit (id bigint PRIMARY KEY, note text);\n"
		"-- +goose Down\nDROP TABLE visit;\n"},
	{"migrations/00002_seen.sql", "-- +goose Up\nALTER TABLE visit ADD seen date;\n"},
	{"migrations/00003_length.sql",
		"-- +goose Up\n"
		"ALTER TABLE visit ADD length int;\n"
		"ALTER TABLE visit ADD room int;\n"
		"-- +goose Down\nALTER TABLE visit DROP length;\n"},
	{"migrations/00004_index.sql",
		"-- +goose NO TRANSACTION\n-- +goose Up\n"
		"CREATE INDEX CONCURRENTLY visit_seen ON visit (seen);\n"},
};

static void start(void)
{
	cli_init(&cli);
	test_files_write(cli.root, files);
}

static void stop(void)
{
	cli_release(&cli);
}

static void expect(const char *text, const char *part)
{
	ck_assert_msg(strstr(text, part), "'%s' is not in:\n%s", part, text);
}

START_TEST(only_the_rest_is_run)
{
	struct cli_run run;
	json_t *result, *statements, *notes;

	CLI(&cli, &run, "run", cli.root, "--output", cli.output);
	ck_assert_msg(run.code == 0, "exit %d: %s%s", run.code, run.out, run.err);
	expect(run.out, "2 of 4 versions are applied already: goose_db_version");
	expect(run.out, "transactions by goose");
	result = cli_result(&cli);
	statements = json_object_get(result, "statements");
	ck_assert_uint_eq(json_array_size(statements), 3);
	for (size_t i = 0; i < 3; i++)
		ck_assert_str_eq(json_string_value(
					 json_object_get(json_array_get(statements, i), "outcome")),
			"ok");
	ck_assert_uint_eq(json_array_size(json_object_get(result, "files")), 2);
	notes = json_object_get(result, "notes");
	ck_assert_str_eq(json_string_value(json_object_get(
				 json_array_get(notes, json_array_size(notes) - 1), "text")),
		"2 of 4 versions are applied already: goose_db_version");
	json_decref(result);
	cli_run_release(&run);
	ck_assert_uint_eq(cli_entries(cli.tmp), 0);
}
END_TEST

START_TEST(a_part_can_be_asked_for)
{
	struct cli_run run;

	CLI(&cli, &run, "plan", cli.root, "--from", "3", "--to", "00003");
	ck_assert_msg(run.code == 0, "exit %d: %s", run.code, run.err);
	expect(run.out, "1 file, 2 statements, transactions as goose runs them");
	expect(run.out, "line 3    ALTER TABLE ADD COLUMN");
	cli_run_release(&run);
}
END_TEST

START_TEST(errors_name_file_line_and_key)
{
	static const struct {
		const char *option, *value, *error;
	} cases[] = {
		{"--from", "7",
			"--set migration.from: '7': there is no such version among the files"},
		{"--migration-format", "goos",
			"--set migration.format: 'goos' is not known; did you mean 'goose'?"},
		{"--migration-format", "dbmate",
			"migrations/00001_visit.sql:2: dbmate: a statement before migrate:up"},
		{"--set", "migration.files.0=nowhere",
			"migration.files.0: no such file: 'nowhere'"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct cli_run run;

		CLI(&cli, &run, "plan", cli.root, cases[i].option, cases[i].value);
		ck_assert_int_eq(run.code, 2);
		expect(run.err, cases[i].error);
		cli_run_release(&run);
	}
}
END_TEST

START_TEST(applied_in_production_the_tool_is_to_be_told)
{
	CLEANUP(cleanup_free) char *folder = fs_join(cli.root, "migrations");
	struct db_conn *conn;
	struct cli_run run;
	struct test_pg pg;
	struct err err = {0};

	test_pg_start(&pg, NULL, 0);
	ck_ok(db_connect(&postgres_db, &(struct db_target){.dsn = pg.dsn}, &conn, &err), err);
	ck_ok(db_exec(&postgres_db, conn, files[1].text, &err), err);
	postgres_db.close(conn);
	CLI(&cli, &run, "apply", "--target", pg.dsn, "--without-rehearsal", "test", folder);
	test_pg_stop(&pg);
	ck_assert_msg(run.code == 0, "exit %d: %s%s", run.code, run.out, run.err);
	expect(run.out, "applied: 3 statements\n");
	expect(run.out,
		"goose_db_version is not changed: before goose runs again, mark these "
		"versions there as applied\n");
	cli_run_release(&run);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("tools");
	TCase *tc = tcase_create("tools");

	tcase_add_unchecked_fixture(tc, start, stop);
	tcase_add_test(tc, only_the_rest_is_run);
	tcase_add_test(tc, a_part_can_be_asked_for);
	tcase_add_test(tc, errors_name_file_line_and_key);
	tcase_add_test(tc, applied_in_production_the_tool_is_to_be_told);
	suite_add_tcase(suite, tc);
	return suite_run(suite);
}
