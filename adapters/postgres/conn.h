/*
 * The state of one connection, shared by connect.c (how it comes up and goes away) and client.c
 * (what runs on it).
 */
#ifndef REHEARSE_ADAPTERS_POSTGRES_CONN_H
#define REHEARSE_ADAPTERS_POSTGRES_CONN_H

#include <libpq-fe.h>

#include "adapters/db.h"
#include "adapters/postgres/cancel.h"

enum pg_conn_state {
	PG_CONN_CONNECTING,
	PG_CONN_INIT, /* init_sql runs */
	PG_CONN_IDLE,
	PG_CONN_RUNNING,
	PG_CONN_LOST,
};

struct db_conn {
	PGconn *pg;
	enum pg_conn_state state;
	unsigned wants;
	bool fresh;	   /* just started: no answer can be there yet */
	bool flushing;	   /* part of the request is still to be sent */
	bool copy_out;	   /* COPY TO: its data is read and dropped */
	bool copy_refused; /* COPY FROM STDIN was ended */
	PGresult *rows;	   /* the last result set */
	struct db_result result;
	const char **values; /* parameters in libpq's form; kept from call to call */
	unsigned cap_values;
	struct pg_cancel *cancel;
	char *init_sql;
	uint64_t timeout_us, deadline_us; /* of the connection attempt */
};

/* As the operations of the same name in adapters/db.h. */
int pg_conn_open(const struct db_target *target, struct db_conn **ret, struct err *err);
void pg_conn_close(struct db_conn *conn);

enum db_step pg_conn_step_connect(struct db_conn *conn); /* in PG_CONN_CONNECTING */
enum db_step pg_conn_timed_out(struct db_conn *conn);	 /* the attempt took too long */

void pg_conn_begin(struct db_conn *conn, enum pg_conn_state state); /* after a PQsend…() */
/* The first line of `text`, as it stands. */
void pg_conn_error(struct db_conn *conn, enum db_class class, const char *code, const char *text);
/* Keeps what the server said last; `words` where it said nothing. Returns DB_FAILED. */
enum db_step pg_conn_lost(struct db_conn *conn, const char *words);
bool pg_conn_is_ready(const struct db_conn *conn, unsigned wants); /* now, without waiting */

#endif
