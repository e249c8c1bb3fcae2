/* diesel and Prisma: a folder for each version. */
#include <string.h>

#include "harness/base/cleanup.h"
#include "harness/base/mem.h"
#include "harness/formats/format.h"
#include "harness/formats/lines.h"

#define DIGITS "0123456789"
#define STAMP_DIGITS 14

static bool is_version_folder(const char *folder)
{
	size_t n = strspn(folder, DIGITS "-");

	return n && strchr(DIGITS, *folder) && folder[n] == '_';
}

/* "2024-01-02-030405_add_index": 20240102030405 and add_index. */
static enum role folder_name(const struct found *f, const char *file, struct format_file *ret)
{
	size_t n = strspn(f->folder, DIGITS "-"), kept = 0;

	if (strcmp(f->name, file) || !is_version_folder(f->folder))
		return ROLE_OTHER;
	ret->version = mem_strndup(f->folder, n);
	for (size_t i = 0; i < n; i++)
		if (f->folder[i] != '-')
			ret->version[kept++] = f->folder[i];
	ret->version[kept] = '\0';
	ret->title = mem_strdup(f->folder + n + 1);
	return ROLE_UP;
}

/* Dashes do not count. */
int compare_stamps(const char *a, const char *b)
{
	for (;; a++, b++) {
		a += strspn(a, "-");
		b += strspn(b, "-");
		if (!*a || *a != *b)
			return (unsigned char)*a - (unsigned char)*b;
	}
}

/* ---- diesel ---- */

bool diesel_owns(const struct found *f, unsigned *ret_line)
{
	*ret_line = 0;
	return !strcmp(f->name, "up.sql") && is_version_folder(f->folder);
}

enum role diesel_name(const struct found *f, struct format_file *ret)
{
	return folder_name(f, "up.sql", ret);
}

/* "run_in_transaction = false" in metadata.toml; or a file .no-transaction. */
static int read_metadata(const char *dir, bool *ret_none, struct err *err)
{
	CLEANUP(cleanup_free) char *path = fs_join(dir, "metadata.toml");
	CLEANUP(cleanup_free) char *mark = fs_join(dir, ".no-transaction");
	CLEANUP(cleanup_free) char *text = NULL;
	struct line line = {0};
	struct err reading = {0};
	size_t len;

	*ret_none = fs_is_file(mark);
	if (!fs_is_file(path))
		return 0;
	if (fs_read(path, 0, &text, &len, &reading))
		return err_set(err, ERR_USAGE, "%s", reading.text);
	while (next_line(text, len, &line)) {
		struct words rest = {line.text, line.len}, key, equals;

		if (!words_next(&rest, &key) || !words_are(&key, "run_in_transaction"))
			continue;
		words_next(&rest, &equals);
		if (!words_are(&equals, "=") ||
			(!words_are(&rest, "false") && !words_are(&rest, "true")))
			return err_set(err, ERR_USAGE,
				"%s:%u: run_in_transaction must be true or false", path, line.n);
		*ret_none = words_are(&rest, "false");
	}
	return 0;
}

int diesel_text(const struct found *f, const struct format_options *options,
	struct format_file *ret, struct err *err)
{
	CLEANUP(cleanup_free) char *dir = fs_dirname(f->path);
	CLEANUP(cleanup_free) char *down = fs_join(dir, "down.sql");
	bool none;

	if (plain_text(f, options, ret, err) || read_metadata(dir, &none, err))
		return -1;
	ret->transaction = none ? FORMAT_TRANSACTION_TEXT : FORMAT_TRANSACTION_FILE;
	return read_way_down(down, ret, err);
}

/* ---- Prisma ---- */

bool prisma_owns(const struct found *f, unsigned *ret_line)
{
	*ret_line = 0;
	/* A file given by itself may be any team's 01_index/migration.sql. */
	return !strcmp(f->name, "migration.sql") && is_version_folder(f->folder) &&
		(!f->given || strspn(f->folder, DIGITS) == STAMP_DIGITS);
}

enum role prisma_name(const struct found *f, struct format_file *ret)
{
	return folder_name(f, "migration.sql", ret);
}

int prisma_text(const struct found *f, const struct format_options *options,
	struct format_file *ret, struct err *err)
{
	ret->transaction = FORMAT_TRANSACTION_TEXT;
	return plain_text(f, options, ret, err);
}
