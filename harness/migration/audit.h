/*
 * The log of DDL statements, schema_migrations_audit on the server that is migrated. It has a
 * session of its own, so that what a migration rolls back is logged all the same.
 */
#ifndef REHEARSE_MIGRATION_AUDIT_H
#define REHEARSE_MIGRATION_AUDIT_H

#include "adapters/engine.h"
#include "harness/base/err.h"

struct migration_run;
struct migration_statement;
struct result_statement;

struct audit {
	const struct migration_run *run;
	struct db_conn *conn;
	char *insert;	   /* the SQL that writes a row, whatever a session has set */
	unsigned prepared; /* how often it was prepared in the migration's session */
};

/* Connects and makes the table. `a` comes zeroed, or closed. */
int audit_open(struct audit *a, const struct migration_run *run, struct err *err);
/* One row for one attempt of a statement, with that outcome. When the session or the table is gone,
 * both are made again once. */
int audit_log(struct audit *a, const struct migration_statement *s,
	const struct result_statement *record, const char *outcome, struct err *err);
/* The same in the migration's own session `conn`: there when its transaction is. */
int audit_log_inside(struct audit *a, struct db_conn *conn, const struct migration_statement *s,
	const struct result_statement *record, const char *outcome, struct err *err);
void audit_close(struct audit *a);

#endif
