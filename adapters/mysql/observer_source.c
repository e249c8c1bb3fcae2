#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "adapters/mysql/observer_parts.h"
#include "embed.h"
#include "harness/base/clock.h"

#define MDL "'wait/lock/metadata/sql/mdl'"
#define TABLE_LOCK "'wait/lock/table/sql/handler'"
#define PROCESSLIST_FLOOR_US 40000

static const char *const kind_names[] = {"performance-schema", "processlist"};

static int number(struct observer *o, const char *sql, uint64_t *ret, struct err *err)
{
	if (mo_ask(&o->session, sql, err))
		return -1;
	*ret = mo_rows(&o->session) ? mo_number(&o->session, 0, 0) : 0;
	return 0;
}

/* The replica is disposable, so its settings may stay. */
static int set_up_events(struct observer *o, bool *ret_late, struct err *err)
{
	uint64_t on, tables;

	if (number(o, "SELECT @@performance_schema", &on, err))
		return -1;
	if (!on)
		return err_set(err, ERR_FAILED,
			"performance_schema is off, and only a start with "
			"performance_schema=ON changes that");
	if (number(o,
		    "SELECT COUNT(*) FROM performance_schema.setup_instruments"
		    " WHERE ENABLED = 'YES' AND NAME = " MDL,
		    &on, err) ||
		number(o, sql_mysql_observer_engines, &tables, err))
		return -1;
	*ret_late = !on;
	o->table_locks = tables > 0;
	/* MariaDB's default counts cycles, and is off by up to 0.3 %. MySQL has no choice. */
	o->clock.steady = mo_can(&o->session,
		"UPDATE performance_schema.setup_timers SET TIMER_NAME = 'NANOSECOND'"
		" WHERE NAME = 'wait'");
	/* Table locks make an event or two of each statement: not where nobody needs them. */
	if (mo_ask(&o->session, sql_mysql_observer_instruments, err) ||
		mo_ask(&o->session,
			tables ? "UPDATE performance_schema.setup_instruments SET ENABLED = 'YES',"
				 " TIMED = 'YES' WHERE NAME IN (" MDL ", " TABLE_LOCK ")"
			       : "UPDATE performance_schema.setup_instruments"
				 " SET ENABLED = IF(NAME = " MDL ", 'YES', 'NO'), TIMED = 'YES'"
				 " WHERE NAME IN (" MDL ", " TABLE_LOCK ")",
			err))
		return -1;
	return mo_ask(&o->session,
		"UPDATE performance_schema.setup_consumers SET ENABLED = 'YES' WHERE NAME IN"
		" ('global_instrumentation', 'thread_instrumentation', 'events_waits_current',"
		" 'events_waits_history_long')",
		err);
}

static void add(char *text, size_t size, const char *more)
{
	size_t len = strlen(text);

	snprintf(text + len, size - len, "%s%s", len ? "; " : "", more);
}

static void describe_events(struct observer *o, bool late)
{
	static const char *const rows[] = {
		[MY_ROWS_NONE] = NULL,
		[MY_ROWS_MONITOR] =
			"single row-lock waits are estimates to some 25 ms, and rarely seen below "
			"50 ms; their number and sum are exact; who was in the way of one under "
			"100 ms is not always known",
		[MY_ROWS_LOCK_WAITS] =
			"single row-lock waits are estimates to some 25 ms, and rarely seen below "
			"50 ms; their number and sum are exact",
	};
	struct observe_source *s = &o->source;

	s->exact = true;
	s->min_wait_us = atomic_load(&o->min_wait_us);
	if (o->rows.log.on)
		add(s->blind_to, sizeof(s->blind_to),
			"of sessions that were there before, row-lock waits are estimates to some "
			"25 ms, rarely seen below 50 ms, and who is in their way is not always "
			"known");
	else if (rows[o->rows.source])
		add(s->blind_to, sizeof(s->blind_to), rows[o->rows.source]);
	if (late)
		add(s->blind_to, sizeof(s->blind_to),
			"metadata locks taken before the observation began");
}

