/* The blocking form over the asynchronous contract, and the tape that stands in for a server. */
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "harness/base/clock.h"
#include "harness/base/interrupt.h"
#include "tests/support/scripted.h"
#include "tests/support/suite.h"

#define N(array) (sizeof(array) / sizeof((array)[0]))

static const struct db_adapter *const db = &scripted_db;
static const struct db_target target = {.dsn = "host=a password=secret", .init_sql = "SET x"};
static struct err err;

static struct db_conn *connect_to_tape(const struct scripted_call *tape, size_t n)
{
	struct db_conn *conn = NULL;

	scripted_play(tape, n);
	ck_ok(db_connect(db, &target, &conn, &err), err);
	return conn;
}

/* ---- connecting ---- */

START_TEST(connect_waits_and_runs_init_sql)
{
	static const struct scripted_call tape[] = {
		{.call = SCRIPTED_OPEN, .sql = "SET x", .again = 3}, {.call = SCRIPTED_CLOSE}};
	struct db_conn *conn = connect_to_tape(tape, N(tape));

	ck_assert_uint_eq(db->session_id(conn), 1000);
	db->close(conn);
	scripted_end();
}
END_TEST

START_TEST(failed_connect_closes_and_names_the_redacted_dsn)
{
	static const struct scripted_call tape[] = {{.call = SCRIPTED_OPEN,
							    .class = DB_CLASS_SETUP,
							    .code = "28P01",
							    .text = "wrong password"},
		{.call = SCRIPTED_CLOSE}};
	struct db_conn *conn = NULL;
	struct db_error error;

	scripted_play(tape, N(tape));
	ck_assert_int_eq(db_connect_error(db, &target, &conn, &error, &err), -1);
	ck_assert_ptr_null(conn);
	ck_assert_int_eq(err.kind, ERR_FAILED);
	ck_assert_str_eq(err.text, "cannot connect to 'host=a ': wrong password");
	ck_assert_int_eq(error.class, DB_CLASS_SETUP);
	ck_assert_str_eq(error.code, "28P01");
	scripted_end();
}
END_TEST

START_TEST(unreadable_dsn_is_a_usage_error)
{
	static const struct scripted_call tape[] = {{.call = SCRIPTED_OPEN, .refuse = true}};
	struct db_conn *conn = NULL;

	scripted_play(tape, N(tape));
	ck_assert_int_eq(db_connect(db, &target, &conn, &err), -1);
	ck_assert_int_eq(err.kind, ERR_USAGE);
	ck_assert_ptr_null(conn);
	scripted_end();
}
END_TEST

static uint64_t fake_now;

static uint64_t fast_clock(void)
{
	return fake_now += 500000;
}

START_TEST(connect_to_a_server_that_never_answers_ends)
{
	static const struct scripted_call tape[] = {
		{.call = SCRIPTED_OPEN, .again = SCRIPTED_FOREVER}, {.call = SCRIPTED_CLOSE}};
	struct db_conn *conn = NULL;
	struct db_error error;

	scripted_play(tape, N(tape));
	clock_set_source(fast_clock, NULL);
	ck_assert_int_eq(db_connect_error(db, &target, &conn, &error, &err), -1);
	clock_set_source(NULL, NULL);
	ck_assert_int_eq(error.class, DB_CLASS_CONNECTION);
	ck_assert_ptr_nonnull(strstr(err.text, "no answer within"));
	scripted_end();
}
END_TEST

/* ---- running ---- */

START_TEST(answers_that_are_ready_at_once_or_late_are_both_read)
{
	const struct scripted_call tape[] = {{.call = SCRIPTED_OPEN},
		{.call = SCRIPTED_QUERY,
			.sql = "SELECT 1",
			.rows = 1,
			.columns = 1,
			.values = (const char *const[]){"41"}},
		{.call = SCRIPTED_QUERY,
			.prefix = "SELECT",
			.again = 5,
			.rows = 1,
			.columns = 1,
			.values = (const char *const[]){"42"}},
		{.call = SCRIPTED_CLOSE}};
	struct db_conn *conn = connect_to_tape(tape, N(tape));
	int64_t number = 0;

	ck_ok(db_number(db, conn, "SELECT 1", &number, &err), err);
	ck_assert_int_eq(number, 41);
	ck_ok(db_number(db, conn, "SELECT 2", &number, &err), err);
	ck_assert_int_eq(number, 42);
	db->close(conn);
	scripted_end();
}
END_TEST

