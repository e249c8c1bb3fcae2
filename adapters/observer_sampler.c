#include "adapters/observer_sampler.h"

#include <time.h>

#include "harness/base/clock.h"

/* One look, without the mutex while the server answers. */
static void look(struct lock_sampler *s)
{
	struct sampled_session who = s->watched;
	uint64_t at_us = clock_wall_us();
	unsigned generation = s->generation;
	int failed;

	pthread_mutex_unlock(&s->lock);
	failed = s->parts->ask(s->self, &who);
	pthread_mutex_lock(&s->lock);
	if (failed || generation != s->generation)
		return;
	s->parts->take(s->self, at_us, s->previous_us);
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

static uint64_t step_us(const struct lock_sampler *s)
{
	bool first = clock_wall_us() - s->started_us < s->parts->first_us;

	return first ? s->parts->first_step_us : s->parts->step_us;
}

static void *run(void *arg)
{
	struct lock_sampler *s = arg;

	pthread_mutex_lock(&s->lock);
	while (!s->quit) {
		if (!s->watched.session) {
			pthread_cond_wait(&s->wake, &s->lock);
			continue;
		}
		look(s);
		if (!s->quit && s->watched.session)
			pause_for(s, step_us(s));
	}
	pthread_mutex_unlock(&s->lock);
	return NULL;
}

int lock_sampler_open(
	struct lock_sampler *s, const struct lock_sampler_parts *parts, void *self, struct err *err)
{
	*s = (struct lock_sampler){.parts = parts, .self = self};
	pthread_mutex_init(&s->lock, NULL);
	pthread_cond_init(&s->wake, NULL);
	if (pthread_create(&s->thread, NULL, run, s))
		return err_set(err, ERR_FAILED, "cannot start the thread that samples locks");
	s->running = true;
	return 0;
}

void lock_sampler_start(struct lock_sampler *s, struct sampled_session who, uint64_t now_us)
{
	pthread_mutex_lock(&s->lock);
	s->watched = who;
	s->generation++;
	s->started_us = s->previous_us = now_us;
	s->parts->forget(s->self);
	pthread_cond_signal(&s->wake);
	pthread_mutex_unlock(&s->lock);
}

void lock_sampler_stop(struct lock_sampler *s)
{
	pthread_mutex_lock(&s->lock);
	s->watched = (struct sampled_session){0};
	s->generation++;
	pthread_cond_signal(&s->wake);
	pthread_mutex_unlock(&s->lock);
}

void lock_sampler_release(struct lock_sampler *s)
{
	if (!s->running)
		return;
	pthread_mutex_lock(&s->lock);
	s->quit = true;
	pthread_cond_signal(&s->wake);
	pthread_mutex_unlock(&s->lock);
	pthread_join(s->thread, NULL);
	pthread_cond_destroy(&s->wake);
	pthread_mutex_destroy(&s->lock);
	*s = (struct lock_sampler){0};
}
