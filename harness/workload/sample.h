/*
 * Real values for \sample: drawn once, at the start, from the replica, so that a lookup by key
 * finds rows with the data's own skew. They live in memory only.
 */
#ifndef REHEARSE_WORKLOAD_SAMPLE_H
#define REHEARSE_WORKLOAD_SAMPLE_H

#include <stddef.h>

#include "adapters/db.h"
#include "adapters/dialect.h"
#include "harness/base/err.h"
#include "harness/base/rng.h"
#include "harness/workload/value.h"

struct sample {
	char *table, *column; /* as written */
	char *where;	      /* FILE:LINE of the first use */
	char **texts;	      /* NULL elements are SQL NULL */
	struct value *values;
	size_t n;
};

struct sample_set {
	struct sample *items;
	size_t n, cap;
};

/* The index of table.column, added when it is new. */
size_t sample_set_add(
	struct sample_set *set, const char *table, const char *column, const char *where);
/* Draws up to `size` values for each: of a larger table other ones in every run, of a smaller one
 * all, sorted. ERR_FAILED with the place of the \sample. */
int sample_set_draw(struct sample_set *set, const struct db_adapter *db, struct db_conn *conn,
	const struct dialect *dialect, unsigned size, struct err *err);
void sample_set_release(struct sample_set *set);

/* One value at random; NULL from an empty table. */
static inline struct value sample_pick(const struct sample *s, struct rng *rng)
{
	if (s->n == 0)
		return value_null();
	return s->values[rng_between(rng, 0, (int64_t)s->n - 1)];
}

#endif
