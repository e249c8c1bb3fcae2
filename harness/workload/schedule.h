/*
 * When transactions arrive, of which type, and with which random numbers: a function of seed, rate
 * and weights alone. Arrival k belongs to worker k mod `workers`: every worker walks the whole
 * schedule and keeps its own, so the traffic is the same, arrival for arrival, however many workers
 * send it, and the total is exactly the process asked for.
 */
#ifndef REHEARSE_WORKLOAD_SCHEDULE_H
#define REHEARSE_WORKLOAD_SCHEDULE_H

#include <stdint.h>

#include "harness/base/rng.h"
#include "harness/scenario/scenario.h"

struct schedule_config {
	double rate; /* per second, all workers together */
	enum arrivals arrivals;
	uint64_t seed;
	const unsigned *weights; /* by type; borrowed */
	unsigned n_types;
	unsigned workers, worker;
};

struct schedule {
	struct rng rng;
	struct schedule_config config;
	double interval_us, at_us;
	uint64_t total_weight;
	uint64_t next; /* number of the next arrival, over all workers */
};

struct scheduled {
	uint64_t at_us; /* since the start */
	uint64_t number;
	unsigned type;
};

void schedule_init(struct schedule *s, const struct schedule_config *config);
void schedule_next(struct schedule *s, struct scheduled *ret);	   /* this worker's next arrival */
unsigned schedule_type(const struct schedule *s, struct rng *rng); /* by weight */
/* The generator of one transaction's parameters. */
void schedule_rng(uint64_t seed, uint64_t number, struct rng *ret);

#endif
