/* Runs a fixture's files with the client program on a server of their own. */
#ifndef REHEARSE_ADAPTERS_MYSQL_FIXTURE_BUILD_H
#define REHEARSE_ADAPTERS_MYSQL_FIXTURE_BUILD_H

#include "adapters/fixture.h"

/*
 * Its programs: struct my_programs. Each file is piped into a client session of its own, in the
 * fixture's database, after `SET @scale = 0.05; SET sql_mode = ''`.
 */
extern const struct fixture_engine my_fixture_engine;

#endif
