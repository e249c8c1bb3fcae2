/* An observer that is polled as a rehearsal does it, and all that it told. */
#ifndef REHEARSE_TESTS_BENCH_WATCH_H
#define REHEARSE_TESTS_BENCH_WATCH_H

#include <pthread.h>
#include <stdatomic.h>

#include "adapters/engine.h"

struct watch {
	const struct observer_ops *ops;
	struct observer *observer;
	pthread_t thread;
	atomic_bool quit;
	struct wait_event *told;
	size_t n, cap;
};

void watch_begin(struct watch *w, const char *engine, const struct replica_info *replica,
	uint64_t min_wait_us);
#define WATCH_SETTLE_US 1500000 /* for the last waits to be told */

void watch_end(struct watch *w, uint64_t settle_us); /* `told` stays */
void watch_release(struct watch *w);

#endif
