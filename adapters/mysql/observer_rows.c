#include "adapters/mysql/observer_rows.h"

#include <inttypes.h>
#include <string.h>

#include "adapters/mysql/observer_monitor.h"
#include "embed.h"
#include "harness/base/cleanup.h"
#include "harness/base/clock.h"
#include "harness/base/mem.h"

#define LOOK_EVERY_US 50000
#define BLOCKERS_EVERY_US 105000 /* the cache of the tables is renewed when unread for 100 ms */
#define BLOCKERS_COST_SHARE 4	 /* a long queue has a row for each pair */
#define SECOND_US 1000000
#define TIMEOUT_OFF_US 80000 /* how far an estimate is off, and a time-out late */
#define GROUP_MAX_US 500000  /* then waits are told as estimated */
#define LOG_AFTER_US 1000000 /* so long a wait may still come to the log */

int my_row_waits_open(
	struct my_row_waits *r, struct observer_session *s, uint64_t min_wait_us, struct err *err)
{
	if (mo_can(s, "SELECT 1 FROM performance_schema.data_lock_waits LIMIT 1"))
		r->source = MY_ROWS_LOCK_WAITS;
	else if (mo_can(s, "SELECT 1 FROM information_schema.INNODB_LOCK_WAITS LIMIT 1"))
		r->source = MY_ROWS_MONITOR;
	else
		r->source = MY_ROWS_NONE;
	if (mo_ask(s, sql_mysql_observer_row_counters, err))
		return -1;
	if (!mo_rows(s))
		r->source = MY_ROWS_NONE; /* no InnoDB */
	if (r->source == MY_ROWS_MONITOR && r->clock)
		my_row_log_open(&r->log, s, min_wait_us);
	return 0;
}

static void release_wait(struct my_row_wait *w)
{
	mem_free(w->object);
	mem_free(w->mode);
	mem_free(w->tag);
	mem_free(w->holders.list);
	mem_free(w->ahead.list);
}

void my_row_waits_restart(struct my_row_waits *r)
{
	for (size_t i = 0; i < r->n; i++)
		release_wait(&r->open[i]);
	for (size_t i = 0; i < r->n_ended; i++)
		wait_event_release(&r->ended[i]);
	for (size_t i = 0; i < r->n_exact; i++)
		my_row_exact_release(&r->exact[i]);
	r->n = r->n_ended = r->n_exact = 0;
	r->told = r->told_us = 0;
	r->looked_us = r->next_us = 0;
	r->log.from_us = clock_wall_us();
}

void my_row_waits_release(struct my_row_waits *r)
{
	my_row_waits_restart(r);
	mem_free(r->open);
	mem_free(r->ended);
	mem_free(r->exact);
	my_row_log_release(&r->log);
	*r = (struct my_row_waits){0};
}

static int read_counters(struct my_row_waits *r, struct observer_session *s, struct err *err)
{
	if (mo_ask(s, sql_mysql_observer_row_counters, err))
		return -1;
	for (unsigned i = 0; i < mo_rows(s); i++) {
		const char *name = mo_text(s, i, 0);
		uint64_t value = mo_number(s, i, 1);

		if (strcasestr(name, "current"))
			r->current = value;
		else if (strcasestr(name, "_waits"))
			r->waits = value;
		else
			r->time_us = value * 1000;
	}
	return 0;
}

/* ---- samples ---- */

static bool is_own(const struct my_row_waits *r, uint64_t session)
{
	for (size_t i = 0; i < r->n_own; i++)
		if (r->own[i] == session)
			return true;
	return false;
}

/* A session waits for one row at a time; a wait that begins later than the last was seen is
 * another one. */
static struct my_row_wait *seen(struct my_row_waits *r, uint64_t session, uint64_t start_us,
	uint64_t now_us, const char *object, const char *mode)
{
	struct my_row_wait *w = NULL;

	if (is_own(r, session))
		return NULL;
	for (size_t i = 0; i < r->n && !w; i++)
		if (r->open[i].session == session && start_us <= r->open[i].seen_us)
			w = &r->open[i];
	if (!w) {
		w = MEM_PUSH(r->open, r->n, r->cap);
		*w = (struct my_row_wait){.session = session,
			.start_us = start_us,
			.first_us = now_us,
			.object = mem_printf("row of %s", object),
			.mode = mem_strdup(mode)};
	}
	w->seen_us = now_us;
	w->in_sample = true;
	return w;
}

