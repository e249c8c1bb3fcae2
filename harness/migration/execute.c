#include "harness/migration/migration.h"

#include <string.h>

#include "harness/base/cleanup.h"
#include "harness/base/clock.h"
#include "harness/base/mem.h"
#include "harness/migration/runner.h"

/* A failure that is not one statement's own: told at statement i of the unit. */
static enum sent blame(struct runner *r, size_t i, const char *where, enum sent sent)
{
	const struct db_error *e = &r->db->result(r->conn)->error;

	if (sent == SENT_ERROR) {
		record_error(r, i, where, e);
		r->retryable = e->lock_timeout || e->retryable;
		r->lost = e->class == DB_CLASS_CONNECTION;
	} else if (sent == SENT_CUT) {
		record_words(
			&r->result->statements[i], "timed-out", "", "the server did not answer");
		r->lost = true;
	}
	return sent;
}

static enum sent set_timeouts(struct runner *r, const struct migration_unit *u, struct err *err)
{
	const struct scenario_migration *s = r->run->settings;
	uint64_t lock = u->uncut && !u->cut_waits ? s->uncut_lock_timeout_us : s->lock_timeout_us;
	uint64_t statement = u->uncut ? s->uncut_statement_timeout_us : s->statement_timeout_us;
	CLEANUP(cleanup_free)
	char *sql = r->dialect->session_timeouts(
		r->own_lock ? DIALECT_KEEP : lock, r->own_statement ? DIALECT_KEEP : statement);

	/* A time-out of the file's own is meant as the server takes it. */
	r->cut_us = r->own_statement || !r->db->limits_all || r->db->limits_all(r->conn)
		? 0
		: statement;
	return *sql ? blame(r, u->first, "setting time-outs: ", runner_control(r, sql, err))
		    : SENT_OK;
}

static enum sent begin(struct runner *r, const struct migration_unit *u, struct err *err)
{
	/* Alone, where DDL commits by itself, a transaction would change nothing. */
	if (!u->transaction || (u->n == 1 && (r->db->features & DB_FEATURE_DDL_COMMITS)))
		return SENT_OK;
	return blame(r, u->first, "at BEGIN: ", runner_control(r, r->dialect->begin, err));
}

/* Ends the unit's transaction, if it is still open: by COMMIT when all went well. */
static enum sent end_transaction(
	struct runner *r, const struct migration_unit *u, enum sent sent, struct err *err)
{
	size_t last = u->first + u->n - 1;
	bool commits = sent == SENT_OK && !u->explicit_transaction;

	if (r->lost || sent == SENT_BROKEN || !r->db->in_transaction(r->conn))
		return sent;
	if (commits)
		sent = ledger_before(r, u, last + 1, err);
	if (commits && sent == SENT_OK) {
		sent = blame(r, last, "at COMMIT: ", runner_control(r, r->dialect->commit, err));
		if (sent == SENT_OK || r->lost || sent == SENT_BROKEN ||
			!r->db->in_transaction(r->conn))
			return sent;
	}
	if (runner_control(r, r->dialect->rollback, err) == SENT_BROKEN)
		return SENT_BROKEN;
	if (sent == SENT_OK || commits)
		record_rolled_back(r, u, u->first + u->n);
	return sent;
}

/* The file's own ROLLBACK takes back what ran before it, its settings too. */
static bool rolls_back(const struct runner *r, size_t i)
{
	return r->m->statements[i].sql->flags & SQL_TX_ROLLBACK;
}

static enum sent run_statements(struct runner *r, const struct migration_unit *u, struct err *err)
{
	bool own_lock = r->own_lock, own_statement = r->own_statement;
	enum sent sent = ledger_repair(r, u, err);

	if (sent == SENT_OK)
		sent = begin(r, u, err);
	else
		sent = blame(r, u->first, "clearing up: ", sent);
	for (size_t i = u->first; i < u->first + u->n && sent == SENT_OK; i++) {
		if (ledger_settled(r, i))
			continue;
		sent = ledger_before(r, u, i, err);
		if (sent == SENT_OK)
			sent = ledger_after(r, u, i, statement_run(r, u, i, err), err);
		if (sent == SENT_OK && rolls_back(r, i)) {
			record_rolled_back(r, u, i);
			r->own_lock = own_lock;
			r->own_statement = own_statement;
		}
	}
	return sent;
}

/* One attempt at a unit. */
static enum sent attempt(struct runner *r, const struct migration_unit *u, struct err *err)
{
	const struct migration_watch *w = r->run->watch;
	bool own_lock = r->own_lock, own_statement = r->own_statement;
	struct err ignored = {0};
	enum sent sent;
	uint64_t end;

