/*
 * A fixture: a directory of *.sql files that build a database. What they built is kept in the
 * cache, so that the next run only copies it.
 *
 *   CACHE/postgres/KEY        a cleanly stopped data directory
 *   CACHE/postgres/KEY.lock   held exclusively while KEY is built or removed, shared while copied
 */
#ifndef REHEARSE_ADAPTERS_POSTGRES_FIXTURE_H
#define REHEARSE_ADAPTERS_POSTGRES_FIXTURE_H

#include <stdbool.h>

#include "adapters/postgres/server.h"
#include "adapters/provider.h"
#include "harness/base/fs.h"

struct pg_fixture {
	char *dir;    /* NULL: an empty database */
	char **files; /* names in dir, in order */
	size_t n_files;
	char *database;
	double scale;
	char key[FS_SHA256_TEXT];
};
void pg_fixture_release(struct pg_fixture *f); /* NULL-safe */

/*
 * Lists and reads the files; `programs` is part of the key (may be NULL: then the key is not
 * made). ERR_USAGE: no directory, no *.sql, or subdirectories in it.
 */
int pg_fixture_read(const struct provider_config *config, const struct pg_programs *programs,
	struct pg_fixture *ret, struct err *err);

/* The cached data directory, whether or not it exists yet; caller frees. */
char *pg_fixture_path(const struct pg_fixture *f, const char *cache_dir);

/*
 * Copies the fixture's data directory to `to` (in the run's directory run_dir, absent so far),
 * which is then the server user's. Builds and caches it first when it is not there; two runs that
 * build the same wait for each other. env->progress tells.
 */
int pg_fixture_copy(const struct pg_fixture *f, const struct pg_programs *programs,
	const struct provider_env *env, const char *run_dir, const char *to, struct err *err);

#endif
