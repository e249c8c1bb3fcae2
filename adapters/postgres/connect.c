#include "adapters/postgres/conn.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "adapters/postgres/conninfo.h"
#include "adapters/postgres/errors.h"
#include "harness/base/clock.h"
#include "harness/base/mem.h"
#include "harness/base/units.h"

#define CONNECT_TIMEOUT_US 10000000

/* ---- what both files need ---- */

void pg_conn_error(struct db_conn *conn, enum db_class class, const char *code, const char *text)
{
	struct db_error *e = &conn->result.error;

	*e = (struct db_error){.class = class};
	snprintf(e->code, sizeof(e->code), "%s", code);
	snprintf(e->text, sizeof(e->text), "%.*s", (int)strcspn(text, "\n"), text);
}

enum db_step pg_conn_lost(struct db_conn *conn, const char *words)
{
	struct db_error *e = &conn->result.error;
	bool told = e->class != DB_CLASS_NONE && strcmp(e->code, "lost") != 0;

	if (!told) {
		pg_conn_error(conn, DB_CLASS_CONNECTION, "lost", words);
		/* The server's last word would have said that the statement was rolled back. */
		e->in_doubt = conn->state == PG_CONN_RUNNING;
	}
	e->class = DB_CLASS_CONNECTION;
	conn->state = PG_CONN_LOST;
	conn->wants = 0;
	return DB_FAILED;
}

/* PQconnectPoll() takes a socket that is not ready yet for one that is. */
bool pg_conn_is_ready(const struct db_conn *conn, unsigned wants)
{
	struct pollfd fd = {.fd = PQsocket(conn->pg)};

	fd.events = (short)((wants & DB_WANT_READ ? POLLIN : 0) |
		(wants & DB_WANT_WRITE ? POLLOUT : 0));
	return fd.fd < 0 || poll(&fd, 1, 0) > 0;
}

void pg_conn_begin(struct db_conn *conn, enum pg_conn_state state)
{
	conn->state = state;
	conn->fresh = true;
	conn->copy_out = conn->copy_refused = false;
	conn->flushing = PQflush(conn->pg) != 0; /* no system call when all was sent */
	conn->wants = DB_WANT_READ | (conn->flushing ? DB_WANT_WRITE : 0);
}

/* ---- coming up ---- */

static void swallow_notice(void *arg, const PGresult *res)
{
	(void)arg;
	(void)res;
}

int pg_conn_open(const struct db_target *target, struct db_conn **ret, struct err *err)
{
	/* Later ones win, so the DSN may change the first group but not the last. */
	const char *const keys[] = {"client_encoding", "keepalives_idle", "keepalives_interval",
		"keepalives_count", "tcp_user_timeout", "dbname",
		target->database ? "dbname" : "application_name", "application_name", NULL};
	const char *application = target->application ? target->application : "rehearse";
	const char *const values[] = {"UTF8", "20", "5", "3", "35000",
		target->dsn ? target->dsn : "", target->database ? target->database : application,
		application, NULL};
	struct db_conn *conn;

	if (pg_conninfo_check(target->dsn, err))
		return -1;
	conn = mem_zalloc(sizeof(*conn));
	conn->init_sql = mem_strdup(target->init_sql);
	conn->timeout_us =
		target->connect_timeout_us ? target->connect_timeout_us : CONNECT_TIMEOUT_US;
	conn->deadline_us = clock_us() + conn->timeout_us;
	conn->wants = DB_WANT_WRITE;
	conn->pg = PQconnectStartParams(keys, values, 1);
	if (!conn->pg)
		abort(); /* as mem_alloc() */
	PQsetErrorVerbosity(conn->pg, PQERRORS_VERBOSE);
	PQsetNoticeReceiver(conn->pg, swallow_notice, NULL);
	*ret = conn;
	return 0;
}

static enum db_step connect_failed(struct db_conn *conn)
{
	conn->result.error = (struct db_error){0};
	pg_error_from_connect(PQerrorMessage(conn->pg), &conn->result.error);
	conn->state = PG_CONN_LOST;
	conn->wants = 0;
	return DB_FAILED;
}

enum db_step pg_conn_timed_out(struct db_conn *conn)
{
	char text[128], duration[UNITS_TEXT], code[16];

	snprintf(code, sizeof(code), "%d", ETIMEDOUT);
	snprintf(text, sizeof(text), "no answer from the server within %s",
		units_duration_text(conn->timeout_us, duration));
	pg_conn_error(conn, DB_CLASS_CONNECTION, code, text);
	conn->state = PG_CONN_LOST;
	conn->wants = 0;
	return DB_FAILED;
}

static enum db_step connected(struct db_conn *conn)
{
	PQsetErrorVerbosity(conn->pg, PQERRORS_DEFAULT);
	PQsetnonblocking(conn->pg, 1);
	conn->cancel = pg_cancel_new(conn->pg);
	conn->state = PG_CONN_IDLE;
	conn->wants = DB_WANT_READ;
	if (!conn->init_sql)
		return DB_READY;
	if (!PQsendQuery(conn->pg, conn->init_sql))
		return pg_conn_lost(conn, PQerrorMessage(conn->pg));
	pg_conn_begin(conn, PG_CONN_INIT);
	return DB_AGAIN;
}

enum db_step pg_conn_step_connect(struct db_conn *conn)
{
	while (PQstatus(conn->pg) != CONNECTION_BAD && pg_conn_is_ready(conn, conn->wants)) {
		switch (PQconnectPoll(conn->pg)) {
		case PGRES_POLLING_READING:
			conn->wants = DB_WANT_READ;
			break;
		case PGRES_POLLING_WRITING:
			conn->wants = DB_WANT_WRITE;
			break;
		case PGRES_POLLING_OK:
			return connected(conn);
		default:
			return connect_failed(conn);
		}
	}
	if (PQstatus(conn->pg) == CONNECTION_BAD)
		return connect_failed(conn);
	return clock_us() >= conn->deadline_us ? pg_conn_timed_out(conn) : DB_AGAIN;
}

void pg_conn_close(struct db_conn *conn)
{
	if (!conn)
		return;
	PQclear(conn->rows);
	PQfinish(conn->pg);
	pg_cancel_free(conn->cancel);
	mem_free(conn->values);
	mem_free(conn->init_sql);
	mem_free(conn);
}
