/* Where performance_schema is off: the states of sessions, looked at 50 times a second. Neither
 * object nor blocker is told, so the statement's text and the migration's own statement have to do.
 */
#include <stdlib.h>
#include <string.h>

#include "adapters/mysql/observer_parts.h"
#include "embed.h"
#include "harness/base/cleanup.h"
#include "harness/base/clock.h"
#include "harness/base/mem.h"

int my_observer_open_processlist(struct observer *o, struct err *err)
{
	o->has_time_ms =
		mo_can(&o->session, "SELECT TIME_MS FROM information_schema.PROCESSLIST LIMIT 1");
	return mo_ask(&o->session,
		o->has_time_ms ? sql_mysql_observer_processlist
			       : sql_mysql_observer_processlist_mysql,
		err);
}

static struct my_open_wait *find(struct observer *o, uint64_t session, const char *state)
{
	for (size_t i = 0; i < o->waits.n; i++)
		if (o->waits.open[i].session == session && !strcmp(o->waits.open[i].mode, state))
			return &o->waits.open[i];
	return NULL;
}

static bool is_own(const struct observer *o, uint64_t session)
{
	for (size_t i = 0; i < o->n_own; i++)
		if (o->own_sessions[i] == session)
			return true;
	return false;
}

/* "Waiting for table metadata lock" waits for a table; others for what the state names. */
static void name_object(struct my_open_wait *w, const char *state, const char *sql, const char *db)
{
	struct my_target target;

	my_target_parse(sql, &target);
	if (strstr(state, "table") && target.table) {
		w->type = mem_strdup("TABLE");
		w->schema = mem_strdup(target.schema ? target.schema : db);
		w->name = mem_strdup(target.table);
	} else {
		w->type = mem_strdup(state + strlen("Waiting for "));
		w->schema = mem_strdup("");
		w->name = mem_strdup("");
	}
	my_target_release(&target);
}

static void take(struct observer *o, unsigned row)
{
	const struct observer_session *s = &o->session;
	uint64_t session = mo_number(s, row, 0);
	const char *state = mo_text(s, row, 1);
	uint64_t since = o->has_time_ms ? (uint64_t)(strtod(mo_text(s, row, 2), NULL) * 1000)
					: (o->now_us - o->locks_us) / 2;
	struct my_open_wait *w;

	if (is_own(o, session))
		return;
	w = find(o, session, state);
	if (!w) {
		w = MEM_PUSH(o->waits.open, o->waits.n, o->waits.cap);
		*w = (struct my_open_wait){.session = session,
			.mode = mem_strdup(state),
			.tag = mo_tag(mo_text(s, row, 3)),
			.table = strstr(state, "table level") != NULL};
		/* The statement's own time: a little more than the wait's, or, in a transaction's
		 * middle of a long statement, too much; never before the last look. */
		w->start_us = o->now_us - since;
		if (w->start_us < o->locks_us)
			w->start_us = o->locks_us;
		name_object(w, state, mo_text(s, row, 3), mo_text(s, row, 4));
	}
	w->in_sample = true;
	w->seen_us = o->now_us;
}

static bool waits_itself(const struct observer *o, uint64_t session)
{
	for (size_t i = 0; i < o->waits.n; i++)
		if (o->waits.open[i].session == session)
			return true;
	return false;
}

/* The migration works on that table: it is in the way, at least as far as can be told. */
static void blame(struct observer *o, struct my_open_wait *w)
{
	CLEANUP(cleanup_free) char *object = my_object_name(w->type, w->schema, w->name);
	const struct my_statement_span *s =
		o->waits.n_spans ? &o->waits.spans[o->waits.n_spans - 1] : NULL;

	if (!s || s->end_us || s->session == w->session || strcmp(s->object, object) != 0 ||
		w->holders.n || w->ahead.n)
		return;
	my_sessions_add(waits_itself(o, s->session) ? &w->ahead : &w->holders, s->session);
}

static void tell_ended(struct observer *o)
{
	uint64_t min_wait = atomic_load(&o->min_wait_us);

	for (size_t i = o->waits.n; i-- > 0;) {
		struct my_open_wait *w = &o->waits.open[i];
		uint64_t end = w->seen_us + (o->now_us - w->seen_us) / 2;

		if (w->in_sample)
			continue;
		my_waits_end(&o->waits, w, end > w->start_us ? end - w->start_us : 0, min_wait);
	}
}

int my_observer_look_processlist(struct observer *o, struct err *err)
{
	uint64_t before = clock_wall_us();

	if (mo_ask(&o->session,
		    o->has_time_ms ? sql_mysql_observer_processlist
				   : sql_mysql_observer_processlist_mysql,
		    err))
		return -1;
	o->now_us = before + (clock_wall_us() - before) / 2;
	if (!o->locks_us)
		o->locks_us = o->now_us;
	my_waits_sample(&o->waits);
	for (unsigned i = 0; i < mo_rows(&o->session); i++)
		take(o, i);
	for (size_t i = 0; i < o->waits.n; i++)
		blame(o, &o->waits.open[i]);
	tell_ended(o);
	o->locks_us = o->now_us; /* the look before the next */
	return 0;
}