static void read_monitor(struct my_row_waits *r, const char *text, uint64_t now_us)
{
	struct my_monitor_wait m;

	while (my_monitor_next(&text, &m)) {
		/* In whole seconds it says little: then it began between two looks. */
		uint64_t start =
			m.precise ? now_us - m.waited_us : now_us - (now_us - r->previous_us) / 2;
		struct my_row_wait *w;

		for (size_t i = 0; i < r->n && !m.precise; i++)
			if (r->open[i].session == m.session)
				start = r->open[i].start_us;
		w = seen(r, m.session, start, now_us, m.object, m.mode);
		if (w && !w->tag && *m.tag)
			w->tag = mem_strdup(m.tag);
	}
}

static void blame(struct my_row_waits *r, uint64_t waiter, uint64_t blocker, bool waits_too)
{
	for (size_t i = 0; i < r->n; i++)
		if (r->open[i].session == waiter)
			my_sessions_add(
				waits_too ? &r->open[i].ahead : &r->open[i].holders, blocker);
}

static bool blockers_rested(const struct my_row_waits *r, uint64_t now_us)
{
	uint64_t rest = r->blockers_cost_us * BLOCKERS_COST_SHARE;

	return now_us - r->blockers_us >= (rest > BLOCKERS_EVERY_US ? rest : BLOCKERS_EVERY_US);
}

static int sample_monitor(
	struct my_row_waits *r, struct observer_session *s, uint64_t now_us, struct err *err)
{
	uint64_t asked;

	if (mo_ask(s, "SHOW ENGINE INNODB STATUS", err))
		return -1;
	now_us += (clock_wall_us() - now_us) / 2;
	if (mo_rows(s))
		read_monitor(r, mo_text(s, 0, 2), now_us);
	if (!r->n || !blockers_rested(r, now_us))
		return 0;
	asked = clock_us();
	if (mo_ask(s, sql_mysql_observer_row_blockers, err))
		return -1;
	r->blockers_us = clock_wall_us();
	r->blockers_cost_us = clock_us() - asked;
	for (unsigned i = 0; i < mo_rows(s); i++)
		blame(r, mo_number(s, i, 0), mo_number(s, i, 1), mo_number(s, i, 2));
	return 0;
}

/* Whoever is in the way of a wait is asked for as soon as there can be an answer. */
static bool blockers_due(const struct my_row_waits *r, uint64_t now_us)
{
	if (r->source != MY_ROWS_MONITOR || !blockers_rested(r, now_us))
		return false;
	for (size_t i = 0; i < r->n; i++)
		if (!r->open[i].holders.n && !r->open[i].ahead.n)
			return true;
	return false;
}

static int sample_lock_waits(
	struct my_row_waits *r, struct observer_session *s, uint64_t now_us, struct err *err)
{
	if (mo_ask(s, sql_mysql_observer_row_waits_mysql, err))
		return -1;
	for (unsigned i = 0; i < mo_rows(s); i++) {
		uint64_t session = mo_number(s, i, 0);
		uint64_t start = now_us - (now_us - r->previous_us) / 2;
		struct my_row_wait *w;

		for (size_t k = 0; k < r->n; k++)
			if (r->open[k].session == session)
				start = r->open[k].start_us;
		w = seen(r, session, start, now_us, mo_text(s, i, 3), mo_text(s, i, 4));
		if (w && !w->tag)
			w->tag = mo_tag(mo_text(s, i, 5));
		blame(r, session, mo_number(s, i, 1), mo_number(s, i, 2));
	}
	return 0;
}

/* ---- ends ---- */

