/* The two threads' sides: rows of the log come in, whole statements go out. */
#include "adapters/mysql/observer_foreign.h"

#include <inttypes.h>
#include <string.h>

#include "adapters/mysql/observer_parts.h"
#include "harness/base/cleanup.h"
#include "harness/base/clock.h"
#include "harness/base/fs.h"
#include "harness/base/mem.h"

#define STEP_US 20000
#define LAG_US 60000	      /* samples have followed a statement that is so old */
#define EVENT_LATE_US 2000000 /* then nothing has told how it ended */
#define END_WITHIN_US 20000000
#define ROWS_AT_ONCE 500 /* then events are read again, before they are overwritten */
#define KEEP_US 5000000
#define LEAVE_US 300000 /* for sessions whose client is gone */

void my_foreign_init(struct my_foreign *f)
{
	*f = (struct my_foreign){0};
	pthread_mutex_init(&f->mutex, NULL);
}

static void release_rows(struct my_foreign_rows *rows)
{
	for (size_t i = 0; i < rows->n; i++) {
		mem_free(rows->list[i].sql);
		mem_free(rows->list[i].object);
	}
	mem_free(rows->list);
}

static void release_events(struct my_foreign *f)
{
	for (size_t i = 0; i < f->n_events; i++)
		my_foreign_event_release(&f->events[i]);
	mem_free(f->events);
}

void my_foreign_release(struct my_foreign *f, struct observer_session *s)
{
	struct err ignored = {0};

	if (f->limit && s->conn)
		mo_can(s,
			"DROP USER IF EXISTS " MY_COMMAND_ACCOUNT "@localhost,"
			" " MY_COMMAND_ACCOUNT "@'%'");
	if (f->dir)
		fs_remove_tree(f->dir, &ignored);
	my_foreign_forget(f, UINT64_MAX);
	release_rows(&f->queue);
	release_rows(&f->waiting);
	for (size_t i = 0; i < MY_FOREIGN_PAST; i++)
		mem_free(f->past[i].object);
	release_events(f);
	mem_free(f->seen);
	mem_free(f->locks);
	mem_free(f->points);
	mem_free(f->sessions);
	mem_free(f->limit);
	mem_free(f->dir);
	pthread_mutex_destroy(&f->mutex);
}

/* ---- the watching thread ---- */

