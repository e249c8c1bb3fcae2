#include "harness/measure/histogram.h"

#include <math.h>
#include <string.h>

#include "harness/base/mem.h"

/*
 * Values below 2048 have a bucket each; above, every doubling is cut into 1024 equal buckets, so
 * that a bucket is never wider than 1/1024 of its values.
 */
enum { HALF_BITS = 10, HALF = 1 << HALF_BITS };

static size_t bucket_of(uint64_t us)
{
	int shift;

	if (us < 2 * HALF)
		return (size_t)us;
	if (us > HISTOGRAM_MAX_US)
		us = HISTOGRAM_MAX_US;
	shift = 63 - __builtin_clzll(us) - HALF_BITS;
	return ((size_t)shift << HALF_BITS) + (size_t)(us >> shift);
}

static uint64_t upper_edge(size_t bucket)
{
	unsigned shift;

	if (bucket < 2 * HALF)
		return bucket;
	shift = (unsigned)(bucket >> HALF_BITS) - 1;
	return ((uint64_t)(bucket - ((size_t)shift << HALF_BITS) + 1) << shift) - 1;
}

void histogram_init(struct histogram *h)
{
	*h = (struct histogram){.n = bucket_of(HISTOGRAM_MAX_US) + 1, .min = UINT64_MAX};
	h->counts = mem_zalloc(h->n * sizeof(*h->counts));
}

void histogram_release(struct histogram *h)
{
	if (!h)
		return;
	mem_free(h->counts);
	*h = (struct histogram){.min = UINT64_MAX};
}

void histogram_clear(struct histogram *h)
{
	memset(h->counts, 0, h->n * sizeof(*h->counts));
	h->total = h->max = h->sum = 0;
	h->min = UINT64_MAX;
}

void histogram_add(struct histogram *h, uint64_t us)
{
	h->counts[bucket_of(us)]++;
	h->total++;
	h->sum += us;
	if (us < h->min)
		h->min = us;
	if (us > h->max)
		h->max = us;
}

void histogram_merge(struct histogram *into, const struct histogram *from)
{
	if (from->total == 0)
		return;
	for (size_t i = 0; i < from->n; i++)
		into->counts[i] += from->counts[i];
	into->total += from->total;
	into->sum += from->sum;
	if (from->min < into->min)
		into->min = from->min;
	if (from->max > into->max)
		into->max = from->max;
}

uint64_t histogram_percentile(const struct histogram *h, double percent)
{
	uint64_t rank, seen = 0;

	if (h->total == 0)
		return 0;
	/* The smallest rank that covers `percent`; the tiny step back absorbs 99.9 / 100 * n. */
	rank = (uint64_t)ceil(percent / 100 * (double)h->total - 1e-9);
	if (rank < 1)
		rank = 1;
	if (rank >= h->total)
		return h->max;
	for (size_t i = 0; i < h->n; i++) {
		seen += h->counts[i];
		if (seen >= rank && i + 1 < h->n)
			return upper_edge(i) < h->max ? upper_edge(i) : h->max;
	}
	return h->max;
}

double histogram_mean(const struct histogram *h)
{
	return h->total ? (double)h->sum / (double)h->total : 0;
}
