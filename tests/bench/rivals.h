/* The servers that the driver is measured on, each with the tool that is used on it elsewhere. */
#ifndef REHEARSE_TESTS_BENCH_RIVALS_H
#define REHEARSE_TESTS_BENCH_RIVALS_H

#include "adapters/engine.h"
#include "tests/bench/bench.h"
#include "tests/support/mariadb.h"
#include "tests/support/pg.h"

enum { RIVAL_POSTGRES, RIVAL_MARIADB, RIVAL_SERVERS };

struct rival_server {
	const char *tool, *bare; /* "pgbench", "bare libpq loop" */
	double cpu_goal;	 /* the engine's CPU per transaction, of the tool's */
	const struct engine *engine;
	const char *dsn;
	char *script; /* the statement in the workload language: one of 100,000 accounts by key */

	size_t kind;
	char *output; /* what the tool says */
	char *program, *socket;
	struct test_pg pg;
	struct test_mariadb mariadb;
};

struct rival_result {
	uint64_t completed;
	double per_second;
	double lag_us[2];     /* p50, p99, at a rate; 0 where the tool tells none */
	double latency_us[2]; /* p50, p99, from the intended start, at a rate */
	struct bench_cost cost;
};

void rival_start(struct rival_server *s, size_t kind);
void rival_stop(struct rival_server *s);
/* rate 0: as fast as it goes. */
void rival_tool(const struct rival_server *s, unsigned connections, double rate, int seconds,
	struct rival_result *ret);
void rival_bare(
	const struct rival_server *s, unsigned connections, int seconds, struct rival_result *ret);

#endif
