#include "tests/bench/rivals.h"

#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "adapters/mysql/client.h"
#include "harness/base/cleanup.h"
#include "harness/base/fs.h"
#include "harness/base/mem.h"
#include "harness/measure/histogram.h"
#include "tests/bench/bare.h"

#define ACCOUNTS 100000
#define LUA_SCRIPT "tests/bench/accounts.lua"

static const char script[] = "\\set aid random(1, 100000)\n"
			     "SELECT abalance FROM pgbench_accounts WHERE aid = :aid;\n";

static const struct server_setting connections[] = {{(char *)"max_connections", (char *)"300"}};

/* ---- servers ---- */

static void write_script(struct rival_server *s, const char *dir)
{
	struct err err = {0};

	s->script = mem_printf("%s/accounts.sql", dir);
	s->output = mem_printf("%s/output", dir);
	bench_must(fs_write(s->script, script, strlen(script), 0644, &err), &err);
}

static void start_postgres(struct rival_server *s)
{
	const char *argv[] = {NULL, "-i", "-q", NULL, NULL};
	struct bench_cost cost;
	struct err err = {0};

	s->tool = "pgbench";
	s->bare = "bare libpq loop";
	s->cpu_goal = 0.9;
	s->engine = engine_find("postgres");
	test_pg_start(&s->pg, connections, 1);
	write_script(s, s->pg.dir);
	s->dsn = s->pg.dsn;
	/* Debian's pgbench in PATH is a script around this one. */
	s->program = mem_printf("%s/pgbench", s->pg.programs.dir);
	argv[0] = s->program;
	argv[3] = s->dsn;
	bench_program(argv, s->output, &cost, &err);
}

static void start_mariadb(struct rival_server *s)
{
	struct db_conn *conn;
	struct err err = {0};

	s->tool = "sysbench";
	s->bare = "bare libmariadb loop";
	s->cpu_goal = 0.5;
	s->engine = engine_find("mysql");
	test_mariadb_start(&s->mariadb, connections, 1);
	write_script(s, s->mariadb.dir);
	s->dsn = s->mariadb.dsn;
	s->program = mem_strdup("sysbench");
	s->socket = mem_printf("--mysql-socket=%s", s->mariadb.server.socket);
	bench_must(db_connect(&mysql_db, &(struct db_target){.dsn = s->dsn}, &conn, &err), &err);
	bench_must(db_exec(&mysql_db, conn,
			   "CREATE TABLE pgbench_accounts (aid int PRIMARY KEY, bid int, abalance "
			   "int, filler char(84))",
			   &err),
		&err);
	bench_must(db_execf(&mysql_db, conn, &err,
			   "INSERT INTO pgbench_accounts SELECT seq, 1, 0, '' FROM seq_1_to_%d",
			   ACCOUNTS),
		&err);
	mysql_db.close(conn);
}

void rival_start(struct rival_server *s, size_t kind)
{
	*s = (struct rival_server){.kind = kind};
	if (kind == RIVAL_POSTGRES)
		start_postgres(s);
	else
		start_mariadb(s);
}

void rival_stop(struct rival_server *s)
{
	if (s->kind == RIVAL_POSTGRES)
		test_pg_stop(&s->pg);
	else
		test_mariadb_stop(&s->mariadb);
	mem_free(s->script);
	mem_free(s->output);
	mem_free(s->program);
	mem_free(s->socket);
}

/* ---- pgbench ---- */

/* Its log: client, number, time, script, second, microsecond and, at a rate, lag. */
static void read_log(const char *path, struct rival_result *ret)
{
	CLEANUP(cleanup_free) char *text = bench_output(path);
	struct histogram lag, latency;
	char *save = NULL;

	histogram_init(&lag);
	histogram_init(&latency);
	for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		unsigned long took, late;

		if (sscanf(line, "%*u %*u %lu %*u %*u %*u %lu", &took, &late) != 2)
			continue;
		histogram_add(&latency, took);
		histogram_add(&lag, late);
	}
	ret->lag_us[0] = (double)histogram_percentile(&lag, 50);
	ret->lag_us[1] = (double)histogram_percentile(&lag, 99);
	ret->latency_us[0] = (double)histogram_percentile(&latency, 50);
	ret->latency_us[1] = (double)histogram_percentile(&latency, 99);
	histogram_release(&lag);
	histogram_release(&latency);
}

