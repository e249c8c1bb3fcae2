/* What the files of this folder share. */
#ifndef REHEARSE_OBSERVE_INTERNAL_H
#define REHEARSE_OBSERVE_INTERNAL_H

#include <pthread.h>
#include <stdatomic.h>

#include "harness/observe/attribute.h"
#include "harness/observe/observe.h"
#include "harness/observe/store.h"

struct observe {
	const struct engine *engine;
	const struct observer_ops *ops;
	struct observer *adapter;
	uint64_t min_wait_us; /* as configured */
	char note[256];	      /* what was changed on the way; "" nothing */

	pthread_t thread;
	bool threaded, finished;
	atomic_bool quit;
	pthread_mutex_t polling; /* over the adapter's poll side */
	bool broken;		 /* under polling: the source failed */
	struct err broken_err;

	pthread_mutex_t lock; /* over all below */
	uint64_t origin_us;   /* wall clock; 0: not begun */
	uint64_t workload_waits;
	struct store store;
	struct cause *causes; /* after observe_finish() */

	atomic_uint_least64_t waits, longest_us;
	atomic_uint waiting_now;
};

/* report.c */
int observe_fill(struct observe *o, struct result *r, struct err *err);

#endif
