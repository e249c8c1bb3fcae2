#include "adapters/mysql/client.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "adapters/mysql/conn.h"
#include "adapters/mysql/errors.h"
#include "harness/base/clock.h"
#include "harness/base/mem.h"

/* ---- errors ---- */

/* After an error: what must be done before it can be told. */
static enum my_after what_after(const struct db_conn *conn)
{
	const struct db_error *e = &conn->result.error;

	if (conn->state == MY_CONN_INIT)
		return MY_AFTER_NONE;
	if (!strcmp(e->code, "1205"))
		return MY_AFTER_LIMITS;
	if (!strcmp(e->code, "2057") && conn->call == MY_CALL_EXECUTE)
		return MY_AFTER_ROWS;
	return conn->lib.mysql->server_status & SERVER_STATUS_IN_TRANS ? MY_AFTER_STATUS
								       : MY_AFTER_NONE;
}

/* The statement's own text is still needed, so this one does not take its place. */
static void ask_limits(struct db_conn *conn)
{
	static const char sql[] = "SELECT @@lock_wait_timeout, @@innodb_lock_wait_timeout";

	conn->started_us = clock_us() - conn->started_us; /* from here on: how long it took */
	conn->call = MY_CALL_QUERY;
	conn->lib.text = sql;
	conn->lib.len = sizeof(sql) - 1;
	conn->waits_for = my_library_start(&conn->lib, MY_CALL_QUERY);
}

/* Starts it. False: there is nothing to do. */
static bool go_on_after(struct db_conn *conn)
{
	if (conn->after != MY_AFTER_NONE)
		return false;
	conn->after = what_after(conn);
	if (conn->after == MY_AFTER_STATUS)
		my_conn_call(conn, MY_CALL_STATUS);
	else if (conn->after == MY_AFTER_ROWS)
		my_conn_call(conn, MY_CALL_STMT_RESET);
	else if (conn->after == MY_AFTER_LIMITS)
		ask_limits(conn);
	return conn->after != MY_AFTER_NONE;
}

static enum db_step finish_failed(struct db_conn *conn)
{
	my_rows_clear(conn->rows);
	conn->result.rows = conn->result.columns = 0;
	/* A session without its settings is not to be used. */
	conn->state = conn->state == MY_CONN_INIT ? MY_CONN_LOST : MY_CONN_IDLE;
	return DB_FAILED;
}

/* The library's own word for a connection that broke. */
static bool is_lost(unsigned code)
{
	return code == 2006 || code == 2013 || code == 2055;
}

/* The call failed. DB_AGAIN: something is to be done before that is told. */
static enum db_step fail(
	struct db_conn *conn, unsigned code, const char *sqlstate, const char *message)
{
	const struct db_error *e = &conn->result.error;

	if (conn->after == MY_AFTER_NONE && !is_lost(code)) {
		my_conn_told(conn, code, sqlstate, message);
		if (conn->running && conn->call == MY_CALL_PREPARE)
			MEM_FREE(conn->running->sql);
	}
	if (is_lost(code) || e->class == DB_CLASS_CONNECTION)
		return my_conn_lost(conn, code, message);
	return go_on_after(conn) ? DB_AGAIN : finish_failed(conn);
}

static enum db_step fail_as_told(struct db_conn *conn)
{
	MYSQL_STMT *stmt = conn->lib.stmt;

	switch (conn->call) {
	case MY_CALL_PREPARE:
	case MY_CALL_EXECUTE:
	case MY_CALL_STMT_STORE:
	case MY_CALL_STMT_NEXT:
	case MY_CALL_STMT_RESET:
		return fail(conn, mysql_stmt_errno(stmt), mysql_stmt_sqlstate(stmt),
			mysql_stmt_error(stmt));
	default:
		return fail(conn, mysql_errno(conn->lib.mysql), mysql_sqlstate(conn->lib.mysql),
			mysql_error(conn->lib.mysql));
	}
}

/* Which of the two limits had passed when 1205 came. */
static void name_the_lock(struct db_conn *conn, MYSQL_RES *limits)
{
	static const char *const names[] = {[MY_LOCK_WAIT_UNKNOWN] = "",
		[MY_LOCK_WAIT_TABLE] = " (lock_wait_timeout: metadata or table lock)",
		[MY_LOCK_WAIT_ROW] = " (innodb_lock_wait_timeout: row lock)"};
	const char *sql = conn->running ? conn->running->sql : str_text(&conn->text);
	struct db_error *e = &conn->result.error;
	MYSQL_ROW row = mysql_fetch_row(limits);
	size_t len = strlen(e->text);

	if (!row || !row[0] || !row[1])
		return;
	snprintf(e->text + len, sizeof(e->text) - len, "%s",
		names[my_error_lock_wait(conn->first ? sql : "", conn->started_us,
			strtoull(row[0], NULL, 10) * 1000000,
			strtoull(row[1], NULL, 10) * 1000000)]);
}

