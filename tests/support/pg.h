/* A throwaway PostgreSQL server for one suite; start it in an unchecked fixture. */
#ifndef REHEARSE_TESTS_PG_H
#define REHEARSE_TESTS_PG_H

#include "adapters/postgres/server.h"

struct test_pg {
	struct pg_programs programs;
	struct pg_server server;
	char *dir; /* removed by test_pg_stop() */
	char *dsn; /* database "postgres" */
};

/*
 * initdb and start, with fsync off, lock waits logged, and `settings` on top. Ends the process
 * with a clear word when the server programs are missing or it does not start: missing is a
 * failure.
 */
void test_pg_start(struct test_pg *pg, const struct server_setting *settings, size_t n);
void test_pg_stop(struct test_pg *pg);

#endif
