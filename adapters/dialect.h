/*
 * The contract of a dialect: how a server's SQL text is split, what a statement is, and the few
 * texts that the harness sends. Pure functions on text; nothing here talks to a server.
 */
#ifndef REHEARSE_ADAPTERS_DIALECT_H
#define REHEARSE_ADAPTERS_DIALECT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "harness/base/err.h"

enum {
	SQL_DDL = 1 << 0,	     /* changes the schema: goes to the audit table */
	SQL_TX_BEGIN = 1 << 1,	     /* BEGIN, START TRANSACTION */
	SQL_TX_COMMIT = 1 << 2,	     /* COMMIT, END */
	SQL_TX_ROLLBACK = 1 << 3,    /* ROLLBACK (not TO SAVEPOINT) */
	SQL_NO_TRANSACTION = 1 << 4, /* the server refuses it inside a transaction block */
	SQL_UNCUT = 1 << 5, /* must not be cut by ordinary time-outs (CONCURRENTLY, VALIDATE) */
	SQL_UNCUT_WORK = 1 << 16, /* the same once it works; while it waits for its locks it may be
				     cut (OPTIMIZE of a MyISAM table) */
	SQL_SETS_LOCK_TIMEOUT = 1 << 6,
	SQL_SETS_STATEMENT_TIMEOUT = 1 << 7,
	SQL_UNKNOWN = 1 << 8, /* could not be parsed; sent as it stands */
	SQL_ENDS_SESSION =
		1 << 9,	      /* changes the session so that it must not be reused (\connect …) */
	SQL_DATA = 1 << 10,   /* INSERT, UPDATE, DELETE, MERGE, COPY: a backfill */
	SQL_CLIENT = 1 << 11, /* for the client program alone (\connect, COPY … FROM STDIN): no
				 server takes it as a statement */
	SQL_SETS_LOCAL = 1 << 12, /* its SQL_SETS_* hold only until the transaction ends */
	SQL_MAY_COMMIT = 1 << 13, /* may end transactions itself (CALL): not wrapped when alone */
	SQL_SESSION = 1 << 14,	  /* changes the session alone (SET, USE, PREPARE): whoever goes on
				     in a new session runs it again */
	SQL_RESETS = 1 << 17,	  /* its SQL_SETS_* give the settings back (RESET) */
};

struct sql_statement {
	size_t offset; /* bytes into the script: the first token, comments before it left out */
	size_t len;    /* bytes, without the terminator */
	unsigned line; /* from 1, of the first token */
	unsigned flags;
	char kind[64]; /* "CREATE INDEX CONCURRENTLY", "ALTER TABLE ADD COLUMN"; "" unknown */
	/* Names are quoted where they must be: `public.a`, `public."User"`. */
	char *object;	  /* what it creates or changes; NULL when none */
	char **relations; /* existing tables and views that it names, without duplicates */
	size_t n_relations;
};

struct sql_script {
	struct sql_statement *statements;
	size_t n;
	/* Where the parser stopped, when a part could not be parsed: told, not fatal. */
	unsigned error_line; /* 0: all parsed */
	char error[256];
};

void sql_script_release(struct sql_script *script);

#define DIALECT_KEEP UINT64_MAX

struct str;

struct dialect {
	const char *name;	    /* "postgres" */
	const char *parser_version; /* which grammar: "libpg_query 15" */

	/* Splits text into statements; comment-only pieces are left out. Never fails on odd SQL:
	 * what cannot be parsed becomes SQL_UNKNOWN statements (split by the scanner). Commands of
	 * the client program are SQL_UNKNOWN | SQL_CLIENT with the command as kind ("\\connect"),
	 * except those that only change what it prints: they are left out. The data of a COPY …
	 * FROM STDIN is left out too; the COPY itself is SQL_CLIENT. */
	int (*split)(const char *text, size_t len, struct sql_script *ret, struct err *err);

	/* SQL that sets the time-outs of a session (0: off, DIALECT_KEEP: as it is); caller frees.
	 */
	char *(*session_timeouts)(uint64_t lock_us, uint64_t statement_us);
	char *(*quote_name)(const char *name);	  /* `a b` -> "a b"; caller frees */
	void (*add_literal)(struct str *out, const char *text); /* it's -> 'it''s', to the end */
	/* Text for db_run() (may be several statements) whose rows are one text column: up to n
	 * values, NULLs left out, drawn at random from table.column without reading a large table
	 * whole; caller frees. `table` may be schema-qualified, as written; views and partitioned
	 * tables too. Writes nothing. */
	char *(*sample)(const char *table, const char *column, unsigned n);

	/* SQL that opens a transaction and takes what a disturbance of that kind holds
	 * ("idle_in_transaction" reads `table`, "long_snapshot", "dump" locks all user tables as a
	 * dump does), or NULL when the engine has none such; caller frees. */
	char *(*disturbance)(const char *kind, const char *table);

	/* The statement on one line, literals replaced by `?` and comments left out; caller frees.
	 */
	char *(*mask)(const char *sql, size_t len);

	const char *begin, *commit, *rollback; /* "BEGIN", "COMMIT", "ROLLBACK" */
	/* Several statements that are sent as one text are one transaction. */
	bool text_is_transaction;
	/* Creates schema_migrations_audit if absent. */
	const char *audit_create;
	/* Columns by parameter 1..17: run_id, file, file_sha256, line, statement_index,
	 * statement_kind, statement (text), attempt, started_at, finished_at (both epoch us),
	 * outcome, error_code, statement_in_file (number, from 1), statement_sha256, waited_us,
	 * applied_by, note. Names the table as `schema_migrations_audit`, once. */
	const char *audit_insert;
	/* One value: the name of that table, qualified and quoted, as a session sees it that has
	 * changed none of its settings. */
	const char *audit_name;
	/* Rows, oldest first, of what was written for statements that an apply ran: file,
	 * file_sha256, statement_in_file, statement_sha256, outcome, finished_at as text. */
	const char *audit_history;
	/* One value: the version as in replica_info.server_version. */
	const char *server_version;
	/* One value, 1 or 0: takes the lock that keeps two who apply apart, without waiting. It is
	 * the session's, until it ends. */
	const char *apply_lock;
	/* One value: how many locks `session` is waiting for; caller frees the SQL. */
	char *(*waiting)(uint64_t session);
	/*
	 * SQL that tells what an earlier attempt of a statement left, which was cut short: one row,
	 * "done" when its work is there whole, else the statement that clears it away (DROP INDEX
	 * of an INVALID index); no row: nothing. NULL: there is no such SQL for this statement.
	 * Caller frees. The member itself is NULL where an engine's builds leave nothing.
	 */
	char *(*earlier_attempt)(const char *sql, size_t len);
	/*
	 * Lists tables for a generated workload, largest first, at most 50, system tables left out:
	 * qualified quoted name, primary key column (single-column keys only, quoted), what an
	 * UPDATE sets so that the row is really written, in plain columns not in any key or index
	 * ("`c` = …", NULL when there are none), estimated rows, the plain `schema.table`, and all
	 * columns, quoted, with commas between: read by name, since a prepared SELECT * breaks on
	 * every column that is added. May be several statements; the last one lists.
	 */
	const char *list_tables;
};

#endif
