/* A throwaway MariaDB server for one suite; start it in an unchecked fixture. */
#ifndef REHEARSE_TESTS_MARIADB_H
#define REHEARSE_TESTS_MARIADB_H

#include "adapters/mysql/server.h"

struct test_mariadb {
	struct my_programs programs;
	struct my_server server;
	char *dir; /* removed by test_mariadb_stop() */
	char *dsn; /* user root, database "test", which is empty */
};

/*
 * Makes a data directory and starts, with nothing flushed to disk in time, and `settings` on top.
 * Ends the process with a clear word when the server programs are missing or it does not start:
 * missing is a failure.
 */
void test_mariadb_start(struct test_mariadb *m, const struct server_setting *settings, size_t n);
void test_mariadb_stop(struct test_mariadb *m);

#endif
