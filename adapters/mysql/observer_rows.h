/*
 * Row-lock waits of InnoDB. Their number and the sum of their time are exact counters. Samples (20
 * a second, while anybody waits: of InnoDB's monitor on MariaDB, of data_lock_waits on MySQL) tell
 * who waits for whom and estimate how long; where the counters speak of sampled waits alone, the
 * estimates are made to add up to them. On MariaDB, statements of sessions that connect after the
 * observation began are told exactly (observer_rowlog.h), also those that no sample met.
 */
#ifndef REHEARSE_ADAPTERS_MYSQL_OBSERVER_ROWS_H
#define REHEARSE_ADAPTERS_MYSQL_OBSERVER_ROWS_H

#include "adapters/mysql/observer_rowlog.h"

enum my_row_source { MY_ROWS_NONE, MY_ROWS_MONITOR, MY_ROWS_LOCK_WAITS };

struct my_row_wait {
	uint64_t session, start_us, first_us, seen_us;
	bool in_sample;
	char *object, *mode, *tag;
	struct my_sessions holders, ahead;
};

/* A wait that the log told, until the samples have seen its end, too. */
struct my_row_exact {
	uint64_t session, start_us, end_us, holder;
	char *object, *tag;
	const char *mode; /* static */
	bool granted, surely_ended;
};

#define MY_ROWS_RECENT 1024
#define MY_ROWS_LOOKS 64

struct my_row_recent {
	uint64_t session, start_us, end_us;
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
	const struct my_timer_clock *clock;
	struct my_threads *threads;
	struct my_row_log log;
	uint64_t log_until_us; /* something may still come to it */
	struct my_row_exact *exact;
	size_t n_exact, cap_exact;
	struct my_row_recent recent[MY_ROWS_RECENT]; /* told as estimated, before the log did */
	size_t n_recent;
	uint64_t looks[MY_ROWS_LOOKS]; /* when the latest samples were taken */
	size_t n_looks;
	uint64_t blockers_cost_us;
};

/* Finds out what the server has; reads the counters. */
int my_row_waits_open(
	struct my_row_waits *r, struct observer_session *s, uint64_t min_wait_us, struct err *err);
/* Looks when it is time to; ended waits that are not shorter than min_wait_us go to `waits`. */
int my_row_waits_poll(struct my_row_waits *r, struct observer_session *s, struct my_waits *waits,
	uint64_t min_wait_us, struct err *err);
/* Also tells those that still wait. */
int my_row_waits_finish(struct my_row_waits *r, struct observer_session *s, struct my_waits *waits,
	uint64_t min_wait_us, struct err *err);
/* Forgets all that was seen and counted. */
void my_row_waits_restart(struct my_row_waits *r);
void my_row_waits_release(struct my_row_waits *r);

/* One that was seen waiting has ended: it goes to those that are to be told. */
void my_row_waits_end(struct my_row_waits *r, size_t i, uint64_t end_us, enum wait_outcome outcome);

/* ---- observer_rows_exact.c ---- */

void my_row_exact_note(void *row_waits, const struct my_row_told *told); /* as my_row_sink */
/* Puts them to what the samples know. whole: now or never. */
void my_row_exact_apply(struct my_row_waits *r, uint64_t now_us, bool whole);
/* The log has told that one, or will not any more. */
bool my_row_exact_due(const struct my_row_waits *r, const struct wait_event *e);
void my_row_exact_told(struct my_row_waits *r, const struct wait_event *e);
void my_row_exact_release(struct my_row_exact *e);

#endif
