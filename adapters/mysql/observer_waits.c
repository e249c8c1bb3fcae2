#include "adapters/mysql/observer_tables.h"
#include "adapters/mysql/observer_waits.h"

#include <string.h>

#include "adapters/mysql/observer_modes.h"
#include "harness/base/mem.h"

/* Lock time-outs are whole seconds; the server notices them this much later. */
#define TIMEOUT_LATE_US 100000
#define SECOND_US 1000000
#define PROOF_AFTER_US 30000
#define JUDGED_WITHIN_US 500000

void my_sessions_add(struct my_sessions *s, uint64_t session)
{
	if (session && !my_sessions_has(s, session))
		*MEM_PUSH(s->list, s->n, s->cap) = session;
}

bool my_sessions_has(const struct my_sessions *s, uint64_t session)
{
	for (size_t i = 0; i < s->n; i++)
		if (s->list[i] == session)
			return true;
	return false;
}

static void release_open(struct my_open_wait *o)
{
	mem_free(o->type);
	mem_free(o->schema);
	mem_free(o->name);
	mem_free(o->mode);
	mem_free(o->tag);
	mem_free(o->application);
	mem_free(o->holders.list);
	mem_free(o->ahead.list);
	mem_free(o->blockers);
}

void my_waits_restart(struct my_waits *w)
{
	for (size_t i = 0; i < w->n; i++)
		release_open(&w->open[i]);
	w->n = 0;
}

void my_waits_release(struct my_waits *w)
{
	my_waits_restart(w);
	for (size_t i = 0; i < w->n_spans; i++)
		mem_free(w->spans[i].object);
	mem_free(w->open);
	mem_free(w->spans);
	*w = (struct my_waits){0};
}

bool my_waits_own(const struct my_waits *w, uint64_t thread)
{
	const struct my_thread *t = my_threads_find(w->threads, thread);

	for (size_t i = 0; i < w->n_own; i++)
		if (w->own[i] == thread)
			return true;
	return t && t->application && !strcmp(t->application, OBSERVER_APPLICATION);
}

static uint64_t session_of(const struct my_waits *w, uint64_t thread)
{
	const struct my_thread *t = my_threads_find(w->threads, thread);

	return t ? t->session : 0;
}

/* ---- samples ---- */

static struct my_open_wait *find(struct my_waits *w, uint64_t thread, uint64_t event)
{
	for (size_t i = 0; i < w->n; i++)
		if (w->open[i].thread == thread && w->open[i].event == event)
			return &w->open[i];
	return NULL;
}

void my_waits_sample(struct my_waits *w)
{
	for (size_t i = 0; i < w->n; i++)
		w->open[i].in_sample = false;
}

struct my_open_wait *my_waits_seen(
	struct my_waits *w, const struct my_wait_row *row, uint64_t now_us)
{
	struct my_open_wait *o;

	if (my_waits_own(w, row->thread))
		return NULL;
	o = find(w, row->thread, row->event);
	if (!o) {
		o = MEM_PUSH(w->open, w->n, w->cap);
		*o = (struct my_open_wait){.thread = row->thread,
			.event = row->event,
			.instance = row->instance,
			.table = row->table,
			.type = mem_strdup(row->type),
			.schema = mem_strdup(row->schema),
			.name = mem_strdup(row->name),
			.mode = row->table ? mem_strdup(row->operation) : NULL,
			.start_us = row->start_us};
	}
	o->in_sample = true;
	o->seen_us = now_us;
	if (!o->ended)
		o->gone_us = 0;
	return o;
}

void my_waits_sampled(struct my_waits *w, uint64_t now_us)
{
	for (size_t i = 0; i < w->n; i++)
		if (!w->open[i].in_sample && !w->open[i].gone_us)
			w->open[i].gone_us = now_us;
}

bool my_waits_unclear(const struct my_waits *w)
{
	for (size_t i = 0; i < w->n; i++) {
		const struct my_open_wait *o = &w->open[i];
		bool blamed = o->holders.n || o->ahead.n;

		if (o->gone_us ? blamed && !o->judged : !blamed)
			return true;
	}
	return false;
}

