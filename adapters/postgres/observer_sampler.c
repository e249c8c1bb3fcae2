#include <stdio.h>
#include <string.h>
#include <time.h>

#include "adapters/postgres/observer_facts.h"
#include "harness/base/clock.h"
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

/* One look, without the mutex while the server answers. */
static void look(struct lock_sampler *s)
{
	uint64_t watched = s->watched, at_us = clock_wall_us();
	unsigned generation = s->generation;
	int failed;

	pthread_mutex_unlock(&s->lock);
	failed = observer_ask_number(&s->session, OBSERVER_LOCKS, watched, NULL);
	pthread_mutex_lock(&s->lock);
	if (failed || generation != s->generation)
		return;
	seen_locks_take(&s->seen, &s->session, at_us, s->previous_us);
	s->previous_us = at_us;
}

static void pause_for(struct lock_sampler *s, uint64_t us)
{
	struct timespec until;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_nsec += (long)us * 1000;
	until.tv_sec += until.tv_nsec / 1000000000;
	until.tv_nsec %= 1000000000;
	pthread_cond_timedwait(&s->wake, &s->lock, &until);
}

static void *run(void *arg)
{
	struct lock_sampler *s = arg;

	pthread_mutex_lock(&s->lock);
	while (!s->quit) {
		if (!s->watched) {
			pthread_cond_wait(&s->wake, &s->lock);
			continue;
		}
		look(s);
		if (!s->quit && s->watched)
			pause_for(s, STEP_US);
	}
	pthread_mutex_unlock(&s->lock);
	return NULL;
}

int lock_sampler_open(struct lock_sampler *s, const struct replica_info *replica, struct err *err)
{
	if (observer_session_open(&s->session, replica, err))
		return -1;
	pthread_mutex_init(&s->lock, NULL);
	pthread_cond_init(&s->wake, NULL);
	if (pthread_create(&s->thread, NULL, run, s))
		return err_set(err, ERR_FAILED, "cannot start the thread that samples locks");
	s->running = true;
	return 0;
}

void lock_sampler_start(struct lock_sampler *s, uint64_t session, uint64_t now_us)
{
	pthread_mutex_lock(&s->lock);
	s->watched = session;
	s->generation++;
	s->previous_us = now_us;
	s->seen.n = 0;
	pthread_cond_signal(&s->wake);
	pthread_mutex_unlock(&s->lock);
}

void lock_sampler_stop(struct lock_sampler *s)
{
	pthread_mutex_lock(&s->lock);
	s->watched = 0;
	s->generation++;
	pthread_cond_signal(&s->wake);
	pthread_mutex_unlock(&s->lock);
}

void lock_sampler_release(struct lock_sampler *s)
{
	if (s->running) {
		pthread_mutex_lock(&s->lock);
		s->quit = true;
		pthread_cond_signal(&s->wake);
		pthread_mutex_unlock(&s->lock);
		pthread_join(s->thread, NULL);
		pthread_cond_destroy(&s->wake);
		pthread_mutex_destroy(&s->lock);
	}
	observer_session_release(&s->session);
	mem_free(s->seen.list);
	*s = (struct lock_sampler){0};
}
