/* A MariaDB primary with a replica by GTID, both throwaway; or MySQL's, see mariadb.h. */
#ifndef REHEARSE_TESTS_MARIADB_PAIR_H
#define REHEARSE_TESTS_MARIADB_PAIR_H

#include "adapters/mysql/server.h"
#include "tests/support/provider_run.h"

struct test_maria_pair {
	struct my_programs programs;
	struct my_server primary, replica;     /* replica.pid is 0 when there is none */
	unsigned port;			       /* of the primary, on 127.0.0.1 */
	char *dir, *primary_dsn, *replica_dsn; /* database "shop", user root */
};

/* Both end the process with a clear word when something fails. */
void test_maria_primary_start(
	struct test_maria_pair *pair, const struct server_setting *settings, size_t n);
/* Replicating and caught up, read-only; server id 2. */
void test_maria_replica_start(
	struct test_maria_pair *pair, const struct server_setting *settings, size_t n);
void test_maria_pair_stop(struct test_maria_pair *pair);

/* Runs SQL, several statements too, and returns the first value, "" for none; caller frees. Fails
 * the test on an error. */
char *test_maria_sql(const char *dsn, const char *sql);
void test_maria_run(const char *dsn, const char *sql);
/* Asks until the query says `expected`; fails the test after 30 s. */
void test_maria_until(const char *dsn, const char *sql, const char *expected);
/* A column of SHOW REPLICA STATUS, by MariaDB's name; caller frees. */
char *test_maria_status(const char *dsn, const char *column);
void test_maria_status_until(const char *dsn, const char *column, const char *expected);
/* What a server has written, as GTIDs; caller frees. */
char *test_maria_position(const struct test_maria_pair *pair, const char *dsn);
/* Until the replica has received all that the primary has written; until it has applied it. */
void test_maria_received(const struct test_maria_pair *pair);
void test_maria_caught_up(const struct test_maria_pair *pair);
/* Marks the replica as disposable, by the table that is its own alone. */
void test_maria_mark(const struct test_maria_pair *pair);

#define ck_maria(dsn, sql, expected)                                                              \
	do {                                                                                      \
		char *answer_ = test_maria_sql(dsn, sql);                                         \
		ck_assert_msg(strcmp(answer_, expected) == 0, "%s: '%s', not '%s'", sql, answer_, \
			expected);                                                                \
		free(answer_);                                                                    \
	} while (0)

#endif
