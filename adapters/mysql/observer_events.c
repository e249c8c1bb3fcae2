/* Waits as performance_schema tells them. */
#include <inttypes.h>
#include <string.h>

#include "adapters/mysql/observer_parts.h"
#include "embed.h"
#include "harness/base/cleanup.h"
#include "harness/base/clock.h"
#include "harness/base/mem.h"
#include "harness/base/str.h"

#define LOCKS_EVERY_US 20000
#define LOCKS_COST_SHARE 4 /* at most a quarter of the time */
#define THREADS_EVERY_US 1000000
#define LATE_US 3000000 /* the ring is never that late */
#define MAX_TEXT "200"

/* ---- who waits ---- */

/* Names the sessions behind threads that were not seen before. */
static int name_sessions(struct observer *o, struct err *err)
{
	bool loaded = false;

	for (size_t i = 0; i < o->waits.n; i++) {
		struct my_open_wait *w = &o->waits.open[i];
		const struct my_thread *t = my_threads_find(&o->threads, w->thread);

		if (!t && !loaded) {
			if (my_threads_load(&o->threads, &o->session, err))
				return -1;
			loaded = true;
			t = my_threads_find(&o->threads, w->thread);
		}
		if (t)
			w->session = t->session;
	}
	return 0;
}

/*
 * What the new waiters are at. MariaDB's performance_schema has no text of a prepared statement
 * that is executed; the process list has.
 */
static int ask_who(struct observer *o, struct err *err)
{
	CLEANUP(cleanup_str) struct str sql = {0};

	if (name_sessions(o, err))
		return -1;
	str_add(&sql,
		"SELECT ID, LEFT(INFO, " MAX_TEXT
		") FROM information_schema.PROCESSLIST WHERE ID IN (0");
	for (size_t i = 0; i < o->waits.n; i++)
		if (!o->waits.open[i].told_who)
			str_addf(&sql, ", %" PRIu64, o->waits.open[i].session);
	str_add(&sql, ")");
	if (mo_ask(&o->session, str_text(&sql), err))
		return -1;
	for (size_t i = 0; i < o->waits.n; i++) {
		struct my_open_wait *w = &o->waits.open[i];

		for (unsigned row = 0; row < mo_rows(&o->session) && !w->told_who; row++)
			if (mo_number(&o->session, row, 0) == w->session)
				w->tag = mo_tag(mo_text(&o->session, row, 1));
		w->told_who = true;
	}
	return 0;
}

static int sample(struct observer *o, bool *ret_new, struct err *err)
{
	uint64_t before = clock_wall_us(), after;

	*ret_new = false;
	if (mo_ask(&o->session, sql_mysql_observer_waiting, err))
		return -1;
	after = clock_wall_us();
	o->now_us = before + (after - before) / 2;
	my_waits_sample(&o->waits);
	for (unsigned i = 0; i < mo_rows(&o->session); i++) {
		struct my_wait_row row = my_wait_row(&o->session, i);
		const struct my_open_wait *w;

		/* What still waits is told up to this very moment, so it also tells the time. */
		my_timer_read(&o->clock, mo_timer(&o->session, i, 4), before, after);
		row.start_us += o->clock.offset_us;
		w = my_waits_seen(&o->waits, &row, o->now_us);
		*ret_new = *ret_new || (w && !w->told_who);
	}
	my_waits_sampled(&o->waits, o->now_us);
	return 0;
}

/* ---- who is in the way ---- */

struct locks {
	struct my_lock_row *rows;
	char **texts; /* what the rows point to */
	size_t n, cap, n_texts, cap_texts;
};

static void release_locks(struct locks *l)
{
	mem_free_strings(l->texts, l->n_texts);
	mem_free(l->rows);
}

static const char *keep(struct locks *l, const char *text)
{
	return *MEM_PUSH(l->texts, l->n_texts, l->cap_texts) = mem_strdup(text);
}

