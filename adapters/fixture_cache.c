#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "adapters/fixture.h"
#include "harness/base/cleanup.h"
#include "harness/base/clock.h"
#include "harness/base/interrupt.h"
#include "harness/base/mem.h"

#define LOCK_STEP_US 100000
/* Editing a fixture makes a new entry each time; the least recently used go. */
#define KEEP_ENTRIES 6

static void tell(const struct provider_env *env, const char *text)
{
	if (env->progress)
		env->progress(env->ctx, text);
}

int fixture_lock(const char *of, int how, const struct provider_env *env, struct err *err)
{
	CLEANUP(cleanup_free) char *path = mem_printf("%s.lock", of);
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);

	if (fd < 0)
		return err_set(err, ERR_FAILED, "cannot open '%s': %s", path, strerror(errno));
	while (flock(fd, how | LOCK_NB)) {
		if (errno != EWOULDBLOCK && errno != EINTR) {
			err_set(err, ERR_FAILED, "cannot lock '%s': %s", path, strerror(errno));
			close(fd);
			return -1;
		}
		tell(env, "waiting for another run that is at the same fixture");
		if (interrupt_check(err)) {
			close(fd);
			return -1;
		}
		clock_sleep_us(LOCK_STEP_US);
	}
	return fd;
}

static int move(const char *data, const char *part, const char *entry, struct err *err)
{
	if (fs_remove_tree(part, err))
		return -1;
	if (rename(data, part)) {
		if (errno != EXDEV)
			return err_set(err, ERR_FAILED, "cannot move '%s' to '%s': %s", data, part,
				strerror(errno));
		if (fs_copy_tree(data, part, err))
			return -1;
	}
	if (rename(part, entry))
		return err_set(err, ERR_FAILED, "cannot rename '%s': %s", part, strerror(errno));
	return 0;
}

/* Puts the built data directory in its place: whole, or not at all. */
static int store(const char *data, const char *entry, struct journal *journal, struct err *err)
{
	CLEANUP(cleanup_free) char *part = mem_printf("%s.part", entry);
	int result;

	if (journal && journal_dir(journal, part, err))
		return -1;
	result = move(data, part, entry, err);
	if (result && fs_remove_tree(part, NULL))
		return -1; /* the journal still names it */
	if (journal && journal_drop(journal, part, 0, result ? NULL : err))
		return -1;
	return result;
}

struct entry {
	char *path;
	struct timespec used;
};

static int newest_first(const void *a, const void *b)
{
	const struct timespec *x = &((const struct entry *)a)->used;
	const struct timespec *y = &((const struct entry *)b)->used;

	if (x->tv_sec != y->tv_sec)
		return x->tv_sec < y->tv_sec ? 1 : -1;
	return x->tv_nsec < y->tv_nsec ? 1 : x->tv_nsec > y->tv_nsec ? -1 : 0;
}

/* Removes one entry unless another run holds it. */
static void drop_entry(const char *path)
{
	CLEANUP(cleanup_free) char *lock = mem_printf("%s.lock", path);
	CLEANUP(cleanup_free) char *gone = mem_printf("%s.part", path);
	CLEANUP(cleanup_free) char *pool = mem_printf("%s.pool", path);
	CLEANUP(cleanup_fd) int fd = open(lock, O_RDWR | O_CLOEXEC);

	/* The lock file itself stays: another run may just be waiting on it. */
	if (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) == 0 && rename(path, gone) == 0)
		fs_remove_tree(gone, NULL);
	else
		return;
	/* Whoever fills it holds the entry's lock. */
	fs_remove_tree(pool, NULL);
}

static void trim(const char *dir)
{
	struct entry *entries = NULL;
	size_t n = 0, cap = 0;
	const struct dirent *found;
	DIR *d = opendir(dir);

	while (d && (found = readdir(d))) {
		CLEANUP(cleanup_free) char *path = fs_join(dir, found->d_name);
		CLEANUP(cleanup_free) char *lock = mem_printf("%s.lock", path);
		struct stat st;
		struct entry *e;

		if (strlen(found->d_name) != FS_SHA256_TEXT - 1 || stat(lock, &st))
			continue;
		e = MEM_PUSH(entries, n, cap);
		e->path = mem_strdup(path);
		e->used = st.st_mtim;
	}
	if (d)
		closedir(d);
	if (n)
		qsort(entries, n, sizeof(*entries), newest_first);
	for (size_t i = 0; i < n; i++) {
		if (i >= KEEP_ENTRIES)
			drop_entry(entries[i].path);
		free(entries[i].path);
	}
	free(entries);
}

/* Under the exclusive lock: builds unless another run was quicker. */
static int build_entry(const struct fixture *f, const void *programs,
	const struct provider_env *env, const char *run_dir, const char *entry, struct err *err)
{
	CLEANUP(cleanup_free) char *data = NULL;
	CLEANUP(cleanup_free) char *build = fs_join(run_dir, "build");
	CLEANUP(cleanup_free) char *dir = fs_dirname(entry);
	CLEANUP(cleanup_fd) int lock = fixture_lock(entry, LOCK_EX, env, err);

	if (lock < 0)
		return -1;
	if (fs_is_dir(entry))
		return 0;
	if (f->engine->build(f, programs, env, run_dir, &data, err) ||
		store(data, entry, env->journal, err))
		return -1;
	trim(dir);
	return fs_remove_tree(build, err);
}

int fixture_hold(const struct fixture *f, const void *programs, const struct provider_env *env,
	const char *run_dir, struct err *err)
{
	CLEANUP(cleanup_free) char *entry = fixture_path(f, env->cache_dir);
	CLEANUP(cleanup_free) char *dir = fs_dirname(entry);

	if (fs_mkdirs(dir, 0700, err))
		return -1;
	/* A second round only when the entry was removed between building and copying. */
	for (int round = 0; round < 3; round++) {
		int lock;

		if (!fs_is_dir(entry) && build_entry(f, programs, env, run_dir, entry, err))
			return -1;
		lock = fixture_lock(entry, LOCK_SH, env, err);
		if (lock < 0)
			return -1;
		if (fs_is_dir(entry)) {
			futimens(lock, NULL); /* the time of last use */
			return lock;
		}
		close(lock);
	}
	return err_set(err, ERR_FAILED, "the cached fixture '%s' vanishes again and again", entry);
}

int fixture_copy(const struct fixture *f, const void *programs, const struct provider_env *env,
	const char *run_dir, const char *const *to, struct err *err)
{
	CLEANUP(cleanup_free) char *entry = fixture_path(f, env->cache_dir);
	CLEANUP(cleanup_fd) int lock = fixture_hold(f, programs, env, run_dir, err);

	if (lock < 0)
		return -1;
	tell(env, "copying the fixture");
	for (size_t i = 0; to[i]; i++) {
		if (fixture_pool_take(entry, to[i]))
			continue;
		if (i ? fs_copy_tree(entry, to[i], err) : fs_copy_tree_settled(entry, to[i], err))
			return -1;
	}
	return 0;
}
