#include "adapters/mysql/observer_rowlog.h"

#include <inttypes.h>
#include <string.h>

#include "embed.h"
#include "harness/base/cleanup.h"
#include "harness/base/clock.h"
#include "harness/base/mem.h"

#define MUTEX "'wait/synch/mutex/innodb/lock_wait_mutex'"
#define READ_MIN_US 40000
#define CLOCK_ROUNDS 10
#define COST_SHARE 20	 /* reading takes at most a twentieth of the time */
#define KEEP_US 60000000 /* events, for statements that are still to come to the log */
#define ROTATE_ROWS 4000
#define SURELY_US 2000 /* so soon after it was let in, a statement has done nothing else */
#define CLOCKS_US 1000 /* the timer's clock and the log's agree to that */
#define LATE_PS 20000000000
#define LIMIT_MAX_US 20000 /* so that the proof's own wait is logged */
#define LESS 0.9	   /* the server takes a little off for the wait itself */
#define LOG "mysql.slow_log"
#define OLD_LOG "mysql.rehearse_slow_log"
#define NEW_LOG "mysql.rehearse_slow_log_new"

bool my_row_log_set_up(struct observer_session *s, uint64_t min_us)
{
	/* Sessions keep what they began with: whoever connects from now on is told. */
	static const char *const settings[] = {
		"SET SESSION sql_log_bin = 0",
		"SET GLOBAL log_output = IF(@@general_log, 'FILE,TABLE', 'TABLE')",
		"SET GLOBAL min_examined_row_limit = 0",
		"DROP TABLE IF EXISTS " OLD_LOG ", " NEW_LOG,
		"TRUNCATE TABLE " LOG,
	};
	/* Each server has some of them. */
	static const char *const filters[] = {
		"SET GLOBAL log_slow_filter = ''",
		"SET GLOBAL log_slow_rate_limit = 1",
		"SET GLOBAL log_slow_admin_statements = ON",
	};
	CLEANUP(cleanup_free)
	char *limit = mem_printf("SET GLOBAL long_query_time = %.6f", (double)min_us * 0.9 / 1e6);

	for (size_t i = 0; i < sizeof(filters) / sizeof(filters[0]); i++)
		mo_can(s, filters[i]);
	for (size_t i = 0; i < sizeof(settings) / sizeof(settings[0]); i++)
		if (!mo_can(s, settings[i]))
			return false;
	return mo_can(s, limit) && mo_can(s, "SET GLOBAL slow_query_log = 1");
}

static bool time_mutex(struct observer_session *s)
{
	return mo_can(s,
		       "UPDATE performance_schema.setup_instruments"
		       " SET ENABLED = 'YES', TIMED = 'YES' WHERE NAME = " MUTEX) &&
		mo_can(s,
			"SELECT 1 FROM performance_schema.setup_instruments"
			" WHERE ENABLED = 'YES' AND NAME = " MUTEX) &&
		mo_rows(s);
}

/* From the quickest of all questions so far. */
static bool read_clock(struct my_row_log *l, struct observer_session *s)
{
	for (int i = 0; i < CLOCK_ROUNDS; i++) {
		uint64_t before = clock_wall_us(), took;

		if (!mo_can(s, "SELECT CAST(UNIX_TIMESTAMP(SYSDATE(6)) * 1000000 AS UNSIGNED)"))
			return false;
		took = clock_wall_us() - before;
		if (took >= l->clock_us)
			continue;
		l->clock_us = took;
		l->skew_us = before + took / 2 - mo_number(s, 0, 0);
	}
	return true;
}

void my_row_log_open(struct my_row_log *l, struct observer_session *s, uint64_t min_wait_us)
{
	*l = (struct my_row_log){.min_wait_us = min_wait_us, .clock_us = UINT64_MAX};
	l->on = read_clock(l, s) && time_mutex(s) &&
		my_row_log_set_up(s, min_wait_us < LIMIT_MAX_US ? min_wait_us : LIMIT_MAX_US);
}

/* ---- events ---- */

static void forget(struct my_row_log *l, uint64_t before_us)
{
	size_t gone = 0;

	while (gone < l->n && l->events[gone].at_us < before_us)
		gone++;
	if (gone < l->n / 2)
		return;
	memmove(l->events, l->events + gone, (l->n - gone) * sizeof(*l->events));
	l->n -= gone;
}

