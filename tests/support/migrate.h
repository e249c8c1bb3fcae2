/* One migration at a time, run on a server of the suite's own, for tests of the runner. */
#ifndef REHEARSE_TESTS_MIGRATE_H
#define REHEARSE_TESTS_MIGRATE_H

#include "harness/migration/migration.h"
#include "tests/support/pg.h"

#define MIGRATE_SECOND 1000000

/* What goes in, and what came out. migrate_setup() fills it: one file, mode `file`, one attempt,
 * generous time-outs; a test changes what it is about before migrate_run(). */
struct migrate {
	char *dir, *path;
	struct scenario_migration settings;
	const struct engine *engine; /* NULL: PostgreSQL's */
	struct migration_watch watch;
	struct observer *observer;
	const char *dsn;
	struct migration migration;
	struct result result;
	struct err err;
};
extern struct migrate migrate;
extern struct test_pg migrate_pg;

void migrate_start_server(void); /* unchecked fixture */
void migrate_stop_server(void);
/* Checked fixture: tables a (id int, x int; 100 rows) and b (id int, a_id int) in public. */
void migrate_setup(void);
void migrate_teardown(void);

struct db_conn *migrate_session(void); /* another session; the caller closes it */
void migrate_sql(struct db_conn *conn, const char *text);

int migrate_run(const char *text); /* writes the file, loads, executes; time 0 was a second ago */
/* Outcomes with their codes: "ok, failed 42701, not-run". */
void migrate_outcomes_are(const char *expected);
void migrate_runs_to(const char *text, const char *outcomes);
void migrate_query_is(const char *query, const char *expected);
void migrate_columns_are(const char *expected); /* of table a */
/* Rows of the audit: "1 1 ok, 2 1 failed 42701": statement, attempt, outcome, code. */
void migrate_audit_is(const char *expected);

#endif
