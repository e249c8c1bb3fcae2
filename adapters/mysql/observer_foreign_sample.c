/* What is looked at while a command runs: its sessions, their locks, the tables' storage. */
#include <stdio.h>
#include <string.h>

#include "adapters/mysql/observer_parts.h"
#include "embed.h"
#include "harness/base/cleanup.h"
#include "harness/base/clock.h"
#include "harness/base/mem.h"

#define GAP_MAX_US 20000 /* a lock that no sample met was held for less */

struct my_foreign_session *my_foreign_session(
	struct my_foreign *f, uint64_t session, const struct foreign_sink *sink)
{
	for (size_t i = 0; i < f->n_sessions; i++)
		if (f->sessions[i].session == session)
			return &f->sessions[i];
	*MEM_PUSH(f->sessions, f->n_sessions, f->cap_sessions) =
		(struct my_foreign_session){.session = session};
	sink->session(sink->ctx, session);
	return &f->sessions[f->n_sessions - 1];
}

/* ---- locks ---- */

static void see_lock(struct my_foreign *f, uint64_t session, const char *object, const char *mode,
	uint64_t now_us)
{
	for (size_t i = 0; i < f->n_locks; i++) {
		struct my_foreign_lock *l = &f->locks[i];

		if (l->session == session && !l->gone_us && !strcmp(l->mode, mode) &&
			!strcmp(l->object, object)) {
			l->latest_us = now_us;
			return;
		}
	}
	*MEM_PUSH(f->locks, f->n_locks, f->cap_locks) = (struct my_foreign_lock){.session = session,
		.object = mem_strdup(object),
		.mode = mem_strdup(mode),
		.before_us = f->sampled_us,
		.seen_us = now_us,
		.latest_us = now_us};
}

/* A statement that runs: so that short waits are known to be behind it. */
static void see_statement(struct observer *o, uint64_t session, const char *sql, uint64_t now_us)
{
	if (!*sql)
		return;
	o->foreign.busy = true;
	my_facts_aim(&o->facts, sql);
	if (o->facts.object)
		my_observer_span(o, session, o->facts.object, now_us, 0);
}

static int sample_sessions(struct observer *o, const struct foreign_sink *sink, struct err *err)
{
	struct my_foreign *f = &o->foreign;
	struct observer_session *s = &o->facts.session;
	uint64_t now = clock_wall_us(), last = 0;

	if (mo_ask(s,
		    o->facts.sampled.source == MY_LOCKS_PLUGIN ? sql_mysql_foreign_samples_plugin
							       : sql_mysql_foreign_samples,
		    err))
		return -1;
	f->busy = false;
	for (unsigned i = 0; i < mo_rows(s); i++) {
		uint64_t session = mo_number(s, i, 4);
		const char *mode = my_lock_mode(mo_text(s, i, 3));
		CLEANUP(cleanup_free) char *object = my_lock_object(s, i, mode);

		my_foreign_session(f, session, sink)->thread = mo_number(s, i, 5);
		if (session != last)
			see_statement(o, session, mo_text(s, i, 6), now);
		last = session;
		if (object)
			see_lock(f, session, object, mode, now);
	}
	for (size_t i = 0; i < f->n_locks; i++)
		if (!f->locks[i].gone_us && f->locks[i].latest_us != now)
			f->locks[i].gone_us = now;
	f->sampled_us = now;
	return 0;
}

/* ---- the storage ---- */

static int look_at_storage(struct observer *o, struct err *err)
{
	struct my_foreign *f = &o->foreign;
	struct observer_facts *facts = &o->facts;
	struct my_foreign_point point = {.begin_us = clock_wall_us()};
	uint64_t ddl;

	if (mo_ask(&facts->session, sql_mysql_foreign_counts, err))
		return -1;
	ddl = mo_number(&facts->session, 0, 0);
	point.has_tables = ddl != f->ddl || !f->n_points;
	f->ddl = ddl;
	f->ended = mo_number(&facts->session, 0, 1);
	facts->migration.thread = 0;
	if (my_facts_counters(facts, &point.counters, err) ||
		(point.has_tables &&
			my_tables_load(&point.tables, &facts->session, facts->database,
				facts->mysql, err))) {
		my_tables_release(&point.tables);
		return -1;
	}
	point.end_us = clock_wall_us();
	*MEM_PUSH(f->points, f->n_points, f->cap_points) = point;
	return 0;
}