static void read_logs(const char *prefix, struct rival_result *ret)
{
	CLEANUP(cleanup_free) char *pattern = mem_printf("%s.*", prefix);
	glob_t found;

	if (glob(pattern, 0, NULL, &found) == 0) {
		read_log(found.gl_pathv[0], ret); /* one thread, one file */
		for (size_t i = 0; i < found.gl_pathc; i++)
			unlink(found.gl_pathv[i]);
	}
	globfree(&found);
}

static void run_pgbench(const struct rival_server *s, unsigned n, double rate, int seconds,
	struct rival_result *ret)
{
	CLEANUP(cleanup_free) char *clients = mem_printf("--client=%u", n);
	CLEANUP(cleanup_free) char *time = mem_printf("--time=%d", seconds);
	CLEANUP(cleanup_free) char *at = mem_printf("--rate=%.0f", rate);
	CLEANUP(cleanup_free) char *prefix = mem_printf("%s/pgbench_log", s->pg.dir);
	CLEANUP(cleanup_free) char *log_prefix = mem_printf("--log-prefix=%s", prefix);
	const char *argv[] = {s->program, "--no-vacuum", "--protocol=prepared", "--jobs=1",
		"--file", s->script, clients, time, s->dsn, NULL, NULL, NULL, NULL};
	CLEANUP(cleanup_free) char *text = NULL;
	struct err err = {0};

	if (rate > 0) {
		argv[8] = at;
		argv[9] = "--log";
		argv[10] = log_prefix;
		argv[11] = s->dsn;
	}
	bench_program(argv, s->output, &ret->cost, &err);
	text = bench_output(s->output);
	ret->per_second = bench_number_after(text, "tps = ");
	ret->completed = (uint64_t)bench_number_after(text, "transactions actually processed: ");
	if (rate > 0)
		read_logs(prefix, ret);
}

/* ---- sysbench ---- */

static void run_sysbench(const struct rival_server *s, unsigned n, double rate, int seconds,
	struct rival_result *ret)
{
	CLEANUP(cleanup_free) char *threads = mem_printf("--threads=%u", n);
	CLEANUP(cleanup_free) char *time = mem_printf("--time=%d", seconds);
	CLEANUP(cleanup_free) char *at = mem_printf("--rate=%.0f", rate);
	const char *argv[] = {s->program, "--db-driver=mysql", s->socket, "--mysql-user=root",
		"--mysql-db=test", "--percentile=99", threads, time, at, LUA_SCRIPT, "run", NULL};
	CLEANUP(cleanup_free) char *text = NULL;
	struct err err = {0};
	const char *rest;

	bench_program(argv, s->output, &ret->cost, &err);
	text = bench_output(s->output);
	ret->completed = (uint64_t)bench_number_after(text, "transactions:");
	rest = strchr(strstr(text, "transactions:"), '(');
	ret->per_second = bench_number_after(rest ? rest : "", "(");
	if (rate > 0)
		ret->latency_us[1] = bench_number_after(text, "99th percentile:") * 1000;
}

/* ---- both ---- */

void rival_tool(const struct rival_server *s, unsigned n, double rate, int seconds,
	struct rival_result *ret)
{
	*ret = (struct rival_result){0};
	unlink(s->output);
	if (s->kind == RIVAL_POSTGRES)
		run_pgbench(s, n, rate, seconds, ret);
	else
		run_sysbench(s, n, rate, seconds, ret);
}

void rival_bare(const struct rival_server *s, unsigned n, int seconds, struct rival_result *ret)
{
	struct bare bare = {.dsn = s->dsn, .connections = n, .seconds = seconds};
	struct bare_result result;

	if (s->kind == RIVAL_POSTGRES) {
		bare_postgres(&bare, &result);
	} else {
		bare.dsn = s->mariadb.server.socket;
		bare_mysql(&bare, &result);
	}
	*ret = (struct rival_result){.completed = result.completed,
		.per_second = result.per_second,
		.cost = result.cost};
}
