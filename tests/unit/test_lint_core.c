/* What lint makes of files: classes, headers, allow comments, transactions, places; its rules. */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "harness/base/cleanup.h"
#include "harness/base/mem.h"
#include "harness/lint/output.h"
#include "tests/support/lint_files.h"
#include "tests/support/suite.h"

static struct lint_files files;

static void setup(void)
{
	lint_files_init(&files);
}

static void teardown(void)
{
	lint_files_release(&files);
}

/* "3:1 index-plain, 5:1 drop (allowed: reason)" */
static char *summary(void)
{
	struct str out = {0};

	for (size_t i = 0; i < files.lint.n_findings; i++) {
		const struct lint_finding *f = &files.lint.findings[i];

		str_addf(&out, "%s%u:%u %s", i ? ", " : "", f->line, f->column, f->rule->id);
		if (f->allowed)
			str_addf(&out, " (allowed: %s)", f->reason);
	}
	return str_take(&out);
}

#define SAFE "-- rehearse: class=instant-safe\n"
#define BUILD "-- rehearse: class=concurrent-build\n"
#define EXPAND "-- rehearse: class=expand-contract\n"
#define INDEX "CREATE INDEX i ON t (a);\n"
#define ALLOW "-- rehearse: allow index-plain reason=\"small\"\n"

static const struct {
	const char *text;
	const char *found;
	const char *comment;
} cases[] = {
	/* ---- the header ---- */
	{SAFE "SELECT 1;\n", "", "a right header"},
	{"SELECT 1;\n", "1:1 header-missing", "no header"},
	{"-- only words\n", "", "nothing is done, so nothing is said"},
	{SAFE "DROP TABLE t;\n", "1:1 header-class-wrong, 2:1 drop", "milder than the file"},
	{EXPAND "SELECT 1;\n", "1:1 header-class-careful", "more careful than the file"},
	{"-- rehearse: class=expand-contract required\nDROP TABLE t;\n", "2:1 drop",
		"the class's full name"},
	{"\xEF\xBB\xBF" SAFE "SELECT 1;\n", "", "behind a byte order mark"},
	{"-- words\n\n--rehearse:class=instant-safe\r\nSELECT 1;\r\n", "",
		"behind other comments, with other blanks and line ends"},
	{"-- rehearse: class=harmless\nSELECT 1;\n", "1:1 directive-wrong", "no such class"},
	{SAFE SAFE "SELECT 1;\n", "2:1 directive-wrong", "twice"},
	{"SELECT 1;\n" SAFE "SELECT 2;\n", "2:1 directive-wrong", "behind a statement"},
	{SAFE "-- rehearse: alow x\nSELECT 1;\n", "2:1 directive-wrong", "no such word"},
	{SAFE "SELECT '\n-- rehearse: class=x\n';\n", "", "not in a string"},
	{SAFE "SELECT 1,\n-- rehearse: class=x\n2;\n", "", "not inside a statement"},
	{SAFE "/*\n-- words\n*/ SELECT 1;\n", "", "a block comment"},

	/* ---- allow ---- */
	{BUILD "\n" ALLOW INDEX, "4:1 index-plain (allowed: small)", "before a statement"},
	{BUILD ALLOW "\nSELECT 1;\n" INDEX INDEX,
		"5:1 index-plain (allowed: small), 6:1 index-plain (allowed: small)",
		"below the header: for the file"},
	{BUILD "\n" ALLOW INDEX INDEX, "4:1 index-plain (allowed: small), 5:1 index-plain",
		"only for the next statement"},
	{BUILD "\n" ALLOW "\n-- more\n" INDEX, "6:1 index-plain (allowed: small)",
		"with lines between"},
	{BUILD INDEX ALLOW, "2:1 index-plain, 3:1 allow-unused", "behind the last statement"},
	{BUILD "CREATE INDEX i ON t (a); " ALLOW "SELECT 1;\n", "2:1 index-plain (allowed: small)",
		"at the end of its line"},
	{BUILD "\n-- rehearse: allow index-plain\n" INDEX,
		"3:1 allow-without-reason, 4:1 index-plain", "no reason"},
	{BUILD "\n-- rehearse: allow index-plain reason=\"\"\n" INDEX,
		"3:1 allow-without-reason, 4:1 index-plain", "an empty reason"},
	{BUILD "\n-- rehearse: allow index-plain reason=\"a\n" INDEX,
		"3:1 allow-without-reason, 4:1 index-plain", "a reason that does not end"},
	{BUILD "\n-- rehearse: allow index-plian reason=\"a\"\n" INDEX,
		"3:1 allow-unknown-rule, 4:1 index-plain", "no such rule"},
	{BUILD "\n-- rehearse: allow\n" INDEX, "3:1 directive-wrong, 4:1 index-plain", "no rule"},
	{SAFE "\n" ALLOW "SELECT 1;\n", "3:1 allow-unused", "nothing broke it"},
	{SAFE "\n-- rehearse: allow taste reason=\"a\"\nSELECT * FROM t;\n", "",
		"a rule of taste, which nobody asked for"},
	{SAFE "-- rehearse: allow header-class-wrong reason=\"agreed\"\nDROP TABLE t;\n",
		"1:1 header-class-wrong (allowed: agreed), 3:1 drop", "about the file itself"},

	/* ---- statements ---- */
	{SAFE "CREATE TABLE t (a int);\n" INDEX, "", "a table of the same migration"},
	{EXPAND "SELEC 1;\n", "2:1 statement-unknown", "not understood"},
	{EXPAND "\\set x 1\nSELECT 1;\n", "2:1 statement-unknown", "for psql"},
	{EXPAND "SELECT 'ä'; DROP TABLE t;\n", "2:13 drop", "columns count characters"},
	{BUILD "BEGIN;\nCREATE INDEX CONCURRENTLY i ON t (a);\nCOMMIT;\n", "3:1 in-transaction",
		"the file's own transaction"},
	{BUILD "BEGIN;\nCOMMIT;\nCREATE INDEX CONCURRENTLY i ON t (a);\n", "",
		"behind that transaction"},
};