	r->retryable = r->lost = false;
	r->observed = 0;
	for (size_t i = u->first; i < u->first + u->n; i++)
		if (!ledger_settled(r, i))
			record_attempt(&r->result->statements[i]);
	sent = set_timeouts(r, u, err);
	if (sent == SENT_OK)
		sent = end_transaction(r, u, run_statements(r, u, err), err);
	end = clock_wall_us();
	if (w && w->transaction_ended)
		w->transaction_ended(w->ctx, end);
	if (statement_observed(r, sent == SENT_BROKEN ? &ignored : err))
		sent = SENT_BROKEN;
	record_released(r, u, end);
	ledger_ended(r, u, sent);
	if (sent != SENT_OK) {
		record_rolled_back(r, u, u->first + u->n);
		r->own_lock = own_lock;
		r->own_statement = own_statement;
	}
	return sent;
}

/* A row for each statement of the unit that changes the schema, or may, and was sent; with a ledger
 * for every one that changes anything. */
static int log_attempt(struct runner *r, const struct migration_unit *u, struct err *err)
{
	for (size_t i = u->first; i < u->first + u->n; i++) {
		struct result_statement *s = &r->result->statements[i];
		CLEANUP(cleanup_free) char *note = NULL;
		struct err reason = {0};

		if (ledger_kept(r, i) || !strcmp(s->outcome, "not-run") ||
			!audit_log(&r->audit, &r->m->statements[i], s, s->outcome, &reason))
			continue;
		if (reason.kind == ERR_INTERRUPTED) {
			*err = reason;
			return -1;
		}
		note = mem_printf("not logged: %s", reason.text);
		record_note(s, note);
	}
	return 0;
}

/* AND CHAIN has committed a part already: that must not happen twice. */
static bool repeatable(const struct runner *r, const struct migration_unit *u)
{
	for (size_t i = u->first; i < u->first + u->n; i++) {
		unsigned flags = r->m->statements[i].sql->flags;

		if ((flags & SQL_TX_BEGIN) && (flags & (SQL_TX_COMMIT | SQL_TX_ROLLBACK)))
			return false;
	}
	return r->retryable && !r->lost && !runner_over(r);
}

static int back_off(struct runner *r, unsigned attempts, struct err *err)
{
	const struct scenario_migration *s = r->run->settings;
	uint64_t us = s->backoff_us;

	for (unsigned i = 1; i < attempts && us < UINT64_MAX / 2; i++)
		us *= 2;
	if (s->backoff_max_us && us > s->backoff_max_us)
		us = s->backoff_max_us;
	/* Between half and all of it, so that two runners do not meet again. */
	us = us / 2 + (uint64_t)(rng_unit(&r->rng) * (double)(us - us / 2));
	return runner_sleep(r, us, err);
}

static int run_unit(
	struct runner *r, const struct migration_unit *u, bool *ret_committed, struct err *err)
{
	unsigned attempts = r->run->settings->attempts ? r->run->settings->attempts : 1;

	for (unsigned n = 1;; n++) {
		enum sent sent = attempt(r, u, err);

		if (sent == SENT_BROKEN)
			return -1;
		if (r->lost && runner_server_lives(r, err))
			return -1;
		if (log_attempt(r, u, err))
			return -1;
		*ret_committed = sent == SENT_OK;
		if (sent != SENT_ERROR || n >= attempts || !repeatable(r, u))
			return 0;
		if (back_off(r, n, err))
			return -1;
		if (runner_over(r))
			return 0;
	}
}

static int run_units(struct runner *r, struct err *err)
{
	bool committed = true;

	for (size_t i = 0; i < r->m->n_units && committed; i++)
		if (ledger_open(r, &r->m->units[i]) &&
			run_unit(r, &r->m->units[i], &committed, err))
			return -1;
	return 0;
}

int migration_execute(const struct migration *m, const struct migration_run *run, struct result *r,
	struct err *err)
{
	struct runner runner = {.m = m,
		.run = run,
		.result = r,
		.db = run->engine->db,
		.dialect = run->engine->dialect};
	int result = -1;

	if (run->settings->command)
		return execute_command(run, r, err);
	record_all(&runner);
	if (run->ledger)
		ledger_start(&runner);
	rng_seed(&runner.rng, run->seed);
	if (!runner_predict(&runner, err) && !runner_forecast(&runner, err) &&
		!audit_open(&runner.audit, run, err) && !runner_connect(&runner, err)) {
		if (run->settings->limit_us)
			runner.deadline_us = clock_us() + run->settings->limit_us;
		result = run_units(&runner, err);
	}
	if (runner.conn)
		runner.db->close(runner.conn);
	audit_close(&runner.audit);
	mem_free(runner.kept);
	return result;
}
