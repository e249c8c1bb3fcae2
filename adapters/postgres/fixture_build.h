/* Runs a fixture's files on a server of their own. */
#ifndef REHEARSE_ADAPTERS_POSTGRES_FIXTURE_BUILD_H
#define REHEARSE_ADAPTERS_POSTGRES_FIXTURE_BUILD_H

#include "adapters/postgres/fixture.h"

/*
 * Makes a server in run_dir/build, loads the fixture, vacuums, stops it cleanly. *ret_data: its
 * data directory, which the caller takes away; caller frees the string.
 */
int pg_fixture_build(const struct pg_fixture *f, const struct pg_programs *programs,
	const struct provider_env *env, const char *run_dir, char **ret_data, struct err *err);

#endif
