#include "adapters/postgres/loglines_waits.h"

#include <stdlib.h>
#include <string.h>

#include "adapters/postgres/observer_modes.h"
#include "harness/base/cleanup.h"
#include "harness/base/mem.h"

/* Missing from the server's list this often, a wait without an end in the log has ended. Once may
 * be a line that is still on its way. */
#define MISSED_MAX 2

static void open_wait_release(struct open_wait *o)
{
	mem_free(o->tag);
	mem_free(o->application);
	mem_free(o->holders);
	mem_free(o->ahead);
}

void lock_waits_release(struct lock_waits *w)
{
	for (size_t i = 0; i < w->n; i++)
		open_wait_release(&w->open[i]);
	mem_free(w->open);
	w->open = NULL;
	w->n = w->cap = 0;
}

/* Where a process was last put, which a look tells whether it still holds. */
static void remember(struct lock_waits *w, size_t place)
{
	w->places[w->open[place].pid % LOCK_WAITS_PLACES] = (uint32_t)place;
}

static struct open_wait *find(struct lock_waits *w, uint64_t pid)
{
	size_t place = w->places[pid % LOCK_WAITS_PLACES];

	if (place < w->n && w->open[place].pid == pid)
		return &w->open[place];
	for (size_t i = 0; i < w->n; i++)
		if (w->open[i].pid == pid)
			return &w->open[i];
	return NULL;
}

static bool hidden(const struct lock_waits *w, uint64_t pid)
{
	return w->hidden && w->hidden(w->ctx, pid);
}

/* Hands the wait over as an event and forgets it. */
static void end_wait(struct lock_waits *w, struct open_wait *o, uint64_t duration_us,
	enum wait_outcome outcome, bool exact)
{
	struct wait_event event = {
		.start_us = o->start_us,
		.duration_us = duration_us,
		.object = w->name ? w->name(w->ctx, &o->target) : NULL,
		.mode = mem_strdup(o->target.mode),
		.session = o->session,
		.tag = o->tag,
		.application = o->application,
		.holders = o->holders,
		.n_holders = o->n_holders,
		.ahead = o->ahead,
		.n_ahead = o->n_ahead,
		.outcome = outcome,
		.exact = exact,
	};
	bool drop = hidden(w, o->pid);

	if (!event.object)
		event.object = mem_strdup(o->target.text);
	*o = w->open[--w->n];
	if (w->n)
		remember(w, (size_t)(o - w->open));
	if (drop)
		wait_event_release(&event);
	else
		w->sink(w->sink_ctx, &event);
}

static bool same_target(const struct lock_target *a, const struct lock_target *b)
{
	return strcmp(a->text, b->text) == 0;
}

/*
 * Those of the queue that stand before the waiter and conflict with it. They have waited longer, so
 * their own lines came first and their modes are known.
 */
static void find_ahead(struct lock_waits *w, struct open_wait *o, const uint64_t *queue, size_t n)
{
	size_t cap = 0;

	for (size_t i = 0; i < n && queue[i] != o->pid; i++) {
		const struct open_wait *other = find(w, queue[i]);

		if (hidden(w, queue[i]))
			continue;
		if (other && same_target(&other->target, &o->target) &&
			!lock_modes_conflict(other->target.mode, o->target.mode))
			continue;
		*MEM_PUSH(o->ahead, o->n_ahead, cap) = other ? other->session : queue[i];
	}
}

/* The log lists all who hold the lock, the waiter itself with a weaker mode among them. */
static void keep_holders(struct lock_waits *w, struct open_wait *o)
{
	size_t kept = 0;

	for (size_t i = 0; i < o->n_holders; i++)
		if (o->holders[i] != o->pid && !hidden(w, o->holders[i]))
			o->holders[kept++] = o->holders[i];
	o->n_holders = kept;
}

static void set_blockers(struct lock_waits *w, struct open_wait *o, const char *detail)
{
	CLEANUP(cleanup_free) uint64_t *queue = NULL;
	size_t n_queue;

	mem_free(o->holders);
	mem_free(o->ahead);
	o->ahead = NULL;
	o->n_ahead = 0;
	lock_detail_parse(detail, &o->holders, &o->n_holders, &queue, &n_queue);
	keep_holders(w, o);
	find_ahead(w, o, queue, n_queue);
	o->fresh = o->target.kind == LOCK_RELATION && o->n_holders + o->n_ahead > 1;
}