unsigned my_waits_count(const struct my_waits *w)
{
	unsigned n = 0;

	for (size_t i = 0; i < w->n; i++)
		n += !w->open[i].gone_us;
	return n;
}

/* ---- who is in the way ---- */

static bool same_object(const struct my_open_wait *o, const struct my_lock_row *r)
{
	return o->table == r->table && !strcmp(o->schema, r->schema) && !strcmp(o->name, r->name) &&
		(o->table || !strcmp(o->type, r->type));
}

/*
 * The row of the very lock that it waits for. MariaDB 10.11.18 scrambles the addresses of objects
 * in its events, and not those in its tables of locks: there it is told by its thread, which waits
 * for one lock at a time, and by the object.
 */
static bool is_its_lock(const struct my_open_wait *o, const struct my_lock_row *r)
{
	return o->thread == r->thread && o->table == r->table &&
		(o->placed ? o->instance == r->instance : same_object(o, r));
}

static void place_it(struct my_open_wait *o, const struct my_lock_row *rows, size_t n)
{
	for (size_t i = 0; i < n && !o->placed; i++)
		o->placed = o->thread == rows[i].thread && o->instance == rows[i].instance;
}

static const struct my_open_wait *waits_for(const struct my_waits *w, const struct my_lock_row *row)
{
	for (size_t i = 0; i < w->n; i++)
		if (!w->open[i].gone_us && is_its_lock(&w->open[i], row) &&
			same_object(&w->open[i], row))
			return &w->open[i];
	return NULL;
}

enum place { NOT_IN_THE_WAY, HOLDS, IS_AHEAD };

static enum place judge(
	const struct my_waits *w, const struct my_open_wait *o, const struct my_lock_row *row)
{
	const struct my_open_wait *other;
	bool waiting;

	if (row->thread == o->thread || !o->mode || !same_object(o, row))
		return NOT_IN_THE_WAY;
	other = waits_for(w, row);
	if (o->table) {
		/* A handle has its lock's name while it waits for it, too. */
		if (!my_table_lock_conflicts(o->mode, row->mode))
			return NOT_IN_THE_WAY;
		if (!other)
			return HOLDS;
		return other->start_us <= o->start_us ? IS_AHEAD : NOT_IN_THE_WAY;
	}
	waiting = !row->granted;
	if (!waiting)
		return my_mode_conflicts(o->type, o->mode, row->mode) ? HOLDS : NOT_IN_THE_WAY;
	if (!my_mode_yields(o->type, o->mode, row->mode))
		return NOT_IN_THE_WAY;
	return !other || other->start_us <= o->start_us ? IS_AHEAD : NOT_IN_THE_WAY;
}

static void learn_mode(struct my_open_wait *o, const struct my_lock_row *rows, size_t n)
{
	for (size_t i = 0; i < n && !o->mode; i++)
		if (!rows[i].granted && is_its_lock(o, &rows[i]))
			o->mode = mem_strdup(rows[i].mode);
}

/*
 * MariaDB keeps the name that a lock was first asked for by: an ALTER that copies, and holds
 * SHARED_NO_WRITE, is still told as SHARED_UPGRADABLE. Only one session can hold one of those.
 */
static bool may_be_stronger(const struct my_open_wait *o, const struct my_lock_row *row)
{
	return row->granted && row->thread != o->thread && same_object(o, row) &&
		(!strcmp(row->mode, "SHARED_UPGRADABLE") || !strcmp(row->mode, "SHARED_NO_WRITE"));
}

static bool was_in_the_way(const struct my_open_wait *o, const struct my_lock_row *row)
{
	for (size_t i = 0; i < o->n_blockers; i++)
		if (o->blockers[i].thread == row->thread &&
			o->blockers[i].instance == row->instance &&
			o->blockers[i].event == row->event)
			return true;
	return false;
}

static void remember(struct my_open_wait *o, const struct my_lock_row *row)
{
	if (!was_in_the_way(o, row))
		*MEM_PUSH(o->blockers, o->n_blockers, o->cap_blockers) =
			(struct my_blocker){row->thread, row->instance, row->event};
}