START_TEST(files_are_judged)
{
	CLEANUP(cleanup_free) char *path = lint_files_put(&files, "a.sql", cases[_i].text);
	CLEANUP(cleanup_free) char *found = NULL;

	lint_files_run(&files);
	found = summary();
	ck_assert_msg(!strcmp(found, cases[_i].found), "%s: %s", cases[_i].comment, found);
}
END_TEST

START_TEST(a_wrong_rule_gets_the_right_one)
{
	CLEANUP(cleanup_free)
	char *path = lint_files_put(&files, "a.sql",
		SAFE "\n-- rehearse: allow header-mising reason=\"a\"\nSELECT 1;\n");

	lint_files_run(&files);
	ck_assert_uint_eq(files.lint.n_findings, 1);
	ck_assert_ptr_nonnull(
		strstr(files.lint.findings[0].message, "did you mean 'header-missing'"));
}
END_TEST

START_TEST(only_errors_and_warnings_fail)
{
	static const struct {
		const char *text;
		bool fails;
	} files_of[] = {
		{SAFE "SELECT 1;\n", false},
		{EXPAND "SELECT 1;\n", false},
		{BUILD "\n" ALLOW INDEX, false},
		{BUILD INDEX, true},
		{EXPAND "DROP TABLE t;\n", true},
	};

	for (size_t i = 0; i < sizeof(files_of) / sizeof(files_of[0]); i++) {
		CLEANUP(cleanup_free)
		char *path = lint_files_put(&files, "a.sql", files_of[i].text);

		lint_files_run(&files);
		ck_assert_msg(lint_fails(&files.lint) == files_of[i].fails, "%s", files_of[i].text);
	}
}
END_TEST

START_TEST(settings_change_what_is_found)
{
	CLEANUP(cleanup_free) char *path = lint_files_put(&files, "a.sql", "SELECT * FROM t;\n");
	CLEANUP(cleanup_free) char *found = NULL;

	files.config.no_header = true;
	lint_files_run(&files);
	ck_assert_uint_eq(files.lint.n_findings, 0);
	files.config.style = true;
	lint_files_run(&files);
	found = summary();
	ck_assert_str_eq(found, "1:1 taste");
}
END_TEST

/* Whether a transaction is open around each of the file's statements. */
static const struct {
	const char *name, *text;
	enum transaction_mode mode;
	const char *expected;
	const char *comment;
} transactions[] = {
	{"a.sql", "SELECT 1; VACUUM; SELECT 2;", TRANSACTION_STATEMENT, "---", "each by itself"},
	{"a.sql", "SELECT 1; VACUUM; SELECT 2;", TRANSACTION_FILE, "T-T",
		"the runner leaves out what is refused"},
	{"a.sql", "SELECT 1; BEGIN; SELECT 2; COMMIT; SELECT 3;", TRANSACTION_STATEMENT, "--TT-",
		"the file's own"},
	{"00001_a.sql", "-- +goose Up\nSELECT 1;\nVACUUM;\n", TRANSACTION_STATEMENT, "TT",
		"a tool's"},
	{"00001_a.sql", "-- +goose NO TRANSACTION\n-- +goose Up\nSELECT 1;\nVACUUM;\n",
		TRANSACTION_FILE, "--", "a tool's, turned off in the file"},
	{"V1__a.sql", "SELECT 1;\nVACUUM;\n", TRANSACTION_STATEMENT, "--",
		"a tool that gives way to what is refused"},
	{"V1__a.sql", "SELECT 1;\nSELECT 2;\n", TRANSACTION_STATEMENT, "TT", "and else does not"},
	{"1_a.up.sql", "SELECT 1;\nSELECT 2;\n", TRANSACTION_STATEMENT, "TT",
		"several statements in one text"},
	{"1_a.up.sql", "VACUUM;\n", TRANSACTION_STATEMENT, "-", "one statement in one text"},
};

