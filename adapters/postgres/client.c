#include "adapters/postgres/client.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "adapters/postgres/conn.h"
#include "adapters/postgres/conninfo.h"
#include "adapters/postgres/errors.h"
#include "harness/base/clock.h"
#include "harness/base/mem.h"

#define CANCEL_TIMEOUT_US 2000000
#define DRAIN_ROUNDS 64 /* reads in one step(), so that a large result does not starve others */

/* ---- errors ---- */

/* RAISE and ASSERT carry whatever the function's author put in. */
static bool is_raised(const char *source)
{
	return source &&
		(!strcmp(source, "exec_stmt_raise") || !strcmp(source, "exec_stmt_assert"));
}

/* The first error of a text of several statements counts; later ones are its consequences. */
static void take_error(struct db_conn *conn, const PGresult *res)
{
	struct db_error *e = &conn->result.error;
	const char *code = PQresultErrorField(res, PG_DIAG_SQLSTATE);
	const char *message = PQresultErrorField(res, PG_DIAG_MESSAGE_PRIMARY);
	const char *position = PQresultErrorField(res, PG_DIAG_STATEMENT_POSITION);
	const char *source = PQresultErrorField(res, PG_DIAG_SOURCE_FUNCTION);

	if (e->class != DB_CLASS_NONE)
		return;
	if (!code) {
		pg_conn_error(conn, DB_CLASS_OTHER, "lost", PQresultErrorMessage(res));
		return;
	}
	e->class = pg_error_class(code);
	if (e->class == DB_CLASS_NONE) /* a function may raise any state, success too */
		e->class = DB_CLASS_OTHER;
	e->lock_timeout = pg_error_is_lock_timeout(code);
	e->retryable = pg_error_is_retryable(code);
	e->position = position ? (uint32_t)strtoul(position, NULL, 10) : 0;
	snprintf(e->code, sizeof(e->code), "%s", code);
	pg_error_mask(code, message ? message : "", is_raised(source), e->text, sizeof(e->text));
}

/* ---- starting ---- */

/* Field by field: the room for an error's text need not be cleared for each execution. */
static void forget_result(struct db_result *r)
{
	struct db_error *e = &r->error;

	r->rows = r->columns = 0;
	r->affected = 0;
	e->class = DB_CLASS_NONE;
	e->lock_timeout = e->retryable = e->in_doubt = false;
	e->position = 0;
	e->code[0] = e->text[0] = '\0';
}

/* Forgets the last result. -1 when nothing can be started. */
static int prepare_for_start(struct db_conn *conn)
{
	if (conn->state == PG_CONN_CONNECTING || conn->state == PG_CONN_INIT ||
		conn->state == PG_CONN_RUNNING) {
		pg_conn_error(conn, DB_CLASS_OTHER, "misuse", "the connection is busy");
		return -1;
	}
	PQclear(conn->rows);
	conn->rows = NULL;
	forget_result(&conn->result);
	if (conn->state == PG_CONN_LOST) {
		pg_conn_error(conn, DB_CLASS_CONNECTION, "lost", "the connection is lost");
		return -1;
	}
	return 0;
}

static int started(struct db_conn *conn, int sent)
{
	if (sent) {
		pg_conn_begin(conn, PG_CONN_RUNNING);
		return 0;
	}
	if (PQstatus(conn->pg) == CONNECTION_BAD)
		pg_conn_lost(conn, PQerrorMessage(conn->pg));
	else
		pg_conn_error(conn, DB_CLASS_OTHER, "misuse", PQerrorMessage(conn->pg));
	return -1;
}

static int pg_query_start(struct db_conn *conn, const char *sql)
{
	if (prepare_for_start(conn))
		return -1;
	return started(conn, PQsendQuery(conn->pg, sql));
}

#define NAME_SIZE 16

/* "r17": by hand, since it is part of every execution. */
static const char *statement_name(unsigned id, char buf[static NAME_SIZE])
{
	char *p = buf + NAME_SIZE;

	*--p = '\0';
	do
		*--p = (char)('0' + id % 10);
	while (id /= 10);
	*--p = 'r';
	return p;
}

