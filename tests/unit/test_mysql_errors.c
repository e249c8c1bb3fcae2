/* What the errors of MariaDB and MySQL mean, that their texts hold nobody's data, and what a DSN
 * may show. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "adapters/mysql/client.h"
#include "adapters/mysql/conninfo.h"
#include "adapters/mysql/errors.h"
#include "tests/support/suite.h"

#define N(array) (sizeof(array) / sizeof((array)[0]))

enum { ANY, MARIADB, MYSQL };

static const struct {
	unsigned code;
	int flavour;
	enum db_class class;
	const char *comment;
} class_cases[] = {
	{1054, ANY, DB_CLASS_BREAKAGE, "unknown column"},
	{1136, ANY, DB_CLASS_BREAKAGE, "column count"},
	{1146, ANY, DB_CLASS_BREAKAGE, "no such table"},
	{1364, ANY, DB_CLASS_BREAKAGE, "no default value"},
	{1062, ANY, DB_CLASS_BREAKAGE, "duplicate entry"},
	{1264, ANY, DB_CLASS_BREAKAGE, "out of range"},
	{1265, ANY, DB_CLASS_BREAKAGE, "data truncated"},
	{1138, ANY, DB_CLASS_BREAKAGE, "NULL where there may be none"},
	{1406, ANY, DB_CLASS_BREAKAGE, "data too long"},
	{1451, ANY, DB_CLASS_BREAKAGE, "a child row refers to it"},
	{1452, ANY, DB_CLASS_BREAKAGE, "no parent row"},
	{4025, MARIADB, DB_CLASS_BREAKAGE, "CHECK"},
	{3819, MYSQL, DB_CLASS_BREAKAGE, "CHECK"},
	{2057, ANY, DB_CLASS_BREAKAGE, "columns of a prepared statement"},
	{1064, ANY, DB_CLASS_BREAKAGE, "syntax"},
	{1060, ANY, DB_CLASS_BREAKAGE, "duplicate column"},
	{1061, ANY, DB_CLASS_BREAKAGE, "duplicate key name"},
	{1091, ANY, DB_CLASS_BREAKAGE, "nothing to drop"},
	{1072, ANY, DB_CLASS_BREAKAGE, "key column"},
	{1305, ANY, DB_CLASS_BREAKAGE, "no such routine"},
	{1366, ANY, DB_CLASS_BREAKAGE, "incorrect value"},
	{1292, ANY, DB_CLASS_BREAKAGE, "truncated value"},
	{1048, ANY, DB_CLASS_BREAKAGE, "column cannot be null"},
	{1845, ANY, DB_CLASS_BREAKAGE, "the algorithm that was asked for"},
	{1205, ANY, DB_CLASS_CONTENTION, "lock wait time-out"},
	{1213, ANY, DB_CLASS_CONTENTION, "deadlock"},
	{1412, ANY, DB_CLASS_CONTENTION, "table changed after the snapshot"},
	{1020, ANY, DB_CLASS_CONTENTION, "row changed after the snapshot"},
	{1615, ANY, DB_CLASS_CONTENTION, "to be prepared again"},
	{1317, ANY, DB_CLASS_CONTENTION, "interrupted"},
	{1969, MARIADB, DB_CLASS_CONTENTION, "max_statement_time"},
	{3024, MYSQL, DB_CLASS_CONTENTION, "max_execution_time"},
	{3572, MYSQL, DB_CLASS_CONTENTION, "NOWAIT"},
	{2006, ANY, DB_CLASS_CONNECTION, "gone away"},
	{2013, ANY, DB_CLASS_CONNECTION, "lost"},
	{2002, ANY, DB_CLASS_CONNECTION, "no server at the socket"},
	{2003, ANY, DB_CLASS_CONNECTION, "no server at the port"},
	{1053, ANY, DB_CLASS_CONNECTION, "shutdown"},
	{1158, ANY, DB_CLASS_CONNECTION, "read"},
	{1161, ANY, DB_CLASS_CONNECTION, "write time-out"},
	{1927, MARIADB, DB_CLASS_CONNECTION, "killed"},
	{4031, MYSQL, DB_CLASS_CONNECTION, "idle too long"},
	{4031, MARIADB, DB_CLASS_BREAKAGE, "the same number: no such trigger"},
	{1290, ANY, DB_CLASS_SETUP, "read-only server"},
	{1142, ANY, DB_CLASS_SETUP, "table access"},
	{1193, ANY, DB_CLASS_SETUP, "unknown variable"},
	{1044, ANY, DB_CLASS_SETUP, "database access"},
	{1045, ANY, DB_CLASS_SETUP, "wrong password"},
	{1049, ANY, DB_CLASS_SETUP, "unknown database"},
	{1227, ANY, DB_CLASS_SETUP, "privilege"},
	{1836, ANY, DB_CLASS_SETUP, "read-only mode"},
	{1792, ANY, DB_CLASS_SETUP, "read-only transaction"},
	{1021, ANY, DB_CLASS_RESOURCE, "disk full"},
	{1040, ANY, DB_CLASS_RESOURCE, "too many connections"},
	{1041, ANY, DB_CLASS_RESOURCE, "out of memory"},
	{1114, ANY, DB_CLASS_RESOURCE, "table full"},
	{1203, ANY, DB_CLASS_RESOURCE, "connections of a user"},
	{1226, ANY, DB_CLASS_RESOURCE, "limit of a user"},
	{1105, ANY, DB_CLASS_OTHER, "unknown error"},
	{1969, MYSQL, DB_CLASS_OTHER, "the other flavour's"},
};

START_TEST(numbers_have_their_class)
{
	for (int mariadb = 0; mariadb < 2; mariadb++) {
		if (class_cases[_i].flavour != ANY &&
			(class_cases[_i].flavour == MARIADB) != mariadb)
			continue;
		ck_assert_msg(my_error_class(class_cases[_i].code, "HY000", mariadb) ==
				class_cases[_i].class,
			"%u (%s): %s", class_cases[_i].code, class_cases[_i].comment,
			db_class_name(my_error_class(class_cases[_i].code, "HY000", mariadb)));
	}
}
END_TEST

START_TEST(unknown_numbers_go_by_their_sqlstate)
{
	ck_assert_int_eq(my_error_class(9999, "42S99", true), DB_CLASS_BREAKAGE);
	ck_assert_int_eq(my_error_class(9999, "23000", true), DB_CLASS_BREAKAGE);
	ck_assert_int_eq(my_error_class(9999, "40001", true), DB_CLASS_CONTENTION);
	ck_assert_int_eq(my_error_class(9999, "28000", true), DB_CLASS_SETUP);
	/* SIGNAL may say so while the connection stands. */
	ck_assert_int_eq(my_error_class(1644, "08006", true), DB_CLASS_OTHER);
	ck_assert_int_eq(my_error_class(9999, "HY000", true), DB_CLASS_OTHER);
	ck_assert_int_eq(my_error_class(9999, NULL, true), DB_CLASS_OTHER);
}
END_TEST

