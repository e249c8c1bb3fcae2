/* The books of one worker: what became of each transaction. */
#include "harness/base/clock.h"
#include "harness/workload/worker.h"

static void bump(_Atomic uint64_t *counter)
{
	/* One writer: no locked instruction is needed. */
	atomic_store_explicit(counter, atomic_load_explicit(counter, memory_order_relaxed) + 1,
		memory_order_release);
}

static struct stats_type *stats_of(struct worker *w, const struct arrival *a)
{
	return &w->stats.types[a->phase][a->type];
}

static struct second *second_of(struct worker *w, const struct arrival *a)
{
	return seconds_at(w->stats.seconds[a->phase], a->second);
}

void worker_arrived(struct worker *w, const struct arrival *a)
{
	struct second *second = second_of(w, a);

	stats_of(w, a)->arrived++;
	if (second)
		second->arrived++;
	bump(&w->arrived);
}

void worker_completed(struct worker *w, struct session *s)
{
	const struct arrival *a = &s->arrival;
	struct stats_type *stats = stats_of(w, a);
	struct second *second = second_of(w, a);
	uint64_t now = clock_us(), latency = now - a->intended_us;

	w->ended_us = now;
	stats->completed++;
	histogram_add(&stats->latency, latency);
	histogram_add(&stats->service, s->sent_us ? now - s->sent_us : 0);
	if (second) {
		second->completed++;
		second_add(second, latency);
	}
	bump(&w->completed);
}

void worker_failed(struct worker *w, struct session *s, const struct db_error *e)
{
	const struct arrival *a = &s->arrival;
	struct second *second = second_of(w, a);

	stats_of(w, a)->failed++;
	if (second)
		second->failed++;
	stats_error(&w->stats, (enum phase_id)a->phase, a->type, e);
	bump(&w->failed);
}

void worker_gave_up(struct worker *w, const struct arrival *a)
{
	struct second *second = second_of(w, a);

	stats_of(w, a)->pool_timeouts++;
	if (second)
		second->pool_timeouts++;
	bump(&w->pool_timeouts);
}