START_TEST(values_of_no_row_null_and_words)
{
	static const struct {
		unsigned rows;
		const char *value;
		const char *text;
		int result;
		int64_t number;
		const char *comment;
	} cases[] = {
		{0, NULL, "", 0, 0, "no row"},
		{1, NULL, "", 0, 0, "NULL"},
		{1, "-7", "-7", 0, -7, "a number"},
		{1, "7.5", "7.5", -1, 99, "no whole number"},
		{1, "x", "x", -1, 99, "a word"},
		{1, "99999999999999999999", "99999999999999999999", -1, 99, "too large"},
	};

	for (size_t i = 0; i < N(cases); i++) {
		const char *const values[] = {cases[i].value};
		struct scripted_call answer = {.call = SCRIPTED_QUERY,
			.rows = cases[i].rows,
			.columns = 1,
			.values = values};
		struct scripted_call tape[] = {
			{.call = SCRIPTED_OPEN}, answer, answer, {.call = SCRIPTED_CLOSE}};
		struct db_conn *conn = connect_to_tape(tape, N(tape));
		int64_t number = 99;
		char *text = NULL;

		ck_ok(db_text(db, conn, "SELECT x", &text, &err), err);
		ck_assert_str_eq(text, cases[i].text);
		free(text);
		ck_assert_msg(db_number(db, conn, "SELECT x", &number, &err) == cases[i].result,
			"%s", cases[i].comment);
		ck_assert_msg(number == cases[i].number, "%s", cases[i].comment);
		db->close(conn);
		scripted_end();
	}
}
END_TEST

START_TEST(exec_tells_text_and_code_and_run_leaves_judging_to_the_caller)
{
	static const struct scripted_call failing = {.call = SCRIPTED_QUERY,
		.class = DB_CLASS_BREAKAGE,
		.code = "42P01",
		.text = "relation \"t\" does not exist"};
	const struct scripted_call tape[] = {
		{.call = SCRIPTED_OPEN}, failing, failing, {.call = SCRIPTED_CLOSE}};
	struct db_conn *conn = connect_to_tape(tape, N(tape));

	ck_assert_int_eq(db_exec(db, conn, "SELECT 1", &err), -1);
	ck_assert_str_eq(err.text, "relation \"t\" does not exist (42P01)");
	ck_assert_int_eq(db_run(db, conn, "SELECT 1", NULL, &err), 0);
	ck_assert_int_eq(db->result(conn)->error.class, DB_CLASS_BREAKAGE);
	db->close(conn);
	scripted_end();
}
END_TEST

START_TEST(execf_formats_and_prepared_statements_get_their_parameters)
{
	const struct scripted_call tape[] = {{.call = SCRIPTED_OPEN},
		{.call = SCRIPTED_QUERY, .sql = "SET lock_timeout = 17"},
		{.call = SCRIPTED_PREPARE, .id = 3, .sql = "UPDATE t SET a = $1"},
		{.call = SCRIPTED_EXECUTE,
			.id = 3,
			.params = (const char *const[]){"x", NULL},
			.n_params = 2,
			.affected = 5},
		{.call = SCRIPTED_CLOSE}};
	struct db_conn *conn = connect_to_tape(tape, N(tape));
	const struct db_param params[] = {{"x", 1}, {NULL, 0}};

	ck_ok(db_execf(db, conn, &err, "SET lock_timeout = %d", 17), err);
	ck_ok(db_prepare(db, conn, 3, "UPDATE t SET a = $1", 2, &err), err);
	ck_ok(db_execute(db, conn, 3, params, 2, &err), err);
	ck_assert_uint_eq(db->result(conn)->affected, 5);
	db->close(conn);
	scripted_end();
}
END_TEST

START_TEST(lost_connection_is_an_answer_and_so_is_using_it_again)
{
	static const struct scripted_call tape[] = {{.call = SCRIPTED_OPEN},
		{.call = SCRIPTED_QUERY, .class = DB_CLASS_CONNECTION, .in_doubt = true},
		{.call = SCRIPTED_CLOSE}};
	struct db_conn *conn = connect_to_tape(tape, N(tape));

	ck_assert_int_eq(db_run(db, conn, "COMMIT", NULL, &err), 0);
	ck_assert_int_eq(db->result(conn)->error.class, DB_CLASS_CONNECTION);
	ck_assert(db->result(conn)->error.in_doubt);
	ck_assert_int_eq(db->fd(conn), -1);
	ck_assert_int_eq(db_run(db, conn, "SELECT 1", NULL, &err), 0);
	ck_assert_int_eq(db->result(conn)->error.class, DB_CLASS_CONNECTION);
	ck_assert_int_eq(db_exec(db, conn, "SELECT 1", &err), -1);
	db->close(conn);
	scripted_end();
}
END_TEST