static void deduce(
	struct my_waits *w, struct my_open_wait *o, const struct my_lock_row *rows, size_t n)
{
	if (o->table || !o->mode || o->holders.n || o->ahead.n)
		return;
	for (size_t i = 0; i < n; i++)
		if (may_be_stronger(o, &rows[i])) {
			my_sessions_add(&o->holders, session_of(w, rows[i].thread));
			remember(o, &rows[i]);
		}
	o->deduced = o->holders.n > 0;
}

/* Who was in its way at first stays so: a queued ALTER that gets its lock later was ahead. */
static void blame(
	struct my_waits *w, struct my_open_wait *o, const struct my_lock_row *rows, size_t n)
{
	learn_mode(o, rows, n);
	for (size_t i = 0; i < n; i++) {
		enum place place = judge(w, o, &rows[i]);
		uint64_t session = place ? session_of(w, rows[i].thread) : 0;

		if (place == HOLDS && !my_sessions_has(&o->ahead, session))
			my_sessions_add(&o->holders, session);
		else if (place == IS_AHEAD && !my_sessions_has(&o->holders, session))
			my_sessions_add(&o->ahead, session);
		if (place != NOT_IN_THE_WAY)
			remember(o, &rows[i]);
	}
	deduce(w, o, rows, n);
}

/*
 * It is gone. Had it got the lock, none of those could still be in its way. A lock's row goes a
 * little later than the lock, though: one look is a suspicion, a later one is the proof. Those that
 * took a lock only afterwards prove nothing.
 */
static void judge_end(struct my_waits *w, struct my_open_wait *o, const struct my_lock_row *rows,
	size_t n, uint64_t now_us)
{
	bool refused = false, maybe = false;

	for (size_t i = 0; i < n; i++) {
		if (!was_in_the_way(o, &rows[i]))
			continue;
		refused |= judge(w, o, &rows[i]) != NOT_IN_THE_WAY;
		maybe |= o->deduced && may_be_stronger(o, &rows[i]);
	}
	if ((refused || maybe) && !o->suspect_us)
		o->suspect_us = now_us;
	if ((refused || maybe) && now_us - o->suspect_us < PROOF_AFTER_US)
		return;
	o->refused = refused;
	o->maybe_refused = maybe;
	o->judged = true;
}

void my_waits_locks(struct my_waits *w, const struct my_lock_row *rows, size_t n, uint64_t now_us)
{
	for (size_t i = 0; i < w->n; i++)
		place_it(&w->open[i], rows, n);
	for (size_t i = 0; i < w->n; i++) {
		struct my_open_wait *o = &w->open[i];

		if (!o->gone_us)
			blame(w, o, rows, n);
		else if (!o->judged)
			judge_end(w, o, rows, n, now_us);
	}
}

/* ---- events ---- */

/* Neither history nor lock tables tell why a wait was refused; its length does: time-outs of locks
 * are set in whole seconds. */
static enum wait_outcome outcome_of(const struct my_open_wait *o, uint64_t duration_us)
{
	bool whole = duration_us >= SECOND_US - 1000 &&
		(duration_us + 1000) % SECOND_US < TIMEOUT_LATE_US;

	if (!o->refused && !(o->maybe_refused && whole))
		return WAIT_ACQUIRED;
	return whole ? WAIT_TIMED_OUT : WAIT_CANCELLED;
}

/* A wait too short for any sample, or for a look at the locks, while the migration worked on that
 * very table: it was the migration's. */
static void attribute(const struct my_waits *w, struct wait_event *e)
{
	uint64_t end = e->start_us + e->duration_us;

	if (e->n_holders || e->n_ahead)
		return;
	for (size_t i = w->n_spans; i-- > 0;) {
		const struct my_statement_span *s = &w->spans[i];

		if (s->session == e->session || s->begin_us > end ||
			(s->end_us && s->end_us < e->start_us) || strcmp(s->object, e->object) != 0)
			continue;
		e->holders = mem_alloc(sizeof(*e->holders));
		e->holders[0] = s->session;
		e->n_holders = 1;
		return;
	}
}

void my_waits_tell(struct my_waits *w, struct wait_event *event)
{
	attribute(w, event);
	w->sink(w->ctx, event);
}

