#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>

#include <libpq-fe.h>

#include "harness/base/clock.h"
#include "harness/base/mem.h"
#include "harness/base/rng.h"
#include "tests/bench/bare.h"

#define EVENTS 64

static const char statement[] = "SELECT abalance FROM pgbench_accounts WHERE aid = $1";

static void check(bool ok, PGconn *conn)
{
	if (ok)
		return;
	fprintf(stderr, "bench: %s\n", PQerrorMessage(conn));
	exit(EXIT_FAILURE);
}

static void send_next(PGconn *conn, struct rng *rng)
{
	char number[16];
	const char *values[] = {number};

	snprintf(number, sizeof(number), "%d", (int)rng_between(rng, 1, 100000));
	check(PQsendQueryPrepared(conn, "s", 1, values, NULL, NULL, 0), conn);
}

static PGconn *connect_one(const char *dsn, int epoll)
{
	PGconn *conn = PQconnectdb(dsn);
	struct epoll_event event = {.events = EPOLLIN, .data.ptr = conn};

	check(PQstatus(conn) == CONNECTION_OK, conn);
	PQclear(PQprepare(conn, "s", statement, 0, NULL));
	PQsetnonblocking(conn, 1);
	epoll_ctl(epoll, EPOLL_CTL_ADD, PQsocket(conn), &event);
	return conn;
}

/* True when the whole answer was there. */
static bool take_answer(PGconn *conn)
{
	PGresult *res;

	check(PQconsumeInput(conn), conn);
	while (!PQisBusy(conn)) {
		res = PQgetResult(conn);
		if (!res)
			return true;
		check(PQresultStatus(res) == PGRES_TUPLES_OK, conn);
		PQclear(res);
	}
	return false;
}

static void work(void *ctx, void *shared)
{
	const struct bare *bare = ctx;
	struct bare_result *ret = shared;
	int epoll = epoll_create1(EPOLL_CLOEXEC);
	PGconn **conns = mem_zalloc(bare->connections * sizeof(PGconn *));
	struct epoll_event events[EVENTS];
	uint64_t start, until;
	struct rng rng;

	rng_seed(&rng, 7);
	for (unsigned i = 0; i < bare->connections; i++)
		conns[i] = connect_one(bare->dsn, epoll);
	start = clock_us();
	until = start + (uint64_t)(bare->seconds * 1e6);
	for (unsigned i = 0; i < bare->connections; i++)
		send_next(conns[i], &rng);
	while (clock_us() < until) {
		int n = epoll_wait(epoll, events, EVENTS, 1000);

		for (int i = 0; i < n; i++) {
			if (!take_answer(events[i].data.ptr))
				continue;
			ret->completed++;
			send_next(events[i].data.ptr, &rng);
		}
	}
	ret->per_second = (double)ret->completed * 1e6 / (double)(clock_us() - start);
	for (unsigned i = 0; i < bare->connections; i++)
		PQfinish(conns[i]);
	mem_free(conns);
}

void bare_postgres(const struct bare *bare, struct bare_result *ret)
{
	struct bench_cost cost;

	bench_fork(work, (void *)bare, ret, sizeof(*ret), &cost);
	ret->cost = cost;
}
