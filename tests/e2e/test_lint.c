/* `rehearse lint` and `rehearse rules` as they are called; no server is started. */
#include <stdlib.h>
#include <string.h>

#include "harness/base/cleanup.h"
#include "harness/base/fs.h"
#include "harness/base/mem.h"
#include "tests/support/cli.h"
#include "tests/support/json_schema.h"
#include "tests/support/pg.h"
#include "tests/support/suite.h"

static struct cli cli;
static char *safe, *unsafe; /* a clean file, and one with a plain index */

static void setup(void)
{
	cli_init(&cli);
	safe = cli_file(&cli, "safe.sql", "-- rehearse: class=instant-safe\nSELECT 1;\n");
	unsafe = cli_file(&cli, "unsafe.sql",
		"-- rehearse: class=concurrent-build\nCREATE INDEX i ON public.t (a);\n");
}

static void teardown(void)
{
	MEM_FREE(safe);
	MEM_FREE(unsafe);
	cli_release(&cli);
}

static unsigned lines(const char *text)
{
	unsigned n = 0;

	for (; *text; text++)
		n += *text == '\n';
	return n;
}

#define HAS(text, part) ck_assert_msg(strstr((text), (part)) != NULL, "no '%s' in: %s", part, text)

START_TEST(exit_codes_tell_what_was_found)
{
	struct cli_run run;

	CLI(&cli, &run, "lint", safe);
	ck_assert_msg(run.code == 0, "%s%s", run.out, run.err);
	HAS(run.out, "clean");
	/* Nobody named a server: which one it is for is said. */
	HAS(run.out, "for postgres ");
	HAS(run.out, "--server");
	cli_run_release(&run);

	CLI(&cli, &run, "lint", "--server", "postgres:15", safe, unsafe);
	ck_assert_msg(run.code == 1, "%s%s", run.out, run.err);
	HAS(run.out, "for postgres 15\n");
	HAS(run.out, "unsafe.sql:2:1  error  index-without-concurrently");
	HAS(run.out, "2 files, 2 statements");
	ck_assert_str_eq(run.err, "");
	cli_run_release(&run);
}
END_TEST

/* Each is answered by one line on stderr and exit code 2. */
static const struct {
	const char *words[8]; /* @ stands for the clean file */
	const char *says;
	const char *comment;
} wrong[] = {
	{{"lint"}, "name migration files", "nothing to lint"},
	{{"lint", "no/such.sql"}, "no/such.sql", "no such file"},
	{{"lint", "build/rehearse"}, "build/rehearse", "no text"},
	{{"lint", "@", "--frob"}, "unknown option '--frob'", "unknown option"},
	{{"lint", "@", "--server"}, "no value for option '--server'", "option without its value"},
	{{"lint", "@", "--server", "oracle:12"}, "'oracle:12'", "unknown server"},
	{{"lint", "@", "--server", "postgres:x"}, "'x' is no version", "unknown version"},
	{{"lint", "@", "--server", "postgres:1"}, "older than", "a version too old"},
	{{"lint", "@", "--server", "postgres:15", "--source", "host=/nowhere"}, "one of them",
		"a version twice"},
	{{"lint", "@", "--source", "host=/nowhere"}, "/nowhere", "no such server"},
	{{"lint", "@", "--source", "env:REHEARSE_NO_SUCH"}, "REHEARSE_NO_SUCH", "no variable"},
	{{"lint", "@", "--format", "pdf"}, "text, json, sarif, junit, github, gitlab",
		"unknown format"},
	{{"lint", "@", "--transaction", "none"}, "statement, file, all", "unknown transaction"},
	{{"lint", "@", "--runner-timeouts", "x"}, "none, lock, statement, both",
		"unknown time-outs"},
	{{"lint", "@", "--migration-format", "gooose"}, "gooose", "unknown tool"},
	{{"lint", "@", "--placeholder", "x"}, "NAME=VALUE", "no equals sign"},
	{{"lint", "@", "-o", "no/such/folder/x"}, "no/such/folder/x", "cannot be written"},
	{{"rules", "no-such-rule"}, "no rule 'no-such-rule'", "unknown rule"},
	{{"rules", "header-mising"}, "did you mean 'header-missing'", "a typing error"},
	{{"rules", "--frob"}, "unknown option '--frob'", "unknown option of rules"},
	{{"rules", "a", "b"}, "one rule at most", "words too many"},
};

