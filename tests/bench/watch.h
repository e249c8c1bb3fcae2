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
void watch_end(struct watch *w); /* when the last waits have been told; `told` stays */
void watch_release(struct watch *w);

#endif
