/*
 * Real migration histories for MySQL, beside the checkout. They are other people's data and not
 * part of this repository: without them the suites have nothing to do.
 */
#ifndef REHEARSE_TESTS_MYSQL_CORPORA_H
#define REHEARSE_TESTS_MYSQL_CORPORA_H

#include <dirent.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/base/cleanup.h"
#include "harness/base/fs.h"
#include "harness/base/mem.h"
#include "tests/support/suite.h"

#define CORPORA_NAMES 64

/* Where the client's own split is no measure for ours, each with its reason. */
static const struct exception {
	const char *path, *reason;
} exceptions[] = {
	{"authelia-mysql/V0007.ConsistencyFixes.up.sql",
		"procedures without DELIMITER, which its own runner sends whole and the client "
		"cuts"},
	{NULL, NULL},
};

static char *shared; /* NULL: absent */
static inline const char *excused(const char *path)
{
	for (const struct exception *e = exceptions; e->path; e++)
		if (!strcmp(e->path, path))
			return e->reason;
	return NULL;
}

/* Lines [first, last] of the file, as the project's own tool cuts them. */
static inline char *migration_text(const char *path, const json_t *lines)
{
	CLEANUP(cleanup_free) char *text = NULL;
	struct str out = {0};
	struct err err = {0};
	json_int_t line = 1;
	size_t len;

	ck_ok(fs_read(path, 0, &text, &len, &err), err);
	for (const char *at = text; *at; line++) {
		const char *end = strchrnul(at, '\n');

		end += *end == '\n';
		if (!lines ||
			(line >= json_integer_value(json_array_get(lines, 0)) &&
				line <= json_integer_value(json_array_get(lines, 1))))
			str_add_n(&out, at, (size_t)(end - at));
		at = end;
	}
	return str_take(&out);
}

/* A file of a corpus: its path below migrations/, its text, what the client sent. */
struct file {
	char *name; /* "temporal-mysql/…" */
	char *text;
	json_t *row;
};

struct files {
	struct file *items;
	size_t n, cap;
};

static inline void read_corpus(const char *name, struct files *files)
{
	CLEANUP(cleanup_free) char *list = mem_printf("%s/corpora/%s/splits.jsonl", shared, name);
	FILE *file = fopen(list, "re");
	char *line = NULL;
	size_t cap = 0;

	ck_assert_msg(file, "cannot open '%s'", list);
	while (getline(&line, &cap, file) > 0) {
		struct file *f = MEM_PUSH(files->items, files->n, files->cap);
		const char *path;
		CLEANUP(cleanup_free) char *full = NULL;

		f->row = json_loads(line, 0, NULL);
		path = json_string_value(json_object_get(f->row, "path"));
		full = mem_printf("%s/corpora/%s/migrations/%s", shared, name, path);
		f->name = mem_printf("%s/%s", name, path);
		f->text = migration_text(full, json_object_get(f->row, "lines"));
	}
	free(line);
	fclose(file);
}

static inline void add_file(struct files *files, const char *dir, const char *name)
{
	struct file *f = MEM_PUSH(files->items, files->n, files->cap);
	CLEANUP(cleanup_free) char *full = mem_printf("%s/%s/%s", shared, dir, name);

	f->name = mem_printf("%s/%s", dir, name);
	f->text = migration_text(full, NULL);
}

static inline void release_files(struct files *files)
{
	for (size_t i = 0; i < files->n; i++) {
		mem_free(files->items[i].name);
		mem_free(files->items[i].text);
		json_decref(files->items[i].row);
	}
	mem_free(files->items);
	*files = (struct files){0};
}

/* The names in a directory below the data that end so, in order. */
static inline unsigned list(const char *dir, const char *ending, char *ret[static CORPORA_NAMES])
{
	CLEANUP(cleanup_free) char *path = mem_printf("%s/%s", shared, dir);
	struct dirent **entries;
	unsigned found = 0;
	int n = scandir(path, &entries, NULL, alphasort);

	ck_assert_int_gt(n, 0);
	for (int i = 0; i < n; i++) {
		size_t len = strlen(entries[i]->d_name), end = strlen(ending);

		if (found < CORPORA_NAMES && len > end &&
			!strcmp(entries[i]->d_name + len - end, ending))
			ret[found++] = mem_strdup(entries[i]->d_name);
		free(entries[i]);
	}
	free(entries);
	return found;
}

static inline void find_corpora(void)
{
	const char *set = getenv("REHEARSE_SHARED");
	CLEANUP(cleanup_free) char *corpora = NULL;

	shared = mem_strdup(set ? set : "../shared");
	corpora = mem_printf("%s/corpora", shared);
	if (!fs_is_dir(corpora))
		MEM_FREE(shared);
}

static inline bool absent(void)
{
	if (!shared)
		printf("skipped: no migration corpora beside the checkout (../shared/corpora)\n");
	return !shared;
}

#endif