START_TEST(wrong_words_get_one_line)
{
	const char *words[8] = {NULL};
	struct cli_run run;

	for (size_t i = 0; i < 8 && wrong[_i].words[i]; i++)
		words[i] = strcmp(wrong[_i].words[i], "@") != 0 ? wrong[_i].words[i] : safe;
	cli_run(&cli, &run, words);
	ck_assert_msg(run.code == 2, "%s: exit code %d: %s", wrong[_i].comment, run.code, run.err);
	ck_assert_msg(
		strstr(run.err, wrong[_i].says) != NULL, "%s: %s", wrong[_i].comment, run.err);
	ck_assert_msg(lines(run.err) == 1, "%s: %s", wrong[_i].comment, run.err);
	ck_assert_str_eq(run.out, "");
	cli_run_release(&run);
}
END_TEST

START_TEST(a_report_goes_into_a_file)
{
	CLEANUP(cleanup_free) char *file = fs_join(cli.root, "lint.json");
	CLEANUP(cleanup_free) char *text = NULL;
	struct cli_run run, again;
	struct err err = {0};
	json_t *root;

	CLI(&cli, &run, "lint", "--json", "-o", file, unsafe);
	ck_assert_int_eq(run.code, 1);
	ck_assert_str_eq(run.out, "");
	ck_ok(fs_read(file, 0, &text, NULL, &err), err);
	root = schema_parse(text);
	ck_assert_uint_eq(json_array_size(json_object_get(root, "statements")), 1);
	json_decref(root);
	CLI(&cli, &again, "lint", "--format", "json", unsafe);
	ck_assert_str_eq(again.out, text);
	cli_run_release(&run);
	cli_run_release(&again);
}
END_TEST

START_TEST(fix_shows_what_it_changed)
{
	CLEANUP(cleanup_free) char *text = NULL;
	struct err err = {0};
	struct cli_run run;
	json_t *root;

	CLEANUP(cleanup_free) char *file = cli_file(&cli, "new.sql", "SELECT 1;\n");

	CLI(&cli, &run, "lint", "--fix", file);
	ck_assert_msg(run.code == 0, "%s%s", run.out, run.err);
	HAS(run.out, "new.sql:1\n+ -- rehearse: class=instant-safe\n");
	HAS(run.out, "1 file changed");
	ck_ok(fs_read(file, 0, &text, NULL, &err), err);
	ck_assert_str_eq(text, "-- rehearse: class=instant-safe\nSELECT 1;\n");
	cli_run_release(&run);

	/* A program that reads the report is not told of it there. */
	CLI(&cli, &run, "lint", "--fix", "--json", file);
	ck_assert_int_eq(run.code, 0);
	HAS(run.err, "0 files changed");
	root = schema_parse(run.out);
	json_decref(root);
	cli_run_release(&run);
}
END_TEST

START_TEST(rules_are_listed_and_explained)
{
	struct cli_run run;
	json_t *root;

	CLI(&cli, &run, "rules");
	ck_assert_int_eq(run.code, 0);
	HAS(run.out, "index-without-concurrently");
	HAS(run.out, "header-missing");
	cli_run_release(&run);

	CLI(&cli, &run, "rules", "index-without-concurrently");
	ck_assert_int_eq(run.code, 0);
	HAS(run.out, "detects");
	HAS(run.out, "https://www.postgresql.org/docs/");
	HAS(run.out, "-- rehearse: allow index-without-concurrently reason=");
	cli_run_release(&run);

	CLI(&cli, &run, "rules", "--json", "header-missing");
	ck_assert_int_eq(run.code, 0);
	root = schema_parse(run.out);
	ck_assert_uint_eq(json_array_size(root), 1);
	json_decref(root);
	cli_run_release(&run);
}
END_TEST

static void psql(const struct test_pg *pg, const char *option, const char *value, struct str *out)
{
	const char *const argv[] = {
		"psql", "-XqAt", "-v", "ON_ERROR_STOP=1", "-d", pg->dsn, option, value, NULL};
	struct err err = {0};

	ck_ok(pg_server_run(&pg->server, argv, NULL, NULL, out, &err), err);
}

static struct test_pg pg;

static void server_start(void)
{
	test_pg_start(&pg, NULL, 0);
}

static void server_stop(void)
{
	test_pg_stop(&pg);
}