START_TEST(refused_locks_and_deadlocks_can_be_retried)
{
	static const struct {
		unsigned code;
		bool lock_timeout, retryable;
	} cases[] = {{1205, true, true}, {3572, true, true}, {1213, false, true},
		{1020, false, true}, {1412, false, true}, {1317, false, false},
		{1969, false, false}, {1062, false, false}, {0, false, false}};

	for (size_t i = 0; i < N(cases); i++) {
		ck_assert_msg(my_error_is_lock_timeout(cases[i].code) == cases[i].lock_timeout,
			"%u", cases[i].code);
		ck_assert_msg(my_error_is_retryable(cases[i].code) == cases[i].retryable, "%u",
			cases[i].code);
	}
}
END_TEST

#define SYNTAX                                                                                     \
	"You have an error in your SQL syntax; check the manual that corresponds to your MariaDB " \
	"server version for the right syntax to use near "

static const struct {
	unsigned code;
	const char *message, *masked, *comment;
} mask_cases[] = {
	{1146, "Table 'shop.patient' doesn't exist", "Table 'shop.patient' doesn't exist",
		"names stay"},
	{1054, "Unknown column 'p.phone' in 'field list'",
		"Unknown column 'p.phone' in 'field list'", "names stay"},
	{1062, "Duplicate entry 'Miller' for key 'PRIMARY'",
		"Duplicate entry '?' for key 'PRIMARY'", "a value and a name"},
	{1062, "Duplicate entry 'O'Brien' for key 'name'", "Duplicate entry '?' for key 'name'",
		"an apostrophe in the value"},
	{1062, "Duplicate entry 'a' for key 'x' for key 'name'",
		"Duplicate entry '?' for key 'name'", "the template in the value"},
	{1062, "Doppelter Eintrag 'Miller' f\u00fcr Schl\u00fcssel 'PRIMARY'",
		"Doppelter Eintrag '?'", "another language: nothing in quotes is safe"},
	{1366, "Incorrect integer value: 'Miller' for column `shop`.`t`.`a` at row 1",
		"Incorrect integer value: '?' for column `shop`.`t`.`a` at row 1", "MariaDB"},
	{1366, "Incorrect integer value: 'Miller' for column 'a' at row 1",
		"Incorrect integer value: '?' for column 'a' at row 1", "MySQL"},
	{1292, "Truncated incorrect DOUBLE value: 'Miller'",
		"Truncated incorrect DOUBLE value: '?'", "in an expression"},
	{1292, "Incorrect datetime value: '17.3.' for column `shop`.`t`.`d` at row 12",
		"Incorrect datetime value: '?' for column `shop`.`t`.`d` at row 12", "in a column"},
	{1411, "Incorrect datetime value: 'Miller' for function str_to_date",
		"Incorrect datetime value: '?' for function str_to_date", "in a function"},
	{1690, "BIGINT UNSIGNED value is out of range in '(4711 - 4712)'",
		"BIGINT UNSIGNED value is out of range in '?'", "an expression with its literals"},
	{1526, "Table has no partition for value 4711", "Table has no partition for value ?",
		"a value without quotes"},
	{1231, "Variable 'sql_mode' can't be set to the value of 'Miller'",
		"Variable 'sql_mode' can't be set to the value of '?'", "a name and a value"},
	{1231,
		"Variable 'sql_mode' can't be set to the value of 'x' can't be set to the value of "
		"'Miller'",
		"Variable 'sql_mode' can't be set to the value of '?'",
		"the template in the value, behind a name"},
	{1264, "Out of range value for column 'a' at row 1",
		"Out of range value for column 'a' at row 1", "no value in it"},
	{1406, "Data too long for column 'b' at row 1", "Data too long for column 'b' at row 1",
		"no value in it"},
	{1452,
		"Cannot add or update a child row: a foreign key constraint fails (`shop`.`c`, "
		"CONSTRAINT `c_ibfk_1` FOREIGN KEY (`p`) REFERENCES `p` (`id`))",
		"Cannot add or update a child row: a foreign key constraint fails (`shop`.`c`, "
		"CONSTRAINT `c_ibfk_1` FOREIGN KEY (`p`) REFERENCES `p` (`id`))",
		"all of it names"},
	{1761,
		"Foreign key constraint for table 't', record 'Miller-17' would lead to a "
		"duplicate "
		"entry in table 'c', key 'k'",
		"Foreign key constraint for table 't', record '?' would lead to a duplicate entry "
		"in table 'c', key 'k'",
		"names around a value"},
	{4025, "CONSTRAINT `positive` failed for `shop`.`t`",
		"CONSTRAINT `positive` failed for `shop`.`t`", "names stay"},
	{1064, SYNTAX "'FORM patient WHERE name = 'Miller'' at line 1", SYNTAX "'FORM ?' at line 1",
		"the first word stays"},
	{1064, SYNTAX "'CONCURRENTLY' at line 3", SYNTAX "'CONCURRENTLY' at line 3", "one word"},
	{1064, SYNTAX "'Miller'' at line 1", SYNTAX "'?' at line 1", "the end of a literal"},
	{1064, SYNTAX "''Miller')' at line 1", SYNTAX "'?' at line 1", "a literal"},
	{1064, SYNTAX "'4711 b' at line 1", SYNTAX "'?' at line 1", "a number"},
	{1064, SYNTAX "'' at line 1", SYNTAX "'' at line 1", "the end of the text"},
	{1644, "patient Miller is unknown", "raised by a stored program (text masked)", "SIGNAL"},
	{9999, "Something about 'Miller' and \"Smith\" here", "Something about '?' here",
		"unknown: all between the quotes"},
	{9999, "can't do that", "can't do that", "an apostrophe"},
	{1205, "one\ntwo\tthree", "one two three", "on one line"},
};

