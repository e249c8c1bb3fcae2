#include "adapters/postgres/observer_sample.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/base/clock.h"
#include "harness/base/mem.h"

enum {
	PID,
	LEADER,
	KIND,
	RELATION,
	DATABASE,
	TEXT,
	MODE,
	START,
	NOW,
	APPLICATION,
	QUERY,
	BLOCKERS
};

static enum lock_kind kind_of(const char *locktype)
{
	static const struct {
		const char *name;
		enum lock_kind kind;
	} kinds[] = {{"relation", LOCK_RELATION}, {"extend", LOCK_EXTEND}, {"page", LOCK_PAGE},
		{"tuple", LOCK_TUPLE}};

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (strcmp(kinds[i].name, locktype) == 0)
			return kinds[i].kind;
	return LOCK_OTHER;
}

static void read_target(const struct observer_session *s, unsigned row, struct lock_target *ret)
{
	*ret = (struct lock_target){.kind = kind_of(observer_value(s, row, KIND)),
		.relation = (uint32_t)observer_value_number(s, row, RELATION),
		.database = (uint32_t)observer_value_number(s, row, DATABASE)};
	snprintf(ret->mode, sizeof(ret->mode), "%s", observer_value(s, row, MODE));
	snprintf(ret->text, sizeof(ret->text), "%s", observer_value(s, row, TEXT));
}

static bool waits_too(const struct observer_session *s, uint64_t pid, const char *text)
{
	for (unsigned i = 0; i < observer_rows(s); i++)
		if (observer_value_number(s, i, PID) == pid &&
			strcmp(observer_value(s, i, TEXT), text) == 0)
			return true;
	return false;
}

/* pg_blocking_pids() names holders and those ahead alike; who waits for the same lock is ahead. */
static void read_blockers(const struct lock_waits *w, const struct observer_session *s,
	unsigned row, struct open_wait *o)
{
	const char *text = observer_value(s, row, BLOCKERS);
	size_t cap_holders = 0, cap_ahead = 0;
	char *end;

	mem_free(o->holders);
	mem_free(o->ahead);
	o->holders = o->ahead = NULL;
	o->n_holders = o->n_ahead = 0;
	for (uint64_t pid; (pid = strtoull(text, &end, 10)) && end != text; text = end) {
		if (w->hidden && w->hidden(w->ctx, pid))
			continue;
		if (waits_too(s, pid, o->target.text))
			*MEM_PUSH(o->ahead, o->n_ahead, cap_ahead) = pid;
		else
			*MEM_PUSH(o->holders, o->n_holders, cap_holders) = pid;
	}
}

/* The same wait: it began before it was last seen, or just while it was first asked for, when half
 * of the round trip lies before its start. The server may tell its start late. */
static struct open_wait *find_same(
	struct lock_waits *w, uint64_t pid, const struct lock_target *target, uint64_t start_us)
{
	for (size_t i = 0; i < w->n; i++) {
		struct open_wait *o = &w->open[i];

		if (o->pid == pid && strcmp(o->target.text, target->text) == 0 &&
			(!start_us || start_us <= o->seen_us || start_us <= o->start_us))
			return o;
	}
	return NULL;
}

static void take_row(struct lock_waits *w, const struct observer_session *s, unsigned row)
{
	uint64_t pid = observer_value_number(s, row, PID);
	uint64_t leader = observer_value_number(s, row, LEADER);
	uint64_t start = observer_value_number(s, row, START);
	struct lock_target target;
	struct open_wait *o;

	read_target(s, row, &target);
	if (start) /* else before 14, or the wait is too young to have one */
		start += w->offset_us;
	o = find_same(w, pid, &target, start);
	if (!o) {
		o = MEM_PUSH(w->open, w->n, w->cap);
		o->pid = pid;
		o->session = leader ? leader : pid;
		o->target = target;
		o->start_us = start ? start : w->now_us;
		o->tag = log_tag(observer_value(s, row, QUERY));
		o->application = mem_strdup(observer_value(s, row, APPLICATION));
	}
	if (start)
		o->start_us = start;
	o->missed = 0;
	o->fresh = true; /* seen in this sample */
	o->seen_us = w->now_us;
	/* Who is in the way changes little, and the first answer is what made it wait. */
	if (!o->n_holders && !o->n_ahead)
		read_blockers(w, s, row, o);
}

int observer_sample(struct lock_waits *w, struct observer_session *s, struct err *err)
{
	uint64_t asked = clock_wall_us();

	if (observer_ask(s, OBSERVER_SAMPLE, NULL, 0, err))
		return -1;
	w->now_us = asked + (clock_wall_us() - asked) / 2;
	for (size_t i = 0; i < w->n; i++)
		w->open[i].fresh = false;
	for (unsigned i = 0; i < observer_rows(s); i++)
		take_row(w, s, i);
	lock_waits_sampled(w);
	return 0;
}
