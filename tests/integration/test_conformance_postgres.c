/* The conformance suite on PostgreSQL, and what only PostgreSQL has. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "adapters/postgres/client.h"
#include "harness/base/cleanup.h"
#include "harness/base/fs.h"
#include "harness/base/mem.h"
#include "tests/support/conformance.h"
#include "tests/support/pg.h"
#include "tests/support/suite.h"

static struct test_pg server;
static struct err err;

static char *dsn_at_port(unsigned port)
{
	return mem_printf("host=127.0.0.1 port=%u user=postgres dbname=postgres", port);
}

static struct conformance postgres = {
	.db = &postgres_db,
	.dsn_at_port = dsn_at_port,
	.three_values = "SELECT 1 AS one, NULL AS nothing, 'word' AS word",
	.no_rows = "SELECT 1 AS one WHERE false",
	.two_results = "SELECT 1; SELECT 2",
	.later_error = "SELECT 1; SELECT 1/0; SELECT 3",
	.many_rows = "SELECT n, 'row ' || n FROM generate_series(1, 100000) AS n",
	.create_table = "CREATE TABLE conformance (id integer PRIMARY KEY, name varchar(40))",
	.drop_table = "DROP TABLE IF EXISTS conformance",
	.insert = "INSERT INTO conformance VALUES ($1, $2)",
	.update_all = "UPDATE conformance SET name = 'x'",
	.count = "SELECT count(*) FROM conformance",
	.echo = "SELECT $1::text, $2::text",
	.syntax_error = "SELECT 1 FORM x",
	.missing_table = "SELECT * FROM no_such_table",
	.duplicate_key = "INSERT INTO conformance VALUES (1, 'Miller')",
	.syntax_error_code = "42601",
	.missing_table_code = "42P01",
	.duplicate_key_code = "23505",
	.syntax_error_position = 15,
	.begin = "BEGIN",
	.commit = "COMMIT",
	.rollback = "ROLLBACK",
	.lock_row = "SELECT id FROM conformance WHERE id = 1 FOR UPDATE",
	.short_lock_timeout = "SET lock_timeout = '50ms'",
	.lock_timeout_code = "55P03",
	.sleep = "SELECT pg_sleep(60)",
	.sleep_code = "57014",
	.terminate = "SELECT pg_terminate_backend(%llu)",
	.init = "SET statement_timeout = '47s'",
	.show_init = "SHOW statement_timeout",
	.init_value = "47s",
	.show_application =
		"SELECT application_name FROM pg_stat_activity WHERE pid = pg_backend_pid()",
	.show_session = "SELECT pg_backend_pid()",
	.show_database = "SELECT current_database()",
	.other_database = "other",
};

/* ---- the server ---- */

/* One role that needs a password, beside the trusted ones. */
static void ask_for_a_password(void)
{
	CLEANUP(cleanup_free) char *path = fs_join(server.server.dir, "pg_hba.conf");
	FILE *hba = fopen(path, "w");

	ck_assert_ptr_nonnull(hba);
	fputs("local all locked scram-sha-256\nlocal all all trust\n", hba);
	fclose(hba);
	ck_ok(pg_server_stop(&server.server, &err), err);
	ck_ok(pg_server_start(&server.server, 60000000, &err), err);
}

static void start(void)
{
	struct db_conn *conn = NULL;

	test_pg_start(&server, NULL, 0);
	postgres.dsn = server.dsn;
	ck_ok(db_connect(&postgres_db, &(struct db_target){.dsn = server.dsn}, &conn, &err), err);
	ck_ok(db_exec(&postgres_db, conn, "CREATE DATABASE other", &err), err);
	ck_ok(db_exec(&postgres_db, conn, "CREATE ROLE locked LOGIN PASSWORD 'right'", &err), err);
	postgres_db.close(conn);
	ask_for_a_password();
	postgres.dsn_wrong_password =
		mem_printf("%s user=locked password=not-the-password", server.dsn);
	postgres.dsn_unknown_database = mem_printf("%s dbname=no_such_database", server.dsn);
}

static void stop(void)
{
	free((char *)postgres.dsn_wrong_password);
	free((char *)postgres.dsn_unknown_database);
	test_pg_stop(&server);
}

static struct db_conn *open_dsn(const char *dsn)
{
	struct db_conn *conn = NULL;

	ck_ok(db_connect(&postgres_db, &(struct db_target){.dsn = dsn}, &conn, &err), err);
	return conn;
}

static void expect_text(struct db_conn *conn, const char *sql, const char *expected)
{
	CLEANUP(cleanup_free) char *text = NULL;

	ck_assert_msg(!db_text(&postgres_db, conn, sql, &text, &err), "%s: %s", sql, err.text);
	ck_assert_str_eq(text, expected);
}

