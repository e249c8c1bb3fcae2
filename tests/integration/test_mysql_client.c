/* The client for MariaDB and MySQL: what the conformance suite, which all engines share, cannot
 * ask. */
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "adapters/mysql/client.h"
#include "adapters/mysql/conn.h"
#include "harness/base/cleanup.h"
#include "harness/base/clock.h"
#include "harness/base/mem.h"
#include "tests/support/mariadb.h"
#include "tests/support/suite.h"

static struct test_mariadb server;
static struct err err;

static void start(void)
{
	struct db_conn *conn = NULL;

	test_mariadb_start(&server, NULL, 0);
	ck_ok(db_connect(&mysql_db, &(struct db_target){.dsn = server.dsn}, &conn, &err), err);
	ck_ok(db_exec(&mysql_db, conn,
		      "CREATE DATABASE other; CREATE USER locked@localhost IDENTIFIED BY 'ri ght'; "
		      "GRANT ALL ON other.* TO locked@localhost",
		      &err),
		err);
	mysql_db.close(conn);
}

static void stop(void)
{
	test_mariadb_stop(&server);
}

static struct db_conn *open_conn(void)
{
	struct db_conn *conn = NULL;

	ck_ok(db_connect(&mysql_db, &(struct db_target){.dsn = server.dsn}, &conn, &err), err);
	return conn;
}

/* As open_conn(); by_text: as with a client library that can prepare no other way. */
static struct db_conn *open_preparing(bool by_text)
{
	struct db_conn *conn = open_conn();

	conn->by_text |= by_text;
	return conn;
}

static void exec(struct db_conn *conn, const char *sql)
{
	ck_assert_msg(!db_exec(&mysql_db, conn, sql, &err), "%s: %s", sql, err.text);
}

static void expect_text(struct db_conn *conn, const char *sql, const char *expected)
{
	CLEANUP(cleanup_free) char *text = NULL;

	ck_assert_msg(!db_text(&mysql_db, conn, sql, &text, &err), "%s: %s", sql, err.text);
	ck_assert_str_eq(text, expected);
}

static const struct db_error *run_failing(struct db_conn *conn, const char *sql)
{
	const struct db_error *e = &mysql_db.result(conn)->error;

	ck_ok(db_run(&mysql_db, conn, sql, NULL, &err), err);
	ck_assert_msg(e->class != DB_CLASS_NONE, "%s: no error", sql);
	return e;
}

START_TEST(uris_passwords_and_the_environment_work)
{
	CLEANUP(cleanup_free)
	char *uri = mem_printf("mariadb://locked:ri%%20ght@/other?socket=%s", server.server.socket);
	CLEANUP(cleanup_free)
	char *bare = mem_printf("host=%s user=locked dbname=other", server.server.socket);
	struct db_conn *conn = NULL;

	ck_ok(db_connect(&mysql_db, &(struct db_target){.dsn = uri}, &conn, &err), err);
	expect_text(
		conn, "SELECT concat(current_user(), ' ', database())", "locked@localhost other");
	mysql_db.close(conn);
	conn = NULL;
	setenv("MYSQL_PWD", "ri ght", 1);
	ck_ok(db_connect(&mysql_db, &(struct db_target){.dsn = bare}, &conn, &err), err);
	mysql_db.close(conn);
	unsetenv("MYSQL_PWD");
}
END_TEST

START_TEST(tls_that_is_asked_for_is_not_done_without)
{
	CLEANUP(cleanup_free) char *dsn = mem_printf("%s ssl-mode=required", server.dsn);
	struct db_conn *conn = NULL;
	struct db_error error;

	/* MySQL makes itself a certificate. */
	if (!server.programs.flavour.mariadb) {
		ck_ok(db_connect(&mysql_db, &(struct db_target){.dsn = dsn}, &conn, &err), err);
		expect_text(conn,
			"SELECT variable_value <> '' FROM performance_schema.session_status WHERE "
			"variable_name = 'Ssl_cipher'",
			"1");
		mysql_db.close(conn);
		return;
	}
	ck_assert_int_eq(
		db_connect_error(&mysql_db, &(struct db_target){.dsn = dsn}, &conn, &error, &err),
		-1);
	ck_assert_int_eq(error.class, DB_CLASS_SETUP);
	ck_assert_str_eq(error.code, "2026");
}
END_TEST

