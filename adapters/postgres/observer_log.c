#include "adapters/postgres/observer_log.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "harness/base/cleanup.h"
#include "harness/base/clock.h"
#include "harness/base/fs.h"
#include "harness/base/mem.h"

#define CHUNK ((size_t)256 << 10)
#define ROUND_MAX ((size_t)16 << 20) /* bytes in one call, so that it returns soon */
#define SQL_CHUNK "1048576"
#define NAME_EVERY_US 1000000
#define APPEARS_WITHIN_US 3000000 /* the log collector opens a new kind of file after a reload */

static const char *format_name(enum log_format format)
{
	return format == LOG_JSON ? "jsonlog" : "csvlog";
}

static int current_name(
	struct observer_log *l, struct observer_session *s, char **ret, struct err *err)
{
	const char *params[] = {format_name(l->reader.format)};

	if (observer_ask(s, OBSERVER_LOGFILE, params, 1, err))
		return -1;
	*ret = mem_strdup(observer_value(s, 0, 0));
	return 0;
}

/* ---- a file ---- */

static char *path_of(const struct observer_log *l, const char *name)
{
	const char *slash = strrchr(name, '/');

	return fs_join(l->dir, slash ? slash + 1 : name);
}

static int open_file(struct observer_log *l, bool at_end, struct err *err)
{
	struct stat st;
	int fd = open(l->path, O_RDONLY | O_CLOEXEC);

	if (fd < 0 || fstat(fd, &st)) {
		if (fd >= 0)
			close(fd);
		return err_set(err, ERR_FAILED, "cannot read '%s': %s", l->path, strerror(errno));
	}
	if (l->fd >= 0)
		close(l->fd);
	l->fd = fd;
	l->inode = st.st_ino;
	l->offset = at_end ? (uint64_t)st.st_size : 0;
	log_reader_clear(&l->reader);
	return 0;
}

static int drain_file(struct observer_log *l, log_sink *sink, void *ctx, struct err *err)
{
	CLEANUP(cleanup_free) char *bytes = mem_alloc(CHUNK);
	ssize_t n;

	for (size_t total = 0; total < ROUND_MAX; total += (size_t)n) {
		n = pread(l->fd, bytes, CHUNK, (off_t)l->offset);
		if (n < 0)
			return err_set(
				err, ERR_FAILED, "cannot read '%s': %s", l->path, strerror(errno));
		if (n == 0)
			break;
		l->offset += (uint64_t)n;
		log_reader_feed(&l->reader, bytes, (size_t)n, sink, ctx);
	}
	return 0;
}

/* The server may have begun another file, or somebody moved or emptied this one. */
static int follow_file(struct observer_log *l, struct observer_session *s, struct err *err)
{
	CLEANUP(cleanup_free) char *name = NULL;
	struct stat st;
	uint64_t now = clock_us();

	if (now - l->checked_us >= NAME_EVERY_US) {
		l->checked_us = now;
		if (current_name(l, s, &name, err))
			return -1;
		if (*name && strcmp(name, l->name) != 0) {
			mem_free(l->name);
			mem_free(l->path);
			l->name = mem_strdup(name);
			l->path = path_of(l, name);
			return open_file(l, false, err);
		}
	}
	if (stat(l->path, &st))
		return 0; /* moved away, the new one is not there yet */
	if (st.st_ino != l->inode)
		return open_file(l, false, err);
	if ((uint64_t)st.st_size < l->offset) {
		l->offset = 0;
		log_reader_clear(&l->reader);
	}
	return 0;
}

static int read_file(struct observer_log *l, struct observer_session *s, log_sink *sink, void *ctx,
	struct err *err)
{
	int old = l->fd;

	/* To its end before looking whether there is a successor; then the successor at once. */
	if (drain_file(l, sink, ctx, err) || follow_file(l, s, err))
		return -1;
	return l->fd != old || l->offset == 0 ? drain_file(l, sink, ctx, err) : 0;
}

/* ---- through SQL ---- */

static int hex_digit(char c)
{
	return c <= '9' ? c - '0' : c - 'a' + 10;
}

static void feed_hex(struct observer_log *l, const char *hex, log_sink *sink, void *ctx)
{
	size_t n = strlen(hex) / 2;
	CLEANUP(cleanup_free) char *bytes = mem_alloc(n);

	for (size_t i = 0; i < n; i++)
		bytes[i] = (char)(hex_digit(hex[i * 2]) << 4 | hex_digit(hex[i * 2 + 1]));
	l->offset += n;
	log_reader_feed(&l->reader, bytes, n, sink, ctx);
}

static int ask_chunk(
	struct observer_log *l, struct observer_session *s, const char *bytes, struct err *err)
{
	char offset[24];
	const char *params[] = {l->name, offset, bytes, format_name(l->reader.format)};

	snprintf(offset, sizeof(offset), "%" PRIu64, l->offset);
	return observer_ask(s, OBSERVER_LOGREAD, params, 4, err);
}

static int read_sql(struct observer_log *l, struct observer_session *s, log_sink *sink, void *ctx,
	struct err *err)
{
	for (size_t total = 0; total < ROUND_MAX;) {
		uint64_t before = l->offset;
		const char *current;

		if (ask_chunk(l, s, SQL_CHUNK, err))
			return -1;
		if (*observer_value(s, 0, 0) && observer_value_number(s, 0, 0) < l->offset) {
			l->offset = 0;
			log_reader_clear(&l->reader);
			continue;
		}
		feed_hex(l, observer_value(s, 0, 1), sink, ctx);
		total += l->offset - before;
		if (l->offset != before)
			continue;
		current = observer_value(s, 0, 2);
		if (!*current || strcmp(current, l->name) == 0)
			return 0;
		/* Read to its end, and there is a successor. */
		mem_free(l->name);
		l->name = mem_strdup(current);
		l->offset = 0;
		log_reader_clear(&l->reader);
	}
	return 0;
}

/* ---- both ---- */

int observer_log_open(struct observer_log *l, const char *dir, enum log_format format,
	struct observer_session *s, struct err *err)
{
	uint64_t deadline = clock_us() + APPEARS_WITHIN_US;

	*l = (struct observer_log){.reader = {.format = format}, .dir = mem_strdup(dir), .fd = -1};
	for (;;) {
		if (current_name(l, s, &l->name, err))
			return -1;
		if (*l->name)
			break;
		if (clock_us() >= deadline)
			return err_set(err, ERR_FAILED,
				"the server writes no %s (logging_collector off?)",
				format_name(format));
		MEM_FREE(l->name);
		clock_sleep_us(50000);
	}
	l->checked_us = clock_us();
	if (dir) {
		l->path = path_of(l, l->name);
		return open_file(l, true, err);
	}
	if (ask_chunk(l, s, "0", err))
		return -1;
	l->offset = observer_value_number(s, 0, 0);
	return 0;
}

int observer_log_read(struct observer_log *l, struct observer_session *s, log_sink *sink, void *ctx,
	struct err *err)
{
	return l->dir ? read_file(l, s, sink, ctx, err) : read_sql(l, s, sink, ctx, err);
}

void observer_log_release(struct observer_log *l)
{
	if (!l)
		return;
	/* A zeroed one was never opened: descriptor 0 is not its. */
	if (l->path && l->fd >= 0)
		close(l->fd);
	log_reader_release(&l->reader);
	mem_free(l->dir);
	mem_free(l->name);
	mem_free(l->path);
	*l = (struct observer_log){.fd = -1};
}
