/* Migrations of tools, grouped into the transactions that those tools use. */
#include <string.h>

#include "adapters/mysql/dialect.h"
#include "adapters/postgres/dialect.h"
#include "harness/base/cleanup.h"
#include "harness/base/mem.h"
#include "harness/migration/migration.h"
#include "tests/support/files.h"
#include "tests/support/suite.h"

static char *dir;

static void setup(void)
{
	struct err err = {0};

	ck_ok(fs_temp_dir(&dir, &err), err);
}

static void teardown(void)
{
	struct err err = {0};

	ck_ok(fs_remove_tree(dir, &err), err);
	MEM_FREE(dir);
}

#define BUILD "CREATE INDEX CONCURRENTLY i ON t (a)"

/* Units: T wrapped, X the file's own transaction, N none. The mode of the settings is `all`. */
static const struct {
	struct test_file files[TEST_FILES_MAX];
	const char *postgres, *mysql, *comment;
} cases[] = {
	{{{"1.sql", "SELECT 1; SELECT 2"}, {"2.sql", "SELECT 3"}}, "T1,2,3", "T1,2,3",
		"plain SQL goes by the setting"},
	{{{"1_a.sql", "-- +goose Up\nSELECT 1;\nSELECT 2;\n-- +goose Down\nSELECT 0;\n"},
		 {"2_b.sql", "-- +goose NO TRANSACTION\n-- +goose Up\nSELECT 3;\nSELECT 4;\n"},
		 {"3_c.sql", "-- +goose Up\n" BUILD ";\nSELECT 6;\n"}},
		"T1,2 T3 T4 T5,6", "T1,2 T3 T4 T5,6",
		"goose: a transaction each; what is refused in it is for the server to refuse"},
	{{{"1_a.up.sql", "SELECT 1; SELECT 2"}, {"1_a.down.sql", "SELECT 0"}, {"2_b.up.sql", BUILD},
		 {"3_c.up.sql", BUILD "; SELECT 5"}},
		"T1,2 N3 T4,5", "T1 T2 T3 T4 T5",
		"golang-migrate: a text is a transaction where the server says so"},
	{{{"1_a.up.sql", "BEGIN; SELECT 2; COMMIT"}, {"2_b.up.sql", "SELECT 4"}}, "X1,2,3 T4",
		"X1,2,3 T4", "the file's own transaction"},
	{{{"V1__a.sql", "SELECT 1; SELECT 2"}, {"V2__b.sql", BUILD "; SELECT 4"}}, "T1,2 N3 T4",
		"T1,2 T3,4", "Flyway does without where it must"},
	{{{"1_a.sql", "-- migrate:up\n-- nothing\n"},
		 {"2_b.sql", "-- migrate:up\nSELECT 1; SELECT 2\n"}},
		"T1,2", "T1,2", "a file without a statement"},
	{{{"1_a/up.sql", "SELECT 1; SELECT 2"}, {"2_b/up.sql", BUILD},
		 {"2_b/metadata.toml", "run_in_transaction = false"}},
		"T1,2 N3", "T1,2 T3", "diesel"},
};

static char *grouped(const struct dialect *dialect)
{
	struct scenario_migration settings = {
		.files = &dir, .n_files = 1, .transaction = TRANSACTION_ALL, .attempts = 1};
	struct migration m;
	struct str out = {0};
	struct err err = {0};

	ck_ok(migration_load(&settings, dialect, &m, &err), err);
	for (size_t i = 0; i < m.n_units; i++) {
		const struct migration_unit *u = &m.units[i];

		str_addf(&out, "%s%s", i ? " " : "",
			u->explicit_transaction	 ? "X"
				: u->transaction ? "T"
						 : "N");
		for (size_t k = 0; k < u->n; k++)
			str_addf(&out, "%s%u", k ? "," : "", m.statements[u->first + k].index);
	}
	migration_release(&m);
	return str_take(&out);
}

START_TEST(runs_as_the_tool_does)
{
	CLEANUP(cleanup_free) char *postgres = NULL, *mysql = NULL;

	test_files_write(dir, cases[_i].files);
	postgres = grouped(&postgres_dialect);
	mysql = grouped(&mysql_dialect);
	ck_assert_msg(
		!strcmp(postgres, cases[_i].postgres), "%s: got '%s'", cases[_i].comment, postgres);
	ck_assert_msg(
		!strcmp(mysql, cases[_i].mysql), "%s: mysql: got '%s'", cases[_i].comment, mysql);
}
END_TEST

START_TEST(the_plan_says_how)
{
	static const struct test_file files[TEST_FILES_MAX] = {
		{"1_a.sql",
			"-- +goose Up\n\nCREATE TABLE a (b int);\n-- +goose Down\nDROP TABLE a;\n"},
		{"2_b.sql", "-- +goose Up\n" BUILD ";\n"}, {"3_c.go", "package c"}};
	static const char *const parts[] = {
		"migration: 2 files, 2 statements, transactions as goose runs them\n",
		"  left out: ", "3_c.go, not in SQL: cannot be run here\n",
		"  versions that goose's own table says are applied do not run\n",
		"  1. transaction\n", "      1  line 3    CREATE TABLE  a\n",
		"  2. transaction, must not be cut: the tool's transaction, in which the server "
		"refuses a "
		"statement\n"};
	struct scenario_migration settings = {.files = &dir, .n_files = 1, .attempts = 1};
	struct migration m;
	struct str out = {0};
	struct err err = {0};

	test_files_write(dir, files);
	ck_ok(migration_load(&settings, &postgres_dialect, &m, &err), err);
	migration_describe(&m, &settings, &out);
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		ck_assert_msg(strstr(str_text(&out), parts[i]), "'%s' is not in:\n%s", parts[i],
			str_text(&out));
	str_release(&out);
	migration_release(&m);
}
END_TEST

START_TEST(a_migration_without_any_statement_is_none)
{
	static const struct test_file files[TEST_FILES_MAX] = {{"1_a.sql", "-- +goose Up\n"}};
	struct scenario_migration settings = {.files = &dir, .n_files = 1, .attempts = 1};
	struct migration m;
	struct err err = {0};

	test_files_write(dir, files);
	ck_assert_int_eq(migration_load(&settings, &postgres_dialect, &m, &err), -1);
	ck_assert_str_eq(err.text, "no statement in any migration");
	ck_assert_int_eq(err.kind, ERR_USAGE);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("migration formats");
	TCase *tc = tcase_create("migration formats");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, runs_as_the_tool_does, 0, sizeof(cases) / sizeof(cases[0]));
	tcase_add_test(tc, the_plan_says_how);
	tcase_add_test(tc, a_migration_without_any_statement_is_none);
	suite_add_tcase(suite, tc);
	return suite_run(suite);
}
