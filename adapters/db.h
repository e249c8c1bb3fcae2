/*
 * The contract of a database client. Queries are asynchronous, so that one thread can drive
 * hundreds of connections; the blocking form for the control plane (db_exec and friends below) is
 * one helper over the asynchronous one.
 *
 * A connection belongs to one thread at a time. No operation logs, counts, retries or decides: an
 * adapter carries bytes and says what the server said.
 *
 * The life of a connection: open() -> step() until DB_READY or DB_FAILED -> any number of
 * (query|prepare|execute)_start() -> step() until DB_READY or DB_FAILED -> close().
 * Between DB_AGAIN and the next step() the caller waits until fd() has what wants() names; a start
 * may already be complete at once, so the first step() follows a start without waiting.
 */
#ifndef REHEARSE_ADAPTERS_DB_H
#define REHEARSE_ADAPTERS_DB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "harness/base/err.h"

/* What an error means to a rehearsal, whatever server it came from. */
enum db_class {
	DB_CLASS_NONE,
	DB_CLASS_BREAKAGE,   /* the statement no longer fits the schema or its constraints */
	DB_CLASS_CONTENTION, /* lock time-out, statement time-out, deadlock, serialization */
	DB_CLASS_CONNECTION, /* the connection was lost or refused */
	DB_CLASS_SETUP,	     /* rights, read-only, authentication, configuration */
	DB_CLASS_RESOURCE,   /* disk full, out of memory, too many connections */
	/* Answered, but not with what the script has to go on with: no row where there is always
	 * one. Said by the workload, never by an adapter. */
	DB_CLASS_WRONG_RESULT,
	DB_CLASS_OTHER,
};
const char *db_class_name(enum db_class class); /* "none", "breakage", ... */

struct db_error {
	enum db_class class;
	bool lock_timeout; /* a lock was not granted within the session's lock time-out */
	bool retryable;	   /* the same transaction may succeed when run again: a lock not granted in
			    * time, a deadlock, a serialization failure */
	bool in_doubt; /* connection lost while a statement ran and the server did not say why: it
			* may have happened */
	/* SQLSTATE, or errno as digits; "lost" where the server said none; "misuse" of a start. */
	char code[16];
	uint32_t position; /* characters into the statement, from 1; 0 unknown */
	char text[256];	   /* the message; values in quotes and DETAIL lines are masked */
};

enum db_step { DB_AGAIN, DB_READY, DB_FAILED };
enum { DB_WANT_READ = 1, DB_WANT_WRITE = 2 };

/*
 * What a finished start left behind; valid until the next start on the connection or close().
 * For a text of several statements: rows of the last that returned a result set, be it empty;
 * affected of the last. After an error: no rows.
 */
struct db_result {
	unsigned rows;
	unsigned columns;
	uint64_t affected;     /* rows changed, or rows returned by a query */
	struct db_error error; /* class DB_CLASS_NONE on success */
};

struct db_param {
	const char *text; /* NUL-terminated; NULL is SQL NULL */
	size_t len;	  /* bytes, without the NUL */
};

struct db_target {
	const char *dsn;	 /* postgres: conninfo or URI, may hold a password */
	const char *database;	 /* overrides the DSN's; NULL: as there */
	const char *application; /* the session's name on the server; NULL: "rehearse" */
	const char *init_sql;	 /* run as part of open(), before DB_READY; NULL: none */
	/* 0: 10 s, init_sql included. step() enforces it, so it is to be called now and then while
	 * connecting, even when nothing happens on fd(). */
	uint64_t connect_timeout_us;
};

enum {
	DB_FEATURE_DDL_COMMITS = 1,    /* each DDL statement commits implicitly (MySQL) */
	DB_FEATURE_QUESTION_MARKS = 2, /* `?`, each use its own parameter; else $1 */
	/* An error undoes its statement alone, and the transaction goes on (MySQL). */
	DB_FEATURE_ERRORS_PASS = 4,
};

struct db_conn; /* each adapter's own */

struct db_adapter {
	const char *name;  /* "postgres", "mysql" */
	unsigned features; /* DB_FEATURE_* */

	/* Required. */

	/* Starts to connect; does not block but for a name look-up. *ret must be close()d even
	 * after DB_FAILED. -1: the DSN cannot be read (ERR_USAGE), nothing to close. `target` and
	 * its strings are copied. */
	int (*open)(const struct db_target *target, struct db_conn **ret, struct err *err);
	/* NULL-safe; never blocks for an answer; the server rolls an open transaction back. */
	void (*close)(struct db_conn *conn);