static struct open_wait *begin_wait(struct lock_waits *w, const struct log_record *record,
	const struct lock_message *m, uint64_t at_us)
{
	struct open_wait *o = find(w, m->pid);

	if (o && !same_target(&o->target, &m->target)) {
		/* Its end was never told: it ended before this one began. */
		uint64_t start = at_us - m->waited_us;

		end_wait(w, o, start > o->start_us ? start - o->start_us : 0, WAIT_FAILED, false);
		o = NULL;
	}
	if (!o) {
		o = MEM_PUSH(w->open, w->n, w->cap);
		o->pid = m->pid;
		remember(w, w->n - 1);
		o->session = record->leader ? record->leader : m->pid;
		o->target = m->target;
		o->start_us = at_us - m->waited_us;
		o->tag = log_tag(record->statement);
		o->application = *record->application ? mem_strdup(record->application) : NULL;
	}
	o->seen_us = at_us;
	o->missed = 0;
	if (*record->detail)
		set_blockers(w, o, record->detail);
	return o;
}

static enum wait_outcome outcome_of(const char *code)
{
	if (strcmp(code, "55P03") == 0)
		return WAIT_TIMED_OUT;
	if (strcmp(code, "57014") == 0)
		return WAIT_CANCELLED;
	if (strcmp(code, "40P01") == 0)
		return WAIT_DEADLOCK;
	return WAIT_FAILED;
}

static void end_by_error(struct lock_waits *w, const struct log_record *record, uint64_t at_us)
{
	struct open_wait *o = find(w, record->pid);

	if (!o)
		return;
	/* The log's times are whole milliseconds, so the end may read as before what is already
	 * known. */
	if (at_us < o->seen_us)
		at_us = o->seen_us;
	end_wait(w, o, at_us - o->start_us, outcome_of(record->code), true);
}

void lock_waits_record(struct lock_waits *w, const struct log_record *record)
{
	uint64_t at_us = record->at_us ? record->at_us + w->offset_us : w->now_us;
	struct lock_message m;
	struct open_wait *o;

	if (record->error) {
		end_by_error(w, record, at_us);
		return;
	}
	if (!lock_message_parse(record->message, &m))
		return;
	o = find(w, m.pid);
	if (m.step == LOCK_ACQUIRED || m.step == LOCK_GIVEN_UP) {
		/* Without a first line: the log began in mid-wait, or the deadlock check came just
		 * then. */
		if (!o || !same_target(&o->target, &m.target))
			o = begin_wait(w, record, &m, at_us);
		end_wait(w, o, m.waited_us, m.step == LOCK_ACQUIRED ? WAIT_ACQUIRED : WAIT_FAILED,
			true);
		return;
	}
	begin_wait(w, record, &m, at_us);
}

void lock_waits_held(struct lock_waits *w, uint32_t relation, uint64_t pid,
	const char *const *modes, size_t n_modes)
{
	for (size_t i = 0; i < w->n; i++) {
		struct open_wait *o = &w->open[i];
		bool conflict = false;

		if (!o->fresh || o->target.relation != relation)
			continue;
		for (size_t k = 0; k < n_modes; k++)
			conflict |= lock_modes_conflict(modes[k], o->target.mode);
		/* The last blocker stays, whatever was seen: somebody must be in the way. */
		if (conflict || o->n_holders + o->n_ahead <= 1)
			continue;
		for (size_t k = 0; k < o->n_holders; k++) {
			if (o->holders[k] != pid)
				continue;
			memmove(o->holders + k, o->holders + k + 1,
				(o->n_holders - k - 1) * sizeof(*o->holders));
			o->n_holders--;
			break;
		}
	}
}

void lock_waits_alive(struct lock_waits *w, const uint64_t *pids, size_t n)
{
	for (size_t i = w->n; i-- > 0;) {
		struct open_wait *o = &w->open[i];
		bool waits = false;

		for (size_t k = 0; k < n && !waits; k++)
			waits = pids[k] == o->pid;
		if (waits) {
			o->seen_us = w->now_us;
			o->missed = 0;
		} else if (++o->missed >= MISSED_MAX) {
			end_wait(w, o, o->seen_us - o->start_us, WAIT_FAILED, false);
		}
	}
}

void lock_waits_sampled(struct lock_waits *w)
{
	for (size_t i = w->n; i-- > 0;) {
		struct open_wait *o = &w->open[i];
		uint64_t end = o->seen_us + (w->now_us - o->seen_us) / 2;

		/* How it ended is not seen; most waits end well. */
		if (!o->fresh)
			end_wait(w, o, end > o->start_us ? end - o->start_us : 0, WAIT_ACQUIRED,
				false);
	}
}

void lock_waits_finish(struct lock_waits *w)
{
	while (w->n) {
		struct open_wait *o = &w->open[w->n - 1];
		uint64_t lasted = w->now_us > o->start_us ? w->now_us - o->start_us : 0;

		end_wait(w, o, lasted, WAIT_UNFINISHED, !w->sampled);
	}
}
