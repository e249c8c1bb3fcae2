#include "adapters/postgres/fixture.h"

#include <dirent.h>
#include <errno.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/base/cleanup.h"
#include "harness/base/mem.h"

/* Raise it when the way of building changes, so that old copies are left alone. */
#define FORMAT 1
#define FILE_MAX ((size_t)1 << 30)

void pg_fixture_release(struct pg_fixture *f)
{
	if (!f)
		return;
	free(f->dir);
	mem_free_strings(f->files, f->n_files);
	free(f->database);
	*f = (struct pg_fixture){0};
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static bool is_sql(const char *name)
{
	size_t len = strlen(name);

	return len > 4 && strcmp(name + len - 4, ".sql") == 0;
}

static int list_files(struct pg_fixture *f, struct err *err)
{
	DIR *dir = opendir(f->dir);
	const struct dirent *entry;
	size_t cap = 0;
	int result = 0;

	if (!dir)
		return err_set(err, ERR_USAGE, "cannot open the fixture '%s': %s", f->dir,
			strerror(errno));
	while (!result && (entry = readdir(dir))) {
		CLEANUP(cleanup_free) char *path = fs_join(f->dir, entry->d_name);

		if (entry->d_name[0] == '.')
			continue;
		if (fs_is_dir(path))
			result = err_set(err, ERR_USAGE,
				"the fixture '%s' holds a directory, '%s': name the one with the "
				"*.sql files",
				f->dir, entry->d_name);
		else if (is_sql(entry->d_name))
			*MEM_PUSH(f->files, f->n_files, cap) = mem_strdup(entry->d_name);
	}
	closedir(dir);
	if (!result && !f->n_files)
		result = err_set(err, ERR_USAGE, "the fixture '%s' holds no *.sql file", f->dir);
	if (f->n_files)
		qsort(f->files, f->n_files, sizeof(*f->files), by_name);
	return result;
}

/* fixtures/dental/postgres makes the database "dental". */
static char *database_name(const char *dir)
{
	CLEANUP(cleanup_free) char *full = realpath(dir, NULL);
	CLEANUP(cleanup_free) char *parent = fs_dirname(full ? full : dir);
	const char *slash = strrchr(parent, '/');
	const char *name = slash ? slash + 1 : parent;

	return mem_strdup(*name && strcmp(name, ".") != 0 ? name : "rehearse");
}

static int make_key(struct pg_fixture *f, const struct pg_programs *programs, struct err *err)
{
	CLEANUP(cleanup_str) struct str text = {0};

	str_addf(&text, "format %d\nserver %s\nscale %.17g\ndatabase %s\n", FORMAT, programs->text,
		f->scale, f->database);
	for (size_t i = 0; i < f->n_files; i++) {
		CLEANUP(cleanup_free) char *path = fs_join(f->dir, f->files[i]);
		CLEANUP(cleanup_free) char *bytes = NULL;
		char hash[FS_SHA256_TEXT];
		size_t len = 0;

		if (fs_read(path, FILE_MAX, &bytes, &len, err))
			return -1;
		fs_sha256(bytes, len, hash);
		str_addf(&text, "%s %s\n", hash, f->files[i]);
	}
	fs_sha256(text.data, text.len, f->key);
	return 0;
}

int pg_fixture_read(const struct provider_config *config, const struct pg_programs *programs,
	struct pg_fixture *ret, struct err *err)
{
	struct pg_fixture f = {.scale = config->scale > 0 ? config->scale : 1};

	f.dir = mem_strdup(config->fixture);
	if (config->database && *config->database)
		f.database = mem_strdup(config->database);
	else
		f.database = f.dir ? database_name(f.dir) : mem_strdup("rehearse");
	if ((f.dir && list_files(&f, err)) || (programs && make_key(&f, programs, err))) {
		pg_fixture_release(&f);
		return -1;
	}
	*ret = f;
	return 0;
}

char *pg_fixture_path(const struct pg_fixture *f, const char *cache_dir)
{
	return mem_printf("%s/postgres/%s", cache_dir, f->key);
}
