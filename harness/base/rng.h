/*
 * A small, fast, seedable generator (xoshiro256**, Blackman and Vigna, public domain algorithm),
 * so that a rehearsal's schedule and parameters follow from its seed on every machine.
 * Not thread-safe: one per worker; not for secrets.
 */
#ifndef REHEARSE_BASE_RNG_H
#define REHEARSE_BASE_RNG_H

#include <stdint.h>

struct rng {
	uint64_t s[4];
};

void rng_seed(struct rng *r, uint64_t seed); /* any seed, 0 too */
uint64_t rng_next(struct rng *r);
double rng_unit(struct rng *r);				    /* [0, 1) */
int64_t rng_between(struct rng *r, int64_t lo, int64_t hi); /* inclusive, unbiased; lo <= hi */
double rng_exponential(struct rng *r, double mean);

#endif
