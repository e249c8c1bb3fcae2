#include "adapters/postgres/observer_facts.h"

#include <string.h>

#include "adapters/postgres/observer_modes.h"
#include "harness/base/clock.h"
#include "harness/base/mem.h"

/* A lock that was seen until the latest sample, this close to the end, was held to the end. */
#define SAMPLE_REACH_US 60000

static const struct db_adapter *const db = &postgres_db;

int observer_facts_open(
	struct observer_facts *f, const struct replica_info *replica, struct err *err)
{
	f->version = replica->version_number;
	if (observer_session_open(&f->session, replica, err) || observer_wal_open(f, err) ||
		seen_sampler_open(&f->sampled, replica, err) ||
		relation_set_load(&f->at_open, &f->session, err))
		return -1;
	return observer_leftovers_open(f, err);
}

void observer_facts_release(struct observer_facts *f)
{
	seen_sampler_release(&f->sampled);
	observer_session_release(&f->session);
	relation_set_release(&f->at_open);
	relation_set_release(&f->before);
	relation_set_release(&f->own);
	mem_free(f->earlier.list);
	mem_free(f->sql);
	mem_free(f->statistics);
	mem_free(f->wal);
	mem_free(f->marks);
	*f = (struct observer_facts){0};
}

/* The migration's locks of this moment, into `seen`. */
static int read_locks(struct observer_facts *f, struct seen_locks *seen, uint64_t at_us,
	uint64_t previous_us, struct err *err)
{
	if (observer_ask_number(&f->session, OBSERVER_LOCKS, f->migration, err))
		return -1;
	seen_locks_take(seen, &f->session, at_us, previous_us);
	return 0;
}

int observer_facts_begin(
	struct observer_facts *f, uint64_t session, const char *sql, struct err *err)
{
	bool same_transaction;

	lock_sampler_stop(&f->sampled.sampler);
	f->migration = session;
	mem_free(f->sql);
	f->sql = mem_strdup(sql);
	f->earlier.n = 0;
	f->query_id = 0;
	f->locks_read = false;
	if (read_locks(f, &f->earlier, clock_wall_us(), clock_wall_us(), err))
		return -1;
	/* Within a transaction that already changed things only its own view is the state before.
	 */
	same_transaction = f->earlier.n > 0;
	if (same_transaction && f->has_own)
		relation_set_copy(&f->before, &f->own);
	else if (relation_set_load(&f->before, &f->session, err))
		return -1;
	f->in_transaction = same_transaction;
	f->has_own = false;
	if (observer_wal_begin(f, err))
		return -1;
	f->begin_us = clock_wall_us();
	lock_sampler_start(
		&f->sampled.sampler, (struct sampled_session){.session = session}, f->begin_us);
	return 0;
}

int observer_facts_locks(struct observer_facts *f, struct err *err)
{
	struct seen_sampler *s = &f->sampled;
	uint64_t now = clock_wall_us();

	/* The sampler is stopped, so its list is this thread's. */
	lock_sampler_stop(&s->sampler);
	if (read_locks(f, &s->seen, now, s->sampler.previous_us, err))
		return -1;
	for (size_t i = 0; i < s->seen.n; i++)
		s->seen.list[i].whole |= s->seen.list[i].in_latest;
	f->locks_read = true;
	observer_wal_query(f);
	return 0;
}

int observer_facts_own(struct observer_facts *f, struct db_conn *migration, struct err *err)
{
	if (relation_set_load_own(&f->own, migration, err))
		return -1;
	f->has_own = true;
	/* What this session counted is to be visible as soon as it can be. */
	return f->version < 150000
		? 0
		: db_exec(db, migration, "SELECT pg_catalog.pg_stat_force_next_flush()", err);
}

/* ---- the end of a statement ---- */

static uint64_t held_for(const struct seen_lock *lock, uint64_t end_us)
{
	uint64_t until = end_us;

	/* Neither there at the end nor in the last sample before it: released on the way. */
	if (!lock->whole && !(lock->in_latest && end_us < lock->last_us + SAMPLE_REACH_US))
		until = lock->last_us;
	return until > lock->acquired_us ? until - lock->acquired_us : 1;
}

static const char *name_of(
	const struct observer_facts *f, const struct relation_set *after, uint32_t oid)
{
	const struct relation_set *sets[] = {&f->at_open, &f->before, after};

	for (size_t i = 0; i < sizeof(sets) / sizeof(sets[0]); i++) {
		const struct relation *r = relation_set_find(sets[i], oid);

		if (r)
			return r->kind == 't' || strncmp(r->name, "pg_toast.", 9) == 0 ? NULL
										       : r->name;
	}
	return NULL; /* the temporary storage of a rewrite, or a relation that never was committed
		      */
}

