#include "tests/support/migrate.h"

#include <string.h>

#include "adapters/postgres/postgres.h"
#include "harness/base/cleanup.h"
#include "harness/base/clock.h"
#include "harness/base/fs.h"
#include "harness/base/mem.h"
#include "tests/support/suite.h"

static const struct engine engine = {.name = "postgres",
	.db = &postgres_db,
	.dialect = &postgres_dialect,
	.observer = &postgres_observer};

struct test_pg migrate_pg;
struct migrate migrate;
static struct db_conn *admin;

void migrate_start_server(void)
{
	test_pg_start(&migrate_pg, NULL, 0);
}

void migrate_stop_server(void)
{
	test_pg_stop(&migrate_pg);
}

struct db_conn *migrate_session(void)
{
	struct db_target target = {.dsn = migrate_pg.dsn, .application = "test"};
	struct db_conn *conn;
	struct err err = {0};

	ck_ok(db_connect(&postgres_db, &target, &conn, &err), err);
	return conn;
}

void migrate_sql(struct db_conn *conn, const char *text)
{
	struct err err = {0};

	ck_ok(db_exec(&postgres_db, conn, text, &err), err);
}

void migrate_setup(void)
{
	struct err err = {0};

	memset(&migrate, 0, sizeof(migrate));
	ck_ok(fs_temp_dir(&migrate.dir, &err), err);
	migrate.path = mem_printf("%s/001.sql", migrate.dir);
	migrate.dsn = migrate_pg.dsn;
	migrate.settings = (struct scenario_migration){.files = &migrate.path,
		.n_files = 1,
		.transaction = TRANSACTION_FILE,
		.lock_timeout_us = 20 * MIGRATE_SECOND,
		.statement_timeout_us = 30 * MIGRATE_SECOND,
		.attempts = 1,
		.backoff_us = 10000,
		.backoff_max_us = 20000};
	result_init(&migrate.result);
	admin = migrate_session();
	migrate_sql(admin,
		"DROP SCHEMA public CASCADE; CREATE SCHEMA public;"
		"CREATE TABLE a (id int PRIMARY KEY, x int);"
		"CREATE TABLE b (id int PRIMARY KEY, a_id int);"
		"INSERT INTO a SELECT i, i FROM generate_series(1, 100) i");
}

void migrate_teardown(void)
{
	struct err err = {0};

	migration_release(&migrate.migration);
	result_release(&migrate.result);
	postgres_db.close(admin);
	ck_ok(fs_remove_tree(migrate.dir, &err), err);
	mem_free(migrate.dir);
	mem_free(migrate.path);
}

int migrate_run(const char *text)
{
	struct migration_run config = {.engine = migrate.engine ? migrate.engine : &engine,
		.dsn = migrate.dsn,
		.settings = &migrate.settings,
		.observer = migrate.observer,
		.watch = &migrate.watch,
		.run_id = "0123456789abcdef",
		.seed = 1,
		.origin_us = clock_wall_us() - MIGRATE_SECOND};
	struct err err = {0};

	ck_ok(fs_write(migrate.path, text, strlen(text), 0644, &err), err);
	ck_ok(migration_load(&migrate.settings, &postgres_dialect, &migrate.migration, &err), err);
	return migration_execute(&migrate.migration, &config, &migrate.result, &migrate.err);
}

void migrate_outcomes_are(const char *expected)
{
	CLEANUP(cleanup_str) struct str got = {0};

	for (size_t i = 0; i < migrate.result.n_statements; i++) {
		const struct result_statement *s = &migrate.result.statements[i];

		str_addf(&got, "%s%s%s%s", i ? ", " : "", s->outcome, *s->code ? " " : "", s->code);
	}
	ck_assert_str_eq(str_text(&got), expected);
}

void migrate_runs_to(const char *text, const char *outcomes)
{
	ck_assert_msg(migrate_run(text) == 0, "%s", migrate.err.text);
	migrate_outcomes_are(outcomes);
}

void migrate_query_is(const char *query, const char *expected)
{
	CLEANUP(cleanup_free) char *got = NULL;
	struct err err = {0};

	ck_ok(db_text(&postgres_db, admin, query, &got, &err), err);
	ck_assert_msg(!strcmp(got, expected), "%s: %s", query, got);
}

void migrate_columns_are(const char *expected)
{
	migrate_query_is("SELECT string_agg(attname, ' ' ORDER BY attnum) FROM pg_attribute "
			 "WHERE attrelid = 'a'::regclass AND attnum > 0 AND NOT attisdropped",
		expected);
}

void migrate_audit_is(const char *expected)
{
	migrate_query_is(
		"SELECT string_agg(concat_ws(' ', statement_index, attempt, outcome, error_code), "
		"', ' "
		"ORDER BY id) FROM schema_migrations_audit",
		expected);
}