static int open_events(struct observer *o, struct err *err)
{
	bool late = false;

	o->kind = OBSERVER_EVENTS;
	if (set_up_events(o, &late, err) || my_ring_open(&o->ring, &o->session, err) ||
		my_row_waits_open(&o->rows, &o->session, atomic_load(&o->min_wait_us), err) ||
		my_threads_load(&o->threads, &o->session, err) || my_observer_prove(o, err))
		return -1;
	o->ring.floods = o->table_locks;
	describe_events(o, late);
	return 0;
}

/* why_not: what is wrong with performance_schema; "" when it was not wanted. */
static int open_processlist(struct observer *o, const char *why_not, struct err *err)
{
	struct observe_source *s = &o->source;

	o->kind = OBSERVER_PROCESSLIST;
	o->rows.clock = NULL; /* nothing tells events */
	if (my_observer_open_processlist(o, err) ||
		my_row_waits_open(&o->rows, &o->session, atomic_load(&o->min_wait_us), err))
		return -1;
	s->exact = false;
	s->min_wait_us = atomic_load(&o->min_wait_us);
	if (s->min_wait_us < PROCESSLIST_FLOOR_US)
		s->min_wait_us = PROCESSLIST_FLOOR_US;
	snprintf(s->detail, sizeof(s->detail), "states of sessions at about 50 Hz%s%.100s",
		*why_not ? "; " : "", why_not);
	snprintf(s->blind_to, sizeof(s->blind_to),
		"waits under 20 ms are mostly missed, and ends are off by up to 20 ms; what was "
		"waited for is guessed from the statement's text, and only the migration's own "
		"statement can be told as the one in the way");
	return 0;
}

static void forget(struct observer *o)
{
	my_ring_release(&o->ring);
	my_row_waits_release(&o->rows);
	my_observer_rows_init(o);
	o->source = (struct observe_source){0};
}

int my_observer_choose(struct observer *o, const struct observer_config *config, struct err *err)
{
	bool automatic = !config->source || !*config->source || strcmp(config->source, "auto") == 0;
	struct err why = {0};

	for (int kind = OBSERVER_EVENTS; kind <= OBSERVER_PROCESSLIST; kind++) {
		if (!automatic && strcmp(config->source, kind_names[kind]) != 0)
			continue;
		if (kind == OBSERVER_PROCESSLIST) {
			snprintf(o->source.name, sizeof(o->source.name), "%s", kind_names[kind]);
			return open_processlist(o, why.text, err);
		}
		if (!open_events(o, &why)) {
			snprintf(o->source.name, sizeof(o->source.name), "%s", kind_names[kind]);
			return 0;
		}
		forget(o);
		if (!automatic || why.kind == ERR_INTERRUPTED) {
			*err = why;
			return why.kind == ERR_INTERRUPTED
				? -1
				: err_prefix(err, "cannot observe through '%s'", config->source);
		}
	}
	return err_set(err, ERR_USAGE, "no way to observe is called '%s'", config->source);
}

void my_observer_say_missed(struct observer *o)
{
	struct observe_source *s = &o->source;
	const struct my_row_waits *r = &o->rows;
	uint64_t waits = r->waits - r->base_waits, time_us = r->time_us - r->base_time_us;
	char text[128];

	if (o->ring.lost) {
		snprintf(text, sizeof(text),
			"up to %" PRIu64 " events fell out of the server's ring unread",
			o->ring.lost);
		add(s->blind_to, sizeof(s->blind_to), text);
		s->exact = false;
	}
	if (r->log.failed)
		add(s->blind_to, sizeof(s->blind_to),
			"the slow log could not be read to the end: later row-lock waits are "
			"estimates");
	if (r->source != MY_ROWS_NONE && waits > r->told) {
		snprintf(text, sizeof(text),
			"%" PRIu64 " row-lock waits of %" PRIu64
			" ms in all were too short to be seen one by one",
			waits - r->told, time_us > r->told_us ? (time_us - r->told_us) / 1000 : 0);
		add(s->blind_to, sizeof(s->blind_to), text);
	}
}
