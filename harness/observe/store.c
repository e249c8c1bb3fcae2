#include "harness/observe/store.h"

#include "harness/base/mem.h"

/* Of a long queue the nearest few lead to the same root; sessions with a role are always kept. */
#define NEAREST 8
#define EDGES_MAX 64

void store_release(struct store *s)
{
	for (size_t i = 0; i < s->n_sessions; i++)
		mem_free(s->sessions[i].roles);
	texts_release(&s->texts);
	mem_free(s->sessions);
	mem_free(s->session_table);
	mem_free(s->waits);
	mem_free(s->edges);
	mem_free(s->statements);
	mem_free(s->transaction_ends);
	mem_free(s->locks);
	*s = (struct store){0};
}

/* ---- sessions ---- */

static size_t session_slot(const struct store *s, uint64_t id)
{
	size_t i = (size_t)(id * 11400714819323198485u >> 20) & (s->session_slots - 1);

	while (s->session_table[i] && s->sessions[s->session_table[i] - 1].id != id)
		i = (i + 1) & (s->session_slots - 1);
	return i;
}

uint32_t store_session(struct store *s, uint64_t id)
{
	size_t slot;

	if (s->n_sessions * 2 >= s->session_slots) {
		s->session_slots = s->session_slots ? s->session_slots * 2 : 256;
		mem_free(s->session_table);
		s->session_table = mem_zalloc(s->session_slots * sizeof(*s->session_table));
		for (size_t i = 0; i < s->n_sessions; i++)
			s->session_table[session_slot(s, s->sessions[i].id)] = (uint32_t)i + 1;
	}
	slot = session_slot(s, id);
	if (!s->session_table[slot]) {
		MEM_PUSH(s->sessions, s->n_sessions, s->cap_sessions)->id = id;
		s->session_table[slot] = (uint32_t)s->n_sessions;
	}
	return s->session_table[slot] - 1;
}

void store_role(
	struct store *s, uint64_t id, enum role_kind kind, const char *name, uint64_t since_us)
{
	uint32_t place = store_session(s, id); /* may move the array, so first */
	struct session *session = &s->sessions[place];

	*MEM_PUSH(session->roles, session->n, session->cap) = (struct role){
		.kind = kind, .name = texts_intern(&s->texts, name), .since_us = since_us};
}

struct role store_role_at(const struct store *s, uint32_t place, uint64_t at_us)
{
	const struct session *session = &s->sessions[place];

	for (size_t i = session->n; i-- > 0;)
		if (session->roles[i].since_us <= at_us)
			return session->roles[i];
	/* A session is told of a moment after it was opened. */
	return session->n ? session->roles[0] : (struct role){0};
}

/* ---- waits ---- */

/* Keeps up to EDGES_MAX: the last NEAREST, and before them those that have a role beyond the
 * workload's. */
static uint8_t add_edges(struct store *s, const uint64_t *ids, size_t n)
{
	unsigned kept = 0;

	for (size_t i = 0; i < n && kept < EDGES_MAX; i++) {
		uint32_t place = store_session(s, ids[i]);
		const struct session *session = &s->sessions[place];
		bool special = session->n && session->roles[session->n - 1].kind != ROLE_WORKLOAD;

		if (!special && n - i > NEAREST)
			continue;
		*MEM_PUSH(s->edges, s->n_edges, s->cap_edges) = place;
		kept++;
	}
	return (uint8_t)kept;
}

void store_wait(struct store *s, const struct wait_event *event)
{
	struct wait w = {
		.start_us = event->start_us,
		.duration_us = event->duration_us,
		.object = texts_intern(&s->texts, event->object),
		.mode = texts_intern(&s->texts, event->mode),
		.tag = texts_intern(&s->texts, event->tag),
		.session = store_session(s, event->session),
		.edges = (uint32_t)s->n_edges,
		.outcome = (uint8_t)event->outcome,
		.exact = event->exact,
	};

	w.n_holders = add_edges(s, event->holders, event->n_holders);
	w.n_ahead = add_edges(s, event->ahead, event->n_ahead);
	*MEM_PUSH(s->waits, s->n_waits, s->cap_waits) = w;
}

/* ---- the migration's timeline ---- */

void store_statement_started(struct store *s, unsigned index, uint64_t at_us)
{
	*MEM_PUSH(s->statements, s->n_statements, s->cap_statements) =
		(struct timeline_entry){.index = index, .start_us = at_us};
}

void store_statement_ended(struct store *s, unsigned index, uint64_t at_us)
{
	for (size_t i = s->n_statements; i-- > 0;)
		if (s->statements[i].index == index) {
			s->statements[i].end_us = at_us;
			return;
		}
}

void store_transaction_ended(struct store *s, uint64_t at_us)
{
	*MEM_PUSH(s->transaction_ends, s->n_transaction_ends, s->cap_transaction_ends) = at_us;
}

void store_locks(struct store *s, unsigned index, const struct statement_facts *facts)
{
	for (size_t i = 0; i < facts->n_locks; i++) {
		const struct fact_lock *lock = &facts->locks[i];

		*MEM_PUSH(s->locks, s->n_locks, s->cap_locks) = (struct timeline_lock){
			.index = index,
			.object = texts_intern(&s->texts, lock->object),
			.acquired_us = lock->acquired_us,
			.blocks = lock->blocks_reads || lock->blocks_writes,
		};
	}
}

/* Times from samples and logs are this far off each other at worst. */
#define SLACK_US 30000

/* The transaction that was open at that time: after `from`, until `to`. */
static void transaction_at(const struct store *s, uint64_t at_us, uint64_t *from, uint64_t *to)
{
	*from = 0;
	*to = UINT64_MAX;
	for (size_t i = 0; i < s->n_transaction_ends; i++) {
		if (s->transaction_ends[i] > at_us) {
			*to = s->transaction_ends[i];
			return;
		}
		*from = s->transaction_ends[i];
	}
}

/* Who took the lock: the latest taking before the wait began, else the first after. */
static unsigned holder_of(const struct store *s, const struct wait *w)
{
	const struct timeline_lock *best = NULL;
	uint64_t from, to, known = w->start_us + SLACK_US;

	transaction_at(s, w->start_us, &from, &to);
	for (size_t i = 0; i < s->n_locks; i++) {
		const struct timeline_lock *lock = &s->locks[i];

		if (lock->object != w->object || !lock->blocks || lock->acquired_us <= from ||
			lock->acquired_us > to)
			continue;
		if (!best || lock->acquired_us <= known)
			best = lock;
	}
	return best ? best->index : 0;
}

static unsigned running_at(const struct store *s, const struct wait *w)
{
	uint64_t end = w->start_us + w->duration_us, from, to;
	const struct timeline_entry *last = NULL, *next = NULL;

	for (size_t i = 0; i < s->n_statements; i++) {
		const struct timeline_entry *e = &s->statements[i];

		/* The log's times are whole milliseconds. */
		if (e->start_us <= w->start_us + 1000)
			last = e;
		else if (!next)
			next = e;
	}
	if (!last)
		return next ? next->index : 0;
	if (!last->end_us || last->end_us >= w->start_us || !next || next->start_us > end)
		return last->index;
	/* Between two statements: the one whose transaction is still open, else the one that came.
	 */
	transaction_at(s, w->start_us, &from, &to);
	return last->end_us > from ? last->index : next->index;
}

unsigned store_statement_for(const struct store *s, const struct wait *w, bool holds)
{
	unsigned index = holds ? holder_of(s, w) : 0;

	return index ? index : running_at(s, w);
}