START_TEST(what_was_fixed_is_clean_and_runs)
{
	static const char tables[] = "CREATE TABLE clinic (id int PRIMARY KEY);"
				     "CREATE TABLE appt (id int, clinic int, n int, note text);"
				     "CREATE INDEX old_idx ON appt (note)";
	static const char left[] =
		"SELECT (SELECT count(*) FROM pg_constraint WHERE conrelid = 'appt'::regclass "
		"AND convalidated), (SELECT count(*) FROM pg_index WHERE indrelid = "
		"'appt'::regclass AND indisvalid), (SELECT attnotnull FROM pg_attribute WHERE "
		"attrelid = 'appt'::regclass AND attname = 'note')";
	CLEANUP(cleanup_free)
	char *file = cli_file(&cli, "all.sql",
		"SET lock_timeout = '2s';\n"
		"CREATE INDEX appt_n ON appt (n);\n"
		"DROP INDEX old_idx;\n"
		"BEGIN;\n"
		"ALTER TABLE appt ADD CONSTRAINT f FOREIGN KEY (clinic) REFERENCES clinic (id);\n"
		"COMMIT;\n"
		"ALTER TABLE appt ADD CONSTRAINT p CHECK (n > 0);\n"
		"ALTER TABLE appt ALTER note SET NOT NULL;\n"
		"ALTER TABLE appt ADD CONSTRAINT u UNIQUE (id);\n"
		"CREATE INDEX appt_clinic ON appt (clinic);\n");
	CLEANUP(cleanup_str) struct str out = {0};
	struct cli_run run;

	CLI(&cli, &run, "lint", "--fix", "--source", pg.dsn, file);
	ck_assert_msg(run.code == 0, "%s%s", run.out, run.err);
	HAS(run.out, "CREATE INDEX CONCURRENTLY appt_n");
	HAS(run.out, "class=concurrent-build");
	cli_run_release(&run);
	psql(&pg, "-c", tables, NULL);
	psql(&pg, "-f", file, NULL);
	psql(&pg, "-c", left, &out);
	ck_assert_str_eq(str_text(&out), "3|3|t\n");
}
END_TEST

START_TEST(a_server_tells_its_version)
{
	CLEANUP(cleanup_free) char *expected = NULL;
	struct cli_run run;

	expected = mem_printf(
		"for postgres %u.%u\n", pg.programs.version / 10000, pg.programs.version % 10000);
	CLI(&cli, &run, "lint", "--source", pg.dsn, safe);
	ck_assert_msg(run.code == 0, "%s%s", run.out, run.err);
	HAS(run.out, expected);
	cli_run_release(&run);
}
END_TEST

/* State goes from file to file; what is new in one file is there in the next. */
START_TEST(a_folder_is_read_in_order)
{
	CLEANUP(cleanup_free) char *dir = fs_join(cli.root, "migrations");
	CLEANUP(cleanup_free) char *first = NULL;
	CLEANUP(cleanup_free) char *second = NULL;
	struct cli_run run;
	struct err err = {0};

	ck_ok(fs_mkdirs(dir, 0755, &err), err);
	first = cli_file(&cli, "migrations/1_t.up.sql",
		"CREATE TABLE t (a int);\nCREATE INDEX i ON t (a);\n");
	second = cli_file(&cli, "migrations/2_i.up.sql", "CREATE INDEX j ON t (a);\n");
	CLI(&cli, &run, "lint", "--no-header", dir);
	ck_assert_int_eq(run.code, 1);
	HAS(run.out, "golang-migrate");
	HAS(run.out, "2_i.up.sql:1:1  error  index-without-concurrently");
	ck_assert(!strstr(run.out, "1_t.up.sql"));
	cli_run_release(&run);

	CLI(&cli, &run, "lint", "--no-header", "--to", "1", dir);
	ck_assert_msg(run.code == 0, "%s%s", run.out, run.err);
	cli_run_release(&run);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("lint_command");
	TCase *tc = tcase_create("lint_command");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, exit_codes_tell_what_was_found);
	tcase_add_loop_test(tc, wrong_words_get_one_line, 0, sizeof(wrong) / sizeof(wrong[0]));
	tcase_add_test(tc, a_report_goes_into_a_file);
	tcase_add_test(tc, fix_shows_what_it_changed);
	tcase_add_test(tc, rules_are_listed_and_explained);
	tcase_add_test(tc, a_folder_is_read_in_order);
	suite_add_tcase(suite, tc);
	tc = tcase_create("server");
	tcase_add_unchecked_fixture(tc, server_start, server_stop);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, what_was_fixed_is_clean_and_runs);
	tcase_add_test(tc, a_server_tells_its_version);
	suite_add_tcase(suite, tc);
	return suite_run(suite);
}
