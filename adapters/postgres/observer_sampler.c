#include <stdio.h>
#include <string.h>

#include "adapters/postgres/observer_facts.h"
#include "harness/base/mem.h"

#define STEP_US 25000

struct seen_lock *seen_locks_find(
	const struct seen_locks *seen, uint32_t relation, const char *mode)
{
	for (size_t i = 0; i < seen->n; i++)
		if (seen->list[i].relation == relation && strcmp(seen->list[i].mode, mode) == 0)
			return &seen->list[i];
	return NULL;
}

void seen_locks_take(struct seen_locks *seen, const struct observer_session *session,
	uint64_t at_us, uint64_t previous_us)
{
	for (size_t i = 0; i < seen->n; i++)
		seen->list[i].in_latest = false;
	for (unsigned i = 0; i < observer_rows(session); i++) {
		uint32_t relation = (uint32_t)observer_value_number(session, i, 0);
		const char *mode = observer_value(session, i, 1);
		struct seen_lock *lock;

		if (strcmp(observer_value(session, i, 2), "t") != 0)
			continue;
		lock = seen_locks_find(seen, relation, mode);
		if (!lock) {
			lock = MEM_PUSH(seen->list, seen->n, seen->cap);
			lock->relation = relation;
			snprintf(lock->mode, sizeof(lock->mode), "%s", mode);
			/* Somewhere between the two looks. */
			lock->acquired_us = previous_us + (at_us - previous_us) / 2;
		}
		lock->in_latest = true;
		lock->last_us = at_us;
	}
}

static int ask(void *self, const struct sampled_session *who)
{
	struct seen_sampler *s = self;

	return observer_ask_number(&s->session, OBSERVER_LOCKS, who->session, NULL);
}

static void take(void *self, uint64_t at_us, uint64_t previous_us)
{
	struct seen_sampler *s = self;

	seen_locks_take(&s->seen, &s->session, at_us, previous_us);
}

static void forget(void *self)
{
	struct seen_sampler *s = self;

	s->seen.n = 0;
}

static const struct lock_sampler_parts parts = {
	.ask = ask, .take = take, .forget = forget, .step_us = STEP_US};

int seen_sampler_open(struct seen_sampler *s, const struct replica_info *replica, struct err *err)
{
	if (observer_session_open(&s->session, replica, err))
		return -1;
	return lock_sampler_open(&s->sampler, &parts, s, err);
}

void seen_sampler_release(struct seen_sampler *s)
{
	lock_sampler_release(&s->sampler);
	observer_session_release(&s->session);
	mem_free(s->seen.list);
	*s = (struct seen_sampler){0};
}
