/*
 * What it costs to drive a server: the workload engine, with every latency, error and wait
 * recorded, against pgbench; the same script, connections and prepared statements.
 */
#include <stdio.h>
#include <string.h>

#include "adapters/postgres/postgres.h"
#include "harness/base/cleanup.h"
#include "harness/base/fs.h"
#include "harness/base/mem.h"
#include "tests/bench/load.h"
#include "tests/support/pg.h"

#define ROUNDS 5
#define RUN_SECONDS 3

static const unsigned connections[] = {1, 8, 64, 256};
static const char script[] = "\\set aid random(1, 100000)\n"
			     "SELECT abalance FROM pgbench_accounts WHERE aid = :aid;\n";

struct measured {
	struct bench_series per_second, cpu_us;
};

static struct test_pg pg;
static char *script_file, *output_file, *pgbench_program;

static void take(struct measured *m, double per_second, double transactions, double cpu_s)
{
	bench_add(&m->per_second, per_second);
	bench_add(&m->cpu_us, cpu_s * 1e6 / transactions);
}

static void run_pgbench(unsigned n, struct measured *ret)
{
	CLEANUP(cleanup_free) char *clients = mem_printf("%u", n);
	CLEANUP(cleanup_free) char *time = mem_printf("%d", RUN_SECONDS);
	const char *argv[] = {pgbench_program, "-n", "-M", "prepared", "-c", clients, "-j", "1",
		"-T", time, "-f", script_file, pg.dsn, NULL};
	CLEANUP(cleanup_free) char *text = NULL;
	struct bench_cost cost;
	struct err err = {0};

	unlink(output_file);
	bench_program(argv, output_file, &cost, &err);
	text = bench_output(output_file);
	take(ret, bench_number_after(text, "tps = "),
		bench_number_after(text, "transactions actually processed: "), cost.cpu_s);
}

static void run_engine(unsigned n, struct measured *ret)
{
	struct load load = {.engine = engine_find("postgres"),
		.dsn = pg.dsn,
		.script = script_file,
		.mode = WORKLOAD_CLOSED,
		.connections = n,
		.seconds = RUN_SECONDS};
	struct load_result result;

	load_run(&load, &result);
	take(ret, result.per_second, (double)result.completed, result.cost.cpu_s);
}

static void compare(struct bench *b, unsigned n)
{
	struct measured engine = {0}, pgbench = {0};

	for (int round = 0; round < ROUNDS; round++) {
		run_engine(n, &engine);
		run_pgbench(n, &pgbench);
	}
	bench_told(b, bench_median(&pgbench.per_second), "/s", "pgbench, %u connections", n);
	bench_told(b, bench_median(&pgbench.cpu_us), "us", "pgbench, CPU per transaction, %u", n);
	bench_at_least(b, bench_median(&engine.per_second) / bench_median(&pgbench.per_second), 1,
		"", "transactions per second against pgbench, %u connections", n);
	bench_at_most(b, bench_median(&engine.cpu_us) / bench_median(&pgbench.cpu_us), 0.9, "",
		"client CPU per transaction against pgbench, %u connections", n);
}

static void setup(void)
{
	static const struct server_setting settings[] = {
		{(char *)"max_connections", (char *)"300"}};
	const char *argv[] = {NULL, "-i", "-q", NULL, NULL};
	struct bench_cost cost;
	struct err err = {0};

	test_pg_start(&pg, settings, 1);
	script_file = mem_printf("%s/script.sql", pg.dir);
	output_file = mem_printf("%s/output", pg.dir);
	bench_must(fs_write(script_file, script, strlen(script), 0644, &err), &err);
	/* Debian's pgbench in PATH is a script around this one. */
	pgbench_program = mem_printf("%s/pgbench", pg.programs.dir);
	argv[0] = pgbench_program;
	argv[3] = pg.dsn;
	bench_program(argv, output_file, &cost, &err);
}

int main(void)
{
	struct bench b;

	bench_begin(&b, "driver", "the same script by the workload engine and by pgbench");
	setup();
	for (size_t i = 0; i < sizeof(connections) / sizeof(connections[0]); i++)
		compare(&b, connections[i]);
	test_pg_stop(&pg);
	mem_free(script_file);
	mem_free(output_file);
	mem_free(pgbench_program);
	return bench_end(&b);
}