START_TEST(texts_hold_names_but_no_data)
{
	char text[256];

	my_error_mask(mask_cases[_i].code, "HY000", mask_cases[_i].message, text, sizeof(text));
	ck_assert_msg(!strcmp(text, mask_cases[_i].masked), "%s: \"%s\" became \"%s\"",
		mask_cases[_i].comment, mask_cases[_i].message, text);
}
END_TEST

START_TEST(raised_texts_are_dropped_whatever_their_number)
{
	char text[256];

	my_error_mask(1146, "45000", "patient Miller is gone", text, sizeof(text));
	ck_assert_ptr_null(strstr(text, "Miller"));
}
END_TEST

START_TEST(long_texts_are_cut_between_characters)
{
	char text[8];

	my_error_mask(1146, "42S02", "abcde\u00e9\u00e9", text, sizeof(text));
	ck_assert_str_eq(text, "abcde\u00e9");
	my_error_mask(1146, "42S02", "abcdef\u00e9", text, sizeof(text));
	ck_assert_str_eq(text, "abcdef");
	my_error_mask(1146, "42S02", "x", text, 1);
	ck_assert_str_eq(text, "");
}
END_TEST

static const struct {
	const char *near, *sql;
	uint32_t position;
	const char *comment;
} position_cases[] = {
	{"FORM x", "SELECT 1 FORM x", 10, "the rest of the statement"},
	{"x", "SELECT x FORM x", 15, "the last x: it is the rest"},
	{"", "SELECT", 7, "the end"},
	{"FORM x", "SELECT '\u00e9\u00e9' FORM x", 13, "characters, not bytes"},
	{"FORM a_table_with_a_name_that_is_so_long_that_the_server_cuts_its_quotation_off_h",
		"SELECT 1 FORM a_table_with_a_name_that_is_so_long_that_the_server_cuts_its_"
		"quotation_off_here",
		10, "cut off by the server"},
	{"no such text", "SELECT 1 FORM x", 0, "not there"},
};

