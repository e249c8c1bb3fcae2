/*
 * How the harness grows: with the length of a rehearsal, with connections, with lock waits.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "adapters/postgres/loglines_waits.h"
#include "harness/base/cleanup.h"
#include "harness/base/clock.h"
#include "harness/base/fs.h"
#include "harness/base/mem.h"
#include "harness/observe/observe.h"
#include "harness/report/report.h"
#include "harness/workload/workload.h"
#include "tests/bench/bench.h"
#include "tests/support/mariadb.h"
#include "tests/support/pg.h"

#define N(list) (sizeof(list) / sizeof((list)[0]))
#define MB 1048576.0

static double resident_mb(void)
{
	FILE *file = fopen("/proc/self/statm", "r");
	unsigned long pages = 0;

	if (!file || fscanf(file, "%*u %lu", &pages) != 1)
		bench_must(-1, &(struct err){.text = "the kernel does not tell memory"});
	fclose(file);
	return (double)pages * (double)sysconf(_SC_PAGESIZE) / MB;
}

/* ---- with time and connections: a workload in a process of its own ---- */

/* An hour at 100 transactions a second. */
#define HOUR 360000
#define TOO_LONG_US 150000000

struct run {
	const char *engine, *dsn, *script;
	unsigned connections;
	uint64_t transactions;
};

struct memory {
	double begin_mb, tenth_mb, end_mb;
};

static void wait_for(const struct workload *w, uint64_t transactions)
{
	uint64_t start = clock_us();
	struct workload_live live;

	do {
		clock_sleep_us(10000);
		workload_live(w, &live);
	} while (live.completed < transactions && clock_us() - start < TOO_LONG_US);
	if (live.completed < transactions)
		bench_must(-1, &(struct err){.text = "the workload did not get that far"});
}

static void run_workload(void *ctx, void *shared)
{
	const struct run *run = ctx;
	struct memory *ret = shared;
	struct scenario_script script = {
		.name = (char *)"bench", .file = (char *)run->script, .weight = 1};
	struct scenario_workload settings = {.scripts = &script,
		.n_scripts = 1,
		.mode = WORKLOAD_CLOSED,
		.connections = run->connections,
		.seed = 7};
	struct workload_config config = {
		.engine = engine_find(run->engine), .dsn = run->dsn, .settings = &settings};
	struct workload *w;
	struct err err = {0};

	ret->begin_mb = resident_mb();
	bench_must(workload_load(&config, &w, &err) || workload_connect(w, &err) ||
			workload_start(w, clock_us(), &err),
		&err);
	wait_for(w, run->transactions / 10);
	ret->tenth_mb = resident_mb();
	wait_for(w, run->transactions);
	ret->end_mb = resident_mb();
	workload_stop(w, 5000000);
	workload_free(w);
}

static void grow_with_use(struct bench *b, const char *engine, const char *dsn, const char *script)
{
	static const unsigned connections[] = {1, 64, 128, 256};
	struct run run = {.engine = engine, .dsn = dsn, .script = script};
	struct memory memory;
	struct bench_cost cost;
	double few = 0;

	for (size_t i = 0; i < N(connections); i++) {
		run.connections = connections[i];
		run.transactions = 20000;
		bench_fork(run_workload, &run, &memory, sizeof(memory), &cost);
		if (i == 0)
			few = memory.end_mb;
		if (connections[i] == 256)
			bench_at_most(b, memory.end_mb, 64, "MB", "%s: %u connections", engine,
				connections[i]);
		else
			bench_told(b, memory.end_mb, "MB", "%s: %u connections", engine,
				connections[i]);
		if (i)
			bench_told(b, (memory.end_mb - few) * 1024 / (connections[i] - 1), "KB",
				"  for each connection");
	}
	run.connections = 32;
	run.transactions = HOUR;
	bench_fork(run_workload, &run, &memory, sizeof(memory), &cost);
	bench_at_most(b, 100 * (memory.end_mb - memory.tenth_mb) / memory.tenth_mb, 2, "%",
		"%s: growth from %u to %u transactions, an hour's at 100 a second (%.1f MB)",
		engine, HOUR / 10, HOUR, memory.end_mb);
}