START_TEST(statements_know_their_transaction)
{
	CLEANUP(cleanup_free)
	char *path = lint_files_put(&files, transactions[_i].name, transactions[_i].text);
	CLEANUP(cleanup_str) struct str seen = {0};

	files.config.transaction = transactions[_i].mode;
	lint_files_run(&files);
	for (size_t i = 0; i < files.lint.files[0].n_statements; i++)
		str_add_char(&seen, files.lint.files[0].statements[i].transaction ? 'T' : '-');
	ck_assert_msg(!strcmp(str_text(&seen), transactions[_i].expected), "%s: %s",
		transactions[_i].comment, str_text(&seen));
}
END_TEST

START_TEST(what_is_not_asked_for_is_read_but_not_told)
{
	CLEANUP(cleanup_free) char *a = lint_files_put(&files, "1_a.up.sql", "DROP TABLE t;\n");
	CLEANUP(cleanup_free) char *b = lint_files_put(&files, "2_b.up.sql", INDEX);

	files.config.format.from = "2";
	files.config.no_header = true;
	lint_files_run(&files);
	ck_assert_uint_eq(files.lint.n_files, 2);
	ck_assert(!files.lint.files[0].told);
	ck_assert(files.lint.files[1].told);
	ck_assert_uint_eq(files.lint.n_findings, 1);
	ck_assert_str_eq(files.lint.findings[0].rule->id, "index-plain");
}
END_TEST

START_TEST(a_class_is_that_of_the_worst_statement)
{
	CLEANUP(cleanup_free)
	char *path = lint_files_put(&files, "a.sql", "SELECT 1; DROP TABLE t; " INDEX);

	lint_files_run(&files);
	ck_assert_int_eq(files.lint.files[0].class, SQL_CLASS_EXPAND_CONTRACT);
	ck_assert_int_eq(files.lint.files[0].statements[0].analysis.class, SQL_CLASS_INSTANT_SAFE);
	ck_assert_int_eq(
		files.lint.files[0].statements[2].analysis.class, SQL_CLASS_CONCURRENT_BUILD);
}
END_TEST

START_TEST(every_rule_is_listed_and_explained)
{
	CLEANUP(cleanup_str) struct str list = {0};
	CLEANUP(cleanup_str) struct str json = {0};
	struct lint_output_options options = {.width = 200};
	const struct lint_rule *rule;
	json_t *parsed;
	size_t n = 0;

	lint_rules_text(&options, &list);
	lint_rules_json(NULL, &json);
	for (; (rule = lint_rule_at(n)); n++) {
		CLEANUP(cleanup_str) struct str one = {0};

		ck_assert_ptr_nonnull(strstr(str_text(&list), rule->id));
		lint_rule_text(rule->id, &options, &one);
		ck_assert_ptr_nonnull(strstr(str_text(&one), rule->title));
		ck_assert_ptr_nonnull(strstr(str_text(&one), rule_level_name(rule->level)));
		ck_assert_msg(*rule->title && *rule->detects && *rule->why && *rule->remedy &&
				rule->products[0],
			"%s is not explained", rule->id);
		ck_assert_str_eq(lint_rule_find(NULL, rule->id)->id, rule->id);
	}
	parsed = json_loads(str_text(&json), 0, NULL);
	ck_assert_uint_eq(json_array_size(parsed), n);
	ck_assert_uint_ge(n, lint_n_file_rules);
	json_decref(parsed);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("lint_core");
	TCase *tc = tcase_create("lint_core");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, files_are_judged, 0, sizeof(cases) / sizeof(cases[0]));
	tcase_add_test(tc, a_wrong_rule_gets_the_right_one);
	tcase_add_test(tc, only_errors_and_warnings_fail);
	tcase_add_test(tc, settings_change_what_is_found);
	tcase_add_loop_test(tc, statements_know_their_transaction, 0,
		sizeof(transactions) / sizeof(transactions[0]));
	tcase_add_test(tc, what_is_not_asked_for_is_read_but_not_told);
	tcase_add_test(tc, a_class_is_that_of_the_worst_statement);
	tcase_add_test(tc, every_rule_is_listed_and_explained);
	suite_add_tcase(suite, tc);
	return suite_run(suite);
}
