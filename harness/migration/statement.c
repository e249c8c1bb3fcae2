#include "harness/migration/runner.h"

#include <string.h>

#include "harness/base/cleanup.h"
#include "harness/base/clock.h"
#include "harness/base/mem.h"
#include "harness/base/units.h"

/* A broken observation costs facts, not the migration; an interrupt ends it. */
static int not_seen(struct runner *r, size_t i, const struct err *reason, struct err *err)
{
	CLEANUP(cleanup_free) char *note = NULL;

	if (reason->kind == ERR_INTERRUPTED) {
		*err = *reason;
		return -1;
	}
	note = mem_printf("what it did was not seen: %s", reason->text);
	record_note(&r->result->statements[i], note);
	return 0;
}

static int observe_begin(struct runner *r, size_t i, const char *sql, struct err *err)
{
	const unsigned control = SQL_TX_BEGIN | SQL_TX_COMMIT | SQL_TX_ROLLBACK;
	struct err reason = {0};

	r->observed = 0;
	if (!r->run->observer || (r->m->statements[i].sql->flags & control))
		return 0;
	if (r->run->engine->observer->statement_begin(
		    r->run->observer, r->db->session_id(r->conn), sql, &reason))
		return not_seen(r, i, &reason, err);
	r->observed = i + 1;
	return 0;
}

int statement_observed(struct runner *r, struct err *err)
{
	const struct migration_watch *w = r->run->watch;
	struct statement_facts facts = {0};
	struct err reason = {0};
	size_t i = r->observed - 1;

	if (!r->observed)
		return 0;
	r->observed = 0;
	if (r->run->engine->observer->statement_end(r->run->observer, &facts, &reason))
		return not_seen(r, i, &reason, err);
	record_facts(r, i, &facts);
	if (w && w->locks)
		w->locks(w->ctx, r->m->statements[i].index, &facts);
	statement_facts_release(&facts);
	return 0;
}

/* After success, while its transaction is open: what it holds, and what only its own session can
 * see. Where others follow in the same transaction, this is the end of its observation. */
static int observe_success(
	struct runner *r, const struct migration_unit *u, size_t i, struct err *err)
{
	const struct observer_ops *ops = r->run->engine->observer;
	bool in_transaction = r->db->in_transaction(r->conn);
	struct err reason = {0};

	if (!r->observed)
		return 0;
	if (in_transaction && ops->statement_locks(r->run->observer, &reason) &&
		not_seen(r, i, &reason, err))
		return -1;
	if (ops->statement_own && ops->statement_own(r->run->observer, r->conn, &reason) &&
		not_seen(r, i, &reason, err))
		return -1;
	return in_transaction && u->n > 1 ? statement_observed(r, err) : 0;
}

/* SET LOCAL ends with the unit, and time-outs are set between units only. */
static void note_own_timeouts(struct runner *r, unsigned flags)
{
	if (flags & SQL_SETS_LOCAL)
		return;
	if (flags & SQL_SETS_LOCK_TIMEOUT)
		r->own_lock = !(flags & SQL_RESETS);
	if (flags & SQL_SETS_STATEMENT_TIMEOUT)
		r->own_statement = !(flags & SQL_RESETS);
}

static void record_cut(struct runner *r, struct result_statement *s)
{
	const struct db_error *e = &r->db->result(r->conn)->error;
	char limit[UNITS_TEXT];
	CLEANUP(cleanup_free)
	char *words = mem_printf("cut by the migration's limit of %s",
		units_duration_exact(r->run->settings->limit_us, limit));

	record_words(s, "timed-out", e->class == DB_CLASS_NONE ? "limit" : e->code, words);
}

static void note_cut(struct runner *r, struct result_statement *s)
{
	char limit[UNITS_TEXT];
	CLEANUP(cleanup_free)
	char *note = mem_printf("cancelled by the harness after %s: this server's own time-out "
				"does not reach every statement",
		units_duration_exact(r->cut_us, limit));

	record_note(s, note);
}

static void record_sent(struct runner *r, size_t i, enum sent sent, const struct err *err)
{
	struct result_statement *s = &r->result->statements[i];
	const struct db_error *e = &r->db->result(r->conn)->error;

	switch (sent) {
	case SENT_OK:
		record_outcome(s, "ok");
		note_own_timeouts(r, r->m->statements[i].sql->flags);
		break;
	case SENT_ERROR:
		record_error(r, i, "", e);
		if (r->cut)
			note_cut(r, s);
		r->retryable = e->lock_timeout || e->retryable;
		r->lost = e->class == DB_CLASS_CONNECTION;
		break;
	case SENT_CUT:
		record_cut(r, s);
		break;
	case SENT_BROKEN:
		record_words(s, "failed", "", err->text);
		break;
	}
}

static enum sent refuse_client(struct runner *r, size_t i)
{
	const struct sql_statement *sql = r->m->statements[i].sql;
	CLEANUP(cleanup_free)
	char *words = mem_printf("'%s' is for a client program: no server takes it as a statement",
		*sql->kind ? sql->kind : "this");

	record_words(&r->result->statements[i], "failed", "client", words);
	return SENT_ERROR;
}

enum sent statement_run(struct runner *r, const struct migration_unit *u, size_t i, struct err *err)
{
	const struct migration_statement *m = &r->m->statements[i];
	const struct migration_watch *w = r->run->watch;
	struct result_statement *s = &r->result->statements[i];
	CLEANUP(cleanup_free) char *sql = mem_strndup(m->file->text + m->sql->offset, m->sql->len);
	uint64_t start, end;
	enum sent sent;

	if (runner_over(r)) {
		record_note(s, "the migration's limit was reached before it");
		return SENT_CUT;
	}
	s->attempts++;
	start = clock_wall_us();
	s->start_us = record_time(r, start);
	if (m->sql->flags & SQL_CLIENT)
		return refuse_client(r, i);
	if (observe_begin(r, i, sql, err))
		return SENT_BROKEN;
	start = clock_wall_us();
	s->start_us = record_time(r, start);
	if (w && w->statement_started)
		w->statement_started(w->ctx, m->index, start);
	sent = runner_send(r, sql, err);
	end = clock_wall_us();
	s->duration_us = end > start ? end - start : 0;
	if (w && w->statement_ended)
		w->statement_ended(w->ctx, m->index, end);
	record_sent(r, i, sent, err);
	if (sent == SENT_OK && observe_success(r, u, i, err))
		return SENT_BROKEN;
	return sent;
}