START_TEST(syntax_errors_have_a_place)
{
	char message[512];
	uint32_t position;

	snprintf(message, sizeof(message), SYNTAX "'%s' at line 1", position_cases[_i].near);
	position = my_error_position(1064, message, position_cases[_i].sql);
	ck_assert_msg(position == position_cases[_i].position, "%s: %u", position_cases[_i].comment,
		position);
	ck_assert_uint_eq(my_error_position(1146, message, position_cases[_i].sql), 0);
}
END_TEST

START_TEST(errors_in_rows_have_their_number)
{
	static const struct {
		const char *message;
		unsigned code;
	} cases[] = {{"Table 'shop.nope' doesn't exist", 1146},
		{"Lock wait timeout exceeded; try restarting transaction", 1205},
		{"Query execution was interrupted", 1317},
		{"Query execution was interrupted (max_statement_time exceeded)", 1969},
		{"'shop.v' is not of type 'BASE TABLE'", 1347},
		{"Table './shop/t' is marked as crashed and should be repaired", 1194},
		{"The table 't' is full", 1114}, {"Operation failed", 1105}};

	for (size_t i = 0; i < N(cases); i++)
		ck_assert_msg(
			my_error_of_row(cases[i].message) == cases[i].code, "%s", cases[i].message);
}
END_TEST