/* MySQL logs these too, by their names. */
static bool is_client_command(const char *sql)
{
	static const char *const names[] = {"Quit", "Init DB", "Prepare", "Close stmt",
		"Reset stmt", "Long Data", "Ping", "Statistics", "Field List", "Change user",
		"Reset Connection", "Set option", "Connect", "Refresh", "Debug"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (!strcmp(sql, names[i]))
			return true;
	return false;
}

void my_foreign_row(void *foreign, const struct my_told_statement *statement)
{
	struct my_foreign *f = foreign;

	if (is_client_command(statement->sql))
		return;
	pthread_mutex_lock(&f->mutex);
	*MEM_PUSH(f->queue.list, f->queue.n, f->queue.cap) =
		(struct my_foreign_row){.session = statement->session,
			.start_us = statement->start_us,
			.end_us = statement->end_us,
			.sql = mem_strdup(statement->sql)};
	pthread_mutex_unlock(&f->mutex);
}

void my_foreign_was_read(struct my_foreign *f, const struct my_row_log *log)
{
	if (!log->told)
		return;
	atomic_store(&f->failed, log->failed);
	atomic_store(&f->read_us, log->read_us);
}

/* ---- the migration's thread ---- */

static void remember(struct my_foreign *f, const struct my_foreign_row *row)
{
	struct my_foreign_row *past = &f->past[f->n_past++ % MY_FOREIGN_PAST];

	mem_free(past->object);
	*past = *row;
	past->sql = NULL;
	past->object = mem_strdup(row->object);
}

/* By their ends: the log has them in that order, but for a little. */
void my_foreign_add(struct observer *o, struct my_foreign_row row)
{
	struct my_foreign_rows *w = &o->foreign.waiting;
	size_t at;

	my_facts_aim(&o->facts, row.sql);
	if (o->facts.object) {
		row.object = mem_strdup(o->facts.object);
		remember(&o->foreign, &row);
	}
	(void)MEM_PUSH(w->list, w->n, w->cap);
	for (at = w->n - 1; at && w->list[at - 1].end_us > row.end_us; at--)
		w->list[at] = w->list[at - 1];
	w->list[at] = row;
}

static void fetch(struct observer *o)
{
	struct my_foreign *f = &o->foreign;

	pthread_mutex_lock(&f->mutex);
	for (size_t i = 0; i < f->queue.n; i++)
		my_foreign_add(o, f->queue.list[i]);
	f->queue.n = 0;
	pthread_mutex_unlock(&f->mutex);
}

static int tell(struct observer *o, size_t i, struct my_foreign_event *event,
	const struct foreign_sink *sink, struct err *err)
{
	struct my_foreign *f = &o->foreign;
	struct my_foreign_row *row = &f->waiting.list[i];
	struct foreign_statement s = {.session = row->session,
		.start_us = row->start_us,
		.end_us = row->end_us,
		.sql = mem_strdup(row->sql)};
	int failed;

	event->told = true;
	s.holds = my_foreign_follow(
		my_foreign_session(f, row->session, sink), row->sql, !*event->code);
	memcpy(s.code, event->code, sizeof(s.code));
	s.error = mem_strdup(event->error);
	if (row->object)
		my_observer_span(o, row->session, row->object, row->start_us, row->end_us);
	failed = my_foreign_facts(o, &s, event, err);
	/* MySQL's own client asks so whether the server knows dollar quotes. */
	if (!failed && strcmp(row->sql, "select $$") != 0)
		sink->statement(sink->ctx, &s);
	foreign_statement_release(&s);
	return failed;
}

static int lost(const struct my_foreign_row *row, struct err *err)
{
	return err_set(err, ERR_FAILED,
		"performance_schema does not tell how a statement of the command ended (%" PRIu64
		" ms long): its ring is too small for this traffic "
		"(performance_schema_events_statements_history_long_size)",
		(row->end_us - row->start_us) / 1000);
}

/* Statements that are old enough, each once it is known how it ended. */
static int tell_due(struct observer *o, const struct foreign_sink *sink, bool all, struct err *err)
{
	struct my_foreign *f = &o->foreign;
	struct my_foreign_rows *w = &f->waiting;
	uint64_t now = clock_wall_us();
	size_t n = 0;
	int failed = 0;

	for (; n < w->n && (all || n < ROWS_AT_ONCE) && !failed; n++) {
		const struct my_foreign_row *row = &w->list[n];
		struct my_foreign_event *event;

		if (!all && row->end_us + LAG_US > f->sampled_us)
			break;
		event = my_foreign_find(f, row);
		if (!event && now < row->end_us + EVENT_LATE_US)
			break;
		failed = event ? tell(o, n, event, sink, err) : lost(row, err);
	}
	for (size_t i = 0; i < n; i++) {
		mem_free(w->list[i].sql);
		mem_free(w->list[i].object);
	}
	w->n -= n;
	if (n)
		memmove(w->list, w->list + n, w->n * sizeof(*w->list));
	my_foreign_forget_events(f);
	return failed;
}

int my_foreign_poll(struct observer *o, const struct foreign_sink *sink, struct err *err)
{
	struct my_foreign *f = &o->foreign;
	uint64_t logged = atomic_load(&f->read_us);

	if (atomic_load(&f->failed))
		return err_set(err, ERR_FAILED,
			"the server's slow log, which tells the command's statements, could not "
			"be read");
	if (my_foreign_sample(o, sink, err))
		return -1;
	fetch(o);
	if (my_foreign_read_events(o, err) || tell_due(o, sink, false, err))
		return -1;
	my_foreign_add_unlogged(o, f->waiting.n ? 0 : logged);
	/* A statement that still runs may need what was before it. */
	if (!f->waiting.n && !f->busy && f->sampled_us > KEEP_US)
		my_foreign_forget(f, f->sampled_us - KEEP_US);
	return 0;
}

/* Sessions of clients that are gone; a statement that goes on without one is ended. */
static int end_sessions(struct observer *o, uint64_t since_us, bool *ret_left, struct err *err)
{
	struct observer_session *s = &o->facts.session;
	CLEANUP(cleanup_free) uint64_t *left = NULL;
	size_t n;

	if (mo_ask(s,
		    "SELECT ID FROM information_schema.PROCESSLIST"
		    " WHERE USER = '" MY_COMMAND_ACCOUNT "'",
		    err))
		return -1;
	n = mo_rows(s);
	left = mem_zalloc((n + 1) * sizeof(*left));
	for (size_t i = 0; i < n; i++)
		left[i] = mo_number(s, (unsigned)i, 0);
	*ret_left = n;
	for (size_t i = 0; i < n && clock_wall_us() > since_us + LEAVE_US; i++) {
		CLEANUP(cleanup_free) char *kill = mem_printf("KILL %" PRIu64, left[i]);

		mo_can(s, kill);
	}
	return 0;
}

static void stop_telling(struct observer *o)
{
	CLEANUP(cleanup_free)
	char *limit = mem_printf("SET GLOBAL long_query_time = %s", o->foreign.limit);

	atomic_store(&o->foreign.open, false);
	mo_can(&o->facts.session, limit);
	if (o->replica->ours)
		mo_can(&o->facts.session,
			"UPDATE performance_schema.setup_consumers SET ENABLED = 'NO' WHERE NAME "
			"IN ('events_statements_current', 'events_statements_history_long')");
}

int my_foreign_finish(struct observer *o, const struct foreign_sink *sink, struct err *err)
{
	struct my_foreign *f = &o->foreign;
	uint64_t began = clock_wall_us(), end = began;
	bool left = true;

	while (left || atomic_load(&f->read_us) <= end + LAG_US || f->waiting.n) {
		if (left) {
			end = clock_wall_us();
			if (end_sessions(o, began, &left, err))
				return -1;
		}
		if (my_foreign_poll(o, sink, err))
			return -1;
		if (clock_wall_us() > began + END_WITHIN_US)
			return err_set(
				err, ERR_FAILED, "the server did not tell the end of the command");
		clock_sleep_us(STEP_US);
	}
	fetch(o);
	if (my_foreign_read_events(o, err) || tell_due(o, sink, true, err))
		return -1;
	stop_telling(o);
	return 0;
}
