#include "harness/migration/audit.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "harness/base/cleanup.h"
#include "harness/base/mem.h"
#include "harness/migration/migration.h"

#define LOCK_TIMEOUT_US 2000000
#define STATEMENT_TIMEOUT_US 5000000
#define CONNECT_TIMEOUT_US 5000000

enum { INSERT_ID, N_COLUMNS = 12 };

int audit_open(struct audit *a, const struct migration_run *run, struct err *err)
{
	const struct db_adapter *db = run->engine->db;
	const struct dialect *dialect = run->engine->dialect;
	CLEANUP(cleanup_free)
	char *timeouts = dialect->session_timeouts(LOCK_TIMEOUT_US, STATEMENT_TIMEOUT_US);
	struct db_target target = {.dsn = run->dsn,
		.database = run->database,
		.application = "rehearse-audit",
		.init_sql = timeouts,
		.connect_timeout_us = CONNECT_TIMEOUT_US};

	*a = (struct audit){.run = run};
	if (db_connect(db, &target, &a->conn, err))
		return err_prefix(err, "schema_migrations_audit");
	if (db_exec(db, a->conn, dialect->audit_create, err) ||
		db_prepare(db, a->conn, INSERT_ID, dialect->audit_insert, N_COLUMNS, err)) {
		audit_close(a);
		return err_prefix(err, "schema_migrations_audit");
	}
	return 0;
}

void audit_close(struct audit *a)
{
	if (a->conn)
		a->run->engine->db->close(a->conn);
	a->conn = NULL;
}

static int insert(struct audit *a, const char *const *values, struct err *err)
{
	struct db_param params[N_COLUMNS];

	if (!a->conn)
		return err_set(err, ERR_FAILED, "schema_migrations_audit: no connection");
	for (size_t i = 0; i < N_COLUMNS; i++)
		params[i] = (struct db_param){values[i], strlen(values[i])};
	return db_execute(a->run->engine->db, a->conn, INSERT_ID, params, N_COLUMNS, err);
}

int audit_log(struct audit *a, const struct migration_statement *s,
	const struct result_statement *outcome, struct err *err)
{
	const struct migration_run *run = a->run;
	const char *text = s->file->text + s->sql->offset;
	CLEANUP(cleanup_free) char *masked = run->engine->dialect->mask(text, s->sql->len);
	uint64_t start_us = run->origin_us + outcome->start_us;
	char line[16], number[16], attempt[16], started[24], finished[24];
	const char *values[N_COLUMNS] = {run->run_id ? run->run_id : "", s->file->path,
		s->file->sha256, line, number, s->sql->kind, masked, attempt, started, finished,
		outcome->outcome, outcome->code};
	struct err first = {0};

	snprintf(line, sizeof(line), "%u", s->sql->line);
	snprintf(number, sizeof(number), "%u", s->index);
	snprintf(attempt, sizeof(attempt), "%u", outcome->attempts);
	snprintf(started, sizeof(started), "%" PRIu64, start_us);
	snprintf(finished, sizeof(finished), "%" PRIu64, start_us + outcome->duration_us);
	if (!insert(a, values, &first))
		return 0;
	if (first.kind == ERR_INTERRUPTED) {
		*err = first;
		return -1;
	}
	/* The migration may have dropped the table, or the server the session. */
	audit_close(a);
	return audit_open(a, run, err) || insert(a, values, err) ? -1 : 0;
}
