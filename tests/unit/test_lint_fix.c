/* What --fix writes into files, and what it leaves alone. */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "harness/base/cleanup.h"
#include "harness/base/fs.h"
#include "harness/base/mem.h"
#include "harness/lint/fix.h"
#include "tests/support/lint_files.h"
#include "tests/support/suite.h"

static struct lint_files files;
static struct lint_fixes fixes;

static void setup(void)
{
	lint_files_init(&files);
	files.config.suggest = true;
	fixes = (struct lint_fixes){0};
}

static void teardown(void)
{
	lint_fixes_release(&fixes);
	lint_files_release(&files);
}

static void fix(void)
{
	struct err err = {0};

	lint_files_run(&files);
	lint_fixes_release(&fixes);
	ck_ok(lint_fix(&files.lint, &fixes, &err), err);
}

#define SAFE "-- rehearse: class=instant-safe\n"
#define BUILD "-- rehearse: class=concurrent-build\n"
#define EXPAND "-- rehearse: class=expand-contract\n"
#define INDEX "CREATE INDEX i ON t (a);\n"
#define FIXED "CREATE INDEX CONCURRENTLY i ON t (a);\n"
#define CHECK "ALTER TABLE t ADD CONSTRAINT c CHECK (a > 0)"
#define VALIDATE "ALTER TABLE t VALIDATE CONSTRAINT c"