#define S 1000000ULL

static const struct {
	const char *sql;
	uint64_t elapsed, table, row;
	enum my_lock_wait expected;
	const char *comment;
} wait_cases[] = {
	{"UPDATE t SET a = 1", 2 * S, 1 * S, 50 * S, MY_LOCK_WAIT_TABLE, "only the one had passed"},
	{"UPDATE t SET a = 1", 2 * S, 86400 * S, 1 * S, MY_LOCK_WAIT_ROW, "only the other"},
	{"UPDATE t SET a = 1", 2 * S, 2 * S, 2 * S, MY_LOCK_WAIT_UNKNOWN, "both"},
	{"SELECT 1 FROM t FOR UPDATE NOWAIT", 100, 2 * S, 2 * S, MY_LOCK_WAIT_UNKNOWN, "neither"},
	{"UPDATE t SET a = 1", 1 * S - 4000, 86400 * S, 1 * S, MY_LOCK_WAIT_ROW, "a tick early"},
	{"ALTER TABLE t ADD c int", 2 * S, 2 * S, 2 * S, MY_LOCK_WAIT_TABLE, "waits for no row"},
	{"/* tx:a */ -- b\n alter table t NOWAIT ADD c int", 100, 2 * S, 2 * S, MY_LOCK_WAIT_TABLE,
		"behind comments"},
	{"INSERT INTO t SELECT 1", 9 * S, 2 * S, 50 * S, MY_LOCK_WAIT_TABLE, "long after"},
};

START_TEST(lock_waits_are_told_apart_by_what_had_passed)
{
	enum my_lock_wait wait = my_error_lock_wait(wait_cases[_i].sql, wait_cases[_i].elapsed,
		wait_cases[_i].table, wait_cases[_i].row);

	ck_assert_msg(wait == wait_cases[_i].expected, "%s: %d", wait_cases[_i].comment, (int)wait);
}
END_TEST

/* ---- connection strings ---- */

static const struct {
	const char *dsn, *redacted;
	bool has_password;
	const char *comment;
} dsn_cases[] = {
	{"host=a dbname=b user=c", "host=a user=c dbname=b", false, "without a password"},
	{"host=a password=secret user=c", "host=a user=c", true, "with one"},
	{"host=a password=''", "host=a", false, "an empty one is none"},
	{"host=a database=b", "host=a dbname=b", false, "another word for it"},
	{" host = a  port = 3307 ", "host=a port=3307", false, "spaces"},
	{"user='a b' password='it\\'s secret' dbname=x\\ y", "user='a b' dbname='x y'", true,
		"quoted and escaped"},
	{"host=/run/my.sock user=c", "socket=/run/my.sock user=c", false, "a host that is a path"},
	{"mysql://c:secret@a:3307/d", "host=a port=3307 user=c dbname=d", true, "URI"},
	{"mariadb://c:s%2Fecret%40x@a/d?ssl-mode=required",
		"host=a user=c dbname=d ssl-mode=required", true, "escaped, with an option"},
	{"mysql://c:secret@/d?socket=%2Frun%2Fmy.sock", "socket=/run/my.sock user=c dbname=d", true,
		"URI with a socket"},
	{"mysql://c@[::1]:3307", "host=::1 port=3307 user=c", false, "IPv6"},
	{"mysql://", "", false, "nothing"},
	{"", "", false, "nothing"},
	{"mysql://c:sec/ret@a/d", NULL, false, "a slash that is not escaped"},
	{"mysql://c:secret%zz@a/d", NULL, false, "a bad escape"},
	{"host=a password=my secret", NULL, false, "a word without a value"},
	{"host=a password='secret", NULL, false, "no closing quotation mark"},
	{"host=a port=70000 password=secret", NULL, false, "no such port"},
	{"host=a ssl-mode=maybe password=secret", NULL, false, "no such mode"},
};

