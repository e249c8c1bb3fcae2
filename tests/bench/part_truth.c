/*
 * Against an analytic truth: transactions arrive at known times, a lock is held from S to E, so the
 * one that arrives at A within that time takes E - A, and of those the first ones, as many as there
 * are connections, wait that long for the lock. And what a closed loop says of the same stall.
 */
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "adapters/postgres/postgres.h"
#include "harness/base/cleanup.h"
#include "harness/base/clock.h"
#include "harness/base/fs.h"
#include "harness/base/mem.h"
#include "harness/base/proc.h"
#include "harness/workload/worker.h"
#include "tests/bench/bench.h"
#include "tests/bench/waiters.h"
#include "tests/bench/watch.h"

#define RATE 60.0
#define HOLD_US 3000000
#define HOLDS 2
#define BEFORE_US 1500000 /* and between */
#define ABOVE_US 10000
#define SEED 7
#define CLOSED_CONNECTIONS 8

static struct servers servers;

/* ---- figures of a set of durations ---- */

struct figures {
	double count, total_us, p50_us, p99_us, max_us;
};

struct durations {
	uint64_t *list;
	size_t n, cap;
};

static int by_length(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static double ranked(const struct durations *d, double share)
{
	size_t rank = (size_t)ceil(share * (double)d->n);

	return d->n ? (double)d->list[rank ? rank - 1 : 0] : 0;
}

/* Of those above ABOVE_US; frees. */
static struct figures figures_of(struct durations *d)
{
	struct durations long_ones = {0};
	struct figures f = {0};

	for (size_t i = 0; i < d->n; i++)
		if (d->list[i] > ABOVE_US) {
			*MEM_PUSH(long_ones.list, long_ones.n, long_ones.cap) = d->list[i];
			f.total_us += (double)d->list[i];
		}
	qsort(long_ones.list, long_ones.n, sizeof(*long_ones.list), by_length);
	f.count = (double)long_ones.n;
	f.p50_us = ranked(&long_ones, 0.5);
	f.p99_us = ranked(&long_ones, 0.99);
	f.max_us = ranked(&long_ones, 1);
	mem_free(long_ones.list);
	mem_free(d->list);
	*d = (struct durations){0};
	return f;
}

/* Value by value, as the histogram keeps them: to three digits. */
static void read_histogram(const struct histogram *h, struct durations *ret)
{
	for (uint64_t rank = h->total; rank > 0; rank--) {
		uint64_t us =
			histogram_percentile(h, 100 * ((double)rank - 0.5) / (double)h->total);

		if (us <= ABOVE_US)
			return;
		*MEM_PUSH(ret->list, ret->n, ret->cap) = us;
	}
}

/* ---- the stall ---- */

struct stall {
	uint64_t from_us, to_us; /* since the workload's start */
};

static void hold(const char *engine, struct db_conn *conn, uint64_t origin_us, struct stall *ret)
{
	const struct lock_kind *kind = lock_kinds; /* a lock of the whole table */
	const struct db_adapter *db = engine_find(engine)->db;
	struct err err = {0};

	while (strcmp(kind->engine, engine) != 0)
		kind++;
	bench_must(db_exec(db, conn, kind->hold, &err), &err);
	ret->from_us = clock_us() - origin_us;
	clock_sleep_us(HOLD_US);
	ret->to_us = clock_us() - origin_us;
	bench_must(db_exec(db, conn, kind->release, &err), &err);
}

struct run {
	const char *engine, *script;
	enum workload_mode mode;
	unsigned connections, holds;
	struct stall stalls[HOLDS];
	struct stats stats; /* to be released */
};

static struct db_conn *open_holder(const char *engine)
{
	struct db_target target = {.dsn = servers_dsn(&servers, engine), .application = "holder"};
	struct db_conn *conn;
	struct err err = {0};

	bench_must(db_connect(engine_find(engine)->db, &target, &conn, &err), &err);
	return conn;
}

static void run_workload(struct run *run)
{
	struct scenario_script script = {
		.name = (char *)"bench", .file = (char *)run->script, .weight = 1};
	struct scenario_workload settings = {.scripts = &script,
		.n_scripts = 1,
		.mode = run->mode,
		.arrivals = ARRIVALS_POISSON,
		.rate = RATE,
		.connections = run->connections,
		.workers = 1,
		.seed = SEED};
	struct workload_config config = {.engine = engine_find(run->engine),
		.dsn = servers_dsn(&servers, run->engine),
		.settings = &settings};
	struct db_conn *holder = open_holder(run->engine);
	struct workload *w;
	struct err err = {0};
	uint64_t origin;

	bench_must(workload_load(&config, &w, &err) || workload_connect(w, &err), &err);
	origin = clock_us();
	bench_must(workload_start(w, origin, &err), &err);
	for (unsigned i = 0; i < run->holds; i++) {
		clock_sleep_us(BEFORE_US);
		hold(run->engine, holder, origin, &run->stalls[i]);
	}
	clock_sleep_us(BEFORE_US);
	workload_stop(w, 5000000);
	stats_init(&run->stats, 1);
	stats_merge(&run->stats, &w->workers[0].stats);
	workload_free(w);
	engine_find(run->engine)->db->close(holder);
}

/* ---- the truth ---- */

/* `pool`: only those that got a connection, and so waited for the lock itself. 0: all. */
static void foretell(const struct run *run, unsigned pool, struct durations *ret)
{
	static const unsigned weight = 1;
	struct schedule_config config = {.rate = RATE,
		.arrivals = ARRIVALS_POISSON,
		.seed = SEED,
		.weights = &weight,
		.n_types = 1,
		.workers = 1};
	struct schedule schedule;
	struct scheduled next;
	unsigned stall = 0, waiting = 0;

	schedule_init(&schedule, &config);
	while (stall < run->holds) {
		const struct stall *s = &run->stalls[stall];

		schedule_next(&schedule, &next);
		if (next.at_us >= s->to_us) {
			stall++;
			waiting = 0;
		} else if (next.at_us >= s->from_us && (!pool || waiting < pool)) {
			waiting++;
			*MEM_PUSH(ret->list, ret->n, ret->cap) = s->to_us - next.at_us;
		}
	}
}

static double off(double measured, double truth)
{
	return truth > 0 ? 100 * fabs(measured - truth) / truth : measured > 0 ? 100 : 0;
}

static void compare(struct bench *b, const char *what, const struct figures *truth,
	const struct figures *measured)
{
	bench_at_most(b, off(measured->count, truth->count), 1, "%", "%s: %.0f, in truth %.0f",
		what, measured->count, truth->count);
	bench_at_most(b, off(measured->total_us, truth->total_us), 1, "%",
		"  total %.2f s, in truth %.2f s", measured->total_us / 1e6, truth->total_us / 1e6);
	bench_at_most(b, off(measured->p50_us, truth->p50_us), 1, "%",
		"  p50 %.1f ms, in truth %.1f ms", measured->p50_us / 1e3, truth->p50_us / 1e3);
	bench_at_most(b, off(measured->p99_us, truth->p99_us), 1, "%",
		"  p99 %.1f ms, in truth %.1f ms", measured->p99_us / 1e3, truth->p99_us / 1e3);
	bench_at_most(b, off(measured->max_us, truth->max_us), 1, "%",
		"  longest %.1f ms, in truth %.1f ms", measured->max_us / 1e3, truth->max_us / 1e3);
}

static void measure(struct bench *b, const char *engine, const char *script, unsigned pool)
{
	CLEANUP(cleanup_free)
	char *latencies = mem_printf("%s, %u connections: transactions over 10 ms", engine, pool);
	CLEANUP(cleanup_free)
	char *waits = mem_printf("%s, %u connections: lock waits over 10 ms", engine, pool);
	struct run run = {.engine = engine, .script = script, .connections = pool, .holds = HOLDS};
	struct durations told = {0}, felt = {0}, truth = {0};
	struct figures true_figures, told_figures;
	struct watch watch;

	run.mode = WORKLOAD_OPEN;
	watch_begin(&watch, engine, servers_replica(&servers, engine), ABOVE_US);
	run_workload(&run);
	watch_end(&watch, WATCH_SETTLE_US);
	foretell(&run, 0, &truth);
	read_histogram(&run.stats.types[PHASE_WARM_UP][0].latency, &felt);
	true_figures = figures_of(&truth);
	told_figures = figures_of(&felt);
	compare(b, latencies, &true_figures, &told_figures);
	foretell(&run, pool, &truth);
	for (size_t i = 0; i < watch.n; i++)
		*MEM_PUSH(told.list, told.n, told.cap) = watch.told[i].duration_us;
	true_figures = figures_of(&truth);
	told_figures = figures_of(&told);
	compare(b, waits, &true_figures, &told_figures);
	watch_release(&watch);
	stats_release(&run.stats);
}

/* ---- a closed loop ---- */

static double p99_of_pgbench(const char *script)
{
	const char *dir = servers.pg.dir;
	CLEANUP(cleanup_free) char *program = mem_printf("%s/pgbench", servers.pg.programs.dir);
	CLEANUP(cleanup_free) char *output = mem_printf("%s/output", dir);
	CLEANUP(cleanup_free) char *prefix = mem_printf("--log-prefix=%s/latencies", dir);
	CLEANUP(cleanup_free) char *clients = mem_printf("%d", CLOSED_CONNECTIONS);
	CLEANUP(cleanup_free) char *seconds = mem_printf("%d", (2 * BEFORE_US + HOLD_US) / 1000000);
	const char *argv[] = {program, "-n", "-M", "prepared", "-c", clients, "-T", seconds, "-l",
		prefix, "-f", script, servers.pg.dsn, NULL};
	struct proc_spec spec = {.argv = argv, .output = output, .death_signal = SIGKILL};
	CLEANUP(cleanup_free) char *log = NULL;
	CLEANUP(cleanup_free) char *text = NULL;
	struct db_conn *holder = open_holder("postgres");
	struct durations all = {0};
	struct stall stall;
	struct err err = {0};
	double p99;
	pid_t pid;

	bench_must(proc_start(&spec, &pid, &err), &err);
	clock_sleep_us(BEFORE_US);
	hold("postgres", holder, 0, &stall);
	waitpid(pid, NULL, 0);
	postgres_db.close(holder);
	log = mem_printf("%s/latencies.%d", dir, (int)pid);
	text = bench_output(log);
	/* Client, number, latency in microseconds, ... */
	for (char *line = text; line && *line; line = strchr(line, '\n')) {
		unsigned long us;

		line += *line == '\n';
		if (sscanf(line, "%*u %*u %lu", &us) == 1)
			*MEM_PUSH(all.list, all.n, all.cap) = us;
	}
	qsort(all.list, all.n, sizeof(*all.list), by_length);
	p99 = ranked(&all, 0.99);
	mem_free(all.list);
	return p99;
}

static double p99_of_engine(enum workload_mode mode, const char *script, unsigned connections)
{
	struct run run = {.engine = "postgres",
		.script = script,
		.mode = mode,
		.connections = connections,
		.holds = 1};
	double p99;

	run_workload(&run);
	p99 = (double)histogram_percentile(&run.stats.types[PHASE_WARM_UP][0].latency, 99);
	stats_release(&run.stats);
	return p99;
}

static void show_omission(struct bench *b, const char *script)
{
	double open_us = p99_of_engine(WORKLOAD_OPEN, script, 250);

	bench_told(b, (HOLD_US - 0.01 * (2 * BEFORE_US + HOLD_US)) / 1e3, "ms",
		"a stall of %d s in %d s: p99 in truth", HOLD_US / 1000000,
		(2 * BEFORE_US + HOLD_US) / 1000000);
	bench_at_least(b, open_us / 1e3, 1000, "ms", "  p99 by arrivals of their own");
	bench_at_most(b, p99_of_engine(WORKLOAD_CLOSED, script, CLOSED_CONNECTIONS) / 1e3, 10, "ms",
		"  p99 that a closed loop of %d connections reports", CLOSED_CONNECTIONS);
	bench_at_most(b, p99_of_pgbench(script) / 1e3, 10, "ms",
		"  p99 that pgbench reports, %d connections", CLOSED_CONNECTIONS);
}

int main(void)
{
	static const char text[] = "SELECT v FROM a WHERE id = 1;\n";
	static const char *const engines[] = {"postgres", "mysql"};
	static const unsigned pools[] = {250, 20};
	CLEANUP(cleanup_free) char *script = NULL;
	struct err err = {0};
	struct bench b;

	bench_begin(&b, "truth", "a lock held for 3 s under 60 arrivals a second");
	servers_start(&servers);
	script = mem_printf("%s/script.sql", servers.pg.dir);
	bench_must(fs_write(script, text, strlen(text), 0644, &err), &err);
	for (size_t i = 0; i < sizeof(engines) / sizeof(engines[0]); i++)
		for (size_t k = 0; k < sizeof(pools) / sizeof(pools[0]); k++)
			measure(&b, engines[i], script, pools[k]);
	show_omission(&b, script);
	servers_stop(&servers);
	return bench_end(&b);
}