static void add_locks(struct locks *l, const struct observer_session *s, bool table)
{
	for (unsigned i = 0; i < mo_rows(s); i++)
		*MEM_PUSH(l->rows, l->n, l->cap) =
			(struct my_lock_row){.thread = mo_number(s, i, 0),
				.instance = mo_number(s, i, 1),
				.granted = !mo_number(s, i, 2),
				.table = table,
				.type = keep(l, mo_text(s, i, 3)),
				.schema = keep(l, mo_text(s, i, 4)),
				.name = keep(l, mo_text(s, i, 5)),
				.mode = keep(l, mo_text(s, i, 6)),
				.event = mo_number(s, i, 7)};
}

static bool any_table_wait(const struct my_waits *w)
{
	for (size_t i = 0; i < w->n; i++)
		if (w->open[i].table)
			return true;
	return false;
}

static int read_locks(struct observer *o, struct locks *l, struct err *err)
{
	if (mo_ask(&o->session, sql_mysql_observer_locks, err))
		return -1;
	add_locks(l, &o->session, false);
	if (!any_table_wait(&o->waits))
		return 0;
	if (mo_ask(&o->session, sql_mysql_observer_handles, err))
		return -1;
	add_locks(l, &o->session, true);
	return 0;
}

static bool all_known(const struct observer *o, const struct locks *l)
{
	for (size_t i = 0; i < l->n; i++)
		if (!my_threads_find(&o->threads, l->rows[i].thread))
			return false;
	return true;
}

static int look_at_locks(struct observer *o, struct err *err)
{
	CLEANUP(release_locks) struct locks l = {0};
	uint64_t start = clock_us();

	if (read_locks(o, &l, err))
		return -1;
	if (!all_known(o, &l) && my_threads_load(&o->threads, &o->session, err))
		return -1;
	for (size_t i = l.n; i-- > 0;)
		if (my_waits_own(&o->waits, l.rows[i].thread))
			l.rows[i] = l.rows[--l.n];
	my_waits_locks(&o->waits, l.rows, l.n, o->now_us);
	o->locks_us = o->now_us;
	o->locks_cost_us = clock_us() - start;
	return 0;
}

/* At once for a new waiter, then as often as it costs little. */
static bool time_for_locks(const struct observer *o, bool new_waiter)
{
	uint64_t every = o->locks_cost_us * LOCKS_COST_SHARE;

	if (!o->waits.n || (!new_waiter && !my_waits_unclear(&o->waits)))
		return o->waits.n && o->now_us - o->locks_us >= LOCKS_EVERY_US * 5;
	if (every < LOCKS_EVERY_US)
		every = new_waiter ? 0 : LOCKS_EVERY_US;
	return o->now_us - o->locks_us >= every;
}

/* ---- one look ---- */

static bool some_are_gone(const struct my_waits *w)
{
	for (size_t i = 0; i < w->n; i++)
		if (w->open[i].gone_us)
			return true;
	return false;
}

int my_observer_look_events(struct observer *o, bool last, struct err *err)
{
	uint64_t min_wait = atomic_load(&o->min_wait_us);
	bool new_waiter;

	if (sample(o, &new_waiter, err) || (new_waiter && ask_who(o, err)))
		return -1;
	if (time_for_locks(o, new_waiter) && look_at_locks(o, err))
		return -1;
	if (o->now_us - o->threads_us >= THREADS_EVERY_US || last) {
		o->threads_us = o->now_us;
		if (my_threads_load(&o->threads, &o->session, err))
			return -1;
	}
	if (last)
		o->ring.next_us = 0;
	if (my_ring_drain(&o->ring, &o->session, &o->clock, &o->waits, min_wait,
		    some_are_gone(&o->waits), err))
		return -1;
	my_waits_settle(&o->waits, o->now_us);
	my_waits_forget(&o->waits, o->now_us - LATE_US);
	return 0;
}
