/*
 * The migration: files in order, split into statements, grouped into transactions as the user's
 * runner would, executed with time-outs and retries, every DDL logged to schema_migrations_audit.
 */
#ifndef REHEARSE_MIGRATION_MIGRATION_H
#define REHEARSE_MIGRATION_MIGRATION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "adapters/engine.h"
#include "harness/base/err.h"
#include "harness/base/fs.h"
#include "harness/base/str.h"
#include "harness/formats/formats.h"
#include "harness/measure/result.h"
#include "harness/scenario/scenario.h"

struct migration_file {
	const char *path;		  /* as given, or below the folder given */
	const char *text;		  /* the way up, see struct format_file */
	const char *sha256;		  /* of the file */
	const struct format_file *source; /* all that its tool says about it */
	struct sql_script script;
	enum transaction_mode transaction; /* what its tool does, or the setting */
	bool strict; /* nothing is taken out of the transaction: its tool would not do so */
};

/* A run of statements that commit or fail together. */
struct migration_unit {
	size_t first, n;	   /* into migration.statements */
	bool transaction;	   /* wrapped in BEGIN and COMMIT by the runner */
	bool explicit_transaction; /* the file's own BEGIN … COMMIT, which are statements in it */
	bool uncut;		   /* gets the time-outs of uncut builds */
	bool cut_waits;		   /* uncut, but not while it waits for locks */
	const char *note;	   /* why it differs from the transaction mode; "" */
};

struct migration_statement {
	const struct migration_file *file;
	const struct sql_statement *sql;
	unsigned index; /* from 1, over all files */
};

struct migration {
	struct format_set set; /* what was read; those that are applied already too */
	struct migration_file *files;
	size_t n_files;
	struct migration_statement *statements;
	size_t n_statements;
	struct migration_unit *units;
	size_t n_units;
	char **tables; /* existing relations that it names, without duplicates */
	size_t n_tables;
};

/* Reads, hashes, splits and groups; of a command nothing is known beforehand. ERR_USAGE, naming the
 * file, for one that cannot be read, is not text or, of plain SQL, holds no statement. */
int migration_load(const struct scenario_migration *settings, const struct dialect *dialect,
	struct migration *ret, struct err *err);
void migration_release(struct migration *m);
/* Who decides on transactions: a tool, "goose", the command, or the setting, "statement". */
const char *migration_transactions(
	const struct migration *m, const struct scenario_migration *settings);
/*
 * Leaves out the files that the tool's own table on that server says are applied; only reads there.
 * *ret_note: what was left out, in a sentence ("" nothing); caller frees. ERR_FAILED: all are
 * applied, or the table says that one failed half-way.
 */
int migration_skip_applied(struct migration *m, const struct engine *engine, struct db_conn *conn,
	char **ret_note, struct err *err);
void migration_describe(const struct migration *m, const struct scenario_migration *settings,
	struct str *out); /* for plan: units, time-outs, statements with line and kind */

/* Called as it happens, from the runner's thread. Each member may be NULL. */
struct migration_watch {
	void *ctx;
	void (*session)(void *ctx, uint64_t session_id); /* of a command: one or several */
	void (*statement_started)(void *ctx, unsigned index, uint64_t wall_us);
	void (*statement_ended)(void *ctx, unsigned index, uint64_t wall_us);
	void (*transaction_ended)(void *ctx, uint64_t wall_us);
	void (*locks)(void *ctx, unsigned index, const struct statement_facts *facts);
	db_tick *tick; /* about every 50 ms while a statement runs or a backoff passes */
};

/*
 * What a run on a production server adds to one on a replica: the fate of every statement is kept
 * on that server, so that a later run goes on where this one ended. A row "started" is written
 * before what cannot be rolled back; what can be gets its row "ok" in its own transaction, so that
 * both are there or neither.
 */
struct migration_ledger {
	const bool *done; /* per statement: applied by an earlier run, left out now */
	const char *who;  /* who applies: applied_by of each row */
	const char *note; /* of each row; "" none */
};

struct migration_run {
	const struct engine *engine;
	const char *dsn, *database;
	const struct scenario_migration *settings;
	struct observer *observer; /* may be NULL: no facts */
	const struct migration_watch *watch;
	const char *run_id;
	const struct migration_ledger *ledger; /* NULL in a rehearsal */
	uint64_t seed;			       /* of the backoff's jitter */
	uint64_t origin_us;		       /* wall clock of time 0 */
};

/*
 * Asks the server what it would do with each statement, where the engine can
 * (observer_ops.predict), then executes and fills r->files and r->statements (also those never
 * run). 0: carried out, whatever the statements' outcomes. -1: ERR_INTERRUPTED, what the tick said,
 * or ERR_FAILED when the server is gone for good (a statement that drops only the migration's own
 * connection is an outcome, not a failure: that the server lives is checked over a new one).
 *
 * Outcomes: "ok"; "timed-out" (by lock or statement time-out at the last attempt, or by the
 * migration's limit); "failed"; "rolled-back" (it ran, but its transaction did not commit);
 * "not-run". Nothing runs after a unit that did not commit. A lock time-out, a deadlock and a
 * serialization failure are answered with the whole unit again. Time-outs are set at the start of
 * each unit; once the file has set one for the session, that one is left alone. Where DDL commits,
 * another attempt at a unit leaves out what has been committed.
 *
 * A command (settings->command) runs as it is, once, under the limit alone; its statements are what
 * the server tells of it, those left out that only read. One that ends with an error, or without a
 * statement, is a failed statement of its own.
 *
 * With a ledger: statements that are done have the outcome "applied-before", those that change only
 * the session run again. What an interrupted build left (an INVALID index) is cleared away before
 * the next attempt at it.
 */
int migration_execute(const struct migration *m, const struct migration_run *run, struct result *r,
	struct err *err);

#endif
