/* The commands by which the owner of a test's server stops and starts it, as replica.stop and
 * replica.start take them; caller frees. */
#ifndef REHEARSE_TESTS_OWNER_H
#define REHEARSE_TESTS_OWNER_H

#include "adapters/mysql/server.h"
#include "adapters/postgres/server.h"

char *test_pg_stop_command(const struct pg_server *s);
char *test_pg_start_command(const struct pg_server *s);
char *test_maria_stop_command(const struct my_server *s);
char *test_maria_start_command(const struct my_server *s);

/* Whoever started it anew, it is none of this process's children: ends what runs on the data
 * directory, by process id. */
void test_end_server_at(const char *data_dir);

#endif
