#include "harness/workload/stats.h"

#include <string.h>

#include "harness/base/mem.h"

/* ---- seconds ---- */

static unsigned bucket_of(uint64_t us)
{
	int shift;

	if (us > HISTOGRAM_MAX_US)
		us = HISTOGRAM_MAX_US;
	if (us < 32)
		return (unsigned)us;
	shift = 63 - __builtin_clzll(us) - 4;
	return ((unsigned)shift << 4) + (unsigned)(us >> shift);
}

static uint64_t upper_edge(unsigned bucket)
{
	unsigned shift;

	if (bucket < 32)
		return bucket;
	shift = (bucket >> 4) - 1;
	return ((uint64_t)(bucket - (shift << 4) + 1) << shift) - 1;
}

void second_add(struct second *s, uint64_t us)
{
	s->counts[bucket_of(us)]++;
	if (us > s->max_us)
		s->max_us = us;
}

void second_merge(struct second *into, const struct second *from)
{
	into->arrived += from->arrived;
	into->completed += from->completed;
	into->failed += from->failed;
	into->pool_timeouts += from->pool_timeouts;
	if (from->max_us > into->max_us)
		into->max_us = from->max_us;
	for (unsigned i = 0; i < SECOND_BUCKETS; i++)
		into->counts[i] += from->counts[i];
}

uint64_t second_p99(const struct second *s)
{
	uint64_t total = 0, rank, seen = 0;

	for (unsigned i = 0; i < SECOND_BUCKETS; i++)
		total += s->counts[i];
	rank = (total * 99 + 99) / 100;
	if (rank == total)
		return s->max_us;
	for (unsigned i = 0; i < SECOND_BUCKETS; i++) {
		seen += s->counts[i];
		if (seen >= rank)
			return upper_edge(i) < s->max_us ? upper_edge(i) : s->max_us;
	}
	return s->max_us;
}

struct second *seconds_at(struct seconds *s, uint64_t second)
{
	struct second **chunk;

	if (second >= (uint64_t)SECONDS_PER_CHUNK * SECONDS_CHUNKS)
		return NULL;
	chunk = &s->chunks[second / SECONDS_PER_CHUNK];
	if (!*chunk) /* once a minute */
		*chunk = mem_zalloc(SECONDS_PER_CHUNK * sizeof(**chunk));
	if (second >= s->n)
		s->n = (size_t)second + 1;
	return &(*chunk)[second % SECONDS_PER_CHUNK];
}

const struct second *seconds_peek(const struct seconds *s, size_t second)
{
	const struct second *chunk = second < s->n ? s->chunks[second / SECONDS_PER_CHUNK] : NULL;

	return chunk ? &chunk[second % SECONDS_PER_CHUNK] : NULL;
}

static void seconds_merge(struct seconds *into, const struct seconds *from)
{
	for (size_t i = 0; i < from->n; i++) {
		const struct second *second = seconds_peek(from, i);

		if (second)
			second_merge(seconds_at(into, i), second);
	}
}

/* ---- all ---- */

void stats_init(struct stats *s, unsigned n_types)
{
	*s = (struct stats){.n_types = n_types};
	histogram_init(&s->lag);
	for (int p = 0; p < PHASE_COUNT; p++) {
		s->seconds[p] = mem_zalloc(sizeof(*s->seconds[p]));
		s->types[p] = mem_zalloc(n_types * sizeof(*s->types[p]));
		for (unsigned t = 0; t < n_types; t++) {
			histogram_init(&s->types[p][t].latency);
			histogram_init(&s->types[p][t].service);
		}
	}
}

void stats_release(struct stats *s)
{
	for (int p = 0; p < PHASE_COUNT && s->types[p]; p++) {
		for (unsigned t = 0; t < s->n_types; t++) {
			histogram_release(&s->types[p][t].latency);
			histogram_release(&s->types[p][t].service);
		}
		for (size_t c = 0; c < SECONDS_CHUNKS; c++)
			mem_free(s->seconds[p]->chunks[c]);
		mem_free(s->types[p]);
		mem_free(s->seconds[p]);
	}
	histogram_release(&s->lag);
	mem_free(s->errors);
	*s = (struct stats){0};
}

static struct stats_error *find_error(
	struct stats *s, enum phase_id phase, unsigned type, const struct db_error *e)
{
	struct stats_error *new;

	for (size_t i = 0; i < s->n_errors; i++) {
		struct stats_error *old = &s->errors[i];

		if (old->phase == phase && old->type == type &&
			strcmp(old->first.code, e->code) == 0)
			return old;
	}
	new = MEM_PUSH(s->errors, s->n_errors, s->cap_errors);
	new->phase = phase;
	new->type = type;
	new->first = *e;
	return new;
}

void stats_error(struct stats *s, enum phase_id phase, unsigned type, const struct db_error *e)
{
	find_error(s, phase, type, e)->count++;
}

void stats_merge(struct stats *into, const struct stats *from)
{
	for (int p = 0; p < PHASE_COUNT; p++) {
		for (unsigned t = 0; t < from->n_types; t++) {
			struct stats_type *a = &into->types[p][t];
			const struct stats_type *b = &from->types[p][t];

			a->arrived += b->arrived;
			a->completed += b->completed;
			a->failed += b->failed;
			a->pool_timeouts += b->pool_timeouts;
			histogram_merge(&a->latency, &b->latency);
			histogram_merge(&a->service, &b->service);
		}
		seconds_merge(into->seconds[p], from->seconds[p]);
	}
	for (size_t i = 0; i < from->n_errors; i++) {
		const struct stats_error *e = &from->errors[i];

		find_error(into, e->phase, e->type, &e->first)->count += e->count;
	}
	histogram_merge(&into->lag, &from->lag);
}
