/*
 * A log-linear histogram of microseconds: 1 us to 1 h, three significant digits (the relative
 * error of a value read back is below 1/1000), merge without loss. Fixed size, no allocation after
 * init. Not thread-safe: one per worker, merged afterwards.
 */
#ifndef REHEARSE_MEASURE_HISTOGRAM_H
#define REHEARSE_MEASURE_HISTOGRAM_H

#include <stddef.h>
#include <stdint.h>

#define HISTOGRAM_MAX_US ((uint64_t)3600 * 1000000)

struct histogram {
	uint64_t *counts;
	size_t n; /* buckets */
	uint64_t total;
	uint64_t min, max, sum; /* exact, us; min is UINT64_MAX while empty */
};

void histogram_init(struct histogram *h);
void histogram_release(struct histogram *h); /* NULL-safe, safe on zeroed */
void histogram_clear(struct histogram *h);
/* Values above HISTOGRAM_MAX_US count in the last bucket; max and sum stay exact. */
void histogram_add(struct histogram *h, uint64_t us);
void histogram_merge(struct histogram *into, const struct histogram *from);
/* The value at or below which `percent` (0..100] of the values lie; 0 when empty. Upper edge of its
 * bucket, never above max. */
uint64_t histogram_percentile(const struct histogram *h, double percent);
double histogram_mean(const struct histogram *h); /* 0 when empty */

#endif
