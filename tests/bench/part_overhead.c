/*
 * What it costs a server to be observed: transactions per second and the server's CPU for each,
 * with the observer, with sampling as people do it, and with neither; once where nothing contends,
 * once where all want the same few rows.
 */
#include <stdlib.h>
#include <string.h>

#include "harness/base/cleanup.h"
#include "harness/base/clock.h"
#include "harness/base/fs.h"
#include "harness/base/mem.h"
#include "tests/bench/load.h"
#include "tests/bench/waiters.h"
#include "tests/bench/watch.h"

#define ROUNDS 5
#define RUN_SECONDS 2.5
#define CONNECTIONS 8
#define MIN_WAIT_US 10000
#define N(list) (sizeof(list) / sizeof((list)[0]))

/* ---- contestants ---- */

enum { NEITHER, OBSERVED, BARE, SAMPLED };

static const struct contestant {
	const char *name;
	int kind;
	unsigned rate; /* of sampling */
} contestants[] = {
	{"neither", NEITHER, 0},
	{"observed", OBSERVED, 0},
	{"sampled 10 times a second", SAMPLED, 10},
	{"sampled 100 times a second", SAMPLED, 100},
	{"sampled 1000 times a second", SAMPLED, 1000},
	{"without performance_schema", BARE, 0},
};

static struct servers servers;
static struct test_mariadb bare;
static char *script_file;

struct measured {
	struct bench_series per_second, cpu_us;
};

/* ---- settings ---- */

/* As the server was before it was observed. */
static void unset(const char *engine)
{
	static const char *const postgres[] = {"ALTER SYSTEM RESET ALL", "SELECT pg_reload_conf()"};
	static const char *const mysql[] = {
		"UPDATE performance_schema.setup_consumers SET ENABLED = 'NO'"
		" WHERE NAME LIKE 'events_waits%'",
		"UPDATE performance_schema.setup_instruments SET ENABLED = 'NO'"
		" WHERE NAME LIKE 'wait/lock/%'"};
	const char *const *statements = strcmp(engine, "postgres") == 0 ? postgres : mysql;
	const struct db_adapter *db = engine_find(engine)->db;
	struct db_target target = {.dsn = servers_dsn(&servers, engine)};
	struct db_conn *conn;
	struct err err = {0};

	bench_must(db_connect(db, &target, &conn, &err), &err);
	for (int i = 0; i < 2; i++)
		bench_must(db_exec(db, conn, statements[i], &err), &err);
	db->close(conn);
	clock_sleep_us(200000);
}

/* ---- one run ---- */

struct sampling {
	const char *engine, *sql;
	unsigned rate;
	struct db_conn *conn;
	pthread_t thread;
	atomic_bool quit;
};

static void *sample(void *arg)
{
	struct sampling *s = arg;
	uint64_t next = clock_us(), now;
	struct err err = {0};

	while (!atomic_load(&s->quit)) {
		bench_must(db_exec(engine_find(s->engine)->db, s->conn, s->sql, &err), &err);
		next += 1000000 / s->rate;
		now = clock_us();
		if (next > now)
			clock_sleep_us(next - now);
		else
			next = now;
	}
	return NULL;
}

static void sampling_begin(struct sampling *s, const char *engine, unsigned rate)
{
	const struct lock_kind *kind = lock_kinds;
	struct db_target target = {.dsn = servers_dsn(&servers, engine)};
	struct err err = {0};

	while (strcmp(kind->engine, engine) != 0)
		kind++;
	*s = (struct sampling){.engine = engine, .sql = kind->sample, .rate = rate};
	bench_must(db_connect(engine_find(engine)->db, &target, &s->conn, &err), &err);
	if (pthread_create(&s->thread, NULL, sample, s))
		bench_must(-1, &(struct err){.text = "no thread"});
}

static void sampling_end(struct sampling *s)
{
	atomic_store(&s->quit, true);
	pthread_join(s->thread, NULL);
	engine_find(s->engine)->db->close(s->conn);
}

