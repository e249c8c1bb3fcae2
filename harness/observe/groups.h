/* Waits that are alike, summed up: a table of keys and sums. */
#ifndef REHEARSE_OBSERVE_GROUPS_H
#define REHEARSE_OBSERVE_GROUPS_H

#include "harness/measure/result.h"

struct group_key {
	uint32_t object, mode, waiter, blocked_by; /* texts */
	unsigned statement;
	uint8_t phase, cause; /* enum cause_kind */
};

struct groups {
	struct group_key *keys;
	struct result_waits *waits;
	uint32_t *table; /* open addressing: place + 1 */
	size_t n, cap, slots;
};

/* The sums of that group, made when new; valid until the next call. */
struct result_waits *groups_find(struct groups *g, const struct group_key *key);

/* The texts of what is folded. */
struct group_fold {
	size_t max;		       /* groups that are kept as they are */
	uint32_t migration;	       /* a waiter that keeps its name */
	uint32_t object, mode, waiter; /* for all others */
	uint32_t blocked_by;	       /* where the cause is no statement */
};

/*
 * Where there are more than `max`, a report of them all would be too long to read: the longest
 * waited for stay, those of the migration before all others, and the rest becomes one group for
 * each phase, cause and statement.
 */
void groups_fold(struct groups *g, const struct group_fold *fold);
void groups_release(struct groups *g);

#endif