int my_foreign_sample(struct observer *o, const struct foreign_sink *sink, struct err *err)
{
	return sample_sessions(o, sink, err) || look_at_storage(o, err) ? -1 : 0;
}

/* The last look at the tables is kept, whatever its age. */
void my_foreign_forget(struct my_foreign *f, uint64_t before_us)
{
	size_t last = f->n_points, n = 0, locks = 0;

	for (size_t i = 0; i < f->n_points && before_us != UINT64_MAX; i++)
		if (f->points[i].has_tables && f->points[i].end_us < before_us)
			last = i;
	for (size_t i = 0; i < f->n_points; i++) {
		if (i == last || f->points[i].end_us >= before_us)
			f->points[n++] = f->points[i];
		else
			my_tables_release(&f->points[i].tables);
	}
	f->n_points = n;
	for (size_t i = 0; i < f->n_locks; i++) {
		struct my_foreign_lock *l = &f->locks[i];

		if ((!l->gone_us || l->gone_us >= before_us) && before_us != UINT64_MAX) {
			f->locks[locks++] = *l;
			continue;
		}
		mem_free(l->object);
		mem_free(l->mode);
	}
	f->n_locks = locks;
}

/* ---- a statement's facts ---- */

/* A change of the storage shows at the end of the statement that makes it: a look in its first half
 * is one before it. */
static void around(const struct my_foreign *f, const struct foreign_statement *s,
	const struct my_foreign_point **ret_before, const struct my_foreign_point **ret_after)
{
	uint64_t middle = s->start_us + (s->end_us - s->start_us) / 2;

	*ret_before = *ret_after = NULL;
	for (size_t i = 0; i < f->n_points; i++) {
		const struct my_foreign_point *p = &f->points[i];

		if (!p->has_tables)
			continue;
		if (!*ret_before || p->end_us <= middle)
			*ret_before = p;
		else if (!*ret_after && p->begin_us >= s->end_us)
			*ret_after = p;
	}
	if (!*ret_after)
		*ret_after = *ret_before; /* nothing has changed since */
}

/* Of several statements on a table between two looks at it, the longest is taken for the one that
 * changed its storage. */
static bool another_did(const struct my_foreign *f, const struct foreign_statement *s,
	const char *object, const struct my_foreign_point *before,
	const struct my_foreign_point *after)
{
	for (size_t i = 0; i < MY_FOREIGN_PAST; i++) {
		const struct my_foreign_row *other = &f->past[i];

		if (other->object && object && !strcmp(other->object, object) &&
			other->end_us > before->end_us && other->end_us <= after->begin_us &&
			other->end_us - other->start_us > s->end_us - s->start_us)
			return true;
	}
	return false;
}

static uint64_t written(const struct my_foreign *f, const struct foreign_statement *s)
{
	const struct my_foreign_point *from = f->points, *to = f->points;

	for (size_t i = 0; i < f->n_points; i++) {
		if (f->points[i].end_us <= s->start_us)
			from = &f->points[i];
		to = &f->points[i];
		if (to->begin_us >= s->end_us)
			break;
	}
	return to->counters.wal > from->counters.wal ? to->counters.wal - from->counters.wal : 0;
}

/* What it takes ends with it, but for what its session holds on to: that was perhaps first seen
 * later, and is known by the name in the statement. */
static bool is_taken_by(const struct my_foreign_lock *l, const struct foreign_statement *s)
{
	const char *dot = strrchr(l->object, '.');

	if (l->told || l->session != s->session || l->seen_us <= s->start_us ||
		l->before_us >= s->end_us)
		return false;
	if (!my_foreign_can_lock(s->sql, l->mode))
		return false;
	return l->seen_us <= s->end_us ||
		(s->holds && strcasestr(s->sql, dot ? dot + 1 : "READ LOCK"));
}

static uint64_t middle_of(uint64_t a_us, uint64_t b_us)
{
	return a_us + (b_us > a_us ? (b_us - a_us) / 2 : 0);
}

