/*
 * What it costs to drive a server: the workload engine, with every latency, error and wait
 * recorded, against the tools that people would use instead and against a loop that does nothing
 * else; the same statement, connections and prepared mode, one client thread but for sysbench,
 * which has one per connection.
 */
#include "tests/bench/load.h"
#include "tests/bench/rivals.h"

#define ROUNDS 5

/* More connections take longer to open, which is part of the run. */
static const struct {
	unsigned connections;
	int seconds;
} loads[] = {{1, 3}, {8, 3}, {64, 4}, {256, 7}};

struct contestant {
	struct bench_series per_second, cpu_us, instructions;
};

static void take(struct contestant *c, const struct rival_result *r)
{
	bench_add(&c->per_second, r->per_second);
	bench_add(&c->cpu_us, r->cost.cpu_s * 1e6 / (double)r->completed);
	bench_add(&c->instructions, r->cost.instructions / (double)r->completed);
}

static void run_engine(
	const struct rival_server *server, unsigned n, int seconds, struct contestant *ret)
{
	struct load load = {.engine = server->engine,
		.dsn = server->dsn,
		.script = server->script,
		.mode = WORKLOAD_CLOSED,
		.connections = n,
		.seconds = seconds};
	struct load_result result;

	load_run(&load, &result);
	take(ret,
		&(struct rival_result){.completed = result.completed,
			.per_second = result.per_second,
			.cost = result.cost});
}

static double cpu(const struct contestant *c)
{
	return bench_median(&c->cpu_us);
}

static double speed(const struct contestant *c)
{
	return bench_median(&c->per_second);
}

static double work(const struct contestant *c)
{
	return bench_median(&c->instructions);
}

static void tell(struct bench *b, const struct contestant *c, const char *name, unsigned n)
{
	bench_told(b, speed(c), "/s", "%s, %u connections", name, n);
	bench_told(b, cpu(c), "us", "%s, %u connections: client CPU per transaction", name, n);
}

static void compare(struct bench *b, const struct rival_server *server, unsigned n, int seconds)
{
	struct contestant engine = {0}, tool = {0}, bare = {0};
	struct rival_result result;

	for (int round = 0; round < ROUNDS; round++) {
		run_engine(server, n, seconds, &engine);
		rival_tool(server, n, 0, seconds, &result);
		take(&tool, &result);
		rival_bare(server, n, seconds, &result);
		take(&bare, &result);
	}
	tell(b, &engine, "rehearse", n);
	tell(b, &tool, server->tool, n);
	tell(b, &bare, server->bare, n);
	if (work(&engine) > 0) {
		bench_told(b, work(&engine) / work(&tool), "",
			"instructions per transaction, of %s's, %u connections", server->tool, n);
		bench_told(b, work(&engine) / work(&bare), "",
			"instructions per transaction, of the %s's, %u connections", server->bare,
			n);
	}
	bench_at_least(b, speed(&engine) / speed(&tool), 1, "",
		"transactions/s, of %s's, %u connections", server->tool, n);
	bench_at_most(b, cpu(&engine) / cpu(&tool), server->cpu_goal, "",
		"client CPU per transaction, of %s's, %u connections", server->tool, n);
	bench_at_most(b, cpu(&engine) / cpu(&bare), 1.1, "",
		"client CPU per transaction, of the %s's, %u connections", server->bare, n);
}

int main(void)
{
	struct rival_server server;
	struct bench b;

	bench_begin(&b, "driver", "the same statement by the workload engine and by others");
	for (size_t s = 0; s < RIVAL_SERVERS; s++) {
		rival_start(&server, s);
		for (size_t i = 0; i < sizeof(loads) / sizeof(loads[0]); i++)
			compare(&b, &server, loads[i].connections, loads[i].seconds);
		rival_stop(&server);
	}
	return bench_end(&b);
}
