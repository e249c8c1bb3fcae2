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

#define ROUNDS 7
#define RUN_SECONDS 1.5
#define CONNECTIONS 8
#define MIN_WAIT_US 10000
#define N(list) (sizeof(list) / sizeof((list)[0]))

/* ---- contestants ---- */

enum { NEITHER, OBSERVED, BARE, SAMPLED };

static const struct contestant {
	const char *name;
	int kind;
	unsigned rate; /* of sampling */
	bool quiet;    /* only where nothing contends */
} contestants[] = {
	{"neither", NEITHER, 0, false},
	{"observed", OBSERVED, 0, false},
	{"sampled 10 times a second", SAMPLED, 10, true},
	{"sampled 100 times a second", SAMPLED, 100, false},
	{"sampled 1000 times a second", SAMPLED, 1000, true},
	{"without performance_schema", BARE, 0, true},
};

static struct servers servers;
static struct test_mariadb bare;
static char *script_file;

/* Of each round; for the first contestant as measured, for the others in percent more than the
 * first one's in the same round, which had the same slow minutes of the machine. */
struct measured {
	struct bench_series per_second, cpu_us;
};

struct run {
	double per_second, cpu_us;
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

/* MyISAM's locks make an event or two of each statement, which the server tells only where there
 * are such tables. */
static void run_sql(const char *sql)
{
	struct db_target target = {.dsn = servers.mariadb.dsn};
	const struct db_adapter *db = engine_find("mysql")->db;
	struct db_conn *conn;
	struct err err = {0};

	bench_must(db_connect(db, &target, &conn, &err), &err);
	bench_must(db_exec(db, conn, sql, &err), &err);
	db->close(conn);
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

static void run_load(const char *engine, bool without, struct run *ret)
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
	ret->per_second = result.per_second;
	ret->cpu_us = cpu * 1e6 / (double)result.completed;
}

static void run_contestant(const char *engine, const struct contestant *c, struct run *ret)
{
	struct sampling sampling;
	struct watch watch;

	switch (c->kind) {
	case OBSERVED:
		watch_begin(&watch, engine, servers_replica(&servers, engine), MIN_WAIT_US);
		run_load(engine, false, ret);
		watch_end(&watch, 0);
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

static void write_script(const char *text)
{
	struct err err = {0};

	bench_must(fs_write(script_file, text, strlen(text), 0644, &err), &err);
}

static void run_round(const char *engine, bool quiet, struct measured *m)
{
	bool mysql = strcmp(engine, "mysql") == 0;
	struct run first, run;

	run_contestant(engine, &contestants[0], &first);
	bench_add(&m[0].per_second, first.per_second);
	bench_add(&m[0].cpu_us, first.cpu_us);
	for (size_t i = 1; i < N(contestants); i++) {
		if ((contestants[i].kind == BARE && !mysql) || (contestants[i].quiet && !quiet))
			continue;
		run_contestant(engine, &contestants[i], &run);
		bench_add(&m[i].per_second, 100 * (run.per_second / first.per_second - 1));
		bench_add(&m[i].cpu_us, 100 * (run.cpu_us / first.cpu_us - 1));
	}
}

static void compare(struct bench *b, const char *engine, const char *what, bool quiet)
{
	struct measured m[N(contestants)] = {0};

	for (int round = 0; round < ROUNDS; round++)
		run_round(engine, quiet, m);
	bench_told(b, bench_median(&m[0].per_second), "/s", "%s, %s, not observed", engine, what);
	bench_told(b, bench_median(&m[0].cpu_us), "us", "  server CPU for each");
	for (size_t i = 1; i < N(contestants); i++) {
		double fewer = -bench_median(&m[i].per_second), cpu = bench_median(&m[i].cpu_us);
		const char *name = contestants[i].name;

		if (!m[i].cpu_us.n)
			continue;
		if (quiet && contestants[i].kind == OBSERVED) {
			bench_at_most(b, fewer, 2, "%", "  %s: fewer per second", name);
			bench_at_most(b, cpu, 2, "%", "  %s: more server CPU for each", name);
			continue;
		}
		bench_told(b, fewer, "%", "  %s: fewer per second", name);
		bench_told(b, cpu, "%", "  %s: more server CPU for each", name);
	}
}

/* ---- what its own sessions use ---- */

#define ALONE_SECONDS 6

static double observers_cpu(const char *engine)
{
	static const char *const queries[] = {
		"SELECT pid FROM pg_stat_activity WHERE application_name = 'rehearse-observer'",
		"SELECT t.THREAD_OS_ID FROM performance_schema.threads t"
		" JOIN performance_schema.session_connect_attrs a"
		" ON a.PROCESSLIST_ID = t.PROCESSLIST_ID WHERE a.ATTR_NAME = 'program_name'"
		" AND a.ATTR_VALUE = 'rehearse-observer'"};
	bool postgres = strcmp(engine, "postgres") == 0;
	const struct db_adapter *db = engine_find(engine)->db;
	struct db_target target = {.dsn = servers_dsn(&servers, engine)};
	struct db_conn *conn;
	struct err err = {0};
	double all = 0;

	bench_must(db_connect(db, &target, &conn, &err), &err);
	bench_must(db_exec(db, conn, queries[!postgres], &err), &err);
	if (!db->result(conn)->rows)
		bench_must(-1, &(struct err){.text = "the observer's sessions were not found"});
	for (unsigned i = 0; i < db->result(conn)->rows; i++) {
		pid_t thread = (pid_t)strtol(db->value(conn, i, 0), NULL, 10);

		all += bench_thread_cpu(postgres ? thread : servers_pid(&servers, engine), thread);
	}
	db->close(conn);
	return all;
}

/* A share is exact also where the machine is busy with other things. */
static void share(struct bench *b, const char *engine, const char *what, bool goal)
{
	struct load load = {.engine = engine_find(engine),
		.dsn = servers_dsn(&servers, engine),
		.script = script_file,
		.mode = WORKLOAD_CLOSED,
		.connections = CONNECTIONS,
		.seconds = ALONE_SECONDS};
	struct load_result result;
	struct watch watch;
	double own, all;

	watch_begin(&watch, engine, servers_replica(&servers, engine), MIN_WAIT_US);
	all = bench_tree_cpu(servers_pid(&servers, engine));
	own = observers_cpu(engine);
	load_run(&load, &result);
	own = observers_cpu(engine) - own;
	all = bench_tree_cpu(servers_pid(&servers, engine)) - all;
	watch_end(&watch, 0);
	watch_release(&watch);
	unset(engine);
	bench_told(b, 100 * own / result.cost.wall_s, "%",
		"%s, %s: a core's time that the observer's sessions use on the server", engine,
		what);
	if (goal)
		bench_at_most(b, 100 * own / (all - own), 2, "%",
			"  against what the server uses for the workload");
	else
		bench_told(b, 100 * own / (all - own), "%",
			"  against what the server uses for the workload");
}

int main(int argc, char **argv)
{
	bool all = argc < 2 || strcmp(argv[1], "share") != 0;
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
	run_sql("DROP TABLE m");
	for (size_t i = 0; i < N(engines); i++) {
		write_script(quiet);
		share(&b, engines[i], "nothing contends", true);
		if (all)
			compare(&b, engines[i], "nothing contends", true);
		write_script(hot);
		share(&b, engines[i], "three hot rows", false);
		if (all)
			compare(&b, engines[i], "three hot rows", false);
	}
	run_sql("CREATE TABLE m (id INT PRIMARY KEY) ENGINE=MyISAM");
	write_script(quiet);
	share(&b, "mysql", "nothing contends, one table is MyISAM", false);
	mem_free(script_file);
	test_mariadb_stop(&bare);
	servers_stop(&servers);
	return bench_end(&b);
}