/* ---- giving up ---- */

static const struct scripted_call long_statement[] = {{.call = SCRIPTED_OPEN},
	{.call = SCRIPTED_QUERY,
		.sql = "SELECT long",
		.again = SCRIPTED_UNTIL_CANCEL,
		.class = DB_CLASS_CONTENTION,
		.code = "57014"},
	{.call = SCRIPTED_CANCEL}, {.call = SCRIPTED_QUERY, .sql = "SELECT 1"},
	{.call = SCRIPTED_CLOSE}};

/* The connection must be usable again after a wait was given up. */
static void check_usable(struct db_conn *conn)
{
	ck_assert_str_eq(db->result(conn)->error.code, "57014");
	ck_ok(db_exec(db, conn, "SELECT 1", &err), err);
	db->close(conn);
	scripted_end();
}

START_TEST(timeout_cancels_and_reads_the_answer)
{
	struct db_conn *conn = connect_to_tape(long_statement, N(long_statement));
	struct db_wait wait = {.timeout_us = 120000};

	ck_assert_int_eq(db_run(db, conn, "SELECT long", &wait, &err), -1);
	ck_assert_int_eq(err.kind, ERR_FAILED);
	ck_assert_str_eq(err.text, "no answer within 120 ms");
	check_usable(conn);
}
END_TEST

static int third_tick_fails(void *ctx, struct err *tick_err)
{
	unsigned *n = ctx;

	return ++*n < 3 ? 0 : err_set(tick_err, ERR_REFUSED, "enough");
}

START_TEST(tick_ends_the_wait_with_its_own_error)
{
	struct db_conn *conn = connect_to_tape(long_statement, N(long_statement));
	unsigned n = 0;
	struct db_wait wait = {.tick = third_tick_fails, .ctx = &n};

	ck_assert_int_eq(db_run(db, conn, "SELECT long", &wait, &err), -1);
	ck_assert_int_eq(err.kind, ERR_REFUSED);
	ck_assert_str_eq(err.text, "enough");
	ck_assert_uint_eq(n, 3);
	check_usable(conn);
}
END_TEST

static int raise_signal(void *ctx, struct err *tick_err)
{
	(void)ctx;
	(void)tick_err;
	return raise(SIGTERM);
}

START_TEST(interrupt_ends_the_wait)
{
	struct db_conn *conn = connect_to_tape(long_statement, N(long_statement));
	struct db_wait wait = {.tick = raise_signal};

	interrupt_install();
	ck_assert_int_eq(db_run(db, conn, "SELECT long", &wait, &err), -1);
	ck_assert_int_eq(err.kind, ERR_INTERRUPTED);
	interrupt_hold();
	check_usable(conn);
}
END_TEST

START_TEST(interrupt_while_held_does_not_end_the_wait)
{
	static const struct scripted_call tape[] = {{.call = SCRIPTED_OPEN},
		{.call = SCRIPTED_QUERY, .again = 3}, {.call = SCRIPTED_CLOSE}};
	struct db_conn *conn = connect_to_tape(tape, N(tape));

	interrupt_install();
	raise(SIGTERM);
	interrupt_hold();
	ck_ok(db_exec(db, conn, "SELECT undo", &err), err);
	interrupt_release();
	ck_assert_int_eq(interrupt_check(&err), -1);
	db->close(conn);
	scripted_end();
}
END_TEST

START_TEST(dead_server_does_not_hang_the_giving_up)
{
	static const struct scripted_call tape[] = {{.call = SCRIPTED_OPEN},
		{.call = SCRIPTED_QUERY, .again = SCRIPTED_FOREVER},
		{.call = SCRIPTED_CANCEL, .refuse = true}, {.call = SCRIPTED_CANCEL},
		{.call = SCRIPTED_CANCEL}, {.call = SCRIPTED_CANCEL}, {.call = SCRIPTED_CANCEL},
		{.call = SCRIPTED_CANCEL}, {.call = SCRIPTED_CANCEL}, {.call = SCRIPTED_CLOSE}};
	struct db_conn *conn = connect_to_tape(tape, N(tape));
	struct db_wait wait = {.timeout_us = 2000000};

	clock_set_source(fast_clock, NULL);
	ck_assert_int_eq(db_run(db, conn, "SELECT 1", &wait, &err), -1);
	clock_set_source(NULL, NULL);
	ck_assert_str_eq(err.text, "no answer within 2.00 s");
	/* What hangs keeps the connection: it refuses more and can only be closed. */
	ck_assert_int_eq(db_run(db, conn, "SELECT 1", NULL, &err), 0);
	ck_assert_str_eq(db->result(conn)->error.code, "misuse");
	db->close(conn);
	scripted_end();
}
END_TEST

