/* Injected blockers: each a thread with a session of its own that takes something and holds it. */
#ifndef REHEARSE_REHEARSAL_DISTURB_H
#define REHEARSE_REHEARSAL_DISTURB_H

#include <stddef.h>
#include <stdint.h>

#include "adapters/engine.h"
#include "harness/base/err.h"
#include "harness/observe/observe.h"
#include "harness/scenario/scenario.h"

struct disturbances;

struct disturb_config {
	const struct engine *engine;
	const char *dsn, *database;
	const struct scenario_disturbance *list;
	size_t n;
	struct observe *observe; /* sessions are told to it; may be NULL */
};

/*
 * Opens a session each and starts them; returns once those with start 0 hold what they take, so
 * that the first migration statement meets them. -1: one could not connect, its SQL is wrong, or
 * the dialect has no such disturbance.
 */
int disturb_start(const struct disturb_config *config, struct disturbances **ret, struct err *err);
/* Ends all, also those whose time is not over; joins the threads. NULL-safe. */
void disturb_stop(struct disturbances *d);

#endif
