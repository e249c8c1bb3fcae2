/* How statements ended: what performance_schema has of them. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "adapters/mysql/observer_parts.h"
#include "embed.h"
#include "harness/base/cleanup.h"
#include "harness/base/clock.h"
#include "harness/base/mem.h"

#define LATE_PS 1000000000000 /* an event may come into the ring after a younger one */
#define NEAR_US 20000	      /* the log and the events agree to that on a statement's start */
#define NEAR_STRANGER_US 3000 /* where nothing else says whose event it is */

/* The timer's value at the start of a statement of this very session. */
static int read_clock(struct observer *o, struct err *err)
{
	struct observer_session *s = &o->facts.session;
	uint64_t before = clock_wall_us(), after;

	if (mo_ask(s,
		    "SELECT e.TIMER_START FROM performance_schema.events_statements_current e"
		    " JOIN performance_schema.threads t ON t.THREAD_ID = e.THREAD_ID"
		    " WHERE t.PROCESSLIST_ID = CONNECTION_ID()",
		    err))
		return -1;
	after = clock_wall_us();
	if (!mo_rows(s) || !mo_number(s, 0, 0))
		return err_set(err, ERR_FAILED,
			"performance_schema does not time statements of this server");
	o->foreign.clock.steady = true;
	my_timer_read(&o->foreign.clock, mo_timer(s, 0, 0), before, after);
	return 0;
}

static bool is_known(const struct my_foreign *f, uint64_t thread, uint64_t event)
{
	for (size_t i = f->n_events; i-- > 0;)
		if (f->events[i].thread == thread && f->events[i].event == event)
			return true;
	return false;
}

static void take(struct my_foreign *f, const struct observer_session *s, unsigned row)
{
	uint64_t end_ps = mo_number(s, row, 4), code = mo_number(s, row, 5);
	struct my_foreign_event e = {.thread = mo_number(s, row, 0),
		.event = mo_number(s, row, 1),
		.session = mo_number(s, row, 2),
		.start_us = mo_timer(s, row, 3) + f->clock.offset_us,
		.end_us = mo_timer(s, row, 4) + f->clock.offset_us,
		.affected = mo_number(s, row, 7),
		.read = mo_number(s, row, 8),
		.copies = mo_number(s, row, 9)};

	if (is_known(f, e.thread, e.event))
		return;
	if (end_ps > f->youngest_ps)
		f->youngest_ps = end_ps;
	if (code)
		snprintf(e.code, sizeof(e.code), "%u", (unsigned)code);
	e.error = mem_strdup(code ? mo_text(s, row, 6) : "");
	*MEM_PUSH(f->events, f->n_events, f->cap_events) = e;
}

/* What is told, or nobody's, is not needed any more once it cannot be read again. */
static void forget(struct my_foreign *f)
{
	uint64_t now = clock_wall_us();
	size_t n = 0;

	for (size_t i = 0; i < f->n_events; i++) {
		if (f->events[i].end_us + 10 * (LATE_PS / 1000000) > now)
			f->events[n++] = f->events[i];
		else
			mem_free(f->events[i].error);
	}
	f->n_events = n;
}

int my_foreign_read_events(struct observer *o, struct err *err)
{
	struct my_foreign *f = &o->foreign;
	struct observer_session *s = &o->facts.session;
	CLEANUP(cleanup_free) char *sql = NULL;

	if (read_clock(o, err))
		return -1;
	sql = mem_printf("%s %" PRIu64 " ORDER BY s.TIMER_START", sql_mysql_foreign_events,
		f->youngest_ps > LATE_PS ? f->youngest_ps - LATE_PS : 0);
	if (mo_ask(s, sql, err))
		return -1;
	for (unsigned i = 0; i < mo_rows(s); i++)
		take(f, s, i);
	forget(f);
	return 0;
}

static uint64_t apart(uint64_t a_us, uint64_t b_us)
{
	return a_us > b_us ? a_us - b_us : b_us - a_us;
}

static bool thread_is_taken(const struct my_foreign *f, uint64_t thread)
{
	for (size_t i = 0; i < f->n_sessions; i++)
		if (f->sessions[i].thread == thread)
			return true;
	return false;
}

static struct my_foreign_session *session_of(struct my_foreign *f, uint64_t session)
{
	for (size_t i = 0; i < f->n_sessions; i++)
		if (f->sessions[i].session == session)
			return &f->sessions[i];
	return NULL;
}

/* Those of its own session, or, when no sample met that one, of a thread that is nobody's. */
struct my_foreign_event *my_foreign_find(struct my_foreign *f, const struct my_foreign_row *row)
{
	struct my_foreign_session *s = session_of(f, row->session);
	struct my_foreign_event *found = NULL;
	uint64_t near = NEAR_US;

	for (size_t i = 0; i < f->n_events; i++) {
		struct my_foreign_event *e = &f->events[i];
		uint64_t off = apart(e->start_us, row->start_us);
		bool own = e->session ? e->session == row->session
				      : s && s->thread && s->thread == e->thread;
		bool stranger = !e->session && (!s || !s->thread) &&
			!thread_is_taken(f, e->thread) && off <= NEAR_STRANGER_US;

		if (e->used || off >= near || (!own && !stranger))
			continue;
		near = off;
		found = e;
	}
	if (found && s && !s->thread)
		s->thread = found->thread;
	return found;
}
