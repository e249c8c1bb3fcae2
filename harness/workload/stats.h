/*
 * What one worker counted. Written by that worker alone; merged for the report when it has ended.
 * Identity, in each phase of arrival and each type: arrived = completed + failed + pool_timeouts +
 * in flight.
 */
#ifndef REHEARSE_WORKLOAD_STATS_H
#define REHEARSE_WORKLOAD_STATS_H

#include <stddef.h>
#include <stdint.h>

#include "adapters/db.h"
#include "harness/measure/histogram.h"
#include "harness/measure/result.h"

/*
 * One second of arrivals. Its histogram is coarse, so that an hour stays small (under 8 MB per
 * worker): 16 buckets to a doubling, so the p99 read from it is at most 1/16 too high and never
 * above the maximum, which is exact.
 */
#define SECOND_BUCKETS 464

struct second {
	uint32_t arrived, completed, failed, pool_timeouts;
	uint64_t max_us;
	uint32_t counts[SECOND_BUCKETS];
};

void second_add(struct second *s, uint64_t us);
void second_merge(struct second *into, const struct second *from);
uint64_t second_p99(const struct second *s);

#define SECONDS_PER_CHUNK 60
#define SECONDS_CHUNKS 1440 /* a day; what arrives later is in the totals only */

struct seconds {
	struct second *chunks[SECONDS_CHUNKS];
	size_t n; /* seconds touched */
};

struct second *seconds_at(struct seconds *s, uint64_t second); /* NULL beyond the last chunk */
const struct second *seconds_peek(const struct seconds *s, size_t second); /* NULL: untouched */

struct stats_type {
	uint64_t arrived, completed, failed, pool_timeouts;
	struct histogram latency, service; /* of completed ones */
};

struct stats_error {
	enum phase_id phase;
	unsigned type;
	uint64_t count;
	struct db_error first;
};

struct stats {
	unsigned n_types;
	struct stats_type *types[PHASE_COUNT];
	struct seconds *seconds[PHASE_COUNT];
	struct stats_error *errors;
	size_t n_errors, cap_errors;
	struct histogram lag; /* how late sends were when a connection was free */
};

void stats_init(struct stats *s, unsigned n_types);
void stats_release(struct stats *s); /* safe on zeroed */
void stats_merge(struct stats *into, const struct stats *from);
void stats_error(struct stats *s, enum phase_id phase, unsigned type, const struct db_error *e);

#endif
