#include <string.h>

#include "adapters/mysql/dialect.h"
#include "harness/base/cleanup.h"
#include "harness/base/mem.h"
#include "tests/support/suite.h"

static const struct {
	const char *sql, *masked;
} masks[] = {
	{"INSERT INTO p -- who\nVALUES ('Anna', \"B\", 42,\n\t-1.5e3, X'41', 0x42, N'x', \\N)",
		"INSERT INTO p VALUES (?, ?, ?, -?, ?, ?, ?, \\N)"},
	{"ALTER TABLE t ADD c varchar(255), ADD d decimal (10, 2) DEFAULT 7",
		"ALTER TABLE t ADD c varchar(255), ADD d decimal (10, 2) DEFAULT ?"},
	{"CREATE USER u IDENTIFIED BY 'x' # why", "CREATE USER u IDENTIFIED BY ?"},
	{"SELECT 'it''s', `a\nb`, 'a\\n'", "SELECT ?, `a b`, ?"},
	/* With NO_BACKSLASH_ESCAPES the first string ends at its backslash. */
	{"SELECT 'a\\', b, 'secret'", "SELECT ? …"},
	{"SELECT 'a\\' secret', 1", "SELECT ? …"},
	{"/*!40101 SET a = 'x' */", "/*!40101 SET a = ? */"},
	{"connect d secret", "connect"},
	{"\\! mysql -psecret", "\\!"},
	{"SELECT 'never closed", "SELECT ?"},
};

START_TEST(masks_literals)
{
	CLEANUP(cleanup_free)
	char *masked = mysql_dialect.mask(masks[_i].sql, strlen(masks[_i].sql));

	ck_assert_str_eq(masked, masks[_i].masked);
}
END_TEST

static void expect_text(char *text, const char *expected)
{
	ck_assert_str_eq(text, expected);
	mem_free(text);
}

static char *literal(const char *text)
{
	struct str out = {0};

	mysql_dialect.add_literal(&out, text);
	return str_take(&out);
}

START_TEST(quotes_names_and_literals)
{
	expect_text(mysql_dialect.quote_name("a `b`"), "`a ``b```");
	expect_text(literal("it's"), "'it''s'");
	expect_text(literal("\\'"), " _utf8mb4 X'5C27'");
}
END_TEST

START_TEST(sets_timeouts_in_whole_seconds_where_the_server_knows_no_less)
{
	expect_text(mysql_dialect.session_timeouts(500000, DIALECT_KEEP),
		"SET SESSION lock_wait_timeout = 1, innodb_lock_wait_timeout = 1");
	expect_text(mysql_dialect.session_timeouts(2000001, 1500000),
		"SET SESSION lock_wait_timeout = 3, innodb_lock_wait_timeout = 3 "
		"/*M!100100 , SESSION max_statement_time = 1.500000 */ "
		"/*!80000 , SESSION max_execution_time = 1500 */");
	expect_text(mysql_dialect.session_timeouts(0, 0),
		"SET SESSION lock_wait_timeout = 31536000, innodb_lock_wait_timeout = 31536000 "
		"/*M!100100 , SESSION max_statement_time = 0.000000 */ "
		"/*!80000 , SESSION max_execution_time = 0 */");
	expect_text(mysql_dialect.session_timeouts(DIALECT_KEEP, 1),
		"SET @rehearse = NULL /*M!100100 , SESSION max_statement_time = 0.000001 */ "
		"/*!80000 , SESSION max_execution_time = 1 */");
	expect_text(mysql_dialect.session_timeouts(DIALECT_KEEP, DIALECT_KEEP), "");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("mysql texts");
	TCase *tc = tcase_create("texts");

	tcase_add_loop_test(tc, masks_literals, 0, sizeof(masks) / sizeof(masks[0]));
	tcase_add_test(tc, quotes_names_and_literals);
	tcase_add_test(tc, sets_timeouts_in_whole_seconds_where_the_server_knows_no_less);
	suite_add_tcase(suite, tc);
	return suite_run(suite);
}
