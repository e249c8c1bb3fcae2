/* The conformance suite's errors, cancels and lost connections. */
#include "tests/support/conformance_local.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "harness/base/clock.h"
#include "tests/support/suite.h"

/* ---- errors ---- */

START_TEST(sql_errors_leave_the_connection_usable)
{
	struct db_conn *conn = conf_open();
	const struct db_error *e = conf_run_failing(conn, conf->syntax_error);

	ck_assert_int_eq(e->class, DB_CLASS_BREAKAGE);
	ck_assert_str_eq(e->code, conf->syntax_error_code);
	ck_assert_uint_eq(e->position, conf->syntax_error_position);
	ck_assert(!e->in_doubt && !e->lock_timeout);
	conf_expect_usable(conn);
	e = conf_run_failing(conn, conf->missing_table);
	ck_assert_int_eq(e->class, DB_CLASS_BREAKAGE);
	ck_assert_str_eq(e->code, conf->missing_table_code);
	conf_expect_usable(conn);
	conf->db->close(conn);
}
END_TEST

START_TEST(errors_in_prepare_and_execute_leave_the_connection_usable)
{
	struct db_conn *conn = conf_open();

	ck_assert_int_eq(db_prepare(conf->db, conn, 0, conf->missing_table, 0, &conf_err), -1);
	ck_assert_str_eq(conf->db->result(conn)->error.code, conf->missing_table_code);
	conf_expect_usable(conn);
	/* Never prepared. */
	ck_assert_int_eq(db_execute(conf->db, conn, 77, NULL, 0, &conf_err), -1);
	ck_assert_int_ne(conf->db->result(conn)->error.class, DB_CLASS_CONNECTION);
	conf_expect_usable(conn);
	conf->db->close(conn);
}
END_TEST

START_TEST(constraint_errors_hold_no_values)
{
	struct db_conn *conn = conf_open();
	const struct db_error *e;

	conf_fill(conn);
	e = conf_run_failing(conn, conf->duplicate_key);
	ck_assert_int_eq(e->class, DB_CLASS_BREAKAGE);
	ck_assert_str_eq(e->code, conf->duplicate_key_code);
	ck_assert_ptr_null(strstr(e->text, "Miller"));
	ck_assert_ptr_null(strchr(e->text, '1'));
	conf_exec(conn, conf->drop_table);
	conf->db->close(conn);
}
END_TEST

START_TEST(transactions_are_told_open_and_failed)
{
	struct db_conn *conn = conf_open();

	conf_exec(conn, conf->begin);
	ck_assert(conf->db->in_transaction(conn));
	conf_run_failing(conn, conf->missing_table);
	ck_assert(conf->db->in_transaction(conn));
	conf_exec(conn, conf->rollback);
	ck_assert(!conf->db->in_transaction(conn));
	conf_exec(conn, conf->begin);
	conf_exec(conn, conf->three_values);
	ck_assert(conf->db->in_transaction(conn));
	conf_exec(conn, conf->commit);
	ck_assert(!conf->db->in_transaction(conn));
	conf->db->close(conn);
}
END_TEST

START_TEST(refused_locks_are_lock_timeouts)
{
	struct db_conn *holder = conf_open(), *waiter = conf_open();
	const struct db_error *e;

	conf_fill(holder);
	conf_exec(holder, conf->begin);
	conf_exec(holder, conf->lock_row);
	conf_exec(waiter, conf->short_lock_timeout);
	conf_exec(waiter, conf->begin);
	e = conf_run_failing(waiter, conf->lock_row);
	ck_assert_int_eq(e->class, DB_CLASS_CONTENTION);
	ck_assert(e->lock_timeout);
	ck_assert_str_eq(e->code, conf->lock_timeout_code);
	conf_exec(waiter, conf->rollback);
	conf_exec(holder, conf->rollback);
	conf_exec(holder, conf->drop_table);
	conf->db->close(waiter);
	conf->db->close(holder);
}
END_TEST

START_TEST(misuse_is_told_and_starts_nothing)
{
	struct db_conn *conn = NULL;

	ck_ok(conf->db->open(&(struct db_target){.dsn = conf->dsn}, &conn, &conf_err), conf_err);
	ck_assert_int_eq(conf->db->query_start(conn, conf->three_values), -1);
	ck_assert_str_eq(conf->db->result(conn)->error.code, "misuse");
	ck_assert_int_eq(conf_drive(conn), DB_READY);
	conf_expect_usable(conn);
	conf->db->close(conn);
}
END_TEST

/* ---- cancelling, losing ---- */

static void *cancel_soon(void *conn)
{
	struct err thread_err = {0};

	clock_sleep_us(300000);
	return conf->db->cancel(conn, &thread_err) ? "cancel failed" : NULL;
}

START_TEST(cancel_from_another_thread_ends_the_statement)
{
	struct db_conn *conn = conf_open();
	pthread_t thread;
	void *problem;

	ck_assert_int_eq(conf->db->query_start(conn, conf->sleep), 0);
	ck_assert_int_eq(pthread_create(&thread, NULL, cancel_soon, conn), 0);
	ck_assert_int_eq(conf_drive(conn), DB_FAILED);
	pthread_join(thread, &problem);
	ck_assert_ptr_null(problem);
	ck_assert_int_eq(conf->db->result(conn)->error.class, DB_CLASS_CONTENTION);
	ck_assert_str_eq(conf->db->result(conn)->error.code, conf->sleep_code);
	ck_assert(!conf->db->result(conn)->error.lock_timeout);
	conf_expect_usable(conn);
	conf->db->close(conn);
}
END_TEST

