/* The workload engine as it drives a server, run in a child so that its cost can be told. */
#ifndef REHEARSE_TESTS_BENCH_LOAD_H
#define REHEARSE_TESTS_BENCH_LOAD_H

#include "adapters/engine.h"
#include "harness/scenario/scenario.h"
#include "tests/bench/bench.h"

struct load {
	const struct engine *engine;
	const char *dsn;
	const char *script; /* path of a file in the workload language */
	enum workload_mode mode;
	enum arrivals arrivals;
	double rate; /* open mode */
	unsigned connections;
	double seconds;
};

struct load_result {
	uint64_t arrived, completed, failed;
	double per_second;	/* transactions completed, from the first start to the stop */
	uint64_t lag_us[3];	/* p50, p99, max: sends after their intended start, with a
				 * connection free */
	uint64_t latency_us[3]; /* p50, p99, max, from the intended start */
	struct bench_cost cost; /* of the whole child, connecting included */
};

void load_run(const struct load *load, struct load_result *ret);

#endif
