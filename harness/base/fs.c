#include "harness/base/fs.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "harness/base/cleanup.h"
#include "harness/base/mem.h"

#define READ_MAX_DEFAULT ((size_t)64 << 20)

static int fail(struct err *err, const char *what, const char *path)
{
	return err_set(err, ERR_FAILED, "cannot %s '%s': %s", what, path, strerror(errno));
}

int fs_read(const char *path, size_t max, char **ret_text, size_t *ret_len, struct err *err)
{
	CLEANUP(cleanup_fd) int fd = open(path, O_RDONLY | O_CLOEXEC);
	CLEANUP(cleanup_str) struct str text = {0};
	char chunk[65536];
	ssize_t n;

	if (fd < 0)
		return fail(err, "open", path);
	str_init(&text, max ? max : READ_MAX_DEFAULT);
	while ((n = read(fd, chunk, sizeof(chunk))) > 0) {
		str_add_n(&text, chunk, (size_t)n);
		if (text.cut)
			return err_set(err, ERR_FAILED, "cannot read '%s': larger than %zu bytes",
				path, text.max);
	}
	if (n < 0)
		return fail(err, "read", path);
	if (ret_len)
		*ret_len = text.len;
	*ret_text = str_take(&text);
	return 0;
}

int fs_write(const char *path, const char *text, size_t len, mode_t mode, struct err *err)
{
	CLEANUP(cleanup_free) char *part = mem_printf("%s.part", path);
	CLEANUP(cleanup_fd) int fd = open(part, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);
	size_t done = 0;

	if (fd < 0)
		return fail(err, "write", path);
	while (done < len) {
		ssize_t n = write(fd, text + done, len - done);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			goto failed;
		done += (size_t)n;
	}
	if (fsync(fd) || rename(part, path))
		goto failed;
	return 0;
failed:
	fail(err, "write", path);
	unlink(part);
	return -1;
}

int fs_mkdirs(const char *path, mode_t mode, struct err *err)
{
	CLEANUP(cleanup_free) char *copy = mem_strdup(path);

	for (char *p = copy; *p; p++) {
		if (*p != '/' || p == copy)
			continue;
		*p = '\0';
		if (mkdir(copy, mode) && errno != EEXIST)
			return fail(err, "create directory", copy);
		*p = '/';
	}
	if (mkdir(copy, mode) && errno != EEXIST)
		return fail(err, "create directory", copy);
	if (!fs_is_dir(path)) {
		errno = ENOTDIR;
		return fail(err, "create directory", path);
	}
	return 0;
}

bool fs_is_dir(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

bool fs_is_file(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISREG(st.st_mode);
}

char *fs_join(const char *dir, const char *name)
{
	if (*name == '/' || !*dir)
		return mem_strdup(name);
	return mem_printf("%s/%s", dir, name);
}

char *fs_dirname(const char *path)
{
	const char *slash = strrchr(path, '/');

	if (!slash)
		return mem_strdup(".");
	return slash == path ? mem_strdup("/") : mem_strndup(path, (size_t)(slash - path));
}

int fs_free_bytes(const char *path, uint64_t *ret, struct err *err)
{
	struct statvfs st;

	if (statvfs(path, &st))
		return fail(err, "look at the free space of", path);
	*ret = (uint64_t)st.f_bavail * st.f_frsize;
	return 0;
}

static char *home_dir(const char *variable, const char *below_home)
{
	const char *base = getenv(variable);
	const char *home = getenv("HOME");

	if (base && *base == '/')
		return mem_printf("%s/rehearse", base);
	return mem_printf("%s/%s/rehearse", home && *home == '/' ? home : "/tmp", below_home);
}

char *fs_cache_dir(void)
{
	return home_dir("XDG_CACHE_HOME", ".cache");
}

char *fs_state_dir(void)
{
	return home_dir("XDG_STATE_HOME", ".local/state");
}

int fs_temp_dir(char **ret_path, struct err *err)
{
	const char *base = getenv("TMPDIR");
	char *path = mem_printf("%s/rehearse-XXXXXX", base && *base == '/' ? base : "/tmp");

	if (!mkdtemp(path)) {
		fail(err, "create directory", path);
		mem_free(path);
		return -1;
	}
	*ret_path = path;
	return 0;
}

void fs_sha256(const void *bytes, size_t len, char ret[static FS_SHA256_TEXT])
{
	unsigned char hash[crypto_hash_sha256_BYTES];

	crypto_hash_sha256(hash, bytes, len);
	sodium_bin2hex(ret, FS_SHA256_TEXT, hash, sizeof(hash));
}
