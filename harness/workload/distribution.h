/*
 * pgbench's random distributions and hashes. hash and permute give the very values that pgbench
 * gives; random draws have its distributions but come from this project's generator.
 */
#ifndef REHEARSE_WORKLOAD_DISTRIBUTION_H
#define REHEARSE_WORKLOAD_DISTRIBUTION_H

#include <stdint.h>

#include "harness/base/rng.h"

#define GAUSSIAN_PARAMETER_MIN 2.0
#define ZIPFIAN_PARAMETER_MIN 1.001
#define ZIPFIAN_PARAMETER_MAX 1000.0

/* All inclusive, lo <= hi, hi - lo + 1 within int64_t; parameters within their bounds. */
int64_t distribution_exponential(struct rng *r, int64_t lo, int64_t hi, double parameter);
int64_t distribution_gaussian(struct rng *r, int64_t lo, int64_t hi, double parameter);
int64_t distribution_zipfian(struct rng *r, int64_t lo, int64_t hi, double parameter);

int64_t hash_fnv1a(int64_t value, uint64_t seed);
int64_t hash_murmur2(int64_t value, uint64_t seed);
/* A pseudorandom permutation of 0..size-1; size > 0. */
int64_t permute(int64_t value, int64_t size, int64_t seed);

#endif