static const struct {
	const char *name, *before, *after;
	const char *kept; /* why a statement is left as it is; NULL: none is */
	const char *comment;
} cases[] = {
	/* ---- the header ---- */
	{"a.sql", "SELECT 1;\n", SAFE "SELECT 1;\n", NULL, "no header"},
	{"a.sql", "\xEF\xBB\xBFSELECT 1;\r\n",
		"\xEF\xBB\xBF-- rehearse: class=instant-safe\r\nSELECT 1;\r\n", NULL,
		"byte order mark and line ends stay"},
	{"a.sql", SAFE "DROP TABLE t;\n", EXPAND "DROP TABLE t;\n", NULL, "one that is too mild"},
	{"a.sql", EXPAND "SELECT 1;\n", EXPAND "SELECT 1;\n", NULL, "one that is more careful"},
	{"a.sql", "-- rehearse: class=x\nSELECT 1;\n", "-- rehearse: class=x\nSELECT 1;\n", NULL,
		"one that says nothing is its writer's"},
	{"a.sql", "-- no words\n", "-- no words\n", NULL, "nothing is done"},
	{"1_a.sql", "-- no-transaction\n" FIXED, "-- no-transaction\n" BUILD FIXED, NULL,
		"behind what must stay first"},
	{"00001_a.sql", "-- +goose Up\nSELECT 1;\n-- +goose Down\nDROP TABLE t;\n",
		SAFE "-- +goose Up\nSELECT 1;\n-- +goose Down\nDROP TABLE t;\n", NULL,
		"the way down stays"},

	/* ---- statements by themselves ---- */
	{"a.sql", INDEX "SELECT 1;\n", BUILD FIXED "SELECT 1;\n", NULL, "an index"},
	{"a.sql", "SELECT 1; CREATE INDEX i ON t (a)",
		BUILD "SELECT 1; CREATE INDEX CONCURRENTLY i ON t (a)", NULL, "without a last ;"},
	{"a.sql", CHECK " ; -- words\n", SAFE CHECK " NOT VALID;\n" VALIDATE " ; -- words\n", NULL,
		"two steps, the rest of the line stays"},
	{"a.sql", "DROP TABLE t;\n", EXPAND "DROP TABLE t;\n", NULL, "what needs judgement stays"},
	{"a.sql", BUILD "\n-- rehearse: allow index-plain reason=\"small\"\n" INDEX,
		BUILD "\n-- rehearse: allow index-plain reason=\"small\"\n" INDEX, NULL,
		"what is allowed stays"},
	{"a.sql", "CREATE TABLE t (a int);\n" INDEX, SAFE "CREATE TABLE t (a int);\n" INDEX, NULL,
		"what breaks no rule stays"},

	/* ---- time-outs ---- */
	{"a.sql", "SET lock_timeout = '2s';\n" INDEX,
		BUILD "SET lock_timeout = '2s';\nSET lock_timeout = 0;\n" FIXED, NULL,
		"taken off for the build"},
	{"a.sql", "SET lock_timeout = '2s';\n" INDEX "SELECT 1;\n",
		BUILD "SET lock_timeout = '2s';\nSET lock_timeout = 0;\n" FIXED
		      "SET lock_timeout = '2s';\nSELECT 1;\n",
		NULL, "and set again behind it"},
	{"a.sql",
		"SET lock_timeout = '2s';\nSET statement_timeout = '1s';\n" INDEX INDEX
		"SELECT 1;\n",
		BUILD "SET lock_timeout = '2s';\nSET statement_timeout = '1s';\n"
		      "SET lock_timeout = 0; SET statement_timeout = 0;\n" FIXED FIXED
		      "SET lock_timeout = '2s';\nSET statement_timeout = '1s';\nSELECT 1;\n",
		NULL, "once around two builds"},
	{"a.sql", "SET lock_timeout = '2s';\n" FIXED,
		BUILD "SET lock_timeout = '2s';\nSET lock_timeout = 0;\n" FIXED, NULL,
		"for a build that was there"},
	{"a.sql", BUILD "SET lock_timeout = 0;\n" INDEX, BUILD "SET lock_timeout = 0;\n" FIXED,
		NULL, "one that is off stays off"},
	{"a.sql", "BEGIN;\nSET LOCAL lock_timeout = '2s';\nCOMMIT;\n" INDEX,
		BUILD "BEGIN;\nSET LOCAL lock_timeout = '2s';\nCOMMIT;\n" FIXED, NULL,
		"one that is over does not count"},

	{"a.sql", "SET lock_timeout = '2s';\nALTER TABLE t ADD UNIQUE (a);\n",
		BUILD "SET lock_timeout = '2s';\nSET lock_timeout = 0;\n"
		      "CREATE INDEX CONCURRENTLY u ON t (a);\nSET lock_timeout = '2s';\n"
		      "ALTER TABLE t ADD CONSTRAINT u UNIQUE USING INDEX u;\n",
		NULL, "set again before the steps that are no builds"},

	/* ---- transactions ---- */
	{"a.sql", "BEGIN;\n" INDEX "COMMIT;\n", BUILD "BEGIN;\n" INDEX "COMMIT;\n",
		"the file's own transaction", "inside the file's own"},
	{"a.sql", "BEGIN;\n" CHECK ";\n" CHECK ";\nSELECT 1;\nCOMMIT ;\nSELECT 2;\n",
		SAFE "BEGIN;\n" CHECK " NOT VALID;\n" CHECK
		     " NOT VALID;\nSELECT 1;\nCOMMIT ;\n" VALIDATE ";\n" VALIDATE ";\nSELECT 2;\n",
		NULL, "the second step goes behind its COMMIT"},
	{"a.sql", "BEGIN;\n" CHECK ";\nROLLBACK;\n", SAFE "BEGIN;\n" CHECK ";\nROLLBACK;\n",
		"the file's own transaction", "which must be there"},
	{"00001_a.sql", "-- +goose Up\n" INDEX,
		BUILD "-- +goose NO TRANSACTION\n-- +goose Up\n" FIXED, NULL,
		"goose is asked to run the file outside"},
	{"00001_a.sql", "-- +goose Up\n" CHECK ";\n",
		SAFE "-- +goose NO TRANSACTION\n-- +goose Up\n" CHECK " NOT VALID;\n" VALIDATE
		     ";\n",
		NULL, "two transactions under goose"},
	{"00001_a.sql", "-- +goose Up\n" INDEX "SELECT 1;\n",
		BUILD "-- +goose Up\n" INDEX "SELECT 1;\n", "files of its own",
		"which would take the others' transaction away"},
	{"1-a.sql", "-- +migrate Up\n" INDEX, BUILD "-- +migrate Up notransaction\n" FIXED, NULL,
		"sql-migrate is asked"},
	{"1_a.sql", "-- migrate:up\n" INDEX, BUILD "-- migrate:up transaction:false\n" FIXED, NULL,
		"dbmate is asked"},
	{"1_a.sql", "-- migrate:up\n" CHECK ";\n", SAFE "-- migrate:up\n" CHECK ";\n",
		"files of its own", "dbmate sends two statements as one text"},
	{"V1__a.sql", INDEX, BUILD FIXED, NULL, "Flyway gives way by itself"},
	{"V1__a.sql", CHECK ";\n", SAFE CHECK ";\n", "files of its own", "but not for two steps"},
	{"1_a.up.sql", INDEX, BUILD FIXED, NULL, "a text of one statement"},
	{"1_a.up.sql", "SELECT 1;\n" INDEX, BUILD "SELECT 1;\n" INDEX, "files of its own",
		"a text of several is a transaction"},
	{"00001_a.sql",
		"-- +goose NO TRANSACTION\n-- +goose Up\n-- +goose StatementBegin\n" CHECK
		";\n-- +goose StatementEnd\n",
		SAFE "-- +goose NO TRANSACTION\n-- +goose Up\n-- +goose StatementBegin\n" CHECK
		     ";\n-- +goose StatementEnd\n",
		"marks where its statements end", "two statements within the marks of one"},
};