/* An event may come into the ring after a younger one: some are read twice. */
static void insert(struct my_row_log *l, struct my_row_event event)
{
	size_t at;

	for (at = l->n; at && l->events[at - 1].at_us >= event.at_us; at--)
		if (l->events[at - 1].ps == event.ps && l->events[at - 1].thread == event.thread)
			return;
	(void)MEM_PUSH(l->events, l->n, l->cap);
	for (at = l->n - 1; at && l->events[at - 1].at_us > event.at_us; at--)
		l->events[at] = l->events[at - 1];
	l->events[at] = event;
}

/* Threads of the server's own do that too, for reasons of theirs. */
static bool of_session(
	const struct my_row_log *l, const struct my_threads *threads, uint64_t thread)
{
	const struct my_thread *t = my_threads_find(threads, thread);

	/* So does whoever asks for InnoDB's counters, and the observer does so all the time. */
	for (size_t i = 0; t && i < l->n_own; i++)
		if (l->own[i] == t->session)
			return false;
	return t && t->session;
}

static int read_events(struct my_row_log *l, struct observer_session *s,
	const struct my_timer_clock *clock, struct my_threads *threads, struct err *err)
{
	CLEANUP(cleanup_free)
	char *sql = mem_printf("%s %" PRIu64 " ORDER BY TIMER_START", sql_mysql_observer_row_events,
		l->youngest_ps > LATE_PS ? l->youngest_ps - LATE_PS : 0);

	if (my_threads_load(threads, s, err) || mo_ask(s, sql, err))
		return -1;
	for (unsigned i = 0; i < mo_rows(s); i++) {
		uint64_t thread = mo_number(s, i, 0), ps = mo_number(s, i, 1);

		if (ps > l->youngest_ps)
			l->youngest_ps = ps;
		if (of_session(l, threads, thread))
			insert(l,
				(struct my_row_event){.thread = thread,
					.ps = ps,
					.at_us = ps / 1000000 + clock->offset_us});
	}
	return 0;
}

/* ---- statements ---- */

static uint64_t next_of(const struct my_row_log *l, size_t i, uint64_t end_us)
{
	for (size_t k = i + 1; k < l->n && l->events[k].at_us < end_us; k++)
		if (l->events[k].thread == l->events[i].thread)
			return l->events[k].at_us;
	return end_us;
}

static const struct my_row_event *last_of_others(
	const struct my_row_log *l, size_t i, uint64_t end_us)
{
	const struct my_row_event *found = NULL;

	for (size_t k = i + 1; k < l->n && l->events[k].at_us <= end_us; k++)
		if (l->events[k].thread != l->events[i].thread)
			found = &l->events[k];
	return found;
}

void my_row_log_judge(const struct my_row_log *l, const struct my_row_statement *statement,
	const struct my_threads *threads, my_row_sink *sink, void *ctx)
{
	size_t i = l->n;

	while (i && l->events[i - 1].at_us + CLOCKS_US >= statement->start_us)
		i--;
	for (; i < l->n && l->events[i].at_us < statement->end_us; i++) {
		const struct my_row_event *e = &l->events[i], *granted;
		const struct my_thread *holder;
		uint64_t until;

		if (e->thread != statement->thread)
			continue;
		until = next_of(l, i, statement->end_us);
		granted = last_of_others(l, i, until);
		holder = granted ? my_threads_find(threads, granted->thread) : NULL;
		sink(ctx,
			&(struct my_row_told){.session = statement->session,
				.start_us = e->at_us,
				.end_us = granted ? granted->at_us : until,
				.holder = holder ? holder->session : 0,
				.schema = statement->schema,
				.sql = statement->sql,
				.granted = granted != NULL,
				.surely_ended = granted && until - granted->at_us <= SURELY_US});
	}
}

static struct my_row_statement statement_of(
	const struct my_row_log *l, const struct observer_session *s, unsigned row)
{
	uint64_t start = mo_number(s, row, 1) + l->skew_us;

	return (struct my_row_statement){.session = mo_number(s, row, 0),
		.start_us = start,
		.end_us = start + mo_number(s, row, 2),
		.schema = mem_strdup(mo_text(s, row, 3)),
		.sql = mem_strdup(mo_text(s, row, 4))};
}

