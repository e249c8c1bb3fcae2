#include "tests/bench/watch.h"

#include "harness/base/clock.h"
#include "harness/base/mem.h"
#include "tests/bench/bench.h"

#define POLL_US 50000

static void keep(void *ctx, struct wait_event *event)
{
	struct watch *w = ctx;

	*MEM_PUSH(w->told, w->n, w->cap) = *event;
}

static void *run(void *arg)
{
	struct watch *w = arg;
	struct err err = {0};

	while (!atomic_load(&w->quit)) {
		bench_must(w->ops->poll(w->observer, keep, w, &err), &err);
		clock_sleep_us(POLL_US);
	}
	return NULL;
}

void watch_begin(struct watch *w, const char *engine, const struct replica_info *replica,
	uint64_t min_wait_us)
{
	struct observer_config config = {
		.replica = replica, .min_wait_us = min_wait_us, .source = "auto"};
	struct err err = {0};

	*w = (struct watch){.ops = engine_find(engine)->observer};
	bench_must(w->ops->open(&config, &w->observer, &err), &err);
	if (pthread_create(&w->thread, NULL, run, w))
		bench_must(-1, &(struct err){.text = "no thread"});
}

void watch_end(struct watch *w, uint64_t settle_us)
{
	struct err err = {0};

	clock_sleep_us(settle_us);
	atomic_store(&w->quit, true);
	pthread_join(w->thread, NULL);
	bench_must(w->ops->finish(w->observer, keep, w, &err), &err);
	w->ops->close(w->observer);
}

void watch_release(struct watch *w)
{
	for (size_t i = 0; i < w->n; i++)
		wait_event_release(&w->told[i]);
	mem_free(w->told);
	*w = (struct watch){0};
}
