/*
 * Follows lock waits through the log: which process waits now, for what, behind whom, and how each
 * wait ends. Pure, as loglines.h: the caller brings records, names and the time.
 */
#ifndef REHEARSE_ADAPTERS_POSTGRES_LOGLINES_WAITS_H
#define REHEARSE_ADAPTERS_POSTGRES_LOGLINES_WAITS_H

#include "adapters/observer.h"
#include "adapters/postgres/loglines.h"

struct open_wait {
	uint64_t pid;	  /* the process */
	uint64_t session; /* its session: the leader's for a parallel worker */
	struct lock_target target;
	uint64_t start_us;
	uint64_t seen_us; /* when it was last known to wait */
	char *tag, *application;
	uint64_t *holders, *ahead;
	size_t n_holders, n_ahead;
	unsigned missed; /* times that the server said it waits no more */
	bool fresh;	 /* its holders' modes have not been looked up yet */
};

#define LOCK_WAITS_PLACES 1024

struct lock_waits {
	struct open_wait *open;
	size_t n, cap;
	uint32_t places[LOCK_WAITS_PLACES]; /* by process, a guess: hundreds may wait at once */
	uint64_t offset_us;		    /* harness clock = log's clock + this (modulo 2^64) */
	bool sampled;			    /* from samples: nothing is exact */
	uint64_t now_us;		    /* harness clock, set by the caller before it feeds */

	/* The object as people call it; caller (this) frees. NULL: the server's own words. */
	char *(*name)(void *ctx, const struct lock_target *target);
	/* Sessions that are never reported, neither as waiter nor as blocker. May be NULL. */
	bool (*hidden)(void *ctx, uint64_t pid);
	void (*sink)(void *ctx, struct wait_event *event); /* takes the event over */
	void *ctx, *sink_ctx;
};

void lock_waits_release(struct lock_waits *w);
/* Takes in a record; may hand ended waits to sink. */
void lock_waits_record(struct lock_waits *w, const struct log_record *record);
/* The modes that `pid` was seen to hold on a relation: when none conflicts, it is no blocker. */
void lock_waits_held(struct lock_waits *w, uint32_t relation, uint64_t pid,
	const char *const *modes, size_t n_modes);
/* The server says which processes wait (sorted or not). Waits without an end in the log, as happens
 * when an exception handler swallows the error, end here, inexactly, after they were missing twice.
 */
void lock_waits_alive(struct lock_waits *w, const uint64_t *pids, size_t n);
/* For samples: ends those that are not fresh, halfway between when they were last seen and
 * now_us. */
void lock_waits_sampled(struct lock_waits *w);
/* Ends all that are open as WAIT_UNFINISHED at now_us. */
void lock_waits_finish(struct lock_waits *w);

#endif
