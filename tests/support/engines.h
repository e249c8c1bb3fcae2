/*
 * What the end-to-end suites need to know of each engine, as a table; what they test is the same
 * on all. A suite makes a test case per engine, whose set-up puts the engine into a variable.
 */
#ifndef REHEARSE_TESTS_ENGINES_H
#define REHEARSE_TESTS_ENGINES_H

#include <stdbool.h>

#include "tests/support/mariadb_pair.h"
#include "tests/support/pg_pair.h"

/* A primary of one's own, and its replica once there is one. */
struct engine_pair {
	const char *primary_dsn, *replica_dsn; /* borrowed from the pairs */
	const char *dir;
	struct test_pair pg;
	struct test_maria_pair maria;
};

/* What goes wrong, and what is then said. */
struct engine_case {
	const char *text; /* a migration; the tail of a DSN, whose later words win */
	const char *says;
	const char *comment;
};

/* A state of the pair in which the replica must be refused, and the way back. */
struct engine_refusal {
	const char *on_replica, *until; /* SQL; asked until it says "1" */
	const char *on_primary;		/* SQL, after that; NULL: none */
	const char *says;
	const char *mend, *mended; /* on the replica; asked until it says "1" */
	const char *comment;
};

enum { ENGINE_CASES = 6 };

struct test_engine {
	const char *name;	/* as `engine:` says it */
	const char *title;	/* as doctor says it */
	const char *package;	/* that doctor names when the programs are missing */
	const char *scenario;	/* takes seconds when it is small */
	const char *engine_set; /* for --set: "engine=NAME" */

	struct engine_case failing[ENGINE_CASES]; /* migrations, on the scenario's tables */
	const char *endless;			  /* one that goes on until it is cut */
	const char *fills_disk;			  /* a migration that needs more than it gets */
	const char *disk_full[3];		  /* how its error may be told */

	/* A server of one's own: tables patient (300,000 rows) and visit (50,000), accounts
	 * `plain`, who may not clone, `boss` with the password secretword, `locked` with one. */
	const char *tables;
	const char *fingerprint; /* all that a clone must leave as it is: rows of one text */
	const char *blocking;	 /* a change of patient that lets writers wait */
	struct engine_case sources[ENGINE_CASES];

	/* promote */
	struct engine_refusal refusals[2];
	const char *is_replica;	     /* asked: "1" */
	const char *follows;	     /* asked: "1" once it receives and applies */
	const char *unmarked;	     /* what the refusal of a replica without the mark says */
	const char *primary_refused; /* what the refusal of a primary says */
	const char *spent_note;	     /* the note with what its owner must do */

	void (*start_primary)(struct engine_pair *pair);
	void (*start_replica)(struct engine_pair *pair);
	void (*mark)(const struct engine_pair *pair); /* as disposable */
	/* How its owner does it, for replica.stop and replica.start; caller frees. */
	char *(*stop_command)(const struct engine_pair *pair);
	char *(*start_command)(const struct engine_pair *pair);
	void (*stop)(struct engine_pair *pair);
	/* Runs SQL, several statements too; the first value, "" for none; caller frees. */
	char *(*sql)(const char *dsn, const char *sql);
};

extern const struct test_engine test_engine_postgres, test_engine_mysql;

/* Until the server lets somebody in; fails the test after 30 s. */
void engine_until_up(const struct test_engine *engine, const char *dsn);
/* Asks until the answer is "1"; fails the test after 30 s. */
void engine_until(const struct test_engine *engine, const char *dsn, const char *sql);
void engine_run(const struct test_engine *engine, const char *dsn, const char *sql);

unsigned engine_count(const struct engine_case *cases); /* to the first without a text */

#endif
