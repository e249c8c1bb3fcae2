/* The files below the paths given, with their texts. */
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "harness/base/cleanup.h"
#include "harness/base/mem.h"
#include "harness/formats/format.h"
#include "harness/formats/names.h"

#define DEPTH_MAX 4

static char *folder_of(const char *path)
{
	CLEANUP(cleanup_free) char *dir = fs_dirname(path);
	char *real = realpath(dir, NULL);
	const char *slash = real ? strrchr(real, '/') : NULL;
	char *ret = mem_strdup(slash ? slash + 1 : "");

	free(real);
	return ret;
}

static int read_text(struct found *f, struct err *err)
{
	const char *nul;

	if (fs_read(f->path, 0, &f->text, &f->len, err)) {
		if (err && err->kind != ERR_INTERRUPTED)
			err->kind = ERR_USAGE;
		return -1;
	}
	nul = memchr(f->text, '\0', f->len);
	if (nul)
		return err_set(err, ERR_USAGE, "'%s' is not text: byte %zu is zero", f->path,
			(size_t)(nul - f->text) + 1);
	return 0;
}

static int add(struct found_list *list, const char *path, bool given, struct err *err)
{
	struct found *f = MEM_PUSH(list->items, list->n, list->cap);
	const char *slash;

	f->path = mem_strdup(path);
	slash = strrchr(f->path, '/');
	f->name = slash ? slash + 1 : f->path;
	f->folder = folder_of(path);
	f->given = given;
	return name_ends(f->name, ".sql") || given ? read_text(f, err) : 0;
}

struct names {
	char **items;
	size_t n, cap;
};

static void cleanup_names(struct names *names)
{
	mem_free_strings(names->items, names->n);
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static int list_names(const char *dir, struct names *ret, struct err *err)
{
	DIR *stream = opendir(dir);
	struct dirent *entry;

	if (!stream)
		return err_set(err, ERR_USAGE, "cannot open '%s': %s", dir, strerror(errno));
	while ((entry = readdir(stream)))
		if (entry->d_name[0] != '.')
			*MEM_PUSH(ret->items, ret->n, ret->cap) = mem_strdup(entry->d_name);
	closedir(stream);
	if (ret->n)
		qsort(ret->items, ret->n, sizeof(*ret->items), by_name);
	return 0;
}

/* Below the folder given only what formats with folders have there. */
static bool wanted(const char *name, unsigned depth)
{
	if (!name_ends(name, ".sql"))
		return !depth && name_ends(name, ".go");
	return !depth || names_in_folder(name, depth);
}

/* A link may lead back up. */
static bool is_link(const char *path)
{
	struct stat st;

	return !lstat(path, &st) && S_ISLNK(st.st_mode);
}

static int add_folder(struct found_list *list, const char *dir, unsigned depth, struct err *err)
{
	CLEANUP(cleanup_names) struct names names = {0};

	if (list_names(dir, &names, err))
		return -1;
	for (size_t i = 0; i < names.n; i++) {
		CLEANUP(cleanup_free) char *path = fs_join(dir, names.items[i]);

		if (fs_is_dir(path)) {
			if (depth < DEPTH_MAX && !is_link(path) &&
				add_folder(list, path, depth + 1, err))
				return -1;
		} else if (fs_is_file(path) && wanted(names.items[i], depth) &&
			add(list, path, false, err)) {
			return -1;
		}
	}
	return 0;
}

static int add_path(struct found_list *list, const char *path, struct err *err)
{
	CLEANUP(cleanup_free) char *dir = NULL;
	size_t before = list->n, n_sql = 0, len;

	if (!fs_is_dir(path)) {
		if (!fs_is_file(path))
			return err_set(err, ERR_USAGE, "no such file: '%s'", path);
		return add(list, path, true, err);
	}
	dir = mem_strdup(path);
	len = strlen(dir);
	while (len > 1 && dir[len - 1] == '/')
		dir[--len] = '\0';
	if (add_folder(list, dir, 0, err))
		return -1;
	for (size_t i = before; i < list->n; i++)
		n_sql += name_ends(list->items[i].name, ".sql");
	if (!n_sql)
		return err_set(err, ERR_USAGE, "no *.sql file in '%s'", dir);
	return 0;
}

int found_gather(const char *const *paths, size_t n_paths, struct found_list *ret, struct err *err)
{
	for (size_t i = 0; i < n_paths; i++)
		if (add_path(ret, paths[i], err))
			return -1;
	return 0;
}

void found_release(struct found_list *list)
{
	for (size_t i = 0; i < list->n; i++) {
		mem_free(list->items[i].path);
		mem_free(list->items[i].folder);
		mem_free(list->items[i].text);
	}
	mem_free(list->items);
	*list = (struct found_list){0};
}
