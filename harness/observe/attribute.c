#include "harness/observe/attribute.h"

#include <stdlib.h>
#include <sys/types.h>

#include "harness/base/mem.h"

#define DEPTH_MAX 64 /* a chain of waits that is longer than any real one */

enum { WALK_NEW, WALK_OPEN, WALK_DONE };

struct walk {
	struct store *s;
	struct cause *causes;
	uint32_t *order; /* waits by session, then start */
	size_t *first;	 /* session -> its first place in order; one more at the end */
};

static int by_session(const void *a, const void *b, void *waits)
{
	const struct wait *x = (const struct wait *)waits + *(const uint32_t *)a;
	const struct wait *y = (const struct wait *)waits + *(const uint32_t *)b;

	if (x->session != y->session)
		return x->session < y->session ? -1 : 1;
	return x->start_us < y->start_us ? -1 : x->start_us > y->start_us;
}

static void sort_waits(struct walk *walk)
{
	const struct store *s = walk->s;
	size_t at = 0;

	walk->order = mem_alloc(s->n_waits * sizeof(*walk->order));
	for (size_t i = 0; i < s->n_waits; i++)
		walk->order[i] = (uint32_t)i;
	qsort_r(walk->order, s->n_waits, sizeof(*walk->order), by_session, s->waits);
	walk->first = mem_alloc((s->n_sessions + 1) * sizeof(*walk->first));
	for (size_t session = 0; session <= s->n_sessions; session++) {
		while (at < s->n_waits && s->waits[walk->order[at]].session < session)
			at++;
		walk->first[session] = at;
	}
}

static uint64_t overlap(const struct wait *a, const struct wait *b)
{
	uint64_t a_end = a->start_us + a->duration_us, b_end = b->start_us + b->duration_us;
	uint64_t from = a->start_us > b->start_us ? a->start_us : b->start_us;
	uint64_t to = a_end < b_end ? a_end : b_end;

	return to > from ? to - from : 0;
}

/*
 * What `session` itself waited for while w waited, if it did so for at least half of that time:
 * then it was no root. -1: nothing. A session's waits follow each other, so the first that matters
 * is found by halving.
 */
static ssize_t waited_meanwhile(const struct walk *walk, uint32_t session, const struct wait *w)
{
	const struct store *s = walk->s;
	size_t lo = walk->first[session], hi = walk->first[session + 1], end = hi;
	uint64_t best = 0;
	ssize_t found = -1;

	while (lo < hi) {
		size_t middle = lo + (hi - lo) / 2;
		const struct wait *m = &s->waits[walk->order[middle]];

		if (m->start_us + m->duration_us <= w->start_us)
			lo = middle + 1;
		else
			hi = middle;
	}
	for (; lo < end; lo++) {
		const struct wait *other = &s->waits[walk->order[lo]];
		uint64_t common = overlap(w, other);

		if (other->start_us >= w->start_us + w->duration_us)
			break;
		if (common > best) {
			best = common;
			found = (ssize_t)walk->order[lo];
		}
	}
	return best * 2 >= w->duration_us ? found : -1;
}

/* disturbance 'reader' */
static uint32_t named_text(struct store *s, const char *what, const char *name)
{
	char *made = mem_printf("%s '%s'", what, name);
	uint32_t number = texts_intern(&s->texts, made);

	mem_free(made);
	return number;
}

static uint32_t statement_text(struct store *s, unsigned index)
{
	char *made = mem_printf("statement %u", index);
	uint32_t number = texts_intern(&s->texts, made);

	mem_free(made);
	return number;
}

static struct cause resolve(struct walk *walk, size_t index, unsigned depth);

/* The migration's own waits are never its own fault. */
static bool is_migration(const struct store *s, const struct wait *w)
{
	return store_role_at(s, w->session, w->start_us + w->duration_us).kind == ROLE_MIGRATION;
}

/* The root behind one blocker of w. */
static struct cause behind(
	struct walk *walk, const struct wait *w, uint32_t blocker, bool holds, unsigned depth)
{
	struct store *s = walk->s;
	struct role role = store_role_at(s, blocker, w->start_us + w->duration_us);
	ssize_t further;
	uint32_t tag = 0;

	if (role.kind == ROLE_MIGRATION && !is_migration(s, w)) {
		unsigned statement = store_statement_for(s, w, holds);

		return (struct cause){.kind = CAUSE_MIGRATION,
			.statement = statement,
			.queued = !holds,
			.blocked_by = statement_text(s, statement)};
	}
	if (role.kind == ROLE_DISTURBANCE)
		return (struct cause){.kind = CAUSE_DISTURBANCE,
			.blocked_by =
				named_text(s, "disturbance", texts_get(&s->texts, role.name))};
	further = waited_meanwhile(walk, blocker, w);
	if (further >= 0) {
		tag = s->waits[further].tag;
		if (walk->causes[further].state != WALK_OPEN && depth < DEPTH_MAX) {
			struct cause c = resolve(walk, (size_t)further, depth + 1);

			if (c.kind != CAUSE_OTHER &&
				(c.kind != CAUSE_MIGRATION || !is_migration(s, w)))
				return c;
		}
	}
	if (role.kind == ROLE_WORKLOAD || tag) {
		return (struct cause){.kind = CAUSE_WORKLOAD,
			.blocked_by = tag ? named_text(s, "transaction", texts_get(&s->texts, tag))
					  : texts_intern(&s->texts, "the workload")};
	}
	return (struct cause){
		.kind = CAUSE_OTHER, .blocked_by = texts_intern(&s->texts, "another session")};
}

static struct cause resolve(struct walk *walk, size_t index, unsigned depth)
{
	struct cause *cause = &walk->causes[index];
	struct wait w = walk->s->waits[index];
	struct cause best = {.kind = CAUSE_OTHER,
		.blocked_by = texts_intern(&walk->s->texts, "another session")};

	if (cause->state == WALK_DONE)
		return *cause;
	cause->state = WALK_OPEN;
	for (unsigned i = 0; i < (unsigned)w.n_holders + w.n_ahead; i++) {
		uint32_t blocker = walk->s->edges[w.edges + i];
		struct cause c;

		if (blocker == w.session)
			continue;
		c = behind(walk, &w, blocker, i < w.n_holders, depth);
		/* In the order of enum cause_kind: the gravest counts. */
		if (c.kind < best.kind)
			best = c;
	}
	best.state = WALK_DONE;
	*cause = best;
	return best;
}

struct cause *attribute_all(struct store *s)
{
	struct walk walk = {.s = s};

	walk.causes = mem_zalloc(s->n_waits * sizeof(*walk.causes));
	sort_waits(&walk);
	for (size_t i = 0; i < s->n_waits; i++)
		resolve(&walk, i, 0);
	mem_free(walk.order);
	mem_free(walk.first);
	return walk.causes;
}
