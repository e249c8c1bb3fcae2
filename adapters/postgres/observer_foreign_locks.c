/* The locks of a command's sessions: sampled, and told by the sessions themselves. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "adapters/postgres/observer_modes.h"
#include "adapters/postgres/observer_parts.h"
#include "harness/base/clock.h"
#include "harness/base/mem.h"

#define CLOCK_STEP_US 1000 /* times in the log are whole milliseconds */

static bool begins_with(const char *sql, const char *word)
{
	size_t n = strlen(word);

	sql += strspn(sql, " \t\r\n");
	return !strncasecmp(sql, word, n) && (!sql[n] || strchr(" \t\r\n;", sql[n]));
}

bool foreign_begins(const char *sql, const char *const *words)
{
	while (*words && !begins_with(sql, *words))
		words++;
	return *words;
}

/* Whether it takes locks that a migration is looked at for. */
static bool takes_locks(const char *sql)
{
	static const char *const others[] = {"SELECT", "SHOW", "SET", "BEGIN", "START", "COMMIT",
		"ROLLBACK", "SAVEPOINT", "RELEASE", "WITH", NULL};

	return !foreign_begins(sql, others);
}

struct foreign_session *foreign_session(
	struct observer_foreign *f, uint64_t pid, const struct foreign_sink *sink)
{
	struct foreign_session *s;

	for (size_t i = 0; i < f->n_sessions; i++)
		if (f->sessions[i].pid == pid)
			return &f->sessions[i];
	s = MEM_PUSH(f->sessions, f->n_sessions, f->cap_sessions);
	s->pid = pid;
	s->end_us = f->opened_us;
	sink->session(sink->ctx, pid);
	return s;
}

/* A lock of that transaction, made when it is new. */
static struct foreign_lock *find_lock(struct observer_foreign *f, const struct foreign_lock *like)
{
	struct foreign_lock *l;

	for (size_t i = 0; i < f->n_locks; i++) {
		l = &f->locks[i];
		if (l->pid == like->pid && l->relation == like->relation &&
			l->xact_us == like->xact_us && !strcmp(l->mode, like->mode))
			return l;
	}
	l = MEM_PUSH(f->locks, f->n_locks, f->cap_locks);
	*l = *like;
	l->since_us = f->sampled_us;
	return l;
}

int foreign_sample(struct observer *o, const struct foreign_sink *sink, struct err *err)
{
	struct observer_foreign *f = &o->foreign;
	const struct observer_session *s = &o->facts.session;
	uint64_t now = clock_wall_us();

	if (observer_ask(&o->facts.session, OBSERVER_FOREIGN, NULL, 0, err))
		return -1;
	*MEM_PUSH(f->wal, f->n_wal, f->cap_wal) =
		(struct foreign_wal){now, observer_value_number(s, 0, 0)};
	for (unsigned row = 0; row < observer_rows(s); row++) {
		uint64_t pid = observer_value_number(s, row, 1);
		uint64_t began = observer_value_number(s, row, 2) + o->waits.offset_us;
		struct foreign_lock like = {.pid = pid,
			.xact_us = observer_value_number(s, row, 5) + o->waits.offset_us,
			.relation = (uint32_t)observer_value_number(s, row, 3),
			.first_us = now,
			.query_us = began,
			.by_query = takes_locks(observer_value(s, row, 6))};

		if (!pid)
			continue;
		foreign_session(f, pid, sink)->query_us = began;
		snprintf(like.mode, sizeof(like.mode), "%s", observer_value(s, row, 4));
		if (like.relation)
			find_lock(f, &like);
	}
	f->sampled_us = now;
	return 0;
}

void foreign_lock_line(
	struct observer_foreign *f, const struct foreign_line *line, uint64_t offset_us)
{
	struct foreign_lock like = {
		.pid = line->pid, .first_us = line->at_us, .query_us = line->at_us};
	struct foreign_lock *l;
	int name = 0;

