/* The migration's side: statements put together from the log, the triggers and samples. */
#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "adapters/postgres/dialect_text.h"
#include "adapters/postgres/observer_parts.h"
#include "embed.h"
#include "harness/base/cleanup.h"
#include "harness/base/clock.h"
#include "harness/base/mem.h"

#define ROLE "rehearse_command"
#define STEP_US 20000
#define LAG_US 150000 /* of the log, read 20 times a second, behind the samples */
#define END_WITHIN_US 10000000

static const struct db_adapter *const db = &postgres_db;

/* ---- opening ---- */

/* What a URL does not take as it is. */
static void add_escaped(struct str *out, const char *text)
{
	for (; *text; text++) {
		if (strchr("/%?#&=:@ +", *text))
			str_addf(out, "%%%02X", (unsigned char)*text);
		else
			str_add_char(out, *text);
	}
}

static int build_env(const struct replica_info *replica, char ***ret, struct err *err)
{
	char *problem = NULL;
	PQconninfoOption *options = PQconninfoParse(replica->dsn, &problem);
	const char *host = "", *port = "5432";
	CLEANUP(cleanup_str) struct str url = {0};
	size_t n = 0, cap = 0;

	PQfreemem(problem);
	if (!options)
		return err_set(err, ERR_FAILED, "the replica's DSN cannot be read");
	for (PQconninfoOption *o = options; o->keyword; o++) {
		if (!strcmp(o->keyword, "host") && o->val)
			host = o->val;
		if (!strcmp(o->keyword, "port") && o->val && *o->val)
			port = o->val;
	}
	str_add(&url, "DATABASE_URL=postgresql://" ROLE "@/");
	add_escaped(&url, replica->database);
	str_add(&url, "?host=");
	add_escaped(&url, host);
	str_addf(&url, "&port=%s", port);
	*MEM_PUSH(*ret, n, cap) = mem_strdup(str_text(&url));
	*MEM_PUSH(*ret, n, cap) = mem_printf("PGHOST=%s", host);
	*MEM_PUSH(*ret, n, cap) = mem_printf("PGPORT=%s", port);
	*MEM_PUSH(*ret, n, cap) = mem_printf("PGDATABASE=%s", replica->database);
	*MEM_PUSH(*ret, n, cap) = mem_strdup("PGUSER=" ROLE);
	(void)MEM_PUSH(*ret, n, cap);
	PQconninfoFree(options);
	return 0;
}

/* Sessions of the role become the user of the DSN at once, so that what they make is its. */
static int set_up(struct observer *o, struct err *err)
{
	struct db_conn *conn = o->facts.session.conn;
	CLEANUP(cleanup_free) char *user = NULL;
	CLEANUP(cleanup_free) char *name = NULL;

	if (db_exec(db, conn, sql_postgres_foreign_setup, err) ||
		db_text(db, conn, "SELECT current_user", &user, err))
		return err_prefix(err, "cannot watch a command on this replica");
	name = pg_sql_literal(user);
	return db_execf(db, conn, err, "ALTER ROLE " ROLE " SET role = %s", name);
}

int foreign_open(struct observer *o, char ***ret_env, struct err *err)
{
	*ret_env = NULL;
	if (o->kind == OBSERVER_SAMPLING)
		return err_set(err, ERR_FAILED,
			"a command's statements are read from the server's log, and it is not "
			"read (observe.source: sampling)");
	if (set_up(o, err) || build_env(o->replica, ret_env, err))
		return -1;
	o->foreign.opened_us = o->foreign.sampled_us = clock_wall_us();
	atomic_store(&o->foreign.open, true);
	return 0;
}

/* ---- statements ---- */

static void take_rewritten(struct observer *o, struct foreign_statement *s)
{
	struct observer_foreign *f = &o->foreign;
	size_t cap = 0;

	for (size_t i = 0; i < f->n_rewritten; i++) {
		const struct relation *r = relation_set_find(&o->facts.at_open, f->rewritten[i]);

		if (r)
			*MEM_PUSH(s->facts.rewritten, s->facts.n_rewritten, cap) =
				mem_strdup(r->name);
	}
	f->n_rewritten = 0;
}

/* Whether a transaction is open after the statement; savepoints change nothing. */
static void follow_transaction(struct foreign_session *s, const struct foreign_statement *st)
{
	static const char *const begin[] = {"BEGIN", "START", NULL};
	static const char *const end[] = {"COMMIT", "END", "ROLLBACK", "ABORT", NULL};

	if (foreign_begins(st->sql, begin) && !*st->code)
		s->in_transaction = true;
	if (foreign_begins(st->sql, end) && !strcasestr(st->sql, " TO "))
		s->in_transaction = false;
}

