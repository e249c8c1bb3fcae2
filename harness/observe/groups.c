#include "harness/observe/groups.h"

#include <stdlib.h>

#include "harness/base/mem.h"

static size_t key_hash(const struct group_key *k)
{
	uint64_t h = 1469598103934665603u;
	const uint32_t parts[] = {
		k->object, k->mode, k->waiter, k->blocked_by, k->statement, k->phase, k->cause};

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		h = (h ^ parts[i]) * 1099511628211u;
	return (size_t)(h ^ h >> 29);
}

static bool key_equal(const struct group_key *a, const struct group_key *b)
{
	return a->object == b->object && a->mode == b->mode && a->waiter == b->waiter &&
		a->blocked_by == b->blocked_by && a->statement == b->statement &&
		a->phase == b->phase && a->cause == b->cause;
}

static size_t group_slot(const struct groups *g, const struct group_key *key)
{
	size_t i = key_hash(key) & (g->slots - 1);

	while (g->table[i] && !key_equal(&g->keys[g->table[i] - 1], key))
		i = (i + 1) & (g->slots - 1);
	return i;
}

static void groups_grow(struct groups *g)
{
	g->slots = g->slots ? g->slots * 2 : 256;
	g->cap = g->slots / 2;
	g->keys = mem_resize(g->keys, g->cap, sizeof(*g->keys));
	g->waits = mem_resize(g->waits, g->cap, sizeof(*g->waits));
	mem_free(g->table);
	g->table = mem_zalloc(g->slots * sizeof(*g->table));
	for (size_t i = 0; i < g->n; i++)
		g->table[group_slot(g, &g->keys[i])] = (uint32_t)i + 1;
}

struct result_waits *groups_find(struct groups *g, const struct group_key *key)
{
	size_t slot;

	if (g->n == g->cap)
		groups_grow(g);
	slot = group_slot(g, key);
	if (!g->table[slot]) {
		g->keys[g->n] = *key;
		g->waits[g->n] = (struct result_waits){0};
		g->table[slot] = (uint32_t)++g->n;
	}
	return &g->waits[g->table[slot] - 1];
}

void groups_release(struct groups *g)
{
	mem_free(g->keys);
	mem_free(g->waits);
	mem_free(g->table);
	*g = (struct groups){0};
}

/* ---- folding ---- */

struct order {
	const struct groups *g;
	const struct group_fold *fold;
};

static bool of_migration(const struct order *o, size_t i)
{
	return o->g->keys[i].cause == CAUSE_MIGRATION || o->g->keys[i].waiter == o->fold->migration;
}

static int by_weight(const void *a, const void *b, void *order)
{
	const struct order *o = order;
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
	uint64_t x_us = o->g->waits[x].total_us, y_us = o->g->waits[y].total_us;

	if (of_migration(o, x) != of_migration(o, y))
		return of_migration(o, x) ? -1 : 1;
	if (x_us != y_us)
		return x_us > y_us ? -1 : 1;
	return x < y ? -1 : x > y;
}

static void add(struct result_waits *into, const struct result_waits *from)
{
	into->count += from->count;
	into->total_us += from->total_us;
	if (from->max_us > into->max_us)
		into->max_us = from->max_us;
}

void groups_fold(struct groups *g, const struct group_fold *fold)
{
	struct order order = {g, fold};
	struct groups folded = {0};
	uint32_t *places;

	if (g->n <= fold->max)
		return;
	places = mem_alloc(g->n * sizeof(*places));
	for (size_t i = 0; i < g->n; i++)
		places[i] = (uint32_t)i;
	qsort_r(places, g->n, sizeof(*places), by_weight, &order);
	for (size_t i = 0; i < g->n; i++) {
		struct group_key key = g->keys[places[i]];

		if (i >= fold->max) {
			key.object = fold->object;
			key.mode = fold->mode;
			if (key.waiter != fold->migration)
				key.waiter = fold->waiter;
			if (key.cause != CAUSE_MIGRATION)
				key.blocked_by = fold->blocked_by;
		}
		add(groups_find(&folded, &key), &g->waits[places[i]]);
	}
	mem_free(places);
	groups_release(g);
	*g = folded;
}
