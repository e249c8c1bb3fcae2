#include "adapters/postgres/fixture_build.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "adapters/postgres/control.h"
#include "adapters/postgres/server.h"
#include "adapters/postgres/settings.h"
#include "harness/base/cleanup.h"
#include "harness/base/mem.h"

#define START_TIMEOUT_US 60000000

static void tell(const struct provider_env *env, const char *text)
{
	if (env->progress)
		env->progress(env->ctx, text);
}

static int run_file(const struct fixture *f, struct pg_server *s, const char *dir, const char *name,
	struct err *err)
{
	CLEANUP(cleanup_free) char *program = fs_join(s->programs->dir, "psql");
	CLEANUP(cleanup_free) char *dsn = pg_server_dsn(s, f->database);
	CLEANUP(cleanup_free) char *scale = mem_printf("scale=%.17g", f->scale);
	const char *const argv[] = {program, "-X", "-q", "-v", "ON_ERROR_STOP=1", "-v",
		"VERBOSITY=terse", "-v", scale, "-d", dsn, "-f", name, NULL};
	const char *const env[] = {"PGOPTIONS=-c client_min_messages=warning", NULL};

	/* In its own directory, so that messages say `psql:20-data.sql:12: ERROR: ...`. */
	return proc_run(&(struct proc_spec){.argv = argv, .env = env, .user = &s->user, .dir = dir},
		NULL, err);
}

static int create_database(const struct fixture *f, struct pg_server *s, struct err *err)
{
	CLEANUP(cleanup_free) char *dsn = pg_server_dsn(s, "postgres");
	CLEANUP(cleanup_free) char *name = pg_quote_name(f->database);
	CLEANUP(cleanup_free) char *sql = mem_printf("CREATE DATABASE %s", name);
	CLEANUP(pg_control_close) struct db_conn *conn = NULL;

	if (strcmp(f->database, "postgres") == 0)
		return 0;
	return pg_control_open(dsn, NULL, &conn, err) || pg_control_exec(conn, sql, err) ? -1 : 0;
}

static int tidy(const struct fixture *f, struct pg_server *s, struct err *err)
{
	CLEANUP(cleanup_free) char *dsn = pg_server_dsn(s, f->database);
	CLEANUP(pg_control_close) struct db_conn *conn = NULL;

	if (pg_control_open(dsn, NULL, &conn, err) ||
		pg_control_exec(conn, "VACUUM (ANALYZE)", err))
		return -1;
	return pg_control_exec(conn, "CHECKPOINT", err);
}

static int load(const struct fixture *f, const struct provider_env *env, struct pg_server *s,
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
	tell(env, "building the fixture (once): vacuum and statistics");
	return tidy(f, s, err);
}

/*
 * One more start, as a primary that standbys can follow: both are made from this copy, and a
 * standby neither begins on the WAL of a server that could have none, nor with less room than
 * that server had.
 */
static int make_followable(struct pg_server *s, struct err *err)
{
	static const struct server_setting least[] = {
		{(char *)"fsync", (char *)"off"},
		{(char *)"wal_level", (char *)"replica"},
		{(char *)"max_connections", (char *)"4"},
		{(char *)"superuser_reserved_connections", (char *)"1"},
		{(char *)"max_wal_senders", (char *)"0"},
		{(char *)"max_worker_processes", (char *)"0"},
		{(char *)"max_locks_per_transaction", (char *)"10"},
		{(char *)"autovacuum", (char *)"off"},
		{(char *)"shared_buffers", (char *)"16MB"},
		{(char *)"wal_recycle", (char *)"off"},
	};

	if (pg_server_configure(s, least, sizeof(least) / sizeof(least[0]), err) ||
		pg_server_start(s, START_TIMEOUT_US, err))
		return -1;
	return pg_server_stop(s, err);
}

static int build(const struct fixture *f, const void *programs, const struct provider_env *env,
	const char *run_dir, char **ret_data, struct err *err)
{
	CLEANUP(cleanup_free) char *dir = fs_join(run_dir, "build");
	struct pg_settings settings = {0};
	struct pg_server s;
	int result;

	tell(env, "building the fixture (once)");
	pg_settings_loading(&settings);
	result = pg_server_open(&s, programs, dir, env->journal, err);
	if (!result)
		result = pg_server_initdb(&s, err) ||
			pg_server_configure(&s, settings.items, settings.n, err) ||
			pg_server_start(&s, START_TIMEOUT_US, err) || load(f, env, &s, err) ||
			pg_server_stop(&s, err) || make_followable(&s, err);
	if (!result)
		*ret_data = mem_strdup(s.data_dir);
	pg_server_release(&s);
	pg_settings_release(&settings);
	return result ? -1 : 0;
}

const struct fixture_engine pg_fixture_engine = {.name = "postgres", .format = 2, .build = build};