	if (sscanf(line->text, "%" SCNu32 " %31s %" SCNu64 " %n", &like.relation, like.mode,
		    &like.xact_us, &name) != 3 ||
		!name)
		return;
	like.xact_us += offset_us;
	l = find_lock(f, &like);
	l->triggered = l->told_again = true;
	mem_free(l->name);
	/* RAISE writes NULL so. */
	l->name = strcmp(line->text + name, "<NULL>") ? mem_strdup(line->text + name) : NULL;
}

/* What was held until now is released with the transaction. */
void foreign_release_locks(struct observer_foreign *f, uint64_t pid)
{
	size_t n = 0;

	for (size_t i = 0; i < f->n_locks; i++) {
		if (f->locks[i].pid != pid || !f->locks[i].told)
			f->locks[n++] = f->locks[i];
		else
			mem_free(f->locks[i].name);
	}
	f->n_locks = n;
}

static const char *known_name(const struct observer *o, const struct foreign_lock *l)
{
	const struct relation *r = relation_set_find(&o->facts.at_open, l->relation);

	if (r)
		return r->kind == 't' || !strncmp(r->name, "pg_toast.", 9) ? NULL : r->name;
	return l->name;
}

/* Whether another statement that takes locks ended before the lock was first seen. */
static bool has_later_taker(const struct foreign_lock *l, const struct foreign_lines *later)
{
	for (size_t i = 0; i < later->n; i++) {
		const struct foreign_line *line = &later->list[i];

		if (line->kind == FOREIGN_STATEMENT && line->pid == l->pid &&
			line->at_us <= l->first_us + CLOCK_STEP_US && takes_locks(line->text))
			return true;
	}
	return false;
}

/*
 * Whether a lock is this statement's. DDL tells all of its own at its end. What others take is only
 * sampled: it was taken after the sample before it was seen, by the statement that ran when it was
 * seen if that one takes locks at all, else by the last one before that does.
 */
static bool is_taken_by(const struct foreign_lock *l, const struct foreign_statement *s,
	bool tells_itself, const struct foreign_lines *later)
{
	if (l->triggered || tells_itself)
		return l->triggered;
	if (l->since_us >= s->end_us || l->query_us + 2 * CLOCK_STEP_US < s->start_us)
		return false;
	/* In a transaction that began later. */
	if (l->xact_us > s->end_us + CLOCK_STEP_US)
		return false;
	return l->query_us <= s->end_us ||
		(!l->by_query && takes_locks(s->sql) && !has_later_taker(l, later));
}

static bool tells_itself(const struct observer_foreign *f, uint64_t pid)
{
	for (size_t i = 0; i < f->n_locks; i++)
		if (f->locks[i].pid == pid && f->locks[i].told_again)
			return true;
	return false;
}

/* Those that this statement has newly taken: told by its session at its end, or sampled. */
void foreign_take_locks(
	struct observer *o, struct foreign_statement *s, const struct foreign_lines *later)
{
	struct observer_foreign *f = &o->foreign;
	bool itself = tells_itself(f, s->session);
	size_t cap = 0;

	for (size_t i = 0; i < f->n_locks; i++) {
		struct foreign_lock *l = &f->locks[i];
		const char *name = known_name(o, l);
		uint64_t acquired = l->first_us;

		if (l->pid == s->session)
			l->told_again = false;
		if (l->pid != s->session || l->told || !is_taken_by(l, s, itself, later))
			continue;
		l->told = true;
		if (!name)
			continue;
		/* Not seen before the statement's end: it was taken after the sample before. */
		if (acquired > s->end_us)
			acquired = s->end_us;
		if (acquired < s->start_us)
			acquired = s->start_us;
		*MEM_PUSH(s->facts.locks, s->facts.n_locks, cap) = (struct fact_lock){
			.object = mem_strdup(name),
			.mode = mem_strdup(l->mode),
			.acquired_us = acquired,
			.new_object = !relation_set_find(&o->facts.at_open, l->relation),
			.blocks_reads = lock_mode_blocks_reads(l->mode),
			.blocks_writes = lock_mode_blocks_writes(l->mode),
		};
	}
}
