/*
 * The state of one connection, shared by connect.c (how it comes up and goes away), client.c (what
 * runs on it) and statement.c (what is prepared on it).
 */
#ifndef REHEARSE_ADAPTERS_MYSQL_CONN_H
#define REHEARSE_ADAPTERS_MYSQL_CONN_H

#include <netinet/in.h>

#include "adapters/db.h"
#include "adapters/mysql/conninfo.h"
#include "adapters/mysql/library.h"
#include "adapters/mysql/rows.h"

enum my_conn_state {
	MY_CONN_CONNECTING,
	MY_CONN_INIT, /* init_sql runs */
	MY_CONN_IDLE,
	MY_CONN_RUNNING,
	MY_CONN_LOST,
};

/* What is to be done after a statement failed, before the failure is told. */
enum my_after {
	MY_AFTER_NONE,
	MY_AFTER_STATUS, /* errors do not say whether the transaction still stands */
	MY_AFTER_LIMITS, /* 1205 does not say which lock it waited for */
	MY_AFTER_ROWS,	 /* the library gave up on rows (2057) that are still to come */
};

/* Where the library finds a parameter each time: telling it another place costs more than a copy,
 * for it and for the server. */
struct my_value {
	char *text;
	unsigned long len, cap;
	MY_LIBRARY_FLAG is_null;
};

struct my_statement {
	char *sql;	 /* NULL: never prepared, or not successfully */
	uint64_t counts; /* parameters that a LIMIT counts rows with, a bit each; by text alone */
	unsigned n_params;
	unsigned n_columns;	 /* of its rows; 0: none, or not known before it is executed */
	MYSQL_STMT *stmt;	 /* NULL when prepared by text */
	struct my_value *values; /* n_params of them; NULL before it is first executed */
	bool bound;		 /* the library knows their places */
};

struct db_conn {
	struct my_library lib;
	struct my_conninfo info;
	enum my_conn_state state;
	enum my_call call;  /* the last one that was started */
	unsigned waits_for; /* DB_WANT_*; 0: the call is done */
	bool fresh;	    /* just started: no answer can be there yet */
	bool mariadb;	    /* the server, not the library */
	bool by_text;	    /* statements are prepared by PREPARE and EXECUTE */
	enum my_after after;
	uint64_t session;
	uint64_t started_us; /* the statement under way */
	bool first;	     /* it is the first of its text */
	struct db_result result;
	struct my_rows *rows;
	struct str text; /* what is being sent */

	struct my_statement *statements;
	unsigned n_statements;
	struct my_statement *running; /* the one that is being prepared or executed; NULL: text */

	char *init_sql;
	char peer[INET6_ADDRSTRLEN];	  /* TCP: where it is connected to */
	uint64_t timeout_us, deadline_us; /* of the connection attempt */
};

/* As the operations of the same name in adapters/db.h. */
int my_conn_open(const struct db_target *target, struct db_conn **ret, struct err *err);
void my_conn_close(struct db_conn *conn);
int my_conn_cancel(struct db_conn *conn, struct err *err);

enum db_step my_conn_step_connect(struct db_conn *conn); /* in MY_CONN_CONNECTING */
enum db_step my_conn_timed_out(struct db_conn *conn);	 /* the attempt took too long */
enum db_step my_conn_step_idle(struct db_conn *conn);	 /* whether it still stands */

/* Starts a call of the library; a text is in conn->text. */
void my_conn_call(struct db_conn *conn, enum my_call call);
/* Starts the text that is in conn->text as a statement of its own. */
void my_conn_begin(struct db_conn *conn, enum my_conn_state state, enum my_call call);
/* The first line of `text`, as it stands. */
void my_conn_error(struct db_conn *conn, enum db_class class, const char *code, const char *text);
/* An error by its number, masked. */
void my_conn_told(struct db_conn *conn, unsigned code, const char *sqlstate, const char *message);
/* Keeps what the server said last; the library's words where it said nothing. Returns DB_FAILED. */
enum db_step my_conn_lost(struct db_conn *conn, unsigned code, const char *words);
/* Forgets the last result. -1 when nothing can be started. */
int my_conn_ready_to_start(struct db_conn *conn);

/* ---- statement.c ---- */

int my_prepare_start(struct db_conn *conn, unsigned id, const char *sql, unsigned n_params);
int my_execute_start(
	struct db_conn *conn, unsigned id, const struct db_param *params, unsigned n_params);
/* Whether the rows of the statement that was executed have the columns of the time before. */
bool my_statement_fits(struct db_conn *conn, unsigned columns);
void my_statements_release(struct db_conn *conn); /* after the connection is closed */

#endif