/* Those that the statement took go to the sampler's list, and what outlives it to `open`. */
static void take_locks(
	struct observer *o, const struct foreign_statement *s, struct my_seen_locks *open)
{
	struct my_seen_locks *seen = &o->facts.sampled.seen;

	my_seen_clear(seen);
	for (size_t i = 0; i < o->foreign.n_locks; i++) {
		struct my_foreign_lock *l = &o->foreign.locks[i];
		uint64_t from = middle_of(l->before_us, l->seen_us);
		uint64_t to = middle_of(l->latest_us, l->gone_us);
		bool stays = !l->gone_us || l->latest_us > s->end_us;
		struct my_seen_lock lock;

		if (!is_taken_by(l, s))
			continue;
		l->told = true;
		if (from < s->start_us || from > s->end_us)
			from = from < s->start_us ? s->start_us : s->end_us;
		if (to > s->end_us)
			to = s->end_us;
		lock = (struct my_seen_lock){.acquired_us = from,
			.held_us = to > from ? to - from : 1,
			.object = mem_strdup(l->object),
			.mode = mem_strdup(l->mode)};
		*MEM_PUSH(seen->list, seen->n, seen->cap) = lock;
		if (!stays)
			continue;
		lock.object = mem_strdup(l->object);
		lock.mode = mem_strdup(l->mode);
		*MEM_PUSH(open->list, open->n, open->cap) = lock;
	}
}

static void aim(
	struct observer *o, const struct foreign_statement *s, const struct my_foreign_event *event)
{
	struct observer_facts *f = &o->facts;

	my_facts_aim(f, s->sql);
	f->ended_well = !*s->code;
	f->affected = event->affected;
	f->counters = (struct my_counters){0};
	f->sampled.sampler.previous_us =
		s->end_us - s->start_us > GAP_MAX_US ? s->end_us - GAP_MAX_US : s->start_us;
	my_seen_clear(&f->earlier);
}

/* What failed, and what can lock nobody out, has left the rows where they are. Of InnoDB's tables
 * the server's stages tell that; changes of partitions have none. */
static bool left_rows(const struct observer_facts *f, const struct foreign_statement *s,
	const struct my_foreign_event *event, const struct my_foreign_point *before)
{
	const struct my_table *table =
		f->object ? my_tables_find(&before->tables, f->object) : NULL;
	bool index = f->target.kind == MY_STATEMENT_CREATE_INDEX ||
		f->target.kind == MY_STATEMENT_DROP_INDEX;

	if (*s->code || !my_foreign_can_lock(s->sql, "EXCLUSIVE"))
		return true;
	return table && table->tables.n && !event->copies && !event->rebuilds &&
		!strcasestr(s->sql, "PARTITION") &&
		(index || (f->target.kind == MY_STATEMENT_ALTER && !event->builds));
}

int my_foreign_facts(struct observer *o, struct foreign_statement *s,
	const struct my_foreign_event *event, struct err *err)
{
	struct observer_facts *f = &o->facts;
	const struct my_counters counters = {
		.copies = event->copies, .rows = event->read, .wal = written(&o->foreign, s)};
	struct my_seen_locks open = {0};
	const struct my_foreign_point *before, *after;
	int failed;

	aim(o, s, event);
	around(&o->foreign, s, &before, &after);
	if (left_rows(f, s, event, before) ||
		(!event->rebuilds && another_did(&o->foreign, s, f->object, before, after)))
		after = before;
	take_locks(o, s, &open);
	/* Borrowed for the judgement. */
	my_tables_release(&f->before);
	f->before = before->tables;
	failed = event->read ? my_facts_rows(f, err) : 0;
	if (!failed)
		my_facts_judge(f, &after->tables, &open, &counters, s->end_us, &s->facts);
	/* A new index shows as soon as it is begun, so a look may have come too late for it. */
	if (event->builds && !strcmp(s->facts.algorithm, "instant"))
		snprintf(s->facts.algorithm, sizeof(s->facts.algorithm), "inplace");
	f->before = (struct my_table_set){0};
	my_seen_clear(&open);
	mem_free(open.list);
	return failed;
}
