#include "tests/bench/load.h"

#include "harness/base/clock.h"
#include "harness/workload/worker.h"

#define DRAIN_US 5000000

static void quantiles(const struct histogram *h, uint64_t ret[3])
{
	ret[0] = histogram_percentile(h, 50);
	ret[1] = histogram_percentile(h, 99);
	ret[2] = h->max;
}

/* The lag's quantiles are not part of a result: they are read from the workers. */
static void read_stats(const struct workload *w, struct load_result *ret)
{
	struct stats all;

	stats_init(&all, (unsigned)w->n_scripts);
	for (unsigned i = 0; i < w->n_workers; i++)
		stats_merge(&all, &w->workers[i].stats);
	quantiles(&all.lag, ret->lag_us);
	quantiles(&all.types[PHASE_WARM_UP][0].latency, ret->latency_us);
	stats_release(&all);
}

static void work(void *ctx, void *shared)
{
	const struct load *load = ctx;
	struct load_result *ret = shared;
	struct scenario_script script = {
		.name = (char *)"bench", .file = (char *)load->script, .weight = 1};
	struct scenario_workload settings = {.scripts = &script,
		.n_scripts = 1,
		.mode = load->mode,
		.arrivals = load->arrivals,
		.rate = load->rate,
		.connections = load->connections,
		.seed = 7};
	struct workload_config config = {
		.engine = load->engine, .dsn = load->dsn, .settings = &settings};
	struct workload_live live;
	struct workload *w;
	struct err err = {0};
	uint64_t start;
	double us;

	bench_must(workload_load(&config, &w, &err) || workload_connect(w, &err), &err);
	start = clock_us();
	bench_must(workload_start(w, start, &err), &err);
	clock_sleep_us((uint64_t)(load->seconds * 1e6));
	workload_live(w, &live);
	us = (double)(clock_us() - start);
	workload_stop(w, DRAIN_US);
	ret->per_second = (double)live.completed * 1e6 / us;
	workload_live(w, &live);
	ret->arrived = live.arrived;
	ret->completed = live.completed;
	ret->failed = live.failed;
	read_stats(w, ret);
	workload_free(w);
}

void load_run(const struct load *load, struct load_result *ret)
{
	struct bench_cost cost;

	bench_fork(work, (void *)load, ret, sizeof(*ret), &cost);
	ret->cost = cost;
	if (ret->failed || !ret->completed)
		bench_must(-1, &(struct err){.text = "transactions of the workload failed"});
}