/* What is done after an error moves on: of its own failures only a lost connection is told. */
static enum db_step step_after(struct db_conn *conn)
{
	if (conn->lib.failed)
		return fail_as_told(conn);
	if (conn->after == MY_AFTER_LIMITS && conn->call == MY_CALL_QUERY) {
		my_conn_call(conn, MY_CALL_STORE);
		return DB_AGAIN;
	}
	if (conn->call == MY_CALL_STORE) {
		name_the_lock(conn, conn->lib.rows);
		mysql_free_result(conn->lib.rows);
		conn->lib.rows = NULL;
	}
	return finish_failed(conn);
}

/* ---- results ---- */

static const char *row_text(struct db_conn *conn, unsigned row, unsigned column)
{
	const char *text = my_rows_value(conn->rows, row, column);

	return text ? text : "";
}

/* OPTIMIZE TABLE and its like succeed whatever they did; what they did is in their rows. The first
 * error of them, or UINT_MAX. */
static unsigned row_of_error(struct db_conn *conn)
{
	static const char *const columns[] = {"Table", "Op", "Msg_type", "Msg_text"};
	unsigned n = my_rows_columns(conn->rows), failed = UINT32_MAX;

	if (n != 4)
		return UINT32_MAX;
	for (unsigned i = 0; i < n; i++)
		if (strcmp(my_rows_column(conn->rows, i), columns[i]) != 0)
			return UINT32_MAX;
	for (unsigned i = 0; i < my_rows_count(conn->rows); i++) {
		const char *type = row_text(conn, i, 2), *text = row_text(conn, i, 3);

		if (!strcasecmp(type, "error"))
			return i;
		if (!strcmp(type, "status") &&
			(!strcmp(text, "Operation failed") || !strcmp(text, "Corrupt")))
			failed = failed < i ? failed : i;
	}
	return failed;
}

static enum db_step finish(struct db_conn *conn)
{
	unsigned row = row_of_error(conn);

	if (row != UINT32_MAX) {
		const char *text = row_text(conn, row, 3);

		return fail(conn, my_error_of_row(text), NULL, text);
	}
	conn->result.rows = my_rows_count(conn->rows);
	conn->result.columns = my_rows_columns(conn->rows);
	conn->state = MY_CONN_IDLE;
	return DB_READY;
}

/* Another result may follow; else this was it. */
static enum db_step after_result(struct db_conn *conn, bool by_statement)
{
	bool more =
		by_statement ? my_library_more(&conn->lib) : mysql_more_results(conn->lib.mysql);

	if (!more)
		return finish(conn);
	if (by_statement)
		my_rows_settle(conn->rows);
	conn->first = false;
	conn->started_us = clock_us();
	my_conn_call(conn, by_statement ? MY_CALL_STMT_NEXT : MY_CALL_NEXT);
	return DB_AGAIN;
}

/* A statement of a text, or of a procedure, is done: with rows to be read, or without. */
static enum db_step text_done(struct db_conn *conn)
{
	MYSQL *mysql = conn->lib.mysql;

	if (mysql_field_count(mysql)) {
		my_conn_call(conn, MY_CALL_STORE);
		return DB_AGAIN;
	}
	conn->result.affected = mysql_affected_rows(mysql);
	return after_result(conn, false);
}

/* What an application with bound columns gets from its client library. */
static enum db_step fail_changed(struct db_conn *conn)
{
	return fail(conn, 2057, "HY000",
		"the statement's result has other columns than when it was prepared");
}

static enum db_step text_stored(struct db_conn *conn)
{
	my_rows_take(conn->rows, conn->lib.rows);
	conn->lib.rows = NULL;
	conn->result.affected = my_rows_count(conn->rows);
	if (conn->running && !mysql_more_results(conn->lib.mysql) &&
		!my_statement_fits(conn, my_rows_columns(conn->rows)))
		return fail_changed(conn);
	return after_result(conn, false);
}

static enum db_step statement_done(struct db_conn *conn)
{
	MYSQL_STMT *stmt = conn->lib.stmt;

	if (mysql_stmt_field_count(stmt)) {
		my_conn_call(conn, MY_CALL_STMT_STORE);
		return DB_AGAIN;
	}
	conn->result.affected = mysql_stmt_affected_rows(stmt);
	return after_result(conn, true);
}

static enum db_step statement_stored(struct db_conn *conn)
{
	if (!my_library_more(&conn->lib) &&
		!my_statement_fits(conn, mysql_stmt_field_count(conn->lib.stmt)))
		return fail_changed(conn);
	my_rows_borrow(conn->rows, conn->lib.stmt);
	conn->result.affected = my_rows_count(conn->rows);
	return after_result(conn, true);
}

static enum db_step statement_prepared(struct db_conn *conn)
{
	struct my_statement *s = conn->running;
	char text[96];

