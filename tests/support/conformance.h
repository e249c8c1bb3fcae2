/*
 * One suite that every `struct db_adapter` passes on a real server. What differs between servers is
 * a table of statements and connection strings; another engine joins with one more table and
 * a fixture that starts its server.
 */
#ifndef REHEARSE_TESTS_CONFORMANCE_H
#define REHEARSE_TESTS_CONFORMANCE_H

#include <check.h>

#include "adapters/db.h"

struct conformance {
	const struct db_adapter *db;

	/* Connection strings; filled in by the fixture. The server takes 80 connections. */
	const char *dsn;
	const char *dsn_wrong_password, *dsn_unknown_database;
	char *(*dsn_at_port)(unsigned port); /* TCP on 127.0.0.1; caller frees */

	/* Statements. */
	const char *three_values; /* one row "1", NULL, "word" in columns one, nothing, word */
	const char *no_rows;	  /* an empty result set of one column */
	const char *two_results;  /* two statements of one value each, the last is "2" */
	const char *later_error;  /* three statements, the second fails */
	const char *many_rows;	  /* 100000 rows "1".. and "row 1".. */
	const char *create_table; /* conformance(id integer primary key, name varchar(40)) */
	const char *drop_table;	  /* no error when absent */
	const char *insert;	  /* prepared: two parameters into it */
	const char *update_all;	  /* every row, two of them */
	const char *count;	  /* its rows */
	const char *echo;	  /* prepared: two text parameters come back as two columns */
	const char *syntax_error, *missing_table, *duplicate_key;
	const char *syntax_error_code, *missing_table_code, *duplicate_key_code;
	unsigned syntax_error_position; /* 0: this server does not tell */
	const char *begin, *commit, *rollback;
	const char *lock_row;		/* locks row 1 until the transaction ends */
	const char *short_lock_timeout; /* lock waits of this session fail soon */
	const char *lock_timeout_code;
	const char *sleep;	      /* for a minute; ends with an error when cancelled */
	const char *sleep_code;	      /* of that error */
	const char *terminate;	      /* format with one %llu: ends that session */
	const char *init, *show_init; /* init_sql, and a query for what it set */
	const char *init_value;
	const char *show_application; /* this session's name as others see it */
	const char *show_session;     /* this session's number */
	const char *show_database;    /* this session's database */
	const char *other_database;   /* one that exists beside the DSN's */
};

/* The tests; `c` must be complete when they run, not before. */
TCase *conformance_tcase(const struct conformance *c);

#endif