/* ---- with lock waits ---- */

#define WAITS 1000000
#define APPS 200
#define FIRST_APP 1000
#define ORIGIN_US 1000000000000000
#define SPACING_US 3600 /* a million in an hour */

/* Waits as many tables, transactions and rows would have them. */
struct flood {
	size_t left;
	unsigned objects;
};
static struct flood flood;

static char *object_of(size_t i)
{
	return i % 3 ? mem_printf("public.t%zu", i % flood.objects)
		     : mem_printf("transaction %zu", i);
}

static void make_wait(size_t i, struct wait_event *ret)
{
	*ret = (struct wait_event){.start_us = ORIGIN_US + i * SPACING_US,
		.duration_us = 10000 + i * 7919 % 990000,
		.object = object_of(i),
		.mode = mem_strdup(i % 2 ? "RowExclusiveLock" : "AccessShareLock"),
		.session = FIRST_APP + i % APPS,
		.tag = mem_printf("type %zu", i % 12),
		.n_holders = 1,
		.n_ahead = i % 20};
	ret->holders = mem_alloc(sizeof(uint64_t));
	ret->holders[0] = i % 5 ? FIRST_APP + (i + 1) % APPS : 1;
	ret->ahead = mem_alloc((ret->n_ahead + 1) * sizeof(uint64_t));
	for (size_t k = 0; k < ret->n_ahead; k++)
		ret->ahead[k] = FIRST_APP + (i + 2 + k) % APPS;
}

static int flood_open(const struct observer_config *config, struct observer **ret, struct err *err)
{
	(void)config, (void)err;
	*ret = (struct observer *)&flood;
	return 0;
}

static const struct observe_source *flood_source(const struct observer *o)
{
	static const struct observe_source source = {.name = "made up", .exact = true};

	(void)o;
	return &source;
}

static int flood_poll(struct observer *o, void (*sink)(void *ctx, struct wait_event *event),
	void *ctx, struct err *err)
{
	(void)o, (void)sink, (void)ctx, (void)err;
	return 0;
}

static int flood_finish(struct observer *o, void (*sink)(void *ctx, struct wait_event *event),
	void *ctx, struct err *err)
{
	struct wait_event event;

	(void)o, (void)err;
	for (size_t i = 0; i < WAITS; i++) {
		make_wait(i, &event);
		sink(ctx, &event);
	}
	return 0;
}

static unsigned flood_waiting(const struct observer *o)
{
	(void)o;
	return 0;
}

static void flood_close(struct observer *o)
{
	(void)o;
}

static int flood_leftovers(
	struct observer *o, struct leftover **ret, size_t *ret_n, struct err *err)
{
	(void)o, (void)err;
	*ret = NULL;
	*ret_n = 0;
	return 0;
}

static const struct observer_ops flood_ops = {.open = flood_open,
	.source = flood_source,
	.poll = flood_poll,
	.waiting_now = flood_waiting,
	.finish = flood_finish,
	.close = flood_close,
	.leftovers = flood_leftovers};

static void fill_phases(struct result *r)
{
	uint64_t quarter = (uint64_t)WAITS * SPACING_US / 4;

	r->n_phases = PHASE_COUNT;
	for (unsigned i = 0; i < PHASE_COUNT; i++) {
		r->phases[i].id = (enum phase_id)i;
		r->phases[i].start_us = i * quarter;
		r->phases[i].end_us = (i + 1) * quarter;
	}
}

struct processed {
	double seconds, report_seconds, mb;
	size_t groups, whole, json_bytes, text_bytes, markdown_bytes;
};

static size_t rendered(const struct result *r, const char *format)
{
	CLEANUP(cleanup_str) struct str out = {0};

	report_find(format)->render(r, &(struct report_options){.verbose = true}, &out);
	return out.len;
}