	s->n_columns = mysql_stmt_field_count(s->stmt);
	if (mysql_stmt_param_count(s->stmt) == s->n_params)
		return finish(conn);
	snprintf(text, sizeof(text), "the statement has %lu parameters, %u are given",
		mysql_stmt_param_count(s->stmt), s->n_params);
	return fail(conn, 1210, "HY000", text);
}

/* ---- moving ---- */

/* The call is done: what follows. DB_AGAIN: another call. */
static enum db_step next(struct db_conn *conn)
{
	bool is_next = conn->call == MY_CALL_NEXT || conn->call == MY_CALL_STMT_NEXT;

	if (conn->after != MY_AFTER_NONE)
		return step_after(conn);
	if (is_next && conn->lib.failed < 0)
		return finish(conn);
	if (conn->lib.failed)
		return fail_as_told(conn);
	switch (conn->call) {
	case MY_CALL_QUERY:
	case MY_CALL_NEXT:
		return text_done(conn);
	case MY_CALL_STORE:
		return text_stored(conn);
	case MY_CALL_PREPARE:
		return statement_prepared(conn);
	case MY_CALL_EXECUTE:
	case MY_CALL_STMT_NEXT:
		return statement_done(conn);
	case MY_CALL_STMT_STORE:
		return statement_stored(conn);
	default:
		return finish(conn);
	}
}

static enum db_step step_running(struct db_conn *conn)
{
	enum db_step step = DB_AGAIN;

	if (conn->waits_for)
		conn->waits_for = my_library_continue(&conn->lib, conn->waits_for);
	while (step == DB_AGAIN && !conn->waits_for)
		step = next(conn);
	return step;
}

static enum db_step my_step(struct db_conn *conn)
{
	enum db_step step;

	if (conn->state == MY_CONN_LOST)
		return DB_FAILED;
	if (conn->state == MY_CONN_IDLE)
		return my_conn_step_idle(conn);
	if (conn->state == MY_CONN_CONNECTING) {
		step = my_conn_step_connect(conn);
		if (step != DB_AGAIN || conn->state == MY_CONN_CONNECTING)
			return step;
	}
	if (conn->fresh) {
		conn->fresh = false;
		if (conn->waits_for)
			return DB_AGAIN; /* saves a read that finds nothing */
	}
	step = step_running(conn);
	if (step == DB_AGAIN && conn->state == MY_CONN_INIT && clock_us() >= conn->deadline_us)
		return my_conn_timed_out(conn);
	return step;
}

static int my_query_start(struct db_conn *conn, const char *sql)
{
	if (my_conn_ready_to_start(conn))
		return -1;
	str_clear(&conn->text);
	str_add(&conn->text, sql);
	my_conn_begin(conn, MY_CONN_RUNNING, MY_CALL_QUERY);
	return 0;
}

/* ---- looking ---- */

static int my_fd(const struct db_conn *conn)
{
	return conn->state == MY_CONN_LOST ? -1 : my_library_fd(&conn->lib);
}

static unsigned my_wants(const struct db_conn *conn)
{
	return conn->waits_for;
}

static const struct db_result *my_result(const struct db_conn *conn)
{
	return &conn->result;
}

static const char *my_value(const struct db_conn *conn, unsigned row, unsigned column)
{
	return row < conn->result.rows ? my_rows_value(conn->rows, row, column) : NULL;
}

static const char *my_column(const struct db_conn *conn, unsigned column)
{
	return column < conn->result.columns ? my_rows_column(conn->rows, column) : NULL;
}

static bool my_in_transaction(const struct db_conn *conn)
{
	return conn->state != MY_CONN_LOST && conn->state != MY_CONN_CONNECTING &&
		conn->lib.mysql->server_status & SERVER_STATUS_IN_TRANS;
}

static uint64_t my_session_id(const struct db_conn *conn)
{
	return conn->session;
}

/* MySQL's max_execution_time is for SELECT alone. */
static bool my_limits_all(const struct db_conn *conn)
{
	return conn->mariadb;
}

const struct db_adapter mysql_db = {
	.name = "mysql",
	.features = DB_FEATURE_DDL_COMMITS | DB_FEATURE_QUESTION_MARKS | DB_FEATURE_ERRORS_PASS,
	.open = my_conn_open,
	.close = my_conn_close,
	.query_start = my_query_start,
	.prepare_start = my_prepare_start,
	.execute_start = my_execute_start,
	.step = my_step,
	.fd = my_fd,
	.wants = my_wants,
	.result = my_result,
	.value = my_value,
	.column = my_column,
	.in_transaction = my_in_transaction,
	.session_id = my_session_id,
	.limits_all = my_limits_all,
	.cancel = my_conn_cancel,
	.redact = my_conninfo_redact,
	.has_password = my_conninfo_has_password,
};