static void reserve_values(struct db_conn *conn, unsigned n)
{
	if (n <= conn->cap_values)
		return;
	conn->values = mem_resize(conn->values, n, sizeof(*conn->values));
	conn->cap_values = n;
}

static int pg_prepare_start(struct db_conn *conn, unsigned id, const char *sql, unsigned n_params)
{
	char name[NAME_SIZE];

	if (prepare_for_start(conn))
		return -1;
	reserve_values(conn, n_params);
	return started(conn, PQsendPrepare(conn->pg, statement_name(id, name), sql, 0, NULL));
}

static int pg_execute_start(
	struct db_conn *conn, unsigned id, const struct db_param *params, unsigned n_params)
{
	char name[NAME_SIZE];

	if (prepare_for_start(conn))
		return -1;
	reserve_values(conn, n_params);
	for (unsigned i = 0; i < n_params; i++)
		conn->values[i] = params[i].text;
	return started(conn,
		PQsendQueryPrepared(conn->pg, statement_name(id, name), (int)n_params, conn->values,
			NULL, NULL, 0));
}

/* ---- running ---- */

static uint64_t affected(PGresult *res)
{
	const char *text;

	/* What a SELECT returned needs no reading of its tag. */
	if (PQresultStatus(res) == PGRES_TUPLES_OK && strncmp(PQcmdStatus(res), "SELECT", 6) == 0)
		return (uint64_t)PQntuples(res);
	text = PQcmdTuples(res);
	return *text ? strtoull(text, NULL, 10) : 0;
}

static void take_rows(struct db_conn *conn, PGresult *res)
{
	PQclear(conn->rows);
	conn->rows = res;
	conn->result.rows = (unsigned)PQntuples(res);
	conn->result.columns = (unsigned)PQnfields(res);
}

/* Takes one result of possibly several; owns it. */
static void take_result(struct db_conn *conn, PGresult *res)
{
	switch (PQresultStatus(res)) {
	case PGRES_TUPLES_OK:
		conn->result.affected = affected(res);
		take_rows(conn, res);
		return;
	case PGRES_COMMAND_OK:
	case PGRES_EMPTY_QUERY:
		conn->result.affected = affected(res);
		break;
	case PGRES_COPY_BOTH:
		conn->copy_out = true;
		/* fallthrough */
	case PGRES_COPY_IN:
		/* Nobody has data for it; the server then ends the statement with an error. */
		PQputCopyEnd(conn->pg, "COPY FROM STDIN has no data here");
		conn->flushing = PQflush(conn->pg) != 0;
		conn->copy_refused = true;
		break;
	case PGRES_COPY_OUT:
		conn->copy_out = true;
		break;
	default:
		take_error(conn, res);
		break;
	}
	PQclear(res);
}

/* True once all of a COPY's data that is there was dropped and no more will come. */
static bool drop_copy_data(struct db_conn *conn)
{
	char *data = NULL;
	int n;

	while ((n = PQgetCopyData(conn->pg, &data, 1)) > 0)
		PQfreemem(data);
	if (n < 0)
		conn->copy_out = false;
	return n < 0;
}

static enum db_step finish(struct db_conn *conn)
{
	struct db_error *e = &conn->result.error;
	bool init = conn->state == PG_CONN_INIT;

	if (PQstatus(conn->pg) == CONNECTION_BAD)
		return pg_conn_lost(conn, PQerrorMessage(conn->pg));
	conn->state = PG_CONN_IDLE;
	conn->wants = DB_WANT_READ;
	if (e->class == DB_CLASS_NONE)
		return DB_READY;
	/* A link that a function of the server keeps may break while this one stands. */
	if (e->class == DB_CLASS_CONNECTION)
		e->class = DB_CLASS_OTHER;
	if (conn->copy_refused && !strcmp(e->code, "57014"))
		e->class = DB_CLASS_SETUP; /* cancelled by ourselves, not by a time-out */
	if (init)
		conn->state = PG_CONN_LOST; /* a session without its settings is not to be used */
	conn->result.rows = conn->result.columns = 0;
	return DB_FAILED;
}

