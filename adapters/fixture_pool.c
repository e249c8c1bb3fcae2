/*
 * CACHE/ENGINE/KEY.pool/       of the fixture CACHE/ENGINE/KEY
 * CACHE/ENGINE/KEY.pool.lock   held while copies are made or removed; taking one needs no lock
 *
 *   about      a line for people
 *   ready-N    a whole copy; whoever renames it has it
 *   part-N     one that is being made, or removed
 */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>

#include "adapters/fixture.h"
#include "adapters/pool.h"
#include "harness/base/cleanup.h"
#include "harness/base/mem.h"
#include "harness/base/units.h"

/* A primary's and its replica's. */
#define COPIES 2
#define READY "ready-"
#define PART "part-"

static bool begins(const char *name, const char *with)
{
	return strncmp(name, with, strlen(with)) == 0;
}

bool fixture_pool_take(const char *entry, const char *to)
{
	CLEANUP(cleanup_free) char *pool = mem_printf("%s.pool", entry);
	DIR *d = opendir(pool);
	const struct dirent *found;
	bool taken = false;

	/* One that another run was quicker to take is no longer there. */
	while (d && !taken && (found = readdir(d))) {
		CLEANUP(cleanup_free) char *copy = fs_join(pool, found->d_name);

		taken = begins(found->d_name, READY) && rename(copy, to) == 0;
	}
	if (d)
		closedir(d);
	return taken;
}

static unsigned count_ready(const char *pool)
{
	DIR *d = opendir(pool);
	const struct dirent *found;
	unsigned n = 0;

	while (d && (found = readdir(d)))
		n += begins(found->d_name, READY);
	if (d)
		closedir(d);
	return n;
}

/* Under the lock. `all`: not only what a killed run left half-made. A copy stops to be one before
 * it is removed. */
static int clear(const char *pool, bool all, struct err *err)
{
	DIR *d = opendir(pool);
	const struct dirent *found;
	int result = 0;

	while (d && !result && (found = readdir(d))) {
		CLEANUP(cleanup_free) char *path = fs_join(pool, found->d_name);
		CLEANUP(cleanup_free) char *part = mem_printf("%s/" PART "old", pool);

		if (begins(found->d_name, PART)) {
			result = fs_remove_tree(path, err);
		} else if (all && begins(found->d_name, READY)) {
			if (fs_remove_tree(part, err) || (rename(path, part) && errno != ENOENT) ||
				fs_remove_tree(part, err))
				result = -1;
		}
	}
	if (d)
		closedir(d);
	return result;
}

static int check_place(
	const char *entry, const char *pool, const char *run_dir, unsigned copies, struct err *err)
{
	uint64_t bytes = fs_tree_bytes(entry) * copies, room = 0;
	char need[UNITS_TEXT], have[UNITS_TEXT];
	struct stat a, b;

	if (stat(pool, &a) || stat(run_dir, &b))
		return err_set(err, ERR_FAILED, "cannot look at '%s': %s", pool, strerror(errno));
	if (a.st_dev != b.st_dev)
		return err_set(err, ERR_REFUSED,
			"runs are in '%s' and the cache is on another file system ('%s'): a copy "
			"could not be taken by renaming; set TMPDIR or XDG_CACHE_HOME",
			run_dir, pool);
	if (fs_has_reflinks(pool))
		return 0;
	if (fs_free_bytes(pool, &room, err))
		return -1;
	if (room < bytes)
		return err_set(err, ERR_REFUSED, "%u copies need %s, and '%s' has %s free", copies,
			units_size_text(bytes, need), pool, units_size_text(room, have));
	return 0;
}

/* Whole, or not at all. */
static int add_copy(const char *entry, const char *pool, struct journal *journal, struct err *err)
{
	CLEANUP(cleanup_free) char *part = mem_printf("%s/" PART "new", pool);
	CLEANUP(cleanup_free) char *ready = NULL;
	int result;

	for (unsigned n = 1; !ready || fs_is_dir(ready); n++) {
		free(ready);
		ready = mem_printf("%s/" READY "%u", pool, n);
	}
	if (journal && journal_dir(journal, part, err))
		return -1;
	result = fs_copy_tree_settled(entry, part, err);
	if (!result && rename(part, ready))
		result = err_set(err, ERR_FAILED, "cannot rename '%s': %s", part, strerror(errno));
	if (result && fs_remove_tree(part, NULL))
		return -1; /* the journal still names it */
	if (journal && journal_drop(journal, part, 0, result ? NULL : err))
		return -1;
	return result;
}

