/* What is certain about each statement of a run that a later run may have to continue. */
#include <string.h>

#include "harness/base/cleanup.h"
#include "harness/base/interrupt.h"
#include "harness/base/mem.h"
#include "harness/migration/runner.h"

#define CONTROL (SQL_TX_BEGIN | SQL_TX_COMMIT | SQL_TX_ROLLBACK)

static unsigned flags(const struct runner *r, size_t i)
{
	return r->m->statements[i].sql->flags;
}

/* Statements that leave nothing on the server are run again, and have no row. */
static bool lasts(const struct runner *r, size_t i)
{
	return !(flags(r, i) & (CONTROL | SQL_SESSION));
}

static bool commits_alone(const struct runner *r, size_t i)
{
	return (r->db->features & DB_FEATURE_DDL_COMMITS) && (flags(r, i) & SQL_DDL);
}

void ledger_start(struct runner *r)
{
	r->kept = mem_zalloc(r->m->n_statements * sizeof(*r->kept));
	for (size_t i = 0; i < r->m->n_statements; i++)
		if (r->run->ledger->done[i])
			record_outcome(&r->result->statements[i], "applied-before");
}

bool ledger_settled(const struct runner *r, size_t i)
{
	if (!lasts(r, i))
		return false;
	if (r->run->ledger && r->run->ledger->done[i])
		return true;
	return r->result->statements[i].attempts && !strcmp(r->result->statements[i].outcome, "ok");
}

bool ledger_open(const struct runner *r, const struct migration_unit *u)
{
	bool lasting = false;

	for (size_t i = u->first; i < u->first + u->n; i++) {
		if (lasts(r, i) && !ledger_settled(r, i))
			return true;
		lasting = lasting || lasts(r, i);
	}
	return !lasting;
}

bool ledger_kept(const struct runner *r, size_t i)
{
	if (!r->run->ledger)
		return !(flags(r, i) & (SQL_DDL | SQL_UNKNOWN));
	/* Of what was cut off with its connection only the start is known. */
	return !lasts(r, i) || r->kept[i] > KEPT_STARTED ||
		(r->kept[i] == KEPT_STARTED && r->lost) || r->run->ledger->done[i];
}

/* The query's answer, or NULL; *ret_sent tells whether it was answered at all. */
static char *left_behind(struct runner *r, size_t i, enum sent *ret_sent, struct err *err)
{
	const struct migration_statement *s = &r->m->statements[i];
	CLEANUP(cleanup_free)
	char *query = r->dialect->earlier_attempt(s->file->text + s->sql->offset, s->sql->len);

	*ret_sent = query ? runner_control(r, query, err) : SENT_OK;
	if (!query || *ret_sent != SENT_OK || !r->db->result(r->conn)->rows)
		return NULL;
	return mem_strdup(r->db->value(r->conn, 0, 0));
}

enum sent ledger_repair(struct runner *r, const struct migration_unit *u, struct err *err)
{
	CLEANUP(cleanup_free) char *statement = NULL;
	CLEANUP(cleanup_free) char *note = NULL;
	enum sent sent;

	if (!r->run->ledger || !r->dialect->earlier_attempt || u->n != 1)
		return SENT_OK;
	statement = left_behind(r, u->first, &sent, err);
	if (sent != SENT_OK || !statement || !strcmp(statement, "done"))
		return sent;
	sent = runner_send(r, statement, err);
	note = mem_printf("first: %s", statement);
	if (sent == SENT_OK)
		record_note(&r->result->statements[u->first], note);
	return sent;
}

/* A failure to keep the books ends the unit: what is not on record must not be done. */
static enum sent unkept(struct runner *r, size_t i, const struct err *reason, struct err *err)
{
	if (reason->kind == ERR_INTERRUPTED) {
		*err = *reason;
		return SENT_BROKEN;
	}
	record_words(&r->result->statements[i], "failed", "", reason->text);
	return SENT_ERROR;
}

/* Rows "ok" for what the open transaction has done so far. */
static enum sent keep_inside(
	struct runner *r, const struct migration_unit *u, size_t end, struct err *err)
{
	struct err reason = {0};

	for (size_t i = u->first; i < end; i++) {
		if (ledger_kept(r, i) || strcmp(r->result->statements[i].outcome, "ok"))
			continue;
		if (audit_log_inside(&r->audit, r->conn, &r->m->statements[i],
			    &r->result->statements[i], "ok", &reason))
			return unkept(r, i, &reason, err);
		r->kept[i] = KEPT_INSIDE;
	}
	return SENT_OK;
}

enum sent ledger_before(struct runner *r, const struct migration_unit *u, size_t i, struct err *err)
{
	size_t end = u->first + u->n;
	bool inside = r->db->in_transaction(r->conn);
	struct err reason = {0};

	if (!r->run->ledger)
		return SENT_OK;
	if (i == end || (flags(r, i) & SQL_TX_COMMIT) || commits_alone(r, i)) {
		enum sent sent = inside ? keep_inside(r, u, i, err) : SENT_OK;

		if (sent != SENT_OK || i == end)
			return sent;
	}
	if (!lasts(r, i) || (inside && !commits_alone(r, i)))
		return SENT_OK;
	if (audit_log(
		    &r->audit, &r->m->statements[i], &r->result->statements[i], "started", &reason))
		return unkept(r, i, &reason, err);
	r->kept[i] = KEPT_STARTED;
	return SENT_OK;
}

/* An interrupted statement was cancelled and its answer read: that is worth a row too. */
static void keep_broken(struct runner *r, size_t i)
{
	const struct db_error *e = &r->db->result(r->conn)->error;
	struct err ignored = {0};

	if (e->class == DB_CLASS_CONNECTION)
		return;
	interrupt_hold();
	if (!audit_log(&r->audit, &r->m->statements[i], &r->result->statements[i],
		    e->class == DB_CLASS_NONE ? "ok" : "failed", &ignored))
		r->kept[i] = KEPT;
	interrupt_release();
}

enum sent ledger_after(
	struct runner *r, const struct migration_unit *u, size_t i, enum sent sent, struct err *err)
{
	struct err reason = {0};
	bool inside;

	if (!r->run->ledger || r->lost)
		return sent;
	inside = r->db->in_transaction(r->conn);
	if (sent == SENT_BROKEN && lasts(r, i) && !inside)
		keep_broken(r, i);
	if (sent != SENT_OK || inside)
		return sent;
	for (size_t k = u->first; k <= i; k++)
		if (r->kept[k] == KEPT_INSIDE)
			r->kept[k] = KEPT;
	if (ledger_kept(r, i))
		return sent;
	if (audit_log(&r->audit, &r->m->statements[i], &r->result->statements[i], "ok", &reason))
		return unkept(r, i, &reason, err);
	r->kept[i] = KEPT;
	return sent;
}

void ledger_ended(struct runner *r, const struct migration_unit *u, enum sent sent)
{
	if (!r->run->ledger)
		return;
	for (size_t i = u->first; i < u->first + u->n; i++)
		if (r->kept[i] == KEPT_INSIDE)
			r->kept[i] = sent == SENT_OK ? KEPT : KEPT_NOT;
}