void my_row_waits_end(struct my_row_waits *r, size_t i, uint64_t end_us, enum wait_outcome outcome)
{
	struct my_row_wait *w = &r->open[i];

	*MEM_PUSH(r->ended, r->n_ended, r->cap_ended) = (struct wait_event){.start_us = w->start_us,
		.duration_us = end_us > w->start_us ? end_us - w->start_us : 0,
		.object = w->object,
		.mode = w->mode,
		.session = w->session,
		.tag = w->tag,
		.holders = w->holders.list,
		.n_holders = w->holders.n,
		.ahead = w->ahead.list,
		.n_ahead = w->ahead.n,
		.outcome = outcome,
		.exact = false};
	r->open[i] = r->open[--r->n];
}

/* What the counters say more or less than the estimates, spread over the waits. */
static void correct(struct my_row_waits *r)
{
	uint64_t counted = r->time_us - r->group_time_us;
	int64_t off, share;

	if (!r->n_ended || r->waits - r->group_waits != r->n_ended)
		return;
	off = (int64_t)counted;
	for (size_t i = 0; i < r->n_ended; i++)
		off -= (int64_t)r->ended[i].duration_us;
	share = off / (int64_t)r->n_ended;
	for (size_t i = 0; i < r->n_ended; i++) {
		int64_t duration = (int64_t)r->ended[i].duration_us + share;

		/* More than the distance of two looks is no estimate's error. */
		if (share > LOOK_EVERY_US * 2 || share < -LOOK_EVERY_US * 2)
			return;
		r->ended[i].duration_us = duration > 0 ? (uint64_t)duration : 0;
	}
}

static void tell_one(
	struct my_row_waits *r, struct my_waits *waits, struct wait_event *e, uint64_t min_wait_us)
{
	const struct my_thread *t = NULL;

	r->told++;
	r->told_us += e->duration_us;
	my_row_exact_told(r, e);
	for (size_t k = 0; k < waits->threads->n && !t; k++)
		if (waits->threads->list[k].session == e->session)
			t = &waits->threads->list[k];
	e->application = t ? mem_strdup(t->application) : NULL;
	if (e->duration_us >= min_wait_us)
		my_waits_tell(waits, e);
	else
		wait_event_release(e);
}

static void tell(struct my_row_waits *r, struct my_waits *waits, uint64_t min_wait_us)
{
	for (size_t i = 0; i < r->n_ended; i++)
		tell_one(r, waits, &r->ended[i], min_wait_us);
	r->n_ended = 0;
}

/* Each as soon as the log has told it, or should have. */
static void tell_due(struct my_row_waits *r, struct my_waits *waits, uint64_t min_wait_us)
{
	size_t kept = 0;

	for (size_t i = 0; i < r->n_ended; i++)
		if (my_row_exact_due(r, &r->ended[i]))
			tell_one(r, waits, &r->ended[i], min_wait_us);
		else
			r->ended[kept++] = r->ended[i];
	r->n_ended = kept;
}

static bool any_exact(const struct my_row_waits *r)
{
	for (size_t i = 0; i < r->n_ended; i++)
		if (r->ended[i].exact)
			return true;
	return r->n_exact > 0;
}

static void settle(struct my_row_waits *r, struct my_waits *waits, uint64_t min_wait_us,
	uint64_t now_us, bool whole)
{
	bool over = !r->n && !r->current;

	my_row_exact_apply(r, now_us, whole);
	if (r->n_ended && over && !any_exact(r))
		correct(r);
	if (r->log.on && !whole) {
		tell_due(r, waits, min_wait_us);
		return;
	}
	if (whole || over || now_us - r->group_start_us >= GROUP_MAX_US)
		tell(r, waits, min_wait_us);
}

/*
 * Row locks are waited for in whole seconds at most (innodb_lock_wait_timeout). It ended about
 * then, and a transaction that was in its way is still as old as the wait: it was not granted.
 */
static enum wait_outcome outcome_of(struct my_row_waits *r, const struct my_row_wait *w,
	struct observer_session *s, uint64_t end_us)
{
	uint64_t waited = end_us - w->start_us, seconds = (waited + TIMEOUT_OFF_US) / SECOND_US;
	CLEANUP(cleanup_free) char *sql = NULL;

