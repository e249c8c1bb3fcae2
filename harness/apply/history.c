#include <stdio.h>
#include <string.h>

#include "harness/apply/apply.h"
#include "harness/base/cleanup.h"
#include "harness/base/mem.h"

enum { FILE_NAME, FILE_SHA256, NUMBER, STATEMENT_SHA256, OUTCOME, WHEN, N_COLUMNS };

struct past { /* the last that is known of one statement */
	enum { NEVER, STARTED, OK, NOT_OK } state;
	bool other; /* "ok", but its text was another */
	char when[40];
};

static size_t number_in_file(const struct migration_statement *s)
{
	return (size_t)(s->sql - s->file->script.statements) + 1;
}

/* Rows of a file that was edited still count for the statements in it that were not. */
static void take_row(const struct migration *m, const char *const *row, struct past *pasts)
{
	for (size_t i = 0; i < m->n_statements; i++) {
		const struct migration_statement *s = &m->statements[i];
		bool ok = !strcmp(row[OUTCOME], "ok");
		char sha256[FS_SHA256_TEXT], number[24];
		bool same_text;

		snprintf(number, sizeof(number), "%zu", number_in_file(s));
		if (strcmp(row[NUMBER], number) ||
			(strcmp(row[FILE_SHA256], s->file->sha256) &&
				strcmp(row[FILE_NAME], s->file->path)))
			continue;
		fs_sha256(s->file->text + s->sql->offset, s->sql->len, sha256);
		same_text = !strcmp(row[STATEMENT_SHA256], sha256);
		if (!ok && !same_text)
			continue;
		pasts[i].state = ok ? OK : strcmp(row[OUTCOME], "started") ? NOT_OK : STARTED;
		pasts[i].other = !same_text;
		snprintf(pasts[i].when, sizeof(pasts[i].when), "%s", row[WHEN]);
	}
}

static int read_rows(const struct apply_config *c, struct db_conn *conn, const struct migration *m,
	struct past *pasts, struct err *err)
{
	const struct db_adapter *db = c->engine->db;
	const struct db_result *result;

	if (db_run(db, conn, c->engine->dialect->audit_history, NULL, err))
		return -1;
	result = db->result(conn);
	/* Nobody has applied anything here yet. */
	if (result->error.class == DB_CLASS_BREAKAGE)
		return 0;
	if (result->error.class != DB_CLASS_NONE)
		return err_set(err, ERR_FAILED, "schema_migrations_audit: %s", result->error.text);
	for (unsigned i = 0; i < result->rows; i++) {
		const char *row[N_COLUMNS];

		for (unsigned k = 0; k < N_COLUMNS; k++) {
			row[k] = db->value(conn, i, k);
			row[k] = row[k] ? row[k] : "";
		}
		take_row(m, row, pasts);
	}
	return 0;
}

/* What the server itself can tell of a statement that was cut off. */
static int look(const struct apply_config *c, struct db_conn *conn,
	const struct migration_statement *s, struct past *past, struct err *err)
{
	const struct dialect *dialect = c->engine->dialect;
	CLEANUP(cleanup_free) char *query = NULL;
	CLEANUP(cleanup_free) char *left = NULL;

	if (dialect->earlier_attempt)
		query = dialect->earlier_attempt(s->file->text + s->sql->offset, s->sql->len);
	if (!query)
		return 0;
	if (db_text(c->engine->db, conn, query, &left, err))
		return -1;
	past->state = strcmp(left, "done") ? NOT_OK : OK;
	return 0;
}

static int settle(const struct apply_config *c, struct db_conn *conn,
	const struct migration_statement *s, struct past *past, bool *ret_done, struct err *err)
{
	if (past->state == STARTED && look(c, conn, s, past, err))
		return -1;
	if (past->state == STARTED && c->doubt == APPLY_DOUBT_STOP)
		return err_set(err, ERR_REFUSED,
			"statement %u (%s:%u, %s) was running when an earlier apply ended (%s): "
			"look whether it happened, then say --in-doubt done or --in-doubt again",
			s->index, s->file->path, s->sql->line, s->sql->kind, past->when);
	if (past->state == OK && past->other)
		return err_set(err, ERR_REFUSED,
			"statement %u (%s:%u) was applied with another text (%s): write a new "
			"file for the change",
			s->index, s->file->path, s->sql->line, past->when);
	*ret_done = past->state == OK || (past->state == STARTED && c->doubt == APPLY_DOUBT_DONE);
	return 0;
}

int apply_history(const struct apply_config *config, struct db_conn *conn,
	const struct migration *m, bool **ret_done, struct err *err)
{
	struct past *pasts = mem_zalloc(m->n_statements * sizeof(*pasts));
	bool *done = mem_zalloc(m->n_statements * sizeof(*done));
	int failed = read_rows(config, conn, m, pasts, err);

	for (size_t i = 0; i < m->n_statements && !failed; i++)
		failed = settle(config, conn, &m->statements[i], &pasts[i], &done[i], err);
	mem_free(pasts);
	if (failed) {
		mem_free(done);
		return -1;
	}
	*ret_done = done;
	return 0;
}