START_TEST(dsn_is_shown_without_passwords)
{
	char *text = NULL, *again = NULL;
	struct err err = {0};
	int result = mysql_db.redact(dsn_cases[_i].dsn, &text, &err);

	ck_assert_msg(mysql_db.has_password(dsn_cases[_i].dsn) == dsn_cases[_i].has_password, "%s",
		dsn_cases[_i].comment);
	if (!dsn_cases[_i].redacted) {
		ck_assert_msg(result == -1, "%s", dsn_cases[_i].comment);
		ck_assert_int_eq(err.kind, ERR_USAGE);
		ck_assert_ptr_null(strstr(err.text, "secret"));
		return;
	}
	ck_ok(result, err);
	ck_assert_str_eq(text, dsn_cases[_i].redacted);
	/* What is shown is a DSN again. */
	ck_ok(mysql_db.redact(text, &again, &err), err);
	ck_assert_str_eq(again, text);
	free(text);
	free(again);
}
END_TEST

START_TEST(passwords_are_read_as_they_were_meant)
{
	static const struct {
		const char *dsn, *password;
	} cases[] = {{"password='it\\'s \\\\ secret'", "it's \\ secret"},
		{"mysql://u:s%2Fec:ret%40@h", "s/ec:ret@"}, {"mysql://u:a@b@h", "a@b"}};

	for (size_t i = 0; i < N(cases); i++) {
		struct my_conninfo info = {0};
		struct err err = {0};

		ck_ok(my_conninfo_parse(cases[i].dsn, &info, &err), err);
		ck_assert_str_eq(info.password, cases[i].password);
		my_conninfo_release(&info);
	}
}
END_TEST

START_TEST(misspelt_options_are_named_and_nothing_else_is)
{
	char *text = NULL;
	struct err err = {0};

	ck_assert_int_eq(mysql_db.redact("hots=a password=secret", &text, &err), -1);
	ck_assert_str_eq(err.text, "cannot read the connection string: unknown option 'hots'");
	ck_assert_int_eq(mysql_db.redact("mysql://u:secret@[::1/db", &text, &err), -1);
	ck_assert_ptr_null(strstr(err.text, "secret"));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("mysql_errors");
	TCase *tc = tcase_create("errors");

	tcase_add_loop_test(tc, numbers_have_their_class, 0, N(class_cases));
	tcase_add_test(tc, unknown_numbers_go_by_their_sqlstate);
	tcase_add_test(tc, refused_locks_and_deadlocks_can_be_retried);
	tcase_add_loop_test(tc, texts_hold_names_but_no_data, 0, N(mask_cases));
	tcase_add_test(tc, raised_texts_are_dropped_whatever_their_number);
	tcase_add_test(tc, long_texts_are_cut_between_characters);
	tcase_add_loop_test(tc, syntax_errors_have_a_place, 0, N(position_cases));
	tcase_add_test(tc, errors_in_rows_have_their_number);
	tcase_add_loop_test(tc, lock_waits_are_told_apart_by_what_had_passed, 0, N(wait_cases));
	tcase_add_loop_test(tc, dsn_is_shown_without_passwords, 0, N(dsn_cases));
	tcase_add_test(tc, passwords_are_read_as_they_were_meant);
	tcase_add_test(tc, misspelt_options_are_named_and_nothing_else_is);
	suite_add_tcase(suite, tc);
	return suite_run(suite);
}
