/* A primary with a streaming standby, both throwaway. */
#ifndef REHEARSE_TESTS_PG_PAIR_H
#define REHEARSE_TESTS_PG_PAIR_H

#include "adapters/postgres/server.h"
#include "adapters/provider.h"
#include "tests/support/provider_run.h"

struct test_pair {
	struct pg_programs programs;
	struct pg_server primary, standby; /* standby.pid is 0 when there is none */
	const char *slot; /* of the standby, on the primary; default "standby_slot" */
	char *dir;
	char *primary_dsn, *standby_dsn; /* database "postgres", user postgres */
};

/* Both end the process with a clear word when something fails. */
void test_primary_start(struct test_pair *pair, const struct server_setting *settings, size_t n);
/* A standby by pg_basebackup -R on the slot pair->slot, streaming and caught up. */
void test_standby_start(struct test_pair *pair, const struct server_setting *settings, size_t n);
void test_pair_stop(struct test_pair *pair);

/* A library NAME in `dir` that only has the name: another one stands in for it. The path to
 * preload; caller frees. */
char *test_stand_in(const char *dir, const char *name, const struct pg_programs *programs);

/* Runs SQL and returns the first value, "" for none; caller frees. Fails the test on an error. */
char *test_sql(const char *dsn, const char *sql);
void test_run_sql(const char *dsn, const char *sql);
/* Asks until the query says `expected`; fails the test after 30 s. */
void test_sql_until(const char *dsn, const char *sql, const char *expected);
/* ALTER SYSTEM, reload, and wait until the server shows it. NULL: RESET. */
void test_alter_system(const char *dsn, const char *name, const char *value);

#define ck_sql(dsn, sql, expected)                                                                \
	do {                                                                                      \
		char *answer_ = test_sql(dsn, sql);                                               \
		ck_assert_msg(strcmp(answer_, expected) == 0, "%s: '%s', not '%s'", sql, answer_, \
			expected);                                                                \
		free(answer_);                                                                    \
	} while (0)

#endif