/* Both protocols: the same texts, whatever the types. */
START_TEST(values_of_all_types_read_alike_in_both_protocols)
{
	static const char sql[] =
		"SELECT 18446744073709551615 AS u, -1 AS i, 0.1e0 AS d, 12.340 AS n, "
		"timestamp'2026-01-02 03:04:05.678' AS ts, time'-12:00:01' AS t, "
		"repeat('x', 300) AS s, NULL AS nothing, '' AS nil, '\u00e9' AS e "
		"UNION ALL SELECT 2, 2, 1e100, 3.000, timestamp'2026-01-02 03:04:05', time'1:2:3', "
		"'short', 'x', 'y', 'z'";
	struct db_conn *text = open_conn(), *prepared = open_preparing(_i);

	exec(text, sql);
	ck_ok(db_prepare(&mysql_db, prepared, 0, sql, 0, &err), err);
	for (int i = 0; i < 2; i++) {
		ck_ok(db_execute(&mysql_db, prepared, 0, NULL, 0, &err), err);
		ck_assert_uint_eq(mysql_db.result(prepared)->rows, 2);
		ck_assert_uint_eq(mysql_db.result(prepared)->columns, 10);
	}
	for (unsigned row = 2; row-- > 0;) { /* backwards: any order will do */
		for (unsigned column = 0; column < 10; column++) {
			const char *a = mysql_db.value(text, row, column);
			const char *b = mysql_db.value(prepared, row, column);

			ck_assert_msg(a && b ? !strcmp(a, b) : a == b, "%s: '%s' and '%s'",
				mysql_db.column(prepared, column), a, b);
		}
	}
	ck_assert_str_eq(mysql_db.value(text, 0, 0), "18446744073709551615");
	ck_assert_str_eq(mysql_db.column(text, 9), "e");
	mysql_db.close(text);
	mysql_db.close(prepared);
}
END_TEST

START_TEST(prepared_statements_take_texts_for_any_type)
{
	const struct db_param values[] = {{"7", 1}, {"2026-01-02", 10}, {"1.50", 4}};
	const struct db_param one[] = {{"1", 1}}, counts[] = {{"x", 1}, {"5", 1}, {"0", 1}};
	struct db_conn *conn = open_preparing(_i);

	exec(conn,
		"DROP TABLE IF EXISTS types; CREATE TABLE types (a int, b date, c decimal(5,2))");
	ck_ok(db_prepare(&mysql_db, conn, 3, "INSERT INTO types VALUES (?, ?, ?)", 3, &err), err);
	ck_ok(db_execute(&mysql_db, conn, 3, values, 3, &err), err);
	ck_ok(db_prepare(&mysql_db, conn, 4, "SELECT b, c FROM types LIMIT ?", 1, &err), err);
	ck_ok(db_execute(&mysql_db, conn, 4, one, 1, &err), err);
	ck_assert_str_eq(mysql_db.value(conn, 0, 0), "2026-01-02");
	ck_assert_str_eq(mysql_db.value(conn, 0, 1), "1.50");
	ck_ok(db_prepare(&mysql_db, conn, 6,
		      "SELECT c FROM types WHERE a <> ? /* LIMIT ? */ LIMIT ? OFFSET ?", 3, &err),
		err);
	ck_ok(db_execute(&mysql_db, conn, 6, counts, 3, &err), err);
	ck_assert_str_eq(mysql_db.value(conn, 0, 0), "1.50");
	/* What does not fit is told, not sent. */
	ck_assert_int_eq(db_execute(&mysql_db, conn, 3, one, 1, &err), -1);
	ck_assert_str_eq(mysql_db.result(conn)->error.code, "misuse");
	if (!conn->by_text) {
		ck_assert_int_eq(db_prepare(&mysql_db, conn, 5, "SELECT ?", 2, &err), -1);
		ck_assert_str_eq(mysql_db.result(conn)->error.code, "1210");
	}
	exec(conn, "DROP TABLE types");
	mysql_db.close(conn);
}
END_TEST

