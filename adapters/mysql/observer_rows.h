/*
 * Row-lock waits of InnoDB. No source tells them one by one and exactly: their number and the sum
 * of their time are exact counters, each single one is an estimate from samples (20 a second of
 * InnoDB's monitor on MariaDB, 10 a second of data_lock_waits on MySQL), and where the counters
 * speak of sampled waits alone, the estimates are made to add up to them.
 */
#ifndef REHEARSE_ADAPTERS_MYSQL_OBSERVER_ROWS_H
#define REHEARSE_ADAPTERS_MYSQL_OBSERVER_ROWS_H

#include "adapters/mysql/observer_waits.h"

enum my_row_source { MY_ROWS_NONE, MY_ROWS_MONITOR, MY_ROWS_LOCK_WAITS };

struct my_row_wait {
	uint64_t session, start_us, first_us, seen_us;
	bool in_sample;
	char *object, *mode, *tag;
	struct my_sessions holders, ahead;
};

struct my_row_waits {
	enum my_row_source source;
	struct my_row_wait *open;
	size_t n, cap;
	/* Ended, but not yet told: as long as waits overlap, only their sum is known. */
	struct wait_event *ended;
	size_t n_ended, cap_ended;
	uint64_t group_start_us, group_waits, group_time_us; /* counters before the first of them */
	uint64_t waits, time_us, current;		     /* counters, last read */
	uint64_t base_waits, base_time_us;		     /* at the beginning */
	uint64_t told, told_us;
	uint64_t looked_us, next_us, blockers_us, previous_us;
	const uint64_t *own; /* sessions that are never told of */
	size_t n_own;
};

/* Finds out what the server has; reads the counters. */
int my_row_waits_open(struct my_row_waits *r, struct observer_session *s, struct err *err);
/* Looks when it is time to; ended waits that are not shorter than min_wait_us go to `waits`. */
int my_row_waits_poll(struct my_row_waits *r, struct observer_session *s, struct my_waits *waits,
	uint64_t min_wait_us, struct err *err);
/* Also tells those that still wait. */
int my_row_waits_finish(struct my_row_waits *r, struct observer_session *s, struct my_waits *waits,
	uint64_t min_wait_us, struct err *err);
/* Forgets all that was seen and counted. */
void my_row_waits_restart(struct my_row_waits *r);
void my_row_waits_release(struct my_row_waits *r);

#endif
