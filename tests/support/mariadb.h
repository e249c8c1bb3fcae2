/*
 * A throwaway MariaDB server for one suite; start it in an unchecked fixture. With the variable
 * REHEARSE_MYSQL_BIN in the environment, the folder of another server's programs, such as MySQL's,
 * the suites run on that one.
 */
#ifndef REHEARSE_TESTS_MARIADB_H
#define REHEARSE_TESTS_MARIADB_H

#include "adapters/mysql/server.h"

struct test_mariadb {
	struct my_programs programs;
	struct my_server server;
	char *dir; /* removed by test_mariadb_stop() */
	char *dsn; /* user root, database "test", which is empty */
};

/* What REHEARSE_MYSQL_BIN says; NULL: it is not set. */
const char *test_mysql_bin(void);
/* The programs that the suites run on; ends the process with a clear word when there are none. */
void test_mysql_programs(struct my_programs *ret);

/* MariaDB has the tables seq_1_to_N without anybody's doing; elsewhere makes those that the suites
 * use, as views. */
void test_mysql_sequences(const struct my_server *server, const char *database);

/*
 * Makes a data directory and starts, with nothing flushed to disk in time, and `settings` on top.
 * Ends the process with a clear word when the server programs are missing or it does not start:
 * missing is a failure.
 */
void test_mariadb_start(struct test_mariadb *m, const struct server_setting *settings, size_t n);
void test_mariadb_stop(struct test_mariadb *m);

#endif