/* Everything that has arrived. DB_AGAIN: there is more to come. */
static enum db_step take_results(struct db_conn *conn)
{
	for (;;) {
		PGresult *res;

		if (conn->copy_out && !drop_copy_data(conn))
			return DB_AGAIN;
		if (PQisBusy(conn->pg))
			return DB_AGAIN;
		res = PQgetResult(conn->pg);
		if (!res)
			return finish(conn);
		take_result(conn, res);
	}
}

static enum db_step step_running(struct db_conn *conn)
{
	enum db_step step = DB_AGAIN;

	for (int round = 0; step == DB_AGAIN && round < DRAIN_ROUNDS; round++) {
		bool readable;

		if (conn->flushing)
			conn->flushing = PQflush(conn->pg) > 0;
		readable = PQconsumeInput(conn->pg) == 1;
		/* What the server said before it went away comes first. */
		step = take_results(conn);
		if (step == DB_AGAIN && !readable)
			return pg_conn_lost(conn, PQerrorMessage(conn->pg));
		if (step == DB_AGAIN && !pg_conn_is_ready(conn, DB_WANT_READ))
			break;
	}
	if (step == DB_AGAIN)
		conn->wants = DB_WANT_READ | (conn->flushing ? DB_WANT_WRITE : 0);
	return step;
}

/* Nothing was started: tells whether the connection still stands. */
static enum db_step step_idle(struct db_conn *conn)
{
	while (pg_conn_is_ready(conn, DB_WANT_READ)) {
		if (!PQconsumeInput(conn->pg) || PQisBusy(conn->pg)) {
			conn->result.error = (struct db_error){0};
			return pg_conn_lost(conn, PQerrorMessage(conn->pg));
		}
	}
	return DB_READY;
}

static enum db_step pg_step(struct db_conn *conn)
{
	if (conn->state == PG_CONN_LOST)
		return DB_FAILED;
	if (conn->state == PG_CONN_IDLE)
		return step_idle(conn);
	if (conn->state == PG_CONN_CONNECTING)
		return pg_conn_step_connect(conn);
	if (conn->state == PG_CONN_INIT && clock_us() >= conn->deadline_us)
		return pg_conn_timed_out(conn);
	if (conn->fresh) {
		conn->fresh = false;
		if (!conn->flushing)
			return DB_AGAIN; /* saves a read that finds nothing */
	}
	return step_running(conn);
}

/* ---- looking ---- */

static int pg_fd(const struct db_conn *conn)
{
	return conn->state == PG_CONN_LOST ? -1 : PQsocket(conn->pg);
}

static unsigned pg_wants(const struct db_conn *conn)
{
	return conn->wants;
}

static const struct db_result *pg_result(const struct db_conn *conn)
{
	return &conn->result;
}

static const char *pg_value(const struct db_conn *conn, unsigned row, unsigned column)
{
	if (row >= conn->result.rows || column >= conn->result.columns ||
		PQgetisnull(conn->rows, (int)row, (int)column))
		return NULL;
	return PQgetvalue(conn->rows, (int)row, (int)column);
}

static const char *pg_column(const struct db_conn *conn, unsigned column)
{
	return column < conn->result.columns ? PQfname(conn->rows, (int)column) : NULL;
}

static bool pg_in_transaction(const struct db_conn *conn)
{
	PGTransactionStatusType status = PQtransactionStatus(conn->pg);

	return status == PQTRANS_INTRANS || status == PQTRANS_INERROR;
}

static uint64_t pg_session_id(const struct db_conn *conn)
{
	return (uint64_t)PQbackendPID(conn->pg);
}

static int pg_cancel(struct db_conn *conn, struct err *err)
{
	return pg_cancel_send(conn->cancel, CANCEL_TIMEOUT_US, err);
}

const struct db_adapter postgres_db = {
	.name = "postgres",
	.features = 0,
	.open = pg_conn_open,
	.close = pg_conn_close,
	.query_start = pg_query_start,
	.prepare_start = pg_prepare_start,
	.execute_start = pg_execute_start,
	.step = pg_step,
	.fd = pg_fd,
	.wants = pg_wants,
	.result = pg_result,
	.value = pg_value,
	.column = pg_column,
	.in_transaction = pg_in_transaction,
	.session_id = pg_session_id,
	.cancel = pg_cancel,
	.redact = pg_conninfo_redact,
	.has_password = pg_conninfo_has_password,
};
