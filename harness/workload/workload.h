/*
 * The workload engine: weighted transactions sent at an arrival rate through a connection pool.
 * Open loop: a transaction arrives by the schedule whether or not earlier ones have finished, and
 * its latency counts from that intended start. Every SQL error is survived and counted.
 *
 * What one arrival sends (its time, type and random numbers) follows from the seed alone: arrival k
 * goes to worker k mod workers, so more workers change nothing about the traffic. The pool is split
 * too: connection i belongs to worker i mod workers, and no worker lends to another. Since each
 * gets every k-th arrival, their loads differ by chance only, but with several workers a pool of
 * n connections is exhausted a little earlier than an undivided pool of n would be. With one
 * worker there is no difference.
 *
 * Latency and service time are those of completed transactions; failed ones, and those that found
 * no connection, are counted beside them. acquire_timeout_us 0: they wait for as long as it takes.
 */
#ifndef REHEARSE_WORKLOAD_WORKLOAD_H
#define REHEARSE_WORKLOAD_WORKLOAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "adapters/engine.h"
#include "harness/base/err.h"
#include "harness/measure/histogram.h"
#include "harness/measure/result.h"
#include "harness/scenario/scenario.h"

struct workload_config {
	const struct engine *engine;
	const char *dsn, *database;
	const struct scenario_workload *settings;
	/* Called whenever a session was opened (by workload_connect()) or reopened (from worker
	 * threads). May be NULL. */
	void (*on_session)(void *ctx, uint64_t session_id);
	void *ctx;
	/* For a generated workload: tables that the migration names, as written; may be empty. */
	char *const *tables;
	size_t n_tables;
};

struct workload;

/* What the counters said at one moment; cheap, lock-free, any thread. */
struct workload_live {
	uint64_t arrived, completed, failed, pool_timeouts;
	uint64_t in_flight; /* arrived and neither completed, failed nor timed out */
	uint64_t queued;    /* of those, waiting for a connection */
};

/*
 * Reads the scripts (ERR_USAGE with file and line for a wrong one). No server is touched. The
 * configuration is kept by reference.
 */
int workload_load(const struct workload_config *config, struct workload **ret, struct err *err);
/* Generates scripts where none are given, draws the samples, asks which statements can be prepared
 * (by preparing them; nothing is run), and opens the pool. ERR_FAILED with the reason. */
int workload_connect(struct workload *w, struct err *err);
/* Starts the workers; arrivals belong to PHASE_WARM_UP. origin_us: clock_us() that is time 0. */
int workload_start(struct workload *w, uint64_t origin_us, struct err *err);
/* From now on arrivals belong to `phase`; phases come in their order. Any thread. */
void workload_phase(struct workload *w, enum phase_id phase);
void workload_live(const struct workload *w, struct workload_live *ret);
/* Ends arrivals, waits up to drain_us for what is in flight, cancels and counts the rest as
 * in_flight, closes the pool, joins the workers. Idempotent. */
void workload_stop(struct workload *w, uint64_t drain_us);
/* After workload_stop(): fills phases[] but for lock_waits, start_us and end_us, and the workload's
 * part of r->rehearsal. Asserts the counters' identity. seconds[] are counted from the phase's
 * start, whole ones only; their p99 is at most 1/16 too high, their max exact. Call it once. */
void workload_report(const struct workload *w, struct result *r);
void workload_free(struct workload *w); /* NULL-safe; stops first */

/* For plan(): one line per transaction with its share and number of statements. */
struct str;
void workload_describe(const struct workload *w, struct str *out);

#endif
