/*
 * events_waits_history_long: every wait that ended, exactly. It is a ring, and nobody tells what
 * fell out of it: so it is read often enough, and the summary's count says whether that was so.
 */
#ifndef REHEARSE_ADAPTERS_MYSQL_OBSERVER_RING_H
#define REHEARSE_ADAPTERS_MYSQL_OBSERVER_RING_H

#include "adapters/mysql/observer_waits.h"

/* The server's timer of waits against our wall clock. */
struct my_timer_clock {
	bool known;
	bool steady;	    /* nanoseconds; else cycles, which drift: the last reading counts */
	uint64_t offset_us; /* wall = timer + offset */
	uint64_t bound_us;  /* how far that may be off */
};
/* From a timer's value that was read between two moments of ours. */
void my_timer_read(
	struct my_timer_clock *c, uint64_t timer_us, uint64_t before_us, uint64_t after_us);

struct my_told {
	uint64_t thread, event, end_ps;
};

struct my_ring {
	bool floods;	      /* each statement makes events */
	uint64_t size;	      /* events */
	uint64_t count;	      /* events that had gone through, at the last reading */
	uint64_t end_ps;      /* the youngest event that was read */
	uint64_t read_us;     /* wall clock of the last reading */
	uint64_t count_us;    /* when what has passed is to be looked at */
	uint64_t next_us;     /* when it is to be read again without any reason */
	uint64_t earliest_us; /* ... with one */
	uint64_t lost;	      /* events that may have fallen out unread */
	struct my_told *told; /* the youngest events that were told */
	size_t n_told, cap_told;
};

int my_ring_open(struct my_ring *r, struct observer_session *s, struct err *err);
/* Reads it when it is time to, or at once when something is `awaited`. */
int my_ring_drain(struct my_ring *r, struct observer_session *s, const struct my_timer_clock *clock,
	struct my_waits *waits, uint64_t min_wait_us, bool awaited, struct err *err);
void my_ring_release(struct my_ring *r);

/* A row of observer_waiting or observer_ring. */
struct my_wait_row my_wait_row(const struct observer_session *s, unsigned row);

#endif
