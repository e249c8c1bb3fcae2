/* An observer that tells what a test scripts, for suites that need no server. */
#ifndef REHEARSE_TESTS_TAPE_H
#define REHEARSE_TESTS_TAPE_H

#include <stdatomic.h>

#include "adapters/observer.h"

#define TAPE_EVENTS_MAX 32

struct tape {
	struct wait_event events[TAPE_EVENTS_MAX];
	size_t n;
	/* Also looked at by the polling thread. */
	atomic_size_t flood; /* so many more, made up */
	atomic_bool breaks;
	uint64_t min_wait_us;
	struct leftover *leftovers;
	size_t n_leftovers;
};

extern struct tape tape; /* what finish() hands over, and what was asked of it */
extern const struct observer_ops tape_ops;

/* Hands over the flood, once. */
void tape_flood(void (*sink)(void *ctx, struct wait_event *event), void *ctx);

#endif
