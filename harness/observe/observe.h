/*
 * Turns raw wait events into attributed lock waits: who waited, behind which migration statement,
 * disturbance or transaction of the workload. Owns the polling thread.
 */
#ifndef REHEARSE_OBSERVE_OBSERVE_H
#define REHEARSE_OBSERVE_OBSERVE_H

#include <stdint.h>

#include "adapters/engine.h"
#include "harness/base/err.h"
#include "harness/measure/result.h"

struct observe;

/* Opens the engine's observer on the replica and starts to poll it. origin: wall-clock time 0. */
int observe_open(const struct engine *engine, const struct observer_config *config,
	struct observe **ret, struct err *err);
/* Time 0 of the rehearsal, by both clocks. Before it waits are dropped. */
void observe_origin(struct observe *o, uint64_t wall_us);

/* Who a session is. Thread-safe; a session that ended keeps its role for its time. */
void observe_workload_session(void *observe, uint64_t session); /* fits workload's on_session */
void observe_disturbance_session(struct observe *o, uint64_t session, const char *name);
void observe_migration_session(struct observe *o, uint64_t session);

/* The migration's timeline, told by the runner as it happens. Thread-safe. */
void observe_statement_started(struct observe *o, unsigned index, uint64_t wall_us);
void observe_statement_ended(struct observe *o, unsigned index, uint64_t wall_us);
void observe_transaction_ended(struct observe *o, uint64_t wall_us);
/* The locks that a statement newly took, so that a wait goes to the one that holds the lock. */
void observe_statement_locks(struct observe *o, unsigned index, const struct statement_facts *f);

/* The adapter's side of the statement, for the runner. */
struct observer *observe_adapter(struct observe *o);

struct observe_live {
	uint64_t waits;	      /* ended so far */
	unsigned waiting_now; /* sessions */
	uint64_t longest_us;
};
void observe_live(const struct observe *o, struct observe_live *ret);

/*
 * Looks at the baseline's waits: when the workload itself fights over rows so much that min_wait
 * would cost throughput, raises it (to 100 ms) and says so in the result. Call at the end of
 * warm-up.
 */
int observe_adapt(struct observe *o, struct err *err);

/* Stops polling, takes the last events, attributes all. -1: the source broke (waits may be
 * missing). */
int observe_finish(struct observe *o, struct err *err);
/* After observe_finish(): lock_waits, wait_groups, phases[].lock_waits, statements[].caused and
 * waited_us, leftovers, observation. phases[] need start_us and end_us, statements[] need to be
 * there. */
int observe_report(struct observe *o, struct result *r, struct err *err);
void observe_free(struct observe *o); /* NULL-safe */

#endif
