/*
 * A database that plays a tape: a `struct db_adapter` for tests that need no server. Each call must
 *be the next one on the tape, with the SQL that stands there, and everything opened must be closed;
 *anything else fails the test with the tape's position, what was expected and what came.
 *
 *	static const struct scripted_call tape[] = {
 *		{.call = SCRIPTED_OPEN},
 *		{.call = SCRIPTED_QUERY, .sql = "SELECT 1", .columns = 1, .rows = 1,
 *			.values = (const char *const[]){"1"}},
 *		{.call = SCRIPTED_QUERY, .prefix = "ALTER TABLE", .again = 3,
 *			.class = DB_CLASS_CONTENTION, .code = "55P03", .lock_timeout = true},
 *		{.call = SCRIPTED_CLOSE},
 *	};
 *	scripted_play(tape, sizeof(tape) / sizeof(tape[0]));
 *	... code under test, with &scripted_db ...
 *	scripted_end();
 *
 * One tape at a time; calls may come from several threads.
 */
#ifndef REHEARSE_TESTS_SCRIPTED_H
#define REHEARSE_TESTS_SCRIPTED_H

#include "adapters/db.h"

enum scripted_kind {
	SCRIPTED_OPEN,
	SCRIPTED_QUERY,
	SCRIPTED_PREPARE,
	SCRIPTED_EXECUTE,
	SCRIPTED_CANCEL,
	SCRIPTED_CLOSE,
};

/* As scripted_call.again. */
enum {
	SCRIPTED_UNTIL_CANCEL = -1, /* the answer comes once cancel() was called */
	SCRIPTED_FOREVER = -2,	    /* no answer, cancel or not: a dead server */
};

struct scripted_call {
	/* What is expected. */
	enum scripted_kind call;
	unsigned conn;		   /* which connection, by order of opening, from 0 */
	const char *sql;	   /* exact; open: the init_sql; NULL: any */
	const char *prefix;	   /* the SQL's beginning; NULL: any */
	unsigned id;		   /* prepare, execute */
	const char *const *params; /* execute: n_params values; NULL: any */
	unsigned n_params;

	/* What is answered. */
	bool refuse; /* open: returns -1, ERR_USAGE; cancel: returns -1, ERR_FAILED */
	int again;   /* this many DB_AGAIN first, or SCRIPTED_UNTIL_CANCEL, SCRIPTED_FOREVER */
	unsigned rows, columns;
	const char *const *values; /* rows * columns, row by row; a NULL is SQL NULL */
	const char *const *names;  /* of the columns; may be NULL */
	uint64_t affected;
	uint64_t session; /* open: session_id(); 0: 1000 and the connection's number */
	/* An error, when class is not DB_CLASS_NONE. DB_CLASS_CONNECTION loses the connection. */
	enum db_class class;
	const char *code;
	const char *text;
	bool lock_timeout, in_doubt;
};

extern const struct db_adapter scripted_db;

/* Puts the tape in; it must stay as it is until scripted_end(). */
void scripted_play(const struct scripted_call *tape, size_t n);
/* Fails the test when calls are left on the tape or connections are open. */
void scripted_end(void);

/* For tests of the tape itself: the first complaint goes into buf instead of failing the test; NULL
 * ends that. Calls out of order then return -1 or fail with class OTHER. */
void scripted_collect(char *buf, size_t size);

#endif