static int read_statements(
	struct my_row_log *l, struct observer_session *s, const char *table, struct err *err)
{
	CLEANUP(cleanup_free)
	char *sql = mem_printf("%s FROM %s LIMIT %" PRIu64 ", 100000",
		sql_mysql_observer_row_statements, table, l->read);

	if (mo_ask(s, sql, err))
		return -1;
	for (unsigned i = 0; i < mo_rows(s); i++) {
		struct my_row_statement statement = statement_of(l, s, i);

		*MEM_PUSH(l->statements, l->n_statements, l->cap_statements) = statement;
		if (l->told && mo_number(s, i, 5))
			l->told(l->told_ctx,
				&(struct my_told_statement){.session = statement.session,
					.start_us = statement.start_us,
					.end_us = statement.end_us,
					.sql = statement.sql});
	}
	l->read += mo_rows(s);
	return 0;
}

/* The log's table is read from its start each time: an old one is put aside and read to its end,
 * which the next reading judges. */
static int rotate(struct my_row_log *l, struct observer_session *s, struct err *err)
{
	if (mo_ask(s, "CREATE TABLE " NEW_LOG " LIKE " LOG, err) ||
		mo_ask(s, "RENAME TABLE " LOG " TO " OLD_LOG ", " NEW_LOG " TO " LOG, err) ||
		read_statements(l, s, OLD_LOG, err) || mo_ask(s, "DROP TABLE " OLD_LOG, err))
		return -1;
	l->read = 0;
	return 0;
}

static void drop_statements(struct my_row_log *l)
{
	for (size_t i = 0; i < l->n_statements; i++) {
		mem_free(l->statements[i].schema);
		mem_free(l->statements[i].sql);
	}
	l->n_statements = 0;
}

static void judge_all(
	struct my_row_log *l, const struct my_threads *threads, my_row_sink *sink, void *ctx)
{
	for (size_t i = 0; i < l->n_statements; i++) {
		struct my_row_statement *statement = &l->statements[i];

		statement->thread = my_threads_of_session(threads, statement->session);
		if (statement->thread && statement->end_us >= l->from_us)
			my_row_log_judge(l, statement, threads, sink, ctx);
	}
}

static int read_all(struct my_row_log *l, struct observer_session *s,
	const struct my_timer_clock *clock, struct my_threads *threads, struct err *err)
{
	/* Statements first: what they waited for has then happened. */
	if (read_statements(l, s, LOG, err))
		return -1;
	return l->on ? read_events(l, s, clock, threads, err) : 0;
}

void my_row_log_tell(struct my_row_log *l, bool tell, my_told_sink *sink, void *ctx)
{
	l->told = tell ? sink : NULL;
	l->told_ctx = ctx;
}

void my_row_log_close(struct my_row_log *l, struct observer_session *s)
{
	l->on = false;
	mo_can(s, "SET GLOBAL slow_query_log = 0");
}

void my_row_log_read(struct my_row_log *l, struct observer_session *s,
	const struct my_timer_clock *clock, struct my_threads *threads, uint64_t min_wait_us,
	my_row_sink *sink, void *ctx)
{
	uint64_t now = clock_wall_us(), start = clock_us(), rest;
	struct err err = {0};

	if ((!l->on && !l->told) || (l->on && !clock->known) || l->failed || now < l->next_us)
		return;
	if (min_wait_us > l->min_wait_us && !l->told) {
		my_row_log_close(l, s);
		return;
	}
	if (l->clock_us > CLOCKS_US)
		read_clock(l, s);
	l->failed = read_all(l, s, clock, threads, &err) != 0;
	if (!l->failed) {
		if (l->on)
			judge_all(l, threads, sink, ctx);
		l->read_us = now;
	}
	drop_statements(l);
	forget(l, now - KEEP_US);
	rest = (clock_us() - start) * COST_SHARE;
	l->next_us = now + (rest > READ_MIN_US ? rest : READ_MIN_US);
	if (!l->failed && l->read >= ROTATE_ROWS)
		l->failed = rotate(l, s, &err) != 0;
	if (l->failed)
		my_row_log_close(l, s);
}

void my_row_log_release(struct my_row_log *l)
{
	drop_statements(l);
	mem_free(l->statements);
	mem_free(l->events);
	*l = (struct my_row_log){0};
}