static void fill_locks(struct observer_facts *f, const struct relation_set *after,
	const struct seen_locks *open, uint64_t end_us, struct statement_facts *ret)
{
	struct seen_locks *seen = &f->sampled.seen;
	size_t cap = 0;

	for (size_t i = 0; i < seen->n; i++) {
		const struct seen_lock *lock = &seen->list[i];
		const char *name = name_of(f, after, lock->relation);

		if (!name || seen_locks_find(&f->earlier, lock->relation, lock->mode))
			continue;
		*MEM_PUSH(ret->locks, ret->n_locks, cap) = (struct fact_lock){
			.object = mem_strdup(name),
			.mode = mem_strdup(lock->mode),
			.acquired_us = lock->acquired_us,
			.hold_us = seen_locks_find(open, lock->relation, lock->mode)
				? 0
				: held_for(lock, end_us),
			.new_object = !relation_set_find(&f->at_open, lock->relation),
			.blocks_reads = lock_mode_blocks_reads(lock->mode),
			.blocks_writes = lock_mode_blocks_writes(lock->mode),
		};
	}
}

static bool locked(const struct observer_facts *f, uint32_t oid)
{
	const struct seen_locks *sets[] = {&f->sampled.seen, &f->earlier};

	for (size_t i = 0; i < 2; i++)
		for (size_t k = 0; k < sets[i]->n; k++)
			if (sets[i]->list[k].relation == oid)
				return true;
	return false;
}

/* A statement outside a transaction may be over before the first sample: then its text has to do.
 */
static bool touched(const struct observer_facts *f, const struct relation *r)
{
	const char *dot = strchr(r->name, '.');

	return locked(f, r->oid) || (!f->locks_read && dot && strcasestr(f->sql, dot + 1));
}

/*
 * The counters in the migration's own session are its own alone. Outside its view only everybody's
 * can be had: then a scan counts when the statement touched the table and at least all its rows
 * were read; a full scan of the workload's at the same time cannot be told from it.
 */
static bool scanned(const struct observer_facts *f, const struct relation *before,
	const struct relation *now, bool exact)
{
	uint64_t scans = now->scans + now->own_scans, old_scans = before->scans + before->own_scans;
	uint64_t tuples = now->tuples + now->own_tuples - before->tuples - before->own_tuples;

	/* A scan that read nothing, as of a table just emptied, is no news. */
	if (exact && f->in_transaction)
		return now->own_scans > before->own_scans && now->own_tuples > before->own_tuples;
	if (exact)
		return now->own_scans > 0 && now->own_tuples > 0;
	return scans > old_scans && tuples * 10 >= before->rows * 9 && touched(f, before);
}

static void fill_scanned(const struct observer_facts *f, const struct relation_set *after,
	bool exact, struct statement_facts *ret)
{
	size_t cap = 0;

	for (size_t i = 0; i < f->before.n; i++) {
		const struct relation *before = &f->before.list[i];
		const struct relation *now = relation_set_find(after, before->oid);

		if (!now || !strchr("rm", before->kind))
			continue;
		if (scanned(f, before, now, exact))
			*MEM_PUSH(ret->scanned, ret->n_scanned, cap) = mem_strdup(before->name);
	}
}

int observer_facts_end(struct observer_facts *f, struct statement_facts *ret, struct err *err)
{
	struct relation_set after = {0};
	struct seen_locks open = {0};
	uint64_t end_us = clock_wall_us();
	const struct relation_set *view = &after;
	int result = -1;

	*ret = (struct statement_facts){0};
	lock_sampler_stop(&f->sampled.sampler);
	if (!f->locks_read && !f->has_own)
		observer_wal_query(f);
	if (!read_locks(f, &open, end_us, end_us, err) && !observer_wal_end(f, ret, err) &&
		!relation_set_load(&after, &f->session, err)) {
		if (f->has_own)
			view = &f->own;
		fill_locks(f, view, &open, end_us, ret);
		relation_set_rewritten(
			&f->at_open, &f->before, view, &ret->rewritten, &ret->n_rewritten);
		fill_scanned(f, view, f->has_own && f->locks_read, ret);
		result = 0;
	}
	relation_set_release(&after);
	mem_free(open.list);
	return result;
}