/* ---- PostgreSQL's own ---- */

START_TEST(uris_host_lists_and_passwords_work)
{
	CLEANUP(cleanup_free)
	char *uri = mem_printf("postgresql://locked:right@/other?host=%s&port=%d",
		server.server.dir, PG_SERVER_PORT);
	CLEANUP(cleanup_free)
	char *list = mem_printf("host=/nonexistent,%s port=1,%d user=postgres dbname=postgres",
		server.server.dir, PG_SERVER_PORT);
	struct db_conn *conn = open_dsn(uri);

	expect_text(conn, "SELECT current_user || ' ' || current_database()", "locked other");
	postgres_db.close(conn);
	conn = open_dsn(list);
	expect_text(conn, "SELECT 7", "7");
	postgres_db.close(conn);
}
END_TEST

START_TEST(missing_password_is_a_matter_of_setup)
{
	CLEANUP(cleanup_free)
	char *dsn = mem_printf("%s user=locked passfile=/nonexistent", server.dsn);
	struct db_conn *conn = NULL;
	struct db_error error;

	ck_assert_int_eq(db_connect_error(&postgres_db, &(struct db_target){.dsn = dsn}, &conn,
				 &error, &err),
		-1);
	ck_assert_msg(error.class == DB_CLASS_SETUP, "%s: %s", error.code, error.text);
}
END_TEST

START_TEST(copy_never_hangs)
{
	static const struct {
		const char *sql;
		enum db_class class;
		const char *value, *comment;
	} cases[] = {
		{"COPY pg_class TO STDOUT", DB_CLASS_NONE, NULL, "data is dropped"},
		{"SELECT 1; COPY pg_class TO STDOUT; SELECT 2", DB_CLASS_NONE, "2",
			"between others"},
		{"COPY (SELECT repeat('x', 1000) FROM generate_series(1, 20000)) TO STDOUT",
			DB_CLASS_NONE, NULL, "20 MB"},
		{"COPY (SELECT 1/(5 - n) FROM generate_series(1, 9) AS n) TO STDOUT",
			DB_CLASS_BREAKAGE, NULL, "fails on its way"},
		{"COPY t FROM STDIN", DB_CLASS_SETUP, NULL, "nobody has its data"},
		{"COPY t FROM STDIN; SELECT 2", DB_CLASS_SETUP, NULL, "nor in a longer text"},
		{"COPY nowhere FROM STDIN", DB_CLASS_BREAKAGE, NULL, "fails before"},
	};
	struct db_conn *conn = open_dsn(server.dsn);

	ck_ok(db_exec(&postgres_db, conn, "CREATE TEMPORARY TABLE t (a int)", &err), err);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const char *value;

		ck_ok(db_run(&postgres_db, conn, cases[i].sql, NULL, &err), err);
		ck_assert_msg(postgres_db.result(conn)->error.class == cases[i].class, "%s: %s: %s",
			cases[i].comment, db_class_name(postgres_db.result(conn)->error.class),
			postgres_db.result(conn)->error.text);
		value = postgres_db.value(conn, 0, 0);
		ck_assert_msg(cases[i].value ? value && !strcmp(value, cases[i].value) : !value,
			"%s", cases[i].comment);
		expect_text(conn, "SELECT 7", "7");
	}
	postgres_db.close(conn);
}
END_TEST

START_TEST(changed_result_type_of_a_prepared_statement_is_breakage)
{
	struct db_conn *conn = open_dsn(server.dsn);

	ck_ok(db_exec(&postgres_db, conn, "CREATE TEMPORARY TABLE t (a int)", &err), err);
	ck_ok(db_prepare(&postgres_db, conn, 0, "SELECT * FROM t", 0, &err), err);
	ck_ok(db_execute(&postgres_db, conn, 0, NULL, 0, &err), err);
	ck_ok(db_exec(&postgres_db, conn, "ALTER TABLE t ADD b int", &err), err);
	ck_assert_int_eq(db_execute(&postgres_db, conn, 0, NULL, 0, &err), -1);
	ck_assert_str_eq(postgres_db.result(conn)->error.code, "0A000");
	ck_assert_int_eq(postgres_db.result(conn)->error.class, DB_CLASS_BREAKAGE);
	postgres_db.close(conn);
}
END_TEST