/* What all sessions wrote, from the sample before the statement to the one after it. */
static uint64_t wal_between(const struct observer_foreign *f, uint64_t start_us, uint64_t end_us)
{
	uint64_t from = f->n_wal ? f->wal[0].place : 0, to = from;

	for (size_t i = 0; i < f->n_wal; i++) {
		if (f->wal[i].at_us <= start_us)
			from = f->wal[i].place;
		to = f->wal[i].place;
		if (f->wal[i].at_us >= end_us)
			break;
	}
	return to - from;
}

static void tell(struct observer *o, struct foreign_line *line, const struct foreign_lines *later,
	const struct foreign_sink *sink)
{
	struct observer_foreign *f = &o->foreign;
	struct foreign_session *session = foreign_session(f, line->pid, sink);
	struct foreign_statement s = {.session = line->pid,
		.end_us = line->at_us,
		.sql = line->text,
		.error = line->error ? line->error : mem_strdup("")};

	line->text = line->error = NULL;
	memcpy(s.code, line->code, sizeof(s.code));
	/* An error's line does not say how long it took. */
	s.start_us = s.end_us - line->duration_us;
	if (line->kind == FOREIGN_ERROR && session->query_us <= s.end_us)
		s.start_us = session->query_us;
	/* Several may end within the log's one millisecond: they keep their order. */
	if (s.end_us <= session->end_us)
		s.end_us = session->end_us + 1;
	if (s.start_us <= session->end_us)
		s.start_us = session->end_us + 1;
	session->end_us = s.end_us;
	foreign_take_locks(o, &s, later);
	take_rewritten(o, &s);
	s.facts.wal_bytes = wal_between(f, s.start_us, s.end_us);
	sink->statement(sink->ctx, &s);
	follow_transaction(session, &s);
	if (!session->in_transaction)
		foreign_release_locks(f, session->pid);
	foreign_statement_release(&s);
}

static void take_line(struct observer *o, struct foreign_line *line,
	const struct foreign_lines *later, const struct foreign_sink *sink)
{
	struct observer_foreign *f = &o->foreign;

	switch (line->kind) {
	case FOREIGN_STATEMENT:
	case FOREIGN_ERROR:
		tell(o, line, later, sink);
		break;
	case FOREIGN_LOCK:
		foreign_lock_line(f, line, o->waits.offset_us);
		break;
	case FOREIGN_REWRITE:
		*MEM_PUSH(f->rewritten, f->n_rewritten, f->cap_rewritten) =
			(uint32_t)strtoul(line->text, NULL, 10);
		break;
	case FOREIGN_END:
		f->ended = true;
	}
	mem_free(line->text);
	mem_free(line->error);
}

/* What was written since the last time, behind what was left then. */
static void fetch(struct observer_foreign *f)
{
	struct foreign_lines *w = &f->waiting;

	pthread_mutex_lock(&f->mutex);
	for (size_t i = 0; i < f->queue.n; i++)
		*MEM_PUSH(w->list, w->n, w->cap) = f->queue.list[i];
	f->queue.n = 0;
	pthread_mutex_unlock(&f->mutex);
}

int foreign_poll(struct observer *o, const struct foreign_sink *sink, struct err *err)
{
	struct foreign_lines *w = &o->foreign.waiting;
	size_t n = 0;

	if (foreign_sample(o, sink, err))
		return -1;
	fetch(&o->foreign);
	/* A statement is told when samples have followed it, and what came soon after it is here.
	 */
	for (; n < w->n && w->list[n].at_us + LAG_US < o->foreign.sampled_us; n++) {
		const struct foreign_lines later = {w->list + n + 1, w->n - n - 1, 0};

		take_line(o, &w->list[n], &later, sink);
	}
	w->n -= n;
	if (n)
		memmove(w->list, w->list + n, w->n * sizeof(*w->list));
	return 0;
}

/* The server writes what happened before the mark before the mark. */
int foreign_finish(struct observer *o, const struct foreign_sink *sink, struct err *err)
{
	uint64_t deadline = clock_us() + END_WITHIN_US;

	if (db_exec(db, o->facts.session.conn, "DO $$BEGIN RAISE LOG 'rehearse-end'; END$$", err))
		return -1;
	while (!o->foreign.ended) {
		if (foreign_poll(o, sink, err))
			return -1;
		if (clock_us() > deadline)
			return err_set(err, ERR_FAILED,
				"the server's log did not tell the end of the command");
		clock_sleep_us(STEP_US);
	}
	return 0;
}