	if (end_us < w->start_us || !seconds ||
		(waited + TIMEOUT_OFF_US) % SECOND_US > 2 * TIMEOUT_OFF_US)
		return WAIT_ACQUIRED;
	sql = mem_printf("SELECT trx_mysql_thread_id FROM information_schema.INNODB_TRX"
			 " WHERE TIMESTAMPDIFF(SECOND, trx_started, NOW()) + 1 >= %" PRIu64,
		seconds);
	if (mo_ask(s, sql, NULL))
		return WAIT_ACQUIRED;
	r->blockers_us = clock_wall_us(); /* the same cache */
	for (unsigned i = 0; i < mo_rows(s); i++)
		if (my_sessions_has(&w->holders, mo_number(s, i, 0)))
			return WAIT_TIMED_OUT;
	return WAIT_ACQUIRED;
}

static void end_missing(struct my_row_waits *r, struct observer_session *s, uint64_t now_us)
{
	for (size_t i = r->n; i-- > 0;) {
		const struct my_row_wait *w = &r->open[i];
		uint64_t end = w->seen_us + (now_us - w->seen_us) / 2;

		if (!w->in_sample)
			my_row_waits_end(r, i, end, outcome_of(r, w, s, end));
	}
}

static int look(
	struct my_row_waits *r, struct observer_session *s, uint64_t now_us, struct err *err)
{
	/* Counted when they begin, timed when they end. */
	uint64_t waits = r->waits - r->current, time_us = r->time_us;
	int result = 0;

	if (read_counters(r, s, err))
		return -1;
	if (!r->n && !r->n_ended) {
		r->group_start_us = now_us;
		r->group_waits = waits;
		r->group_time_us = time_us;
	}
	r->looks[r->n_looks++ % MY_ROWS_LOOKS] = now_us;
	if (!r->current && !r->n)
		return 0;
	for (size_t i = 0; i < r->n; i++)
		r->open[i].in_sample = false;
	result = r->source == MY_ROWS_MONITOR ? sample_monitor(r, s, now_us, err)
					      : sample_lock_waits(r, s, now_us, err);
	if (!result)
		end_missing(r, s, now_us);
	return result;
}

/* Nothing is read where nobody waits. */
static void read_log(struct my_row_waits *r, struct observer_session *s, uint64_t seen,
	uint64_t min_wait_us, uint64_t now_us)
{
	if (r->waits != seen || r->n || r->n_ended || r->log.told)
		r->log_until_us = now_us + LOG_AFTER_US;
	if ((r->log.on || r->log.told) && now_us <= r->log_until_us)
		my_row_log_read(
			&r->log, s, r->clock, r->threads, min_wait_us, my_row_exact_note, r);
}

int my_row_waits_poll(struct my_row_waits *r, struct observer_session *s, struct my_waits *waits,
	uint64_t min_wait_us, struct err *err)
{
	uint64_t now = clock_wall_us(), seen = r->waits;

	if (r->source == MY_ROWS_NONE || (now < r->next_us && !blockers_due(r, now)))
		return 0;
	r->next_us = now + LOOK_EVERY_US;
	if (!r->looked_us) { /* the state at the beginning */
		if (read_counters(r, s, err))
			return -1;
		r->base_waits = r->waits - r->current;
		r->base_time_us = r->time_us;
		r->looked_us = r->previous_us = now;
		return 0;
	}
	if (look(r, s, now, err))
		return -1;
	read_log(r, s, seen, min_wait_us, now);
	r->previous_us = now;
	settle(r, waits, min_wait_us, now, false);
	return 0;
}

int my_row_waits_finish(struct my_row_waits *r, struct observer_session *s, struct my_waits *waits,
	uint64_t min_wait_us, struct err *err)
{
	uint64_t now;

	r->next_us = r->log.next_us = 0;
	r->log_until_us = UINT64_MAX - LOG_AFTER_US;
	if (my_row_waits_poll(r, s, waits, min_wait_us, err))
		return -1;
	now = clock_wall_us();
	settle(r, waits, min_wait_us, now, true);
	while (r->n)
		my_row_waits_end(r, r->n - 1, now, WAIT_UNFINISHED);
	tell(r, waits, min_wait_us);
	return 0;
}