START_TEST(changed_columns_of_a_prepared_statement_are_breakage)
{
	struct db_conn *conn = open_preparing(_i);

	exec(conn, "DROP TABLE IF EXISTS changing; CREATE TABLE changing (a int)");
	ck_ok(db_prepare(&mysql_db, conn, 0, "SELECT * FROM changing", 0, &err), err);
	ck_ok(db_execute(&mysql_db, conn, 0, NULL, 0, &err), err);
	exec(conn, "ALTER TABLE changing ADD b int");
	for (int i = 0; i < 2; i++) {
		ck_assert_int_eq(db_execute(&mysql_db, conn, 0, NULL, 0, &err), -1);
		ck_assert_str_eq(mysql_db.result(conn)->error.code, "2057");
		ck_assert_int_eq(mysql_db.result(conn)->error.class, DB_CLASS_BREAKAGE);
	}
	expect_text(conn, "SELECT 7", "7");
	ck_ok(db_prepare(&mysql_db, conn, 0, "SELECT * FROM changing", 0, &err), err);
	ck_ok(db_execute(&mysql_db, conn, 0, NULL, 0, &err), err);
	ck_assert_uint_eq(mysql_db.result(conn)->columns, 2);
	exec(conn, "DROP TABLE changing");
	mysql_db.close(conn);
}
END_TEST

START_TEST(procedures_with_several_results_leave_the_last)
{
	struct db_conn *conn = open_preparing(_i);

	exec(conn,
		"DROP PROCEDURE IF EXISTS several; CREATE PROCEDURE several() BEGIN SELECT 1 AS a, "
		"2 AS b; "
		"SELECT 'last' AS c; DO 1; END");
	ck_ok(db_prepare(&mysql_db, conn, 0, "CALL several()", 0, &err), err);
	for (int prepared = 0; prepared < 2; prepared++) {
		if (prepared)
			ck_ok(db_execute(&mysql_db, conn, 0, NULL, 0, &err), err);
		else
			exec(conn, "CALL several()");
		ck_assert_uint_eq(mysql_db.result(conn)->columns, 1);
		ck_assert_str_eq(mysql_db.column(conn, 0), "c");
		ck_assert_str_eq(mysql_db.value(conn, 0, 0), "last");
	}
	exec(conn, "DROP PROCEDURE several");
	mysql_db.close(conn);
}
END_TEST

START_TEST(errors_in_rows_are_errors)
{
	static const struct {
		const char *sql, *code;
		enum db_class class;
	} cases[] = {
		{"OPTIMIZE TABLE no_such_table", "1146", DB_CLASS_BREAKAGE},
		{"ANALYZE TABLE conformance_ok, no_such_table", "1146", DB_CLASS_BREAKAGE},
		{"CHECK TABLE no_such_table", "1146", DB_CLASS_BREAKAGE},
		{"OPTIMIZE TABLE conformance_v", "1347", DB_CLASS_BREAKAGE},
	};
	struct db_conn *conn = open_conn();

	exec(conn,
		"DROP TABLE IF EXISTS conformance_ok; CREATE TABLE conformance_ok (a int); "
		"CREATE OR REPLACE VIEW conformance_v AS SELECT 1");
	exec(conn, "OPTIMIZE TABLE conformance_ok");
	ck_assert_uint_ge(mysql_db.result(conn)->rows, 1);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct db_error *e = run_failing(conn, cases[i].sql);

		ck_assert_msg(!strcmp(e->code, cases[i].code), "%s: %s", cases[i].sql, e->text);
		ck_assert_int_eq(e->class, cases[i].class);
		ck_assert_uint_eq(mysql_db.result(conn)->rows, 0);
	}
	exec(conn, "DROP VIEW conformance_v; DROP TABLE conformance_ok");
	mysql_db.close(conn);
}
END_TEST

