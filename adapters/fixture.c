#include "adapters/fixture.h"

#include <dirent.h>
#include <errno.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "harness/base/cleanup.h"
#include "harness/base/mem.h"

#define FILE_MAX ((size_t)1 << 30)

void fixture_release(struct fixture *f)
{
	if (!f)
		return;
	free(f->dir);
	mem_free_strings(f->files, f->n_files);
	free(f->database);
	*f = (struct fixture){0};
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

static int list_files(struct fixture *f, struct err *err)
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

static int make_key(struct fixture *f, const char *server, struct err *err)
{
	CLEANUP(cleanup_str) struct str text = {0};

	str_addf(&text, "format %d\nserver %s\nscale %.17g\ndatabase %s\n", f->engine->format,
		server, f->scale, f->database);
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

int fixture_read(const struct provider_config *config, const struct fixture_engine *engine,
	const char *server, struct fixture *ret, struct err *err)
{
	struct fixture f = {.engine = engine, .scale = config->scale > 0 ? config->scale : 1};

	f.dir = mem_strdup(config->fixture);
	if (config->database && *config->database)
		f.database = mem_strdup(config->database);
	else
		f.database = f.dir ? database_name(f.dir) : mem_strdup("rehearse");
	if ((f.dir && list_files(&f, err)) || (server && make_key(&f, server, err))) {
		fixture_release(&f);
		return -1;
	}
	*ret = f;
	return 0;
}

char *fixture_path(const struct fixture *f, const char *cache_dir)
{
	return mem_printf("%s/%s/%s", cache_dir, f->engine->name, f->key);
}

int fixture_copy_files(
	const struct fixture *f, const struct proc_user *user, const char *to, struct err *err)
{
	/* The server's user may not be able to read where the fixture lies, nor what it links to.
	 */
	const char *const argv[] = {"cp", "-aL", "--reflink=auto", "-T", f->dir, to, NULL};

	if (proc_run(&(struct proc_spec){.argv = argv}, NULL, err))
		return -1;
	if (chmod(to, 0700))
		return err_set(err, ERR_FAILED, "cannot change the mode of '%s'", to);
	return geteuid() == 0 ? fs_chown_tree(to, user->uid, user->gid, err) : 0;
}

void fixture_tell_file(const struct fixture *f, const struct provider_env *env, size_t i)
{
	CLEANUP(cleanup_free)
	char *text = mem_printf(
		"building the fixture (once): %s, %zu of %zu", f->files[i], i + 1, f->n_files);

	if (env->progress)
		env->progress(env->ctx, text);
}

unsigned fixture_count(const char *cache_dir, const char *engine)
{
	CLEANUP(cleanup_free) char *path = fs_join(cache_dir, engine);
	const struct dirent *entry;
	unsigned n = 0;
	DIR *dir = opendir(path);

	while (dir && (entry = readdir(dir)))
		n += strlen(entry->d_name) == FS_SHA256_TEXT - 1;
	if (dir)
		closedir(dir);
	return n;
}