static void run_load(const char *engine, bool without, struct measured *ret)
{
	struct load load = {.engine = engine_find(engine),
		.dsn = without ? bare.dsn : servers_dsn(&servers, engine),
		.script = script_file,
		.mode = WORKLOAD_CLOSED,
		.connections = CONNECTIONS,
		.seconds = RUN_SECONDS};
	pid_t pid = without ? bare.server.pid : servers_pid(&servers, engine);
	double cpu = bench_tree_cpu(pid);
	struct load_result result;

	load_run(&load, &result);
	cpu = bench_tree_cpu(pid) - cpu;
	bench_add(&ret->per_second, result.per_second);
	bench_add(&ret->cpu_us, cpu * 1e6 / (double)result.completed);
}

static void run_contestant(const char *engine, const struct contestant *c, struct measured *ret)
{
	struct sampling sampling;
	struct watch watch;

	switch (c->kind) {
	case OBSERVED:
		watch_begin(&watch, engine, servers_replica(&servers, engine), MIN_WAIT_US);
		run_load(engine, false, ret);
		watch_end(&watch);
		watch_release(&watch);
		unset(engine);
		break;
	case SAMPLED:
		sampling_begin(&sampling, engine, c->rate);
		run_load(engine, false, ret);
		sampling_end(&sampling);
		break;
	default:
		run_load(engine, c->kind == BARE, ret);
	}
}

/* ---- comparisons ---- */

static double more(const struct bench_series *a, const struct bench_series *b)
{
	return 100 * (bench_median(a) / bench_median(b) - 1);
}

static void write_script(const char *text)
{
	struct err err = {0};

	bench_must(fs_write(script_file, text, strlen(text), 0644, &err), &err);
}

static void compare(struct bench *b, const char *engine, const char *what, bool goal)
{
	struct measured m[N(contestants)] = {0};
	bool mysql = strcmp(engine, "mysql") == 0;

	for (int round = 0; round < ROUNDS; round++)
		for (size_t i = 0; i < N(contestants); i++)
			if (contestants[i].kind != BARE || mysql)
				run_contestant(engine, &contestants[i], &m[i]);
	bench_told(b, bench_median(&m[0].per_second), "/s", "%s, %s, not observed", engine, what);
	bench_told(b, bench_median(&m[0].cpu_us), "us", "  server CPU for each");
	for (size_t i = 1; i < N(contestants); i++) {
		double slower = -more(&m[i].per_second, &m[0].per_second);
		double cpu = more(&m[i].cpu_us, &m[0].cpu_us);

		if (!m[i].cpu_us.n)
			continue;
		if (goal && contestants[i].kind == OBSERVED) {
			bench_at_most(
				b, slower, 2, "%", "  %s: fewer per second", contestants[i].name);
			bench_at_most(b, cpu, 2, "%", "  %s: more server CPU for each",
				contestants[i].name);
			continue;
		}
		bench_told(b, slower, "%", "  %s: fewer per second", contestants[i].name);
		bench_told(b, cpu, "%", "  %s: more server CPU for each", contestants[i].name);
	}
}

int main(void)
{
	static const struct server_setting off[] = {{(char *)"performance_schema", (char *)"OFF"}};
	static const char quiet[] = "\\set id random(1, 1000)\n"
				    "SELECT v FROM a WHERE id = :id;\n"
				    "\\set id random(1, 1000)\n"
				    "SELECT v FROM a WHERE id = :id;\n";
	static const char hot[] = "\\set id random(1, 3)\n"
				  "BEGIN;\n"
				  "UPDATE a SET v = v + 1 WHERE id = :id;\n"
				  "\\sleep 2 ms\n"
				  "COMMIT;\n";
	static const char *const engines[] = {"postgres", "mysql"};
	struct bench b;

	bench_begin(&b, "overhead", "what being observed costs a server");
	servers_start(&servers);
	test_mariadb_start(&bare, off, N(off));
	servers_prepare(&bare);
	script_file = mem_printf("%s/script.sql", servers.pg.dir);
	for (size_t i = 0; i < N(engines); i++) {
		write_script(quiet);
		compare(&b, engines[i], "nothing contends", true);
		write_script(hot);
		compare(&b, engines[i], "three hot rows", false);
	}
	mem_free(script_file);
	test_mariadb_stop(&bare);
	servers_stop(&servers);
	return bench_end(&b);
}