START_TEST(texts_of_real_errors_hold_no_data)
{
	static const struct {
		const char *sql, *code, *comment;
	} cases[] = {
		{"SELECT 'Miller'::int", "22P02", "cast"},
		{"SELECT '2024-Miller'::date", "22007", "date"},
		{"SELECT to_date('Miller', 'MM')", "22007", "format"},
		{"SELECT '{Miller'::int[]", "22P02", "array"},
		{"SELECT 'Miller'::json", "22P02", "json"},
		{"SELECT 'Miller", "42601", "unterminated literal"},
		{"SELECT \"Miller 17", "42601", "unterminated name"},
		{"SELECT 1 FROM 'Miller'", "42601", "literal in the wrong place"},
		{"DO $$ BEGIN RAISE 'Miller'; END $$", "P0001", "raised"},
		{"DO $$ BEGIN RAISE 'Miller' USING ERRCODE = '23505'; END $$", "23505",
			"raised with another state"},
		{"DO $$ BEGIN RAISE 'Miller' USING ERRCODE = '00001'; END $$", "00001",
			"raised with a state that says success"},
		{"DO $$ BEGIN ASSERT false, 'Miller'; END $$", "P0004", "asserted"},
	};
	struct db_conn *conn = open_dsn(server.dsn);

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct db_error *e = &postgres_db.result(conn)->error;

		ck_ok(db_run(&postgres_db, conn, cases[i].sql, NULL, &err), err);
		ck_assert_int_ne(e->class, DB_CLASS_NONE);
		ck_assert_str_eq(e->code, cases[i].code);
		ck_assert_msg(!strstr(e->text, "Miller") && e->text[0], "%s: %s", cases[i].comment,
			e->text);
	}
	postgres_db.close(conn);
}
END_TEST

START_TEST(raised_connection_errors_do_not_lose_the_connection)
{
	struct db_conn *conn = open_dsn(server.dsn);

	ck_ok(db_run(&postgres_db, conn, "DO $$ BEGIN RAISE 'x' USING ERRCODE = '08006'; END $$",
		      NULL, &err),
		err);
	ck_assert_str_eq(postgres_db.result(conn)->error.code, "08006");
	ck_assert_int_eq(postgres_db.result(conn)->error.class, DB_CLASS_OTHER);
	expect_text(conn, "SELECT 7", "7");
	postgres_db.close(conn);
}
END_TEST

START_TEST(told_end_of_a_session_is_not_in_doubt)
{
	struct db_conn *conn = open_dsn(server.dsn);

	ck_ok(db_run(&postgres_db, conn, "SELECT pg_terminate_backend(pg_backend_pid())", NULL,
		      &err),
		err);
	ck_assert_str_eq(postgres_db.result(conn)->error.code, "57P01");
	ck_assert_int_eq(postgres_db.result(conn)->error.class, DB_CLASS_CONNECTION);
	ck_assert(!postgres_db.result(conn)->error.in_doubt);
	postgres_db.close(conn);
}
END_TEST

START_TEST(notices_and_messages_language_are_left_alone)
{
	struct db_conn *conn = open_dsn(server.dsn);

	ck_ok(db_exec(&postgres_db, conn,
		      "DO $$ BEGIN RAISE NOTICE 'a notice that stderr must not show'; END $$",
		      &err),
		err);
	expect_text(conn, "SELECT source FROM pg_settings WHERE name = 'lc_messages'",
		"configuration file");
	expect_text(conn, "SHOW client_encoding", "UTF8");
	postgres_db.close(conn);
}
END_TEST

START_TEST(cancel_at_a_stopped_server_is_given_up)
{
	struct db_conn *conn = open_dsn(server.dsn);
	int result;

	/* The kernel takes the connection, the server never answers it. */
	ck_assert_int_eq(kill(server.server.pid, SIGSTOP), 0);
	result = postgres_db.cancel(conn, &err);
	kill(server.server.pid, SIGCONT);
	ck_assert_int_eq(result, -1);
	ck_assert_str_eq(err.text, "cannot cancel: the server did not answer in time");
	postgres_db.close(conn);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("conformance_postgres");
	TCase *tc = conformance_tcase(&postgres), *own = tcase_create("postgres");

	tcase_add_unchecked_fixture(tc, start, stop);
	suite_add_tcase(suite, tc);
	tcase_add_unchecked_fixture(own, start, stop);
	tcase_add_test(own, uris_host_lists_and_passwords_work);
	tcase_add_test(own, missing_password_is_a_matter_of_setup);
	tcase_add_test(own, copy_never_hangs);
	tcase_add_test(own, changed_result_type_of_a_prepared_statement_is_breakage);
	tcase_add_test(own, texts_of_real_errors_hold_no_data);
	tcase_add_test(own, raised_connection_errors_do_not_lose_the_connection);
	tcase_add_test(own, told_end_of_a_session_is_not_in_doubt);
	tcase_add_test(own, notices_and_messages_language_are_left_alone);
	tcase_add_test(own, cancel_at_a_stopped_server_is_given_up);
	suite_add_tcase(suite, own);
	return suite_run(suite);
}