START_TEST(lock_waits_are_told_apart)
{
	static const struct {
		const char *limits, *sql, *words;
	} cases[] = {
		{"SET innodb_lock_wait_timeout = 1, lock_wait_timeout = 5",
			"UPDATE waits SET b = 2 WHERE a = 1", "row lock"},
		{"SET innodb_lock_wait_timeout = 5, lock_wait_timeout = 1",
			"ALTER TABLE waits ADD c int", "metadata or table lock"},
		{"SET innodb_lock_wait_timeout = 5, lock_wait_timeout = 1", "OPTIMIZE TABLE waits",
			"metadata or table lock"},
	};
	struct db_conn *holder = open_conn(), *waiter = open_conn();

	exec(holder,
		"DROP TABLE IF EXISTS waits; CREATE TABLE waits (a int PRIMARY KEY, b int) "
		"ENGINE=InnoDB; "
		"INSERT INTO waits VALUES (1, 1)");
	exec(holder, "BEGIN; UPDATE waits SET b = 1 + b");
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct db_error *e;

		exec(waiter, cases[i].limits);
		e = run_failing(waiter, cases[i].sql);
		ck_assert_str_eq(e->code, "1205");
		ck_assert(e->lock_timeout && e->retryable);
		ck_assert_msg(strstr(e->text, cases[i].words), "%s: %s", cases[i].sql, e->text);
	}
	exec(holder, "ROLLBACK; DROP TABLE waits");
	mysql_db.close(waiter);
	mysql_db.close(holder);
}
END_TEST

/* An error says nothing about the transaction; these end it. */
START_TEST(transactions_ended_by_an_error_are_told)
{
	struct db_conn *a = open_conn(), *b = open_conn();
	const struct db_result *r = mysql_db.result(a);

	exec(a,
		"DROP TABLE IF EXISTS ends; CREATE TABLE ends (a int PRIMARY KEY) ENGINE=InnoDB; "
		"INSERT INTO ends VALUES (1), (2)");
	exec(a, "BEGIN; DELETE FROM ends WHERE a = 1");
	ck_assert_str_eq(run_failing(a, "ALTER TABLE ends ADD a int")->code, "1060");
	ck_assert(!mysql_db.in_transaction(a)); /* the failed ALTER has committed */
	expect_text(a, "SELECT count(*) FROM ends", "1");
	exec(a, "INSERT INTO ends VALUES (1); BEGIN; UPDATE ends SET a = 11 WHERE a = 1");
	exec(b, "BEGIN; UPDATE ends SET a = 12 WHERE a = 2");
	ck_assert_int_eq(mysql_db.query_start(a, "UPDATE ends SET a = 12 WHERE a = 2"), 0);
	ck_assert_int_eq(mysql_db.step(a), DB_AGAIN);
	ck_ok(db_run(&mysql_db, b, "UPDATE ends SET a = 11 WHERE a = 1", NULL, &err), err);
	while (mysql_db.step(a) == DB_AGAIN)
		clock_sleep_us(10000);
	if (r->error.class == DB_CLASS_NONE) /* which of the two is the server's to choose */
		r = mysql_db.result(b);
	ck_assert_str_eq(r->error.code, "1213");
	ck_assert(r->error.retryable && !r->error.lock_timeout);
	ck_assert(!mysql_db.in_transaction(r == mysql_db.result(a) ? a : b));
	ck_assert(mysql_db.in_transaction(r == mysql_db.result(a) ? b : a));
	exec(a, "ROLLBACK");
	exec(b, "ROLLBACK; DROP TABLE ends");
	mysql_db.close(a);
	mysql_db.close(b);
}
END_TEST

START_TEST(files_of_the_client_are_never_sent)
{
	struct db_conn *conn = open_conn();

	exec(conn, "DROP TABLE IF EXISTS files; CREATE TABLE files (a text)");
	ck_assert_int_eq(
		run_failing(conn, "LOAD DATA LOCAL INFILE '/etc/hostname' INTO TABLE files")->class,
		DB_CLASS_SETUP);
	expect_text(conn, "SELECT count(*) FROM files", "0");
	exec(conn, "DROP TABLE files");
	mysql_db.close(conn);
}
END_TEST

