#include "harness/migration/audit.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "harness/base/cleanup.h"
#include "harness/base/fs.h"
#include "harness/base/mem.h"
#include "harness/migration/migration.h"

#define LOCK_TIMEOUT_US 2000000
#define STATEMENT_TIMEOUT_US 5000000
#define CONNECT_TIMEOUT_US 5000000

#define TABLE "schema_migrations_audit"

enum { N_COLUMNS = 17 };

/* The insert with the table's full name: a migration may set another search path, or database. */
static int find_table(struct audit *a, struct err *err)
{
	const struct dialect *dialect = a->run->engine->dialect;
	const char *at = strstr(dialect->audit_insert, TABLE);
	CLEANUP(cleanup_free) char *name = NULL;

	if (db_text(a->run->engine->db, a->conn, dialect->audit_name, &name, err))
		return -1;
	mem_free(a->insert);
	a->insert = mem_printf("%.*s%s%s", (int)(at - dialect->audit_insert), dialect->audit_insert,
		name, at + strlen(TABLE));
	return 0;
}

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

	*a = (struct audit){.run = run, .prepared = a->prepared};
	if (db_connect(db, &target, &a->conn, err))
		return err_prefix(err, TABLE);
	if (db_exec(db, a->conn, dialect->audit_create, err) || find_table(a, err) ||
		db_prepare(db, a->conn, 0, a->insert, N_COLUMNS, err)) {
		audit_close(a);
		return err_prefix(err, TABLE);
	}
	return 0;
}

void audit_close(struct audit *a)
{
	if (a->conn)
		a->run->engine->db->close(a->conn);
	a->conn = NULL;
	MEM_FREE(a->insert);
}

/* The values of a row; the numbers among them need room. */
struct row {
	const char *values[N_COLUMNS];
	char *masked;
	char sha256[FS_SHA256_TEXT];
	char line[16], index[16], attempt[16], in_file[24], started[24], finished[24], waited[24];
};

static void fill(struct row *row, const struct migration_run *run,
	const struct migration_statement *s, const struct result_statement *record,
	const char *outcome)
{
	const char *text = s->file->text + s->sql->offset;
	const struct migration_ledger *ledger = run->ledger;
	uint64_t start_us = run->origin_us + record->start_us;
	const char *values[N_COLUMNS] = {run->run_id ? run->run_id : "", s->file->path,
		s->file->sha256, row->line, row->index, s->sql->kind, NULL, row->attempt,
		row->started, row->finished, outcome, record->code, row->in_file, row->sha256,
		row->waited, ledger ? ledger->who : "rehearsal", ledger ? ledger->note : ""};

	row->masked = run->engine->dialect->mask(text, s->sql->len);
	values[6] = row->masked;
	memcpy(row->values, values, sizeof(values));
	fs_sha256(text, s->sql->len, row->sha256);
	snprintf(row->line, sizeof(row->line), "%u", s->sql->line);
	snprintf(row->index, sizeof(row->index), "%u", s->index);
	snprintf(row->in_file, sizeof(row->in_file), "%zu",
		(size_t)(s->sql - s->file->script.statements) + 1);
	snprintf(row->attempt, sizeof(row->attempt), "%u", record->attempts);
	snprintf(row->started, sizeof(row->started), "%" PRIu64, start_us);
	snprintf(row->finished, sizeof(row->finished), "%" PRIu64, start_us + record->duration_us);
	snprintf(row->waited, sizeof(row->waited), "%" PRIu64, record->waited_us);
}

static int insert(const struct audit *a, struct db_conn *conn, unsigned id, const struct row *row,
	struct err *err)
{
	struct db_param params[N_COLUMNS];

	if (!conn)
		return err_set(err, ERR_FAILED, TABLE ": no connection");
	for (size_t i = 0; i < N_COLUMNS; i++)
		params[i] = (struct db_param){row->values[i], strlen(row->values[i])};
	return db_execute(a->run->engine->db, conn, id, params, N_COLUMNS, err);
}

int audit_log(struct audit *a, const struct migration_statement *s,
	const struct result_statement *record, const char *outcome, struct err *err)
{
	struct err first = {0};
	struct row row;
	int failed;

	fill(&row, a->run, s, record, outcome);
	failed = insert(a, a->conn, 0, &row, &first);
	if (failed && first.kind == ERR_INTERRUPTED) {
		*err = first;
	} else if (failed) {
		/* The migration may have dropped the table, or the server the session. */
		audit_close(a);
		failed = audit_open(a, a->run, err) || insert(a, a->conn, 0, &row, err) ? -1 : 0;
	}
	mem_free(row.masked);
	return failed;
}

int audit_log_inside(struct audit *a, struct db_conn *conn, const struct migration_statement *s,
	const struct result_statement *record, const char *outcome, struct err *err)
{
	struct row row;
	int failed;

	if (!a->insert)
		return err_set(err, ERR_FAILED, TABLE ": no connection");
	/* Anew each time: the migration may discard what a session has prepared. */
	if (db_prepare(a->run->engine->db, conn, a->prepared, a->insert, N_COLUMNS, err))
		return err_prefix(err, TABLE);
	fill(&row, a->run, s, record, outcome);
	failed = insert(a, conn, a->prepared++, &row, err);
	mem_free(row.masked);
	return failed ? err_prefix(err, TABLE) : 0;
}
