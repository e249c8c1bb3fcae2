/*
 * The readers of migration files. The input's first line is the file's name (and, before a slash,
 * its folder's); the rest is its text.
 */
#include <string.h>

#include "harness/base/cleanup.h"
#include "harness/base/mem.h"
#include "harness/formats/format.h"
#include "tests/fuzz/fuzz.h"

static size_t count_lines(const char *text)
{
	size_t n = 0;

	for (; *text; text++)
		n += *text == '\n';
	return n;
}

static void release(struct format_file *f)
{
	mem_free(f->version);
	mem_free(f->title);
	mem_free(f->text);
	mem_free(f->down);
	mem_free(f->down_path);
}

/* A line of the text is a line of the file, whatever was left out or filled in. */
static void check_file(const struct found *f, const struct format_file *file)
{
	MUST(file->text && file->len == strlen(file->text));
	MUST(count_lines(file->text) == count_lines(f->text));
	MUST(!file->down || file->down_path || strlen(file->down) == f->len);
}

static void check_format(const struct migration_format *format, const struct found *f)
{
	static const struct server_setting placeholder = {(char *)"n", (char *)"9"};
	const struct format_options options = {.placeholders = &placeholder, .n_placeholders = 1};
	struct format_file file = {0};
	struct err err = {0};
	unsigned line = 0;

	format->owns(f, &line);
	MUST(line <= count_lines(f->text) + 1);
	if (format->read_name(f, &file) == ROLE_UP) {
		MUST(file.version && file.title);
		if (format->compare)
			MUST(!format->compare(file.version, file.version));
		if (!format->read_text(f, &options, &file, &err))
			check_file(f, &file);
		else
			MUST(err.kind && *err.text);
	}
	release(&file);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEANUP(cleanup_free) char *all = mem_strndup((const char *)data, size);
	size_t first = strcspn(all, "\n");
	CLEANUP(cleanup_free) char *name = mem_strndup(all, first);
	char *slash = strchr(name, '/');
	struct found f = {.text = all + first + (all[first] == '\n')};

	/* What gather.c gives: a name that ends with .sql, in a folder. */
	if (slash)
		*slash = '\0';
	CLEANUP(cleanup_free) char *folder = mem_strdup(slash ? name : "");
	CLEANUP(cleanup_free)
	char *path = mem_printf("/nowhere/%s/%s.sql", folder, slash ? slash + 1 : name);

	f.path = path;
	f.name = strrchr(path, '/') + 1;
	f.folder = folder;
	f.len = strlen(f.text);
	for (const struct migration_format *format = format_table; format->name; format++)
		check_format(format, &f);
	return 0;
}
