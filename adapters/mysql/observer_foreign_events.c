/* How statements ended: what performance_schema has of them. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "adapters/mysql/observer_parts.h"
#include "embed.h"
#include "harness/base/cleanup.h"
#include "harness/base/clock.h"
#include "harness/base/mem.h"

#define LATE_PS 200000000000 /* an event may come into the ring after a younger one */
#define KEEP_US 60000000
#define SAME_MIN 6	/* bytes of a text that must be the same */
#define NEAR_US 50000	/* the log and the events agree to that on a statement's start */
#define NO_TEXT_US 100	/* one of the same text is nearer */
#define LOGGED_US 20000 /* so long after its end a statement is surely in the log */
#define BOUND_US 500
#define CLOCK_ROUNDS 10

/* The timer's value at the start of a statement of this very session. */
static int read_once(struct observer *o, struct err *err)
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

/* The quickest answer counts; a busy server gives few of them. */
static int read_clock(struct observer *o, struct err *err)
{
	int rounds = 0;

	do {
		if (read_once(o, err))
			return -1;
	} while (o->foreign.clock.bound_us > BOUND_US && ++rounds < CLOCK_ROUNDS);
	return 0;
}

static bool is_known(const struct my_foreign *f, uint64_t thread, uint64_t event)
{
	for (size_t i = f->n_seen; i-- > 0;)
		if (f->seen[i].thread == thread && f->seen[i].event == event)
			return true;
	return false;
}

/* An event that was just written when the ring was read comes with the next reading. */
static void forget_seen(struct my_foreign *f)
{
	size_t n = 0;

	for (size_t i = 0; i < f->n_seen; i++)
		if (f->seen[i].end_ps + LATE_PS >= f->youngest_ps)
			f->seen[n++] = f->seen[i];
	f->n_seen = n;
}

static uint64_t session_of_thread(const struct my_foreign *f, uint64_t thread)
{
	for (size_t i = 0; i < f->n_sessions; i++)
		if (f->sessions[i].thread == thread)
			return f->sessions[i].session;
	return 0;
}

/* A text that cannot be prepared is in no log; of others one may be missed as the log is put aside.
 * MariaDB keeps the text of neither kind of prepared statements here. */
void my_foreign_add_unlogged(struct observer *o, uint64_t read_us)
{
	struct my_foreign *f = &o->foreign;

	for (size_t i = 0; i < f->n_events; i++) {
		struct my_foreign_event *e = &f->events[i];
		uint64_t session = e->session ? e->session : session_of_thread(f, e->thread);

		if (e->told || e->added || !session ||
			(!e->is_prepare && e->end_us + LOGGED_US > read_us) ||
			(!*e->text && !*e->code && !e->executes))
			continue;
		e->added = true;
		my_foreign_add(o,
			(struct my_foreign_row){.session = session,
				.start_us = e->start_us,
				.end_us = e->end_us,
				.sql = mem_strdup(*e->text	? e->text
						: e->is_prepare ? "PREPARE"
								: "EXECUTE"),
				.thread = e->thread,
				.event = e->event});
	}
}

static void take(struct my_foreign *f, const struct observer_session *s, unsigned row)
{
	uint64_t end_ps = mo_number(s, row, 4), code = mo_number(s, row, 5);
	const char *name = mo_text(s, row, 10);
	struct my_foreign_event e = {.thread = mo_number(s, row, 0),
		.event = mo_number(s, row, 1),
		.session = mo_number(s, row, 2),
		.start_us = mo_timer(s, row, 3) + f->clock.offset_us,
		.end_us = mo_timer(s, row, 4) + f->clock.offset_us,
		.affected = mo_number(s, row, 7),
		.read = mo_number(s, row, 8),
		.copies = mo_number(s, row, 9),
		.builds = mo_number(s, row, 12) > 0,
		.rebuilds = mo_number(s, row, 12) >= 1000};

	if (end_ps > f->youngest_ps)
		f->youngest_ps = end_ps;
	e.is_prepare = strcmp(name, "statement/com/Prepare") == 0;
	e.executes = strcasestr(name, "execute") || strcasestr(name, "prepare_sql");
	if (is_known(f, e.thread, e.event) || (e.is_prepare && !code))
		return;
	*MEM_PUSH(f->seen, f->n_seen, f->cap_seen) = (struct my_told){e.thread, e.event, end_ps};
	if (code)
		snprintf(e.code, sizeof(e.code), "%u", (unsigned)code);
	/* The log has what was executed, with its values. */
	e.text = mem_strdup(e.executes ? "" : mo_text(s, row, 11));
	e.error = mem_strdup(code ? mo_text(s, row, 6) : "");
	*MEM_PUSH(f->events, f->n_events, f->cap_events) = e;
}

void my_foreign_event_release(struct my_foreign_event *e)
{
	mem_free(e->error);
	mem_free(e->text);
}

/* What is told, and what is nobody's. */
void my_foreign_forget_events(struct my_foreign *f)
{
	uint64_t now = clock_wall_us();
	size_t n = 0;

	for (size_t i = 0; i < f->n_events; i++) {
		struct my_foreign_event *e = &f->events[i];

		if (!e->told && e->end_us + KEEP_US > now)
			f->events[n++] = *e;
		else
			my_foreign_event_release(e);
	}
	f->n_events = n;
}

int my_foreign_read_events(struct observer *o, struct err *err)
{
	struct my_foreign *f = &o->foreign;
	struct observer_session *s = &o->facts.session;
	CLEANUP(cleanup_free) char *sql = NULL;

	if (f->read == f->ended)
		return 0;
	f->read = f->ended;
	if (read_clock(o, err))
		return -1;
	sql = mem_printf("%s %" PRIu64 " ORDER BY s.TIMER_START", sql_mysql_foreign_events,
		f->youngest_ps > LATE_PS ? f->youngest_ps - LATE_PS : 0);
	if (mo_ask(s, sql, err))
		return -1;
	for (unsigned i = 0; i < mo_rows(s); i++)
		take(f, s, i);
	forget_seen(f);
	return 0;
}

static uint64_t apart(uint64_t a_us, uint64_t b_us)
{
	return a_us > b_us ? a_us - b_us : b_us - a_us;
}

/* Up to where either is cut, or a character may have been converted, a value or a password left
 * out. */
static bool same_text(const char *event, const char *sql)
{
	size_t i = 0;

	while (event[i] && event[i] == sql[i])
		i++;
	return !event[i] || !sql[i] || event[i] == '?' || ((event[i] | sql[i]) & 0x80) ||
		(i >= SAME_MIN && (strcasestr(sql, "IDENTIFIED") || strcasestr(sql, "PASSWORD")));
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
		uint64_t off = (*e->text ? 0 : NO_TEXT_US) + apart(e->start_us, row->start_us);
		bool own = e->session ? e->session == row->session
				      : s && s->thread && s->thread == e->thread;
		bool stranger =
			!e->session && (!s || !s->thread) && !session_of_thread(f, e->thread);

		if (row->event && e->thread == row->thread && e->event == row->event)
			return e;
		if (row->event || e->told || e->added || off >= near || (!own && !stranger) ||
			!same_text(e->text, row->sql))
			continue;
		near = off;
		found = e;
	}
	if (found && s && !s->thread)
		s->thread = found->thread;
	return found;
}
