/* The files of a migration: a directory stands for what is in it. */
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "harness/base/cleanup.h"
#include "harness/base/fs.h"
#include "harness/base/mem.h"
#include "harness/scenario/set.h"

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void push(char ***files, size_t *n, char *file)
{
	*files = mem_resize(*files, *n + 1, sizeof(**files));
	(*files)[(*n)++] = file;
}

static bool is_sql(const char *name)
{
	size_t len = strlen(name);

	return *name != '.' && len > 4 && !strcmp(name + len - 4, ".sql");
}

static void cleanup_dir(DIR **dir)
{
	if (*dir)
		closedir(*dir);
}

static int expand_dir(const char *path, char ***files, size_t *n, struct err *err)
{
	CLEANUP(cleanup_dir) DIR *dir = opendir(path);
	size_t first = *n;
	struct dirent *entry;

	if (!dir)
		return err_set(err, ERR_USAGE, "cannot open '%s': %s", path, strerror(errno));
	while ((entry = readdir(dir))) {
		char *file;

		if (!is_sql(entry->d_name))
			continue;
		file = fs_join(path, entry->d_name);
		if (fs_is_file(file))
			push(files, n, file);
		else
			mem_free(file);
	}
	if (*n == first)
		return err_set(err, ERR_USAGE, "no *.sql file in '%s'", path);
	qsort(*files + first, *n - first, sizeof(**files), by_name);
	return 0;
}

int scenario_expand_migration(const char *path, char ***files, size_t *n, struct err *err)
{
	if (fs_is_dir(path)) {
		CLEANUP(cleanup_free) char *dir = mem_strdup(path);
		size_t len = strlen(dir);

		while (len > 1 && dir[len - 1] == '/')
			dir[--len] = '\0';
		return expand_dir(dir, files, n, err);
	}
	if (!fs_is_file(path))
		return err_set(err, ERR_USAGE, "no such file: '%s'", path);
	push(files, n, mem_strdup(path));
	return 0;
}

int scenario_add_migration(struct scenario *s, const char *path, struct err *err)
{
	size_t n = s->migration.n_files;

	if (!scenario_expand_migration(path, &s->migration.files, &s->migration.n_files, err))
		return 0;
	while (s->migration.n_files > n)
		mem_free(s->migration.files[--s->migration.n_files]);
	return err_prefix(err, "migration");
}