/* Takes the strings and lists over. */
static struct wait_event event_of(struct my_open_wait *o, uint64_t start_us, uint64_t duration_us)
{
	struct wait_event e = {.start_us = start_us,
		.duration_us = duration_us,
		.object = my_object_name(o->type, o->schema, o->name),
		.mode = o->mode ? o->mode : mem_strdup("metadata lock"),
		.session = o->session,
		.tag = o->tag,
		.application = o->application,
		.holders = o->holders.list,
		.n_holders = o->holders.n,
		.ahead = o->ahead.list,
		.n_ahead = o->ahead.n,
		.outcome = outcome_of(o, duration_us),
		.exact = true};

	o->mode = o->tag = o->application = NULL;
	o->holders = o->ahead = (struct my_sessions){0};
	return e;
}

static void drop(struct my_waits *w, struct my_open_wait *o)
{
	release_open(o);
	*o = w->open[--w->n];
}

static void tell_unseen(struct my_waits *w, const struct my_wait_row *row)
{
	const struct my_thread *t = my_threads_find(w->threads, row->thread);
	struct my_open_wait o = {.table = row->table,
		.session = t ? t->session : 0,
		.application = mem_strdup(t ? t->application : NULL),
		.type = mem_strdup(row->type),
		.schema = mem_strdup(row->schema),
		.name = mem_strdup(row->name),
		.mode = mem_strdup(row->operation)};
	struct wait_event event = event_of(&o, row->start_us, row->duration_us);

	my_waits_tell(w, &event);
	release_open(&o);
}

static void tell_seen(struct my_waits *w, struct my_open_wait *o)
{
	const struct my_thread *t = my_threads_find(w->threads, o->thread);
	struct wait_event event;

	if (t && !o->session)
		o->session = t->session;
	if (t && !o->application)
		o->application = mem_strdup(t->application);
	event = event_of(o, o->ended_start_us, o->duration_us);
	my_waits_tell(w, &event);
	drop(w, o);
}

static bool to_be_judged(const struct my_open_wait *o)
{
	return !o->judged && (o->holders.n || o->ahead.n);
}

void my_waits_ended(struct my_waits *w, const struct my_wait_row *row)
{
	struct my_open_wait *o = find(w, row->thread, row->event);

	if (my_waits_own(w, row->thread))
		return;
	if (!o) {
		tell_unseen(w, row);
		return;
	}
	o->ended = true;
	o->ended_start_us = row->start_us;
	o->duration_us = row->duration_us;
	if (!o->gone_us)
		o->gone_us = o->seen_us;
	if (!to_be_judged(o))
		tell_seen(w, o);
}

void my_waits_settle(struct my_waits *w, uint64_t now_us)
{
	for (size_t i = w->n; i-- > 0;) {
		struct my_open_wait *o = &w->open[i];

		if (o->ended && (!to_be_judged(o) || now_us - o->gone_us > JUDGED_WITHIN_US))
			tell_seen(w, o);
	}
}

bool my_waits_unsettled(const struct my_waits *w)
{
	for (size_t i = 0; i < w->n; i++)
		if (w->open[i].ended)
			return true;
	return false;
}

void my_waits_end(
	struct my_waits *w, struct my_open_wait *o, uint64_t duration_us, uint64_t min_wait_us)
{
	if (duration_us >= min_wait_us) {
		struct wait_event e = event_of(o, o->start_us, duration_us);

		e.exact = false;
		my_waits_tell(w, &e);
	}
	drop(w, o);
}

void my_waits_forget(struct my_waits *w, uint64_t before_us)
{
	for (size_t i = w->n; i-- > 0;)
		if (w->open[i].gone_us && w->open[i].gone_us < before_us && !w->open[i].ended)
			drop(w, &w->open[i]);
}

void my_waits_finish(struct my_waits *w, uint64_t now_us)
{
	while (w->n) {
		struct my_open_wait *o = &w->open[w->n - 1];

		if (o->ended) {
			tell_seen(w, o);
			continue;
		}
		if (!o->gone_us) {
			struct wait_event e = event_of(
				o, o->start_us, now_us > o->start_us ? now_us - o->start_us : 0);

			e.outcome = WAIT_UNFINISHED;
			my_waits_tell(w, &e);
		}
		drop(w, o);
	}
}
