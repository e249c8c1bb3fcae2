/*
 * How well the schedule is kept: at half of what saturates the server, when a transaction is sent
 * against when it should have been, while a connection is free for it.
 */
#include "tests/bench/load.h"
#include "tests/bench/rivals.h"

#define ROUNDS 7
#define RUN_SECONDS 3
#define CONNECTIONS 64

struct contestant {
	struct bench_series p50, p99, latency_p99;
};

static double saturation(const struct rival_server *server)
{
	struct load load = {.engine = server->engine,
		.dsn = server->dsn,
		.script = server->script,
		.mode = WORKLOAD_CLOSED,
		.connections = CONNECTIONS,
		.seconds = RUN_SECONDS};
	struct bench_series speeds = {0};
	struct load_result result;

	for (int i = 0; i < 3; i++) {
		load_run(&load, &result);
		bench_add(&speeds, result.per_second);
	}
	return bench_median(&speeds);
}

static void run_engine(const struct rival_server *server, double rate, struct contestant *ret)
{
	struct load load = {.engine = server->engine,
		.dsn = server->dsn,
		.script = server->script,
		.mode = WORKLOAD_OPEN,
		.arrivals = ARRIVALS_POISSON,
		.rate = rate,
		.connections = CONNECTIONS,
		.seconds = RUN_SECONDS};
	struct load_result result;

	load_run(&load, &result);
	bench_add(&ret->p50, (double)result.lag_us[0]);
	bench_add(&ret->p99, (double)result.lag_us[1]);
	bench_add(&ret->latency_p99, (double)result.latency_us[1]);
}

static void run_tool(const struct rival_server *server, double rate, struct contestant *ret)
{
	struct rival_result result;

	rival_tool(server, CONNECTIONS, rate, RUN_SECONDS, &result);
	bench_add(&ret->p50, result.lag_us[0]);
	bench_add(&ret->p99, result.lag_us[1]);
	bench_add(&ret->latency_p99, result.latency_us[1]);
}

static void compare(struct bench *b, const struct rival_server *server)
{
	double rate = saturation(server) / 2;
	struct contestant engine = {0}, tool = {0};
	const char *name = server->engine->name;

	for (int round = 0; round < ROUNDS; round++) {
		run_engine(server, rate, &engine);
		run_tool(server, rate, &tool);
	}
	bench_told(b, rate, "/s", "%s: half of saturation, %d connections", name, CONNECTIONS);
	bench_at_most(b, bench_median(&engine.p50), 100, "us",
		"%s: sent after the intended time, median", name);
	bench_at_most(b, bench_median(&engine.p99), 1000, "us",
		"%s: sent after the intended time, p99", name);
	if (server->kind == RIVAL_POSTGRES) { /* sysbench tells no lag */
		bench_told(b, bench_median(&tool.p50), "us", "%s: the same by %s --rate, median",
			name, server->tool);
		bench_told(b, bench_median(&tool.p99), "us", "%s: the same by %s --rate, p99", name,
			server->tool);
	}
	bench_told(b, bench_median(&engine.latency_p99), "us",
		"%s: latency from the intended time, p99", name);
	bench_told(b, bench_median(&tool.latency_p99), "us", "%s: the same by %s --rate, p99", name,
		server->tool);
}

int main(void)
{
	struct rival_server server;
	struct bench b;

	bench_begin(&b, "schedule", "sends against the schedule, at half of saturation");
	for (size_t s = 0; s < RIVAL_SERVERS; s++) {
		rival_start(&server, s);
		compare(&b, &server);
		rival_stop(&server);
	}
	return bench_end(&b);
}
