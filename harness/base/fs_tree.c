/*
 * Whole directory trees. Data directories have thousands of files, and each costs the file system
 * more than its bytes: unlinking one may mean to tell the disk of it. So several threads work.
 */
#include "harness/base/fs.h"

#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <linux/fs.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "harness/base/cleanup.h"
#include "harness/base/interrupt.h"
#include "harness/base/mem.h"

#define THREADS 8
#define FILES_PER_THREAD 32 /* for fewer it is not worth to start one */
#define CHUNK ((size_t)16 << 20)
#define BUFFER ((size_t)1 << 20)
#define SMALL_FILE ((off_t)1 << 20)

struct item {
	char *path;
	struct stat st;
};

/* Directories stand before what is in them. */
struct tree {
	struct item *dirs, *files;
	size_t n_dirs, cap_dirs, n_files, cap_files;
};

static void release(struct tree *t)
{
	for (size_t i = 0; i < t->n_dirs; i++)
		free(t->dirs[i].path);
	for (size_t i = 0; i < t->n_files; i++)
		free(t->files[i].path);
	free(t->dirs);
	free(t->files);
}

static int fail(struct err *err, const char *what, const char *path, int code)
{
	return err_set(err, ERR_FAILED, "cannot %s '%s': %s", what, path, strerror(code));
}

static void add(struct tree *t, const FTSENT *entry)
{
	struct item *item = entry->fts_info == FTS_D ? MEM_PUSH(t->dirs, t->n_dirs, t->cap_dirs)
						     : MEM_PUSH(t->files, t->n_files, t->cap_files);

	*item = (struct item){.path = mem_strdup(entry->fts_path), .st = *entry->fts_statp};
}

/* Follows no link. What goes away meanwhile is left out. */
static int walk(struct tree *t, const char *path, struct err *err)
{
	char *const roots[] = {(char *)path, NULL};
	FTS *fts = fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR, NULL);
	const FTSENT *entry;
	int result = 0;

	if (!fts)
		return fail(err, "read", path, errno);
	while (!result && (entry = fts_read(fts))) {
		switch (entry->fts_info) {
		case FTS_DNR:
		case FTS_ERR:
		case FTS_NS:
			if (entry->fts_errno != ENOENT)
				result = fail(err, "read", entry->fts_path, entry->fts_errno);
			break;
		case FTS_DP:
			break;
		default:
			add(t, entry);
		}
	}
	fts_close(fts);
	return result;
}

/* ---- the threads ---- */

struct work {
	const struct item *items;
	size_t n;
	atomic_size_t next;
	int (*one)(struct work *w, const struct item *item, struct err *err);
	bool cut_short; /* by an interrupt */
	atomic_bool failed;
	pthread_mutex_t lock; /* of err, which is the first one's */
	struct err *err;

	size_t from_len; /* copy */
	const char *to;
	bool settle;
	atomic_bool no_reflinks;
	uid_t uid; /* chown */
	gid_t gid;
};

static void *run(void *arg)
{
	struct work *w = arg;
	size_t i;

	while (!atomic_load(&w->failed) && (i = atomic_fetch_add(&w->next, 1)) < w->n) {
		struct err err = {0};

		if (!(w->cut_short && interrupt_check(&err)) && !w->one(w, &w->items[i], &err))
			continue;
		pthread_mutex_lock(&w->lock);
		if (!atomic_exchange(&w->failed, true) && w->err)
			*w->err = err;
		pthread_mutex_unlock(&w->lock);
	}
	return NULL;
}

static int run_all(struct work *w, const struct item *items, size_t n, struct err *err)
{
	pthread_t threads[THREADS];
	size_t started = 0;

	w->items = items;
	w->n = n;
	w->err = err;
	atomic_store(&w->next, 0);
	pthread_mutex_init(&w->lock, NULL);
	while (started < THREADS - 1 && (started + 1) * FILES_PER_THREAD < n &&
		!pthread_create(&threads[started], NULL, run, w))
		started++;
	run(w);
	while (started-- > 0)
		pthread_join(threads[started], NULL);
	pthread_mutex_destroy(&w->lock);
	return atomic_load(&w->failed) ? -1 : 0;
}