START_TEST(timeout_of_the_blocking_form_leaves_the_connection_usable)
{
	struct db_conn *conn = conf_open();
	struct db_wait wait = {.timeout_us = 200000};

	ck_assert_int_eq(db_run(conf->db, conn, conf->sleep, &wait, &conf_err), -1);
	ck_assert_str_eq(conf_err.text, "no answer within 200 ms");
	ck_assert_str_eq(conf->db->result(conn)->error.code, conf->sleep_code);
	conf_expect_usable(conn);
	conf->db->close(conn);
}
END_TEST

START_TEST(cancel_with_nothing_running_does_no_harm)
{
	struct db_conn *conn = conf_open();

	ck_ok(conf->db->cancel(conn, &conf_err), conf_err);
	clock_sleep_us(100000);
	conf_expect_usable(conn);
	conf->db->close(conn);
}
END_TEST

static void expect_lost(struct db_conn *conn)
{
	ck_assert_int_eq(conf->db->result(conn)->error.class, DB_CLASS_CONNECTION);
	ck_assert(conf->db->result(conn)->error.code[0] && conf->db->result(conn)->error.text[0]);
	ck_assert_int_eq(conf->db->fd(conn), -1);
	ck_assert(!conf->db->in_transaction(conn));
	ck_assert_int_eq(conf->db->step(conn), DB_FAILED);
	ck_assert_int_eq(conf->db->query_start(conn, conf->three_values), -1);
	ck_assert_int_eq(conf->db->result(conn)->error.class, DB_CLASS_CONNECTION);
	ck_assert(!conf->db->result(conn)->error.in_doubt);
	ck_assert_int_eq(conf->db->prepare_start(conn, 0, conf->echo, 2), -1);
	conf->db->close(conn);
}

static void terminate(struct db_conn *victim)
{
	struct db_conn *other = conf_open();
	char sql[128];

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
	snprintf(sql, sizeof(sql), conf->terminate,
		(unsigned long long)conf->db->session_id(victim));
#pragma GCC diagnostic pop
	conf_exec(other, sql);
	conf->db->close(other);
}

START_TEST(ended_session_is_a_lost_connection)
{
	struct db_conn *conn = conf_open();

	ck_assert_int_eq(conf->db->query_start(conn, conf->sleep), 0);
	ck_assert_int_eq(conf->db->step(conn), DB_AGAIN);
	clock_sleep_us(200000);
	terminate(conn);
	ck_assert_int_eq(conf_drive(conn), DB_FAILED);
	expect_lost(conn);
}
END_TEST

START_TEST(session_ended_while_idle_is_found_by_the_next_statement)
{
	struct db_conn *conn = conf_open();

	conf_exec(conn, conf->begin);
	terminate(conn);
	clock_sleep_us(200000);
	ck_ok(db_run(conf->db, conn, conf->three_values, NULL, &conf_err), conf_err);
	expect_lost(conn);
}
END_TEST

START_TEST(session_ended_while_idle_is_found_by_step)
{
	struct db_conn *conn = conf_open();
	uint64_t deadline = clock_us() + 30000000;

	ck_assert_int_eq(conf->db->step(conn), DB_READY);
	terminate(conn);
	while (conf->db->step(conn) == DB_READY) {
		ck_assert_msg(clock_us() < deadline, "the loss was not seen");
		clock_sleep_us(20000);
	}
	expect_lost(conn);
}
END_TEST

START_TEST(connection_cut_while_a_statement_runs_is_in_doubt)
{
	struct db_conn *conn = conf_open();

	ck_assert_int_eq(conf->db->query_start(conn, conf->sleep), 0);
	ck_assert_int_eq(conf->db->step(conn), DB_AGAIN);
	shutdown(conf->db->fd(conn), SHUT_RDWR);
	ck_assert_int_eq(conf_drive(conn), DB_FAILED);
	ck_assert(conf->db->result(conn)->error.in_doubt);
	ck_assert_str_eq(conf->db->result(conn)->error.code, "lost");
	expect_lost(conn);
}
END_TEST

void conformance_add_faults(TCase *tc)
{
	tcase_add_test(tc, sql_errors_leave_the_connection_usable);
	tcase_add_test(tc, errors_in_prepare_and_execute_leave_the_connection_usable);
	tcase_add_test(tc, constraint_errors_hold_no_values);
	tcase_add_test(tc, transactions_are_told_open_and_failed);
	tcase_add_test(tc, refused_locks_are_lock_timeouts);
	tcase_add_test(tc, misuse_is_told_and_starts_nothing);
	tcase_add_test(tc, cancel_from_another_thread_ends_the_statement);
	tcase_add_test(tc, timeout_of_the_blocking_form_leaves_the_connection_usable);
	tcase_add_test(tc, cancel_with_nothing_running_does_no_harm);
	tcase_add_test(tc, ended_session_is_a_lost_connection);
	tcase_add_test(tc, session_ended_while_idle_is_found_by_the_next_statement);
	tcase_add_test(tc, session_ended_while_idle_is_found_by_step);
	tcase_add_test(tc, connection_cut_while_a_statement_runs_is_in_doubt);
}