static void process_waits(void *ctx, void *shared)
{
	static const struct engine engine = {.name = "made up", .observer = &flood_ops};
	struct observer_config config = {.min_wait_us = 10000};
	struct processed *ret = shared;
	uint64_t start = clock_us(), reporting;
	struct observe *o;
	struct result r;
	struct err err = {0};

	flood = *(struct flood *)ctx;
	result_init(&r);
	fill_phases(&r);
	bench_must(observe_open(&engine, &config, &o, &err), &err);
	observe_origin(o, ORIGIN_US);
	observe_migration_session(o, 1);
	for (uint64_t i = 0; i < APPS; i++)
		observe_workload_session(o, FIRST_APP + i);
	bench_must(observe_finish(o, &err) || observe_report(o, &r, &err), &err);
	ret->seconds = (double)(clock_us() - start) / 1e6;
	ret->mb = resident_mb();
	ret->groups = r.n_wait_groups;
	ret->whole = r.n_lock_waits;
	reporting = clock_us();
	ret->json_bytes = rendered(&r, "json");
	ret->text_bytes = rendered(&r, "text");
	ret->markdown_bytes = rendered(&r, "markdown");
	ret->report_seconds = (double)(clock_us() - reporting) / 1e6;
	result_release(&r);
	observe_free(o);
}

static void grow_with_waits(struct bench *b, unsigned objects)
{
	struct flood make = {.objects = objects};
	struct processed p;
	struct bench_cost cost;

	bench_fork(process_waits, &make, &p, sizeof(p), &cost);
	bench_at_most(b, p.seconds + p.report_seconds, 10, "s",
		"%u lock waits for %u tables attributed, grouped, reported", WAITS, objects);
	bench_told(b, p.mb, "MB", "  memory");
	bench_told(b, (double)p.groups, "", "  groups, and %zu waits whole", p.whole);
	bench_at_most(b, (double)p.json_bytes / MB, 1, "MB", "  result.json");
	bench_at_most(b, (double)p.text_bytes / MB, 1, "MB", "  as text, with every detail");
	bench_at_most(b, (double)p.markdown_bytes / MB, 1, "MB", "  as Markdown");
}

/* ---- from the server's log ---- */

#define LOG_CROWD 100 /* that wait at the same time */
#define LOG_CHUNK 65536

struct log {
	struct str text;
	struct log_reader reader;
	struct lock_waits waits;
	uint64_t told;
};

static void count_event(void *ctx, struct wait_event *event)
{
	struct log *l = ctx;

	l->told++;
	wait_event_release(event);
}

static void take_record(void *ctx, const struct log_record *record)
{
	struct log *l = ctx;

	lock_waits_record(&l->waits, record);
}

static void write_line(
	struct log *l, unsigned pid, uint64_t ms, const char *message, const char *detail)
{
	str_addf(&l->text,
		"{\"timestamp\":\"2026-11-22 10:%02u:%02u.%03u UTC\",\"user\":\"app\","
		"\"dbname\":\"shop\",\"pid\":%u,\"remote_host\":\"[local]\","
		"\"session_id\":\"6a1b2c3d.%x\",\"line_num\":7,\"ps\":\"SELECT waiting\","
		"\"session_start\":\"2026-11-22 10:00:00 UTC\",\"vxid\":\"%u/17\",\"txid\":0,"
		"\"error_severity\":\"LOG\",\"message\":\"%s\",%s"
		"\"statement\":\"/*tx:book*/ SELECT v FROM appointment WHERE id = $1\","
		"\"cursor_position\":28,\"application_name\":\"app\","
		"\"backend_type\":\"client backend\",\"query_id\":0}\n",
		(unsigned)(ms / 60000 % 60), (unsigned)(ms / 1000 % 60), (unsigned)(ms % 1000), pid,
		pid, pid, message, detail);
}