/* ---- remove ---- */

static int remove_one(struct work *w, const struct item *item, struct err *err)
{
	(void)w;
	return unlink(item->path) && errno != ENOENT ? fail(err, "remove", item->path, errno) : 0;
}

int fs_remove_tree(const char *path, struct err *err)
{
	CLEANUP(release) struct tree t = {0};
	struct work w = {.one = remove_one};
	struct stat st;

	if (lstat(path, &st))
		return errno == ENOENT ? 0 : fail(err, "remove", path, errno);
	if (walk(&t, path, err) || run_all(&w, t.files, t.n_files, err))
		return -1;
	for (size_t i = t.n_dirs; i-- > 0;)
		if (rmdir(t.dirs[i].path) && errno != ENOENT)
			return fail(err, "remove", t.dirs[i].path, errno);
	return 0;
}

/* ---- copy ---- */

static char *target(const struct work *w, const struct item *item)
{
	return mem_printf("%s%s", w->to, item->path + w->from_len);
}

/* As far as this user may. */
static int set_attributes(int fd, const char *path, const struct stat *st, struct err *err)
{
	const struct timespec times[] = {st->st_atim, st->st_mtim};

	if (fchown(fd, st->st_uid, st->st_gid) && errno != EPERM)
		return fail(err, "give away", path, errno);
	if (fchmod(fd, st->st_mode & 07777) || futimens(fd, times))
		return fail(err, "change", path, errno);
	return 0;
}

/* Where the kernel cannot copy between these two files itself. */
static ssize_t copy_by_hand(int from, int to, off_t at, size_t len)
{
	CLEANUP(cleanup_free) char *buffer = mem_alloc(BUFFER);
	ssize_t n = pread(from, buffer, len < BUFFER ? len : BUFFER, at);

	return n > 0 ? pwrite(to, buffer, (size_t)n, at) : n;
}

static int copy_part(int from, int to, off_t at, off_t end, bool *by_hand)
{
	while (at < end) {
		size_t len = (size_t)(end - at) < CHUNK ? (size_t)(end - at) : CHUNK;
		off_t in = at, out = at;
		ssize_t n = *by_hand ? copy_by_hand(from, to, at, len)
				     : copy_file_range(from, &in, to, &out, len, 0);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0 && !*by_hand && at < end) {
			*by_hand = true;
			continue;
		}
		if (n < 0)
			return -1;
		if (n == 0)
			break; /* it became shorter */
		at += n;
		if (interrupt_pending()) {
			errno = EINTR;
			return -1;
		}
	}
	return 0;
}

/* Holes stay holes. */
static int copy_data(int from, int to, off_t size)
{
	bool by_hand = false;
	off_t at = 0, hole;

	while (at < size && (at = lseek(from, at, SEEK_DATA)) >= 0 && at < size) {
		hole = lseek(from, at, SEEK_HOLE);
		if (hole < 0 || copy_part(from, to, at, hole, &by_hand))
			return -1;
		at = hole;
	}
	if (at < 0 && errno != ENXIO)
		return -1;
	return ftruncate(to, size);
}

