#include "adapters/mysql/observer_ring.h"

#include <inttypes.h>

#include "embed.h"
#include "harness/base/cleanup.h"
#include "harness/base/clock.h"
#include "harness/base/mem.h"

#define READ_EVERY_US 1000000
#define READ_MIN_US 40000
#define FUTURE_US 5000000
#define COUNT_EVERY_US 100000
#define COST_SHARE 20 /* reading takes at most a twentieth of the time */
/* An event's end is taken before it is put into the ring, so a younger one may come first. */
#define LATE_PS 1000000000000

void my_timer_read(
	struct my_timer_clock *c, uint64_t timer_us, uint64_t before_us, uint64_t after_us)
{
	uint64_t bound = (after_us - before_us) / 2;

	if (c->known && c->steady && bound >= c->bound_us)
		return;
	c->known = true;
	c->offset_us = before_us + bound - timer_us;
	c->bound_us = bound;
}

static int count_events(struct observer_session *s, uint64_t *ret, struct err *err)
{
	if (mo_ask(s, sql_mysql_observer_ring_count, err))
		return -1;
	*ret = mo_number(s, 0, 0);
	return 0;
}

int my_ring_open(struct my_ring *r, struct observer_session *s, struct err *err)
{
	*r = (struct my_ring){0};
	/* What the ring holds from before was timed by whichever timer was set then: its ends may
	 * lie far ahead of all that is to come. */
	mo_can(s, "TRUNCATE TABLE performance_schema.events_waits_history_long");
	if (mo_ask(s, "SELECT @@performance_schema_events_waits_history_long_size", err))
		return -1;
	r->size = mo_number(s, 0, 0);
	if (!r->size)
		return err_set(
			err, ERR_FAILED, "performance_schema_events_waits_history_long_size is 0");
	return count_events(s, &r->count, err);
}

void my_ring_release(struct my_ring *r)
{
	mem_free(r->told);
	*r = (struct my_ring){0};
}

struct my_wait_row my_wait_row(const struct observer_session *s, unsigned row)
{
	uint64_t duration = mo_timer(s, row, 5);

	return (struct my_wait_row){.thread = mo_number(s, row, 0),
		.event = mo_number(s, row, 1),
		.instance = mo_number(s, row, 2),
		.table = mo_number(s, row, 3),
		.start_us = mo_timer(s, row, 4) - duration,
		.duration_us = duration,
		.type = mo_text(s, row, 6),
		.schema = mo_text(s, row, 7),
		.name = mo_text(s, row, 8),
		.operation = mo_text(s, row, 9)};
}

static bool was_told(const struct my_ring *r, const struct my_wait_row *row)
{
	for (size_t i = r->n_told; i-- > 0;)
		if (r->told[i].thread == row->thread && r->told[i].event == row->event)
			return true;
	return false;
}

static void forget(struct my_ring *r)
{
	size_t kept = 0;

	for (size_t i = 0; i < r->n_told; i++)
		if (r->told[i].end_ps + LATE_PS >= r->end_ps)
			r->told[kept++] = r->told[i];
	r->n_told = kept;
}

/* A timer that drifts is held to what is known: it ended since the last reading. */
static void keep_between(struct my_wait_row *row, uint64_t from_us, uint64_t to_us)
{
	uint64_t end = row->start_us + row->duration_us;

	if (end < from_us)
		row->start_us += from_us - end;
	else if (end > to_us)
		row->start_us -= end - to_us;
}

static void take(struct my_ring *r, struct observer_session *s, const struct my_timer_clock *clock,
	struct my_waits *waits, uint64_t now_us)
{
	for (unsigned i = 0; i < mo_rows(s); i++) {
		struct my_wait_row row = my_wait_row(s, i);
		uint64_t end_ps = mo_number(s, i, 4);

		/* Begun by one timer and ended by another: a moment that is yet to come. */
		if (was_told(r, &row) ||
			(clock->known && end_ps / 1000000 + clock->offset_us > now_us + FUTURE_US))
			continue;
		*MEM_PUSH(r->told, r->n_told, r->cap_told) =
			(struct my_told){row.thread, row.event, end_ps};
		if (end_ps > r->end_ps)
			r->end_ps = end_ps;
		row.start_us += clock->offset_us;
		if (!clock->steady)
			keep_between(&row, r->read_us, now_us);
		my_waits_ended(waits, &row);
	}
	forget(r);
}

/* Between two readings at most a ring's worth may have passed. */
static void note_read(struct my_ring *r, uint64_t count, uint64_t now_us, uint64_t took_us)
{
	uint64_t passed = count > r->count ? count - r->count : 0;
	uint64_t rest = took_us * COST_SHARE;

	if (passed > r->size)
		r->lost += passed - r->size;
	r->count = count;
	r->earliest_us = now_us + (rest > READ_MIN_US ? rest : READ_MIN_US);
	r->next_us = now_us + (rest > READ_EVERY_US ? rest : READ_EVERY_US);
	r->count_us = now_us + COUNT_EVERY_US;
}

/* Where each statement makes events, a ring is soon full: what has passed is looked at more often
 * than the ring, which costs less. */
static int is_filling(
	struct my_ring *r, struct observer_session *s, uint64_t now_us, bool *ret, struct err *err)
{
	uint64_t count;

	*ret = false;
	if (!r->floods || now_us < r->count_us)
		return 0;
	r->count_us = now_us + COUNT_EVERY_US;
	if (count_events(s, &count, err))
		return -1;
	*ret = count > r->count + r->size / 4;
	return 0;
}

int my_ring_drain(struct my_ring *r, struct observer_session *s, const struct my_timer_clock *clock,
	struct my_waits *waits, uint64_t min_wait_us, bool awaited, struct err *err)
{
	uint64_t now = clock_wall_us(), start = clock_us(), count;
	CLEANUP(cleanup_free) char *sql = NULL;
	bool filling;

	if (is_filling(r, s, now, &filling, err))
		return -1;
	if (now < r->next_us && !filling && (!awaited || now < r->earliest_us))
		return 0;
	/* Before the ring is read, so that what comes in between counts twice and not never. */
	if (count_events(s, &count, err))
		return -1;
	sql = mem_printf("%s AND TIMER_END > %" PRIu64 " AND TIMER_WAIT >= %" PRIu64,
		sql_mysql_observer_ring, r->end_ps > LATE_PS ? r->end_ps - LATE_PS : 0,
		min_wait_us * 1000000);
	if (mo_ask(s, sql, err))
		return -1;
	take(r, s, clock, waits, clock_wall_us());
	r->read_us = now;
	note_read(r, count, now, clock_us() - start);
	return 0;
}