START_TEST(files_are_fixed)
{
	CLEANUP(cleanup_free)
	char *path = lint_files_put(&files, cases[_i].name, cases[_i].before);
	CLEANUP(cleanup_free) char *after = NULL;
	CLEANUP(cleanup_free) char *again = NULL;

	fix();
	after = lint_files_read(&files, cases[_i].name);
	ck_assert_msg(!strcmp(after, cases[_i].after), "%s:\n%s", cases[_i].comment, after);
	ck_assert_uint_eq(fixes.n_files, strcmp(cases[_i].before, cases[_i].after) != 0);
	ck_assert_msg((fixes.n_kept == 1) == (cases[_i].kept != NULL), "%s", cases[_i].comment);
	if (cases[_i].kept)
		ck_assert_msg(strstr(fixes.kept[0].reason, cases[_i].kept) != NULL, "%s",
			fixes.kept[0].reason);
	fix();
	again = lint_files_read(&files, cases[_i].name);
	ck_assert_str_eq(again, after);
	ck_assert_uint_eq(fixes.n_files, 0);
	ck_assert_uint_eq(fixes.n_changes, 0);
}
END_TEST

START_TEST(the_findings_are_those_of_the_fixed_files)
{
	CLEANUP(cleanup_free) char *path = lint_files_put(&files, "a.sql", INDEX);

	fix();
	ck_assert(!lint_fails(&files.lint));
	ck_assert_uint_eq(files.lint.n_findings, 0);
	ck_assert_uint_eq(files.lint.files[0].statements[0].sql->line, 2);
}
END_TEST

START_TEST(changes_are_shown_in_whole_lines)
{
	CLEANUP(cleanup_free)
	char *path = lint_files_put(&files, "a.sql", "SELECT 1;\n\t" INDEX "SELECT 2;\n");
	CLEANUP(cleanup_str) struct str text = {0};
	struct canvas c = {.out = &text, .width = 100};

	fix();
	draw_fixes(&c, &fixes);
	ck_assert_uint_eq(fixes.n_changes, 2);
	ck_assert_ptr_nonnull(
		strstr(str_text(&text), "a.sql:2\n-     CREATE INDEX i ON t (a);\n+     " FIXED));
	ck_assert_ptr_nonnull(strstr(str_text(&text), "a.sql:1\n+ " BUILD));
	ck_assert_ptr_nonnull(strstr(str_text(&text), "1 file changed"));
}
END_TEST

START_TEST(a_file_keeps_its_mode_and_its_link)
{
	CLEANUP(cleanup_free) char *path = lint_files_put(&files, "a.txt", "SELECT 1;\n");
	CLEANUP(cleanup_free) char *link = fs_join(files.dir, "b.sql");
	CLEANUP(cleanup_free) char *text = NULL;
	struct stat st;

	ck_assert_int_eq(chmod(path, 0664), 0);
	ck_assert_int_eq(symlink(path, link), 0);
	fix();
	text = lint_files_read(&files, "a.txt");
	ck_assert_str_eq(text, SAFE "SELECT 1;\n");
	ck_assert_int_eq(lstat(link, &st), 0);
	ck_assert(S_ISLNK(st.st_mode));
	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert_int_eq(st.st_mode & 07777, 0664);
}
END_TEST

START_TEST(a_file_with_placeholders_is_left_alone)
{
	CLEANUP(cleanup_free)
	char *path = lint_files_put(&files, "V1__a.sql", "CREATE INDEX i ON ${table} (a);\n");
	struct server_setting table = {.name = (char *)"table", .value = (char *)"a_long_name"};
	CLEANUP(cleanup_free) char *text = NULL;

	files.config.format.placeholders = &table;
	files.config.format.n_placeholders = 1;
	fix();
	text = lint_files_read(&files, "V1__a.sql");
	ck_assert_str_eq(text, "CREATE INDEX i ON ${table} (a);\n");
	ck_assert_uint_eq(fixes.n_kept, 1);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("lint_fix");
	TCase *tc = tcase_create("lint_fix");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, files_are_fixed, 0, sizeof(cases) / sizeof(cases[0]));
	tcase_add_test(tc, the_findings_are_those_of_the_fixed_files);
	tcase_add_test(tc, changes_are_shown_in_whole_lines);
	tcase_add_test(tc, a_file_keeps_its_mode_and_its_link);
	tcase_add_test(tc, a_file_with_placeholders_is_left_alone);
	suite_add_tcase(suite, tc);
	return suite_run(suite);
}
