/*
 * The limit of the client libraries: one loop over all connections that sends the next statement
 * when the last one's answer is there, and keeps no books: no clock, no counters but one, no
 * errors, no expressions.
 */
#ifndef REHEARSE_TESTS_BENCH_BARE_H
#define REHEARSE_TESTS_BENCH_BARE_H

#include "tests/bench/bench.h"

struct bare {
	const char *dsn; /* as the engine's adapter reads it; for libmariadb the socket's path */
	unsigned connections;
	double seconds;
};

struct bare_result {
	uint64_t completed;
	double per_second;
	struct bench_cost cost;
};

/* Selects one of 100,000 accounts by its key. */
void bare_postgres(const struct bare *bare, struct bare_result *ret);
void bare_mysql(const struct bare *bare, struct bare_result *ret);

#endif