static int add_copies(const char *entry, const char *pool, unsigned missing,
	const struct provider_env *env, struct err *err)
{
	for (unsigned i = 1; i <= missing; i++) {
		CLEANUP(cleanup_free)
		char *text = mem_printf("copying the fixture, %u of %u", i, missing);

		if (env->progress)
			env->progress(env->ctx, text);
		if (add_copy(entry, pool, env->journal, err))
			return -1;
	}
	return 0;
}

int fixture_pool_fill(const struct fixture *f, const void *programs, const struct provider_env *env,
	const char *run_dir, const char *server, unsigned rehearsals, struct err *err)
{
	CLEANUP(cleanup_free) char *entry = fixture_path(f, env->cache_dir);
	CLEANUP(cleanup_free) char *pool = mem_printf("%s.pool", entry);
	CLEANUP(cleanup_free) char *about = fs_join(pool, "about");
	CLEANUP(cleanup_free)
	char *text = mem_printf("database '%s' at scale %g, %s", f->database, f->scale, server);
	CLEANUP(cleanup_fd) int entry_lock = fixture_hold(f, programs, env, run_dir, err);
	CLEANUP(cleanup_fd) int lock = -1;
	unsigned wanted = rehearsals * COPIES, there;

	if (entry_lock < 0 || fs_mkdirs(pool, 0700, err))
		return -1;
	lock = fixture_lock(pool, LOCK_EX, env, err);
	if (lock < 0 || fs_mkdirs(pool, 0700, err) || clear(pool, false, err))
		return -1;
	there = count_ready(pool);
	if (there >= wanted)
		return 0;
	if (check_place(entry, pool, run_dir, wanted - there, err) ||
		fs_write(about, text, strlen(text), 0600, err))
		return -1;
	return add_copies(entry, pool, wanted - there, env, err);
}

/* ---- what there is ---- */

static void add_pool(struct pool **pools, size_t *n, size_t *cap, const char *engine, char *dir)
{
	CLEANUP(cleanup_free) char *about = fs_join(dir, "about");
	struct pool *p = MEM_PUSH(*pools, *n, *cap);

	*p = (struct pool){.engine = mem_strdup(engine),
		.dir = dir,
		.rehearsals = count_ready(dir) / COPIES,
		.bytes = fs_tree_bytes(dir)};
	if (fs_read(about, 0, &p->about, NULL, NULL))
		p->about = mem_strdup("");
}

static void list_engine(
	const char *path, const char *engine, struct pool **pools, size_t *n, size_t *cap)
{
	DIR *d = opendir(path);
	const struct dirent *found;

	while (d && (found = readdir(d))) {
		size_t len = strlen(found->d_name);

		if (len > 5 && strcmp(found->d_name + len - 5, ".pool") == 0)
			add_pool(pools, n, cap, engine, fs_join(path, found->d_name));
	}
	if (d)
		closedir(d);
}

int pool_list(const char *cache_dir, struct pool **ret, size_t *ret_n, struct err *err)
{
	DIR *d = opendir(cache_dir);
	const struct dirent *found;
	size_t cap = 0;

	*ret = NULL;
	*ret_n = 0;
	if (!d)
		return errno == ENOENT ? 0
				       : err_set(err, ERR_FAILED, "cannot open '%s': %s", cache_dir,
						 strerror(errno));
	while ((found = readdir(d))) {
		CLEANUP(cleanup_free) char *path = fs_join(cache_dir, found->d_name);

		if (*found->d_name != '.')
			list_engine(path, found->d_name, ret, ret_n, &cap);
	}
	closedir(d);
	return 0;
}

void pool_free(struct pool *pools, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		free(pools[i].engine);
		free(pools[i].about);
		free(pools[i].dir);
	}
	free(pools);
}

int pool_drain(const char *dir, const struct provider_env *env, struct err *err)
{
	CLEANUP(cleanup_fd) int lock = fixture_lock(dir, LOCK_EX, env, err);

	return lock < 0 || clear(dir, true, err) || fs_remove_tree(dir, err) ? -1 : 0;
}
