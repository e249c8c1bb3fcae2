/* Runs a fixture's files with psql on a server of their own. */
#ifndef REHEARSE_ADAPTERS_POSTGRES_FIXTURE_BUILD_H
#define REHEARSE_ADAPTERS_POSTGRES_FIXTURE_BUILD_H

#include "adapters/fixture.h"

extern const struct fixture_engine pg_fixture_engine; /* its programs: struct pg_programs */

#endif