/* A crowd comes, waits behind one session, and goes on. */
static void write_crowd(struct log *l, uint64_t ms)
{
	CLEANUP(cleanup_str) struct str queue = {0};
	char message[160];

	for (unsigned i = 0; i < LOG_CROWD; i++) {
		CLEANUP(cleanup_free) char *detail = NULL;

		str_addf(&queue, "%s%u", i ? ", " : "", FIRST_APP + i);
		detail = mem_printf("\"detail\":\"Process holding the lock: 1. Wait queue: %s.\",",
			str_text(&queue));
		snprintf(message, sizeof(message),
			"process %u still waiting for AccessShareLock on relation 16384 of "
			"database 5 after 10.123 ms",
			FIRST_APP + i);
		write_line(l, FIRST_APP + i, ms + i, message, detail);
	}
	for (unsigned i = 0; i < LOG_CROWD; i++) {
		snprintf(message, sizeof(message),
			"process %u acquired AccessShareLock on relation 16384 of database 5 after "
			"512.345 ms",
			FIRST_APP + i);
		write_line(l, FIRST_APP + i, ms + 512 + i, message, "");
	}
}

static void read_log(void *ctx, void *shared)
{
	struct log l = {.reader = {.format = LOG_JSON}};
	double *ret = shared;
	uint64_t us = 0;

	(void)ctx;
	l.waits.sink = count_event;
	l.waits.sink_ctx = &l;
	l.waits.ctx = &l;
	while (l.told < WAITS) {
		uint64_t before = l.told, start;

		str_clear(&l.text);
		write_crowd(&l, before / LOG_CROWD * 3);
		start = clock_us();
		for (size_t at = 0; at < l.text.len; at += LOG_CHUNK)
			log_reader_feed(&l.reader, l.text.data + at,
				l.text.len - at < LOG_CHUNK ? l.text.len - at : LOG_CHUNK,
				take_record, &l);
		us += clock_us() - start;
		if (l.told == before)
			bench_must(-1, &(struct err){.text = "the log was not understood"});
	}
	*ret = (double)us / 1e6;
}

static void grow_with_log(struct bench *b)
{
	struct bench_cost cost;
	double seconds;

	bench_fork(read_log, NULL, &seconds, sizeof(seconds), &cost);
	bench_at_most(b, seconds, 10, "s",
		"%u lock waits read from PostgreSQL's log, %u at a time behind one lock", WAITS,
		LOG_CROWD);
}

/* ---- all ---- */

static const struct server_setting settings[] = {{(char *)"max_connections", (char *)"300"}};
static const char script[] = "SELECT 1;\n";

static void with_postgres(struct bench *b)
{
	CLEANUP(cleanup_free) char *file = NULL;
	struct test_pg pg;
	struct err err = {0};

	test_pg_start(&pg, settings, N(settings));
	file = mem_printf("%s/script.sql", pg.dir);
	bench_must(fs_write(file, script, strlen(script), 0644, &err), &err);
	grow_with_use(b, "postgres", pg.dsn, file);
	test_pg_stop(&pg);
}

static void with_mariadb(struct bench *b)
{
	CLEANUP(cleanup_free) char *file = NULL;
	struct test_mariadb mariadb;
	struct err err = {0};

	test_mariadb_start(&mariadb, settings, N(settings));
	file = mem_printf("%s/script.sql", mariadb.dir);
	bench_must(fs_write(file, script, strlen(script), 0644, &err), &err);
	grow_with_use(b, "mysql", mariadb.dsn, file);
	test_mariadb_stop(&mariadb);
}

int main(int argc, char **argv)
{
	const char *only = argc > 1 ? argv[1] : "";
	struct bench b;

	bench_begin(&b, "growth", "memory and time against transactions, connections, lock waits");
	if (!*only || !strcmp(only, "waits")) {
		grow_with_waits(&b, 40);
		grow_with_waits(&b, 5000);
	}
	if (!*only || !strcmp(only, "log"))
		grow_with_log(&b);
	if (!*only || !strcmp(only, "postgres"))
		with_postgres(&b);
	if (!*only || !strcmp(only, "mysql"))
		with_mariadb(&b);
	return bench_end(&b);
}
