#include "adapters/mysql/fixture_build.h"

#include <stdlib.h>
#include <string.h>

#include "adapters/mysql/client.h"
#include "adapters/mysql/control.h"
#include "adapters/mysql/server.h"
#include "adapters/mysql/settings.h"
#include "harness/base/cleanup.h"
#include "harness/base/mem.h"

#define START_TIMEOUT_US 60000000

static void tell(const struct provider_env *env, const char *text)
{
	if (env->progress)
		env->progress(env->ctx, text);
}

static int create_database(const struct fixture *f, const struct my_server *s, struct err *err)
{
	CLEANUP(cleanup_free) char *dsn = my_server_dsn(s, NULL);
	CLEANUP(cleanup_free) char *name = my_quote_name(f->database);
	CLEANUP(my_control_close) struct db_conn *conn = NULL;

	if (my_control_open(dsn, NULL, &conn, err))
		return -1;
	return db_execf(&mysql_db, conn, err, "CREATE DATABASE IF NOT EXISTS %s", name);
}

/* The client stops at the first error and names the line; `--init-command` would be run again
 * whenever it connects anew, which is as it should be. */
static int run_file(const struct fixture *f, const struct my_server *s, const char *dir,
	const char *name, struct err *err)
{
	CLEANUP(cleanup_free) char *path = fs_join(dir, name);
	CLEANUP(cleanup_free) char *socket = mem_printf("--socket=%s", s->socket);
	CLEANUP(cleanup_free)
	char *init =
		mem_printf("--init-command=SET @scale = %.17g, SESSION sql_mode = ''", f->scale);
	const char *const argv[] = {"mariadb", "--no-defaults", "--user=root", socket, init,
		"--default-character-set=utf8mb4", "--binary-mode", "--batch", f->database, NULL};

	if (my_server_run(s, s->programs->client, argv, path, NULL, err))
		return err_prefix(err, "%s", name);
	return 0;
}

static int load(const struct fixture *f, const struct provider_env *env, const struct my_server *s,
	struct err *err)
{
	CLEANUP(cleanup_free) char *dir = fs_join(s->dir, "fixture");

	if (create_database(f, s, err))
		return -1;
	if (f->dir && fixture_copy_files(f, &s->user, dir, err))
		return -1;
	for (size_t i = 0; i < f->n_files; i++) {
		fixture_tell_file(f, env, i);
		if (run_file(f, s, dir, f->files[i], err))
			return err_prefix(err, "the fixture '%s' failed", f->dir);
	}
	return 0;
}

/* The redo log that loading wants is several times the size of most fixtures, and would be copied
 * with each: one more start makes it small. */
static int shrink_log(struct my_server *s, struct my_settings *settings, struct err *err)
{
	my_settings_set(settings, "innodb_log_file_size", "16M");
	my_settings_set(settings, "innodb_redo_log_capacity", "16M");
	if (my_server_configure(s, settings->items, settings->n, err) ||
		my_server_start(s, START_TIMEOUT_US, err))
		return -1;
	return my_server_stop(s, err);
}

/* MySQL's own name of the server, which no two copies may share: each makes itself another. */
static int forget_identity(const struct my_server *s, struct err *err)
{
	CLEANUP(cleanup_free) char *path = fs_join(s->data_dir, "auto.cnf");

	return fs_remove_tree(path, err);
}

static int build(const struct fixture *f, const void *programs, const struct provider_env *env,
	const char *run_dir, char **ret_data, struct err *err)
{
	CLEANUP(cleanup_free) char *dir = fs_join(run_dir, "build");
	struct my_settings settings = {0};
	struct my_server s;
	int result;

	tell(env, "building the fixture (once)");
	my_settings_loading(&settings);
	result = my_server_open(&s, programs, dir, env->journal, err);
	if (!result)
		result = my_server_configure(&s, settings.items, settings.n, err) ||
			my_server_install(&s, err) || my_server_start(&s, START_TIMEOUT_US, err) ||
			load(f, env, &s, err) || my_server_stop(&s, err) ||
			shrink_log(&s, &settings, err) || forget_identity(&s, err);
	if (!result)
		*ret_data = mem_strdup(s.data_dir);
	my_server_release(&s);
	my_settings_release(&settings);
	return result ? -1 : 0;
}

const struct fixture_engine my_fixture_engine = {.name = "mysql", .format = 1, .build = build};