	/* Text protocol; several statements separated by `;` are allowed. -1 only for misuse or a
	 * connection that is already lost; result()->error then says so. */
	int (*query_start)(struct db_conn *conn, const char *sql);
	/* Prepares `sql` under the number `id` (the caller's choice, dense from 0). The caller
	 * knows n_params; types are the server's to find. */
	int (*prepare_start)(struct db_conn *conn, unsigned id, const char *sql, unsigned n_params);
	int (*execute_start)(struct db_conn *conn, unsigned id, const struct db_param *params,
		unsigned n_params);

	/* Moves whatever was started. DB_FAILED: result()->error tells; a class other than
	 * CONNECTION leaves the connection usable (in a failed transaction, where the server has
	 * those). With nothing started: DB_READY while the connection stands, DB_FAILED once it is
	 * lost. */
	enum db_step (*step)(struct db_conn *conn);
	int (*fd)(const struct db_conn *conn); /* may change while connecting; -1 when lost */
	unsigned (*wants)(const struct db_conn *conn); /* DB_WANT_* after DB_AGAIN */
	const struct db_result *(*result)(const struct db_conn *conn);
	/* Text of a value, NULL for SQL NULL or outside the result; as long-lived as the result. */
	const char *(*value)(const struct db_conn *conn, unsigned row, unsigned column);
	const char *(*column)(const struct db_conn *conn, unsigned column);
	bool (*in_transaction)(const struct db_conn *conn); /* open or failed, as the server told */
	uint64_t (*session_id)(const struct db_conn *conn); /* backend pid or CONNECTION_ID() */

	/* Whether the session's statement time-out ends statements of every kind, so that nobody
	 * else need cut them. NULL: it does. */
	bool (*limits_all)(const struct db_conn *conn);
	/* Asks the server to stop what runs on conn, over a second connection; blocks at most
	 * 2 s; the started statement then ends with an error through step(). May be called by
	 * another thread than conn's. */
	int (*cancel)(struct db_conn *conn, struct err *err);

	/* The DSN without its password, fit for reports; caller frees. -1: cannot be read. */
	int (*redact)(const char *dsn, char **ret, struct err *err);
	/* True when the DSN itself holds a password. */
	bool (*has_password)(const char *dsn);
};

/* ---- the blocking form, the same for every adapter (adapters/db.c) ---- */

/*
 * Called about every 50 ms while a blocking call waits; non-zero ends the wait: the statement is
 * cancelled and the call fails with what tick put into err. interrupt_check() is always part of
 * the wait.
 */
typedef int db_tick(void *ctx, struct err *err);

struct db_wait {
	uint64_t timeout_us; /* 0: none */
	db_tick *tick;	     /* may be NULL */
	void *ctx;
};

/*
 * Opens and waits. On failure ret stays NULL and err names the redacted DSN and the server's
 * words: ERR_FAILED (ERR_USAGE for an unreadable DSN).
 */
int db_connect(const struct db_adapter *db, const struct db_target *target, struct db_conn **ret,
	struct err *err);
/* As db_connect(), and tells the server's error apart (may be NULL). */
int db_connect_error(const struct db_adapter *db, const struct db_target *target,
	struct db_conn **ret, struct db_error *ret_error, struct err *err);

/*
 * Runs to the end. 0: the server answered, with success or an error (a lost connection is one),
 * which result()->error tells: for callers that judge errors themselves. -1: interrupted, timed
 * out, or ended by tick; then the statement was cancelled and its answer read. A server that gives
 * no answer to that within 10 s leaves a connection that refuses the next start: close() it.
 */
int db_run(const struct db_adapter *db, struct db_conn *conn, const char *sql,
	const struct db_wait *wait, struct err *err);
/* As db_run(), but an SQL error is -1 too, with code and message in err. */
int db_exec(const struct db_adapter *db, struct db_conn *conn, const char *sql, struct err *err);
int db_execf(const struct db_adapter *db, struct db_conn *conn, struct err *err, const char *format,
	...) __attribute__((format(printf, 4, 5)));
/* With parameters, prepared under `id`; prepare once, execute often. Errors as db_exec(). */
int db_prepare(const struct db_adapter *db, struct db_conn *conn, unsigned id, const char *sql,
	unsigned n_params, struct err *err);
int db_execute(const struct db_adapter *db, struct db_conn *conn, unsigned id,
	const struct db_param *params, unsigned n_params, struct err *err);

/* One value of the first row: "", or 0, when there is no row or it is NULL. Errors as db_exec();
 * db_number() fails on what is no whole number. */
int db_text(const struct db_adapter *db, struct db_conn *conn, const char *sql, char **ret,
	struct err *err);
int db_number(const struct db_adapter *db, struct db_conn *conn, const char *sql, int64_t *ret,
	struct err *err);

#endif
