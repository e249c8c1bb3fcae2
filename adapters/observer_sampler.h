/*
 * Looks at the locks of one session again and again, on a thread and a connection of its own, while
 * a statement runs. The engine brings the question and what becomes of the answer.
 */
#ifndef REHEARSE_ADAPTERS_OBSERVER_SAMPLER_H
#define REHEARSE_ADAPTERS_OBSERVER_SAMPLER_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "harness/base/err.h"

/* Who is looked at. */
struct sampled_session {
	uint64_t session; /* 0: nobody */
	uint64_t thread;  /* the server's other name for it; 0 where it has none */
};

struct lock_sampler_parts {
	/* Asks the server, on the sampler's thread and without the mutex: it may block, and touches
	 * nothing that the other operations do. 0; -1 when there is no answer, which is no more
	 * than a missing sample. */
	int (*ask)(void *self, const struct sampled_session *who);
	/* Takes in the answer, under the mutex; the look before was at previous_us. */
	void (*take)(void *self, uint64_t at_us, uint64_t previous_us);
	/* Forgets what was seen of the statement before, under the mutex. */
	void (*forget)(void *self);
	uint64_t first_us;	/* how long a statement is looked at more often */
	uint64_t first_step_us; /* between two looks, then */
	uint64_t step_us;	/* and afterwards */
};

struct lock_sampler {
	const struct lock_sampler_parts *parts;
	void *self;
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t wake;
	bool running, quit;
	struct sampled_session watched;
	unsigned generation; /* raised at every start and stop: late answers are dropped */
	uint64_t started_us;
	uint64_t previous_us; /* when the look before was, or the statement began */
};

/* `self` is what the parts are called with; it outlives the sampler. Looks at nobody yet. */
int lock_sampler_open(struct lock_sampler *s, const struct lock_sampler_parts *parts, void *self,
	struct err *err);
void lock_sampler_start(struct lock_sampler *s, struct sampled_session who, uint64_t now_us);
/* From here on what was seen, and previous_us, are the caller's until the next start. */
void lock_sampler_stop(struct lock_sampler *s);
/* Waits for the look under way. */
void lock_sampler_release(struct lock_sampler *s);

#endif
