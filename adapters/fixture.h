/*
 * A fixture: a directory of *.sql files that build a database. What they built is kept in the
 * cache, so that the next run only copies it.
 *
 *   CACHE/ENGINE/KEY        a cleanly stopped data directory
 *   CACHE/ENGINE/KEY.lock   held exclusively while KEY is built or removed, shared while copied
 *   CACHE/ENGINE/KEY.pool   copies that are ready to be taken, see fixture_pool.c
 */
#ifndef REHEARSE_ADAPTERS_FIXTURE_H
#define REHEARSE_ADAPTERS_FIXTURE_H

#include "adapters/provider.h"
#include "harness/base/fs.h"
#include "harness/base/proc.h"

struct fixture {
	const struct fixture_engine *engine;
	char *dir;    /* NULL: an empty database */
	char **files; /* names in dir, in order */
	size_t n_files;
	char *database;
	double scale;
	char key[FS_SHA256_TEXT];
};
void fixture_release(struct fixture *f); /* NULL-safe */

/* How an engine builds: each has one. */
struct fixture_engine {
	const char *name; /* of its part of the cache: "postgres" */
	int format;	  /* raised when the way of building changes: old copies are left alone */
	/*
	 * Makes a server in run_dir/build, loads the fixture, stops it cleanly. *ret_data: its data
	 * directory, which the caller takes away; caller frees the string. `programs`: as given to
	 * fixture_copy().
	 */
	int (*build)(const struct fixture *f, const void *programs, const struct provider_env *env,
		const char *run_dir, char **ret_data, struct err *err);
};

/*
 * Lists and reads the files; `server`, the programs' version, is part of the key (may be NULL: then
 * the key is not made). ERR_USAGE: no directory, no *.sql, or subdirectories in it.
 */
int fixture_read(const struct provider_config *config, const struct fixture_engine *engine,
	const char *server, struct fixture *ret, struct err *err);

/* The cached data directory, whether or not it exists yet; caller frees. */
char *fixture_path(const struct fixture *f, const char *cache_dir);

/*
 * Copies the fixture's data directory to each of `to` (in the run's directory run_dir, absent so
 * far; ends with NULL), with the owners that it had when it was built. What is measured on comes
 * first: its copy is on disk. Builds and caches the fixture first when it is not there; two runs
 * that build the same wait for each other. env->progress tells.
 */
int fixture_copy(const struct fixture *f, const void *programs, const struct provider_env *env,
	const char *run_dir, const char *const *to, struct err *err);

/* The lock under which it may be copied, of a fixture that is there: builds it first when it is
 * not. -1 on an error, else a descriptor that the caller closes. */
int fixture_hold(const struct fixture *f, const void *programs, const struct provider_env *env,
	const char *run_dir, struct err *err);
/* A lock of PATH.lock, as flock() takes it; waits, but not past an interrupt. */
int fixture_lock(const char *path, int how, const struct provider_env *env, struct err *err);

/* Makes copies until so many rehearsals need not wait for one; `server`: its name for people. */
int fixture_pool_fill(const struct fixture *f, const void *programs, const struct provider_env *env,
	const char *run_dir, const char *server, unsigned rehearsals, struct err *err);
/* Moves a ready copy of the cached data directory `entry` to `to`. False: there is none. */
bool fixture_pool_take(const char *entry, const char *to);

/* For builders: the *.sql files in a directory of their own, `to`, that the server's user owns and
 * alone can read. */
int fixture_copy_files(
	const struct fixture *f, const struct proc_user *user, const char *to, struct err *err);
/* Tells "building the fixture (once): NAME, 3 of 7" before file `i` is run. */
void fixture_tell_file(const struct fixture *f, const struct provider_env *env, size_t i);

/* How many fixtures of an engine the cache holds, for doctor. */
unsigned fixture_count(const char *cache_dir, const char *engine);

#endif