START_TEST(texts_of_real_errors_hold_no_data)
{
	static const struct {
		const char *sql, *code, *comment;
	} cases[] = {
		{"INSERT INTO data VALUES (1, 'Miller')", "1062", "duplicate entry"},
		{"INSERT INTO data VALUES ('Miller', 'x')", "1366", "number"},
		{"UPDATE data SET a = 1 + 'Miller'", "1292", "number in an expression"},
		{"SELECT 'Miller", "1064", "literal without an end"},
		{"SELECT 1 FROM 'Miller'", "1064", "literal in the wrong place"},
		{"SELECT * FROM data WHERE name = 'Miller' ODER BY a", "1064", "before the place"},
		{"SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'Miller'", "1644", "raised"},
		{"SIGNAL SQLSTATE '45000' SET MYSQL_ERRNO = 1146, MESSAGE_TEXT = 'Miller'", "1146",
			"raised with a known number"},
		{"SET sql_mode = 'Miller'", "1231", "variable"},
	};
	struct db_conn *conn = open_conn();

	exec(conn,
		"DROP TABLE IF EXISTS data; CREATE TEMPORARY TABLE data (a int PRIMARY KEY, "
		"name varchar(40) UNIQUE); INSERT INTO data VALUES (7, 'Miller')");
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct db_error *e = run_failing(conn, cases[i].sql);

		ck_assert_msg(!strcmp(e->code, cases[i].code), "%s: %s", cases[i].comment, e->code);
		ck_assert_msg(!strstr(e->text, "Miller") && e->text[0], "%s: %s", cases[i].comment,
			e->text);
	}
	mysql_db.close(conn);
}
END_TEST

START_TEST(told_end_of_a_session_is_not_in_doubt)
{
	struct db_conn *conn = open_conn();
	const struct db_error *e = run_failing(conn, "SELECT 1; KILL connection_id(); SELECT 2");
	uint64_t until = clock_us() + 10000000;

	/* MySQL says that the statement was interrupted, and closes after that. */
	if (!server.programs.flavour.mariadb) {
		ck_assert_str_eq(e->code, "1317");
		while (mysql_db.step(conn) != DB_FAILED && clock_us() < until)
			clock_sleep_us(1000);
	} else {
		ck_assert_str_eq(e->code, "1927");
	}
	ck_assert_int_eq(e->class, DB_CLASS_CONNECTION);
	ck_assert(!e->in_doubt);
	ck_assert_int_eq(mysql_db.fd(conn), -1);
	mysql_db.close(conn);
}
END_TEST

START_TEST(cancel_at_a_stopped_server_is_given_up)
{
	struct db_conn *conn = open_conn();
	int result;

	/* The kernel takes the connection, the server never answers it. */
	ck_assert_int_eq(kill(server.server.pid, SIGSTOP), 0);
	result = mysql_db.cancel(conn, &err);
	kill(server.server.pid, SIGCONT);
	ck_assert_int_eq(result, -1);
	ck_assert_str_eq(err.text, "cannot cancel: the server did not answer in time");
	mysql_db.close(conn);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("mysql_client");
	TCase *tc = tcase_create("client");

	tcase_add_unchecked_fixture(tc, start, stop);
	tcase_add_test(tc, uris_passwords_and_the_environment_work);
	tcase_add_test(tc, tls_that_is_asked_for_is_not_done_without);
	tcase_add_loop_test(tc, values_of_all_types_read_alike_in_both_protocols, 0, 2);
	tcase_add_loop_test(tc, prepared_statements_take_texts_for_any_type, 0, 2);
	tcase_add_loop_test(tc, changed_columns_of_a_prepared_statement_are_breakage, 0, 2);
	tcase_add_loop_test(tc, procedures_with_several_results_leave_the_last, 0, 2);
	tcase_add_test(tc, errors_in_rows_are_errors);
	tcase_add_test(tc, lock_waits_are_told_apart);
	tcase_add_test(tc, transactions_ended_by_an_error_are_told);
	tcase_add_test(tc, files_of_the_client_are_never_sent);
	tcase_add_test(tc, texts_of_real_errors_hold_no_data);
	tcase_add_test(tc, told_end_of_a_session_is_not_in_doubt);
	tcase_add_test(tc, cancel_at_a_stopped_server_is_given_up);
	suite_add_tcase(suite, tc);
	return suite_run(suite);
}
