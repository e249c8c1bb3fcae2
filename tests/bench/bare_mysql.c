#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>

#include <mysql.h>

#include "harness/base/clock.h"
#include "harness/base/mem.h"
#include "harness/base/rng.h"
#include "tests/bench/bare.h"

#ifdef MARIADB_BASE_VERSION

#define EVENTS 64

static const char statement[] = "SELECT abalance FROM pgbench_accounts WHERE aid = ?";

struct conn {
	MYSQL *mysql;
	MYSQL_STMT *stmt;
	int aid;
	bool storing;
};

static void check(bool ok, struct conn *c)
{
	if (ok)
		return;
	fprintf(stderr, "bench: %s\n", mysql_error(c->mysql));
	exit(EXIT_FAILURE);
}

static void connect_one(struct conn *c, const char *socket, int epoll)
{
	struct epoll_event event = {.events = EPOLLIN, .data.ptr = c};
	MYSQL_BIND bind = {.buffer_type = MYSQL_TYPE_LONG, .buffer = &c->aid};

	c->mysql = mysql_init(NULL);
	mysql_options(c->mysql, MYSQL_OPT_NONBLOCK, NULL);
	check(mysql_real_connect(c->mysql, "localhost", "root", "", "test", 0, socket, 0), c);
	c->stmt = mysql_stmt_init(c->mysql);
	check(mysql_stmt_prepare(c->stmt, statement, strlen(statement)) == 0, c);
	check(mysql_stmt_bind_param(c->stmt, &bind) == 0, c);
	epoll_ctl(epoll, EPOLL_CTL_ADD, mysql_get_socket(c->mysql), &event);
}

/* Once it is executed: true when the whole answer was there. */
static bool store(struct conn *c, int failed)
{
	check(!failed, c);
	c->storing = true;
	return mysql_stmt_store_result_start(&failed, c->stmt) == 0;
}

/* The same for a statement that is sent; the server may be faster than the return. */
static bool send_next(struct conn *c, struct rng *rng)
{
	int failed = 0;

	c->aid = (int)rng_between(rng, 1, 100000);
	c->storing = false;
	return mysql_stmt_execute_start(&failed, c->stmt) == 0 && store(c, failed);
}

static bool take_answer(struct conn *c)
{
	int failed = 0;

	if (c->storing)
		return mysql_stmt_store_result_cont(&failed, c->stmt, MYSQL_WAIT_READ) == 0;
	return mysql_stmt_execute_cont(&failed, c->stmt, MYSQL_WAIT_READ) == 0 && store(c, failed);
}

static void work(void *ctx, void *shared)
{
	const struct bare *bare = ctx;
	struct bare_result *ret = shared;
	int epoll = epoll_create1(EPOLL_CLOEXEC);
	struct conn *conns = mem_zalloc(bare->connections * sizeof(*conns));
	struct epoll_event events[EVENTS];
	uint64_t start, until;
	struct rng rng;

	rng_seed(&rng, 7);
	for (unsigned i = 0; i < bare->connections; i++)
		connect_one(&conns[i], bare->dsn, epoll);
	start = clock_us();
	until = start + (uint64_t)(bare->seconds * 1e6);
	for (unsigned i = 0; i < bare->connections; i++)
		while (send_next(&conns[i], &rng))
			ret->completed++;
	while (clock_us() < until) {
		int n = epoll_wait(epoll, events, EVENTS, 1000);

		for (int i = 0; i < n; i++) {
			if (!take_answer(events[i].data.ptr))
				continue;
			do
				ret->completed++;
			while (send_next(events[i].data.ptr, &rng));
		}
	}
	ret->per_second = (double)ret->completed * 1e6 / (double)(clock_us() - start);
	/* The connections go with the process. */
}

void bare_mysql(const struct bare *bare, struct bare_result *ret)
{
	struct bench_cost cost;

	bench_fork(work, (void *)bare, ret, sizeof(*ret), &cost);
	ret->cost = cost;
}

#else

void bare_mysql(const struct bare *bare, struct bare_result *ret)
{
	(void)bare;
	(void)ret;
	bench_must(-1,
		&(struct err){.text = "the bare loop needs MariaDB Connector/C: libmysqlclient has "
				      "no prepared statements that do not block"});
}

#endif