static int copy_file(struct work *w, const struct item *item, const char *path, struct err *err)
{
	CLEANUP(cleanup_fd) int from = open(item->path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	CLEANUP(cleanup_fd) int to = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	if (from < 0)
		return fail(err, "read", item->path, errno);
	if (to < 0)
		return fail(err, "write", path, errno);
	if (item->st.st_size && (atomic_load(&w->no_reflinks) || ioctl(to, FICLONE, from))) {
		atomic_store(&w->no_reflinks, true);
		if (copy_data(from, to, item->st.st_size))
			return interrupt_check(err) ? -1 : fail(err, "write", path, errno);
		if (w->settle && item->st.st_size >= SMALL_FILE && fdatasync(to))
			return fail(err, "write", path, errno);
	}
	return set_attributes(to, path, &item->st, err);
}

static int copy_link(const struct item *item, const char *path, struct err *err)
{
	char text[4096];
	ssize_t n = readlink(item->path, text, sizeof(text) - 1);

	if (n < 0)
		return fail(err, "read", item->path, errno);
	text[n] = '\0';
	if (symlink(text, path) ||
		(lchown(path, item->st.st_uid, item->st.st_gid) && errno != EPERM))
		return fail(err, "write", path, errno);
	return 0;
}

static int copy_one(struct work *w, const struct item *item, struct err *err)
{
	CLEANUP(cleanup_free) char *path = target(w, item);

	if (S_ISREG(item->st.st_mode))
		return copy_file(w, item, path, err);
	if (S_ISLNK(item->st.st_mode))
		return copy_link(item, path, err);
	return mknod(path, item->st.st_mode, item->st.st_rdev) ? fail(err, "write", path, errno)
							       : 0;
}

static int end_dir(struct work *w, const struct item *item, struct err *err)
{
	CLEANUP(cleanup_free) char *path = target(w, item);
	CLEANUP(cleanup_fd) int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	return fd < 0 ? fail(err, "open", path, errno) : set_attributes(fd, path, &item->st, err);
}

static int copy_tree(const char *from, const char *to, bool settle, struct err *err)
{
	CLEANUP(release) struct tree t = {0};
	struct work w = {.one = copy_one, .to = to, .settle = settle, .cut_short = true};

	for (w.from_len = strlen(from); w.from_len > 1 && from[w.from_len - 1] == '/';)
		w.from_len--;
	if (walk(&t, from, err))
		return -1;
	if (!t.n_dirs)
		return fail(err, "copy", from, t.n_files ? ENOTDIR : ENOENT);
	for (size_t i = 0; i < t.n_dirs; i++) {
		CLEANUP(cleanup_free) char *path = target(&w, &t.dirs[i]);

		if (mkdir(path, 0700))
			return fail(err, "create directory", path, errno);
	}
	if (run_all(&w, t.files, t.n_files, err))
		return -1;
	/* Last, since the files in them change their times, and may not be let in. */
	for (size_t i = t.n_dirs; i-- > 0;)
		if (end_dir(&w, &t.dirs[i], err))
			return -1;
	return 0;
}

int fs_copy_tree(const char *from, const char *to, struct err *err)
{
	return copy_tree(from, to, false, err);
}

int fs_copy_tree_settled(const char *from, const char *to, struct err *err)
{
	return copy_tree(from, to, true, err);
}

bool fs_has_reflinks(const char *dir)
{
	static const char block[4096] = "x";
	CLEANUP(cleanup_fd) int from = open(dir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	CLEANUP(cleanup_fd) int to = open(dir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);

	return from >= 0 && to >= 0 &&
		write(from, block, sizeof(block)) == (ssize_t)sizeof(block) &&
		ioctl(to, FICLONE, from) == 0;
}

/* ---- others ---- */

static int chown_one(struct work *w, const struct item *item, struct err *err)
{
	return lchown(item->path, w->uid, w->gid) && errno != ENOENT
		? fail(err, "give away", item->path, errno)
		: 0;
}

int fs_chown_tree(const char *path, uid_t uid, gid_t gid, struct err *err)
{
	CLEANUP(release) struct tree t = {0};
	struct work w = {.one = chown_one, .uid = uid, .gid = gid};

	if (walk(&t, path, err) || run_all(&w, t.dirs, t.n_dirs, err))
		return -1;
	return run_all(&w, t.files, t.n_files, err);
}

uint64_t fs_tree_bytes(const char *path)
{
	CLEANUP(release) struct tree t = {0};
	uint64_t blocks = 0;

	walk(&t, path, NULL);
	for (size_t i = 0; i < t.n_dirs; i++)
		blocks += (uint64_t)t.dirs[i].st.st_blocks;
	for (size_t i = 0; i < t.n_files; i++)
		blocks += (uint64_t)t.files[i].st.st_blocks;
	return blocks * 512;
}