START_TEST(every_class_has_a_name)
{
	static const char *const names[] = {"none", "breakage", "contention", "connection", "setup",
		"resource", "wrong-result", "other"};

	for (size_t i = 0; i < N(names); i++)
		ck_assert_str_eq(db_class_name((enum db_class)i), names[i]);
}
END_TEST

/* ---- the tape itself ---- */

START_TEST(tape_complains_about_what_it_does_not_expect)
{
	static const struct scripted_call tape[] = {{.call = SCRIPTED_OPEN},
		{.call = SCRIPTED_QUERY, .sql = "SELECT 1"}, {.call = SCRIPTED_CLOSE}};
	char words[256];
	struct db_conn *conn = connect_to_tape(tape, N(tape));

	scripted_collect(words, sizeof(words));
	ck_assert_int_eq(db->query_start(conn, "SELECT 2"), -1);
	ck_assert_str_eq(words,
		"tape: call 2: expected query 'SELECT 1' on connection 0, got query "
		"'SELECT 2' on connection 0");
	scripted_collect(words, sizeof(words));
	scripted_end();
	ck_assert_str_eq(
		words, "tape: 2 of 3 calls never came, first: query 'SELECT 1' on connection 0");
	scripted_collect(words, sizeof(words));
	db->close(conn);
	ck_assert_str_eq(
		words, "tape: nothing more was expected after call 0, got close of connection 0");
	scripted_collect(NULL, 0);
}
END_TEST

START_TEST(tape_complains_about_connections_left_open)
{
	static const struct scripted_call tape[] = {{.call = SCRIPTED_OPEN}};
	char words[256];
	struct db_conn *conn = connect_to_tape(tape, N(tape));

	scripted_collect(words, sizeof(words));
	scripted_end();
	ck_assert_str_eq(words, "tape: 1 connections were not closed");
	db->close(conn);
	scripted_collect(NULL, 0);
}
END_TEST

START_TEST(tape_complains_about_wrong_parameters)
{
	const struct scripted_call tape[] = {{.call = SCRIPTED_OPEN},
		{.call = SCRIPTED_EXECUTE, .params = (const char *const[]){"17"}, .n_params = 1},
		{.call = SCRIPTED_CLOSE}};
	char words[256];
	struct db_conn *conn = connect_to_tape(tape, N(tape));

	scripted_collect(words, sizeof(words));
	db_execute(db, conn, 0, &(struct db_param){"18", 2}, 1, &err);
	ck_assert_str_eq(words, "tape: call 2: expected parameter 1 '17', got '18'");
	scripted_collect(NULL, 0);
	db->close(conn);
	scripted_end();
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("db_blocking");
	TCase *tc = tcase_create("blocking");

	tcase_add_test(tc, connect_waits_and_runs_init_sql);
	tcase_add_test(tc, failed_connect_closes_and_names_the_redacted_dsn);
	tcase_add_test(tc, unreadable_dsn_is_a_usage_error);
	tcase_add_test(tc, connect_to_a_server_that_never_answers_ends);
	tcase_add_test(tc, answers_that_are_ready_at_once_or_late_are_both_read);
	tcase_add_test(tc, values_of_no_row_null_and_words);
	tcase_add_test(tc, exec_tells_text_and_code_and_run_leaves_judging_to_the_caller);
	tcase_add_test(tc, execf_formats_and_prepared_statements_get_their_parameters);
	tcase_add_test(tc, lost_connection_is_an_answer_and_so_is_using_it_again);
	tcase_add_test(tc, timeout_cancels_and_reads_the_answer);
	tcase_add_test(tc, tick_ends_the_wait_with_its_own_error);
	tcase_add_test(tc, interrupt_ends_the_wait);
	tcase_add_test(tc, interrupt_while_held_does_not_end_the_wait);
	tcase_add_test(tc, dead_server_does_not_hang_the_giving_up);
	tcase_add_test(tc, every_class_has_a_name);
	tcase_add_test(tc, tape_complains_about_what_it_does_not_expect);
	tcase_add_test(tc, tape_complains_about_connections_left_open);
	tcase_add_test(tc, tape_complains_about_wrong_parameters);
	suite_add_tcase(suite, tc);
	return suite_run(suite);
}
