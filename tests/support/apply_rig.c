#include "tests/support/apply_rig.h"

#include <stdlib.h>
#include <string.h>

#include "adapters/mysql/mysql.h"
#include "adapters/postgres/postgres.h"
#include "harness/base/cleanup.h"
#include "harness/base/clock.h"
#include "harness/base/mem.h"
#include "tests/support/mariadb.h"
#include "tests/support/pg.h"
#include "tests/support/suite.h"

struct cli apply_cli;
static struct test_pg pg;
static struct test_mariadb mariadb;

const struct apply_server apply_servers[APPLY_SERVERS] = {
	{&postgres_engine, &pg.dsn, "engine=postgres",
		"DROP SCHEMA public CASCADE; CREATE SCHEMA public; CREATE TABLE t (id int, x int)",
		"SELECT string_agg(attname, '.' ORDER BY attnum) FROM pg_attribute WHERE attnum > 0"
		" AND attrelid = 't'::regclass",
		"SELECT count(*) FROM pg_class WHERE relname = 'schema_migrations_audit'"},
	{&mysql_engine, &mariadb.dsn, "engine=mysql",
		"DROP DATABASE IF EXISTS test; CREATE DATABASE test; USE test;"
		" CREATE TABLE t (id int, x int)",
		"SELECT group_concat(column_name ORDER BY ordinal_position SEPARATOR '.') FROM"
		" information_schema.columns WHERE table_schema = 'test' AND table_name = 't'",
		"SELECT count(*) FROM information_schema.tables WHERE"
		" table_name = 'schema_migrations_audit'"},
};

const struct apply_server *apply_server;
struct db_conn *apply_admin;

void apply_start(void)
{
	test_pg_start(&pg, NULL, 0);
	test_mariadb_start(&mariadb, NULL, 0);
	cli_init(&apply_cli);
}

void apply_stop(void)
{
	cli_release(&apply_cli);
	test_mariadb_stop(&mariadb);
	test_pg_stop(&pg);
}

struct db_conn *apply_session(void)
{
	struct db_target target = {.dsn = *apply_server->dsn, .application = "test"};
	struct db_conn *conn;
	struct err err = {0};

	ck_ok(db_connect(apply_server->engine->db, &target, &conn, &err), err);
	return conn;
}

void apply_sql(struct db_conn *conn, const char *text)
{
	struct err err = {0};

	ck_ok(db_exec(apply_server->engine->db, conn, text, &err), err);
}

void apply_use(int i)
{
	apply_server = &apply_servers[i];
	apply_admin = apply_session();
	apply_sql(apply_admin, apply_server->empty);
}

void apply_done(void)
{
	apply_server->engine->db->close(apply_admin);
}

void apply_expect(const char *query, const char *expected)
{
	CLEANUP(cleanup_free) char *got = NULL;
	struct err err = {0};

	ck_ok(db_text(apply_server->engine->db, apply_admin, query, &got, &err), err);
	ck_assert_msg(!strcmp(got, expected), "%s: '%s', not '%s'", query, got, expected);
}

void apply_file(const char *text, const char *word, const char *value, int code, const char *says,
	const char *complains)
{
	char *file = cli_file(&apply_cli, "m.sql", text);
	struct cli_run run;

	CLI(&apply_cli, &run, "apply", "--target", *apply_server->dsn, file, "--set",
		apply_server->set_engine, "--set", "migration.backoff=10ms", "--set",
		"migration.lock_timeout=1s", "--without-rehearsal", "a test", word, value);
	ck_assert_msg(run.code == code, "exit %d: %s%s", run.code, run.out, run.err);
	ck_assert_msg(strstr(run.out, says), "'%s' is not in: %s", says, run.out);
	ck_assert_msg(strstr(run.err, complains), "'%s' is not in: %s", complains, run.err);
	cli_run_release(&run);
	free(file);
}

void apply_wait_until(const char *query, const char *expected)
{
	uint64_t deadline = clock_us() + APPLY_WAIT_US;
	CLEANUP(cleanup_free) char *got = NULL;
	struct err err = {0};

	do {
		MEM_FREE(got);
		ck_ok(db_text(apply_server->engine->db, apply_admin, query, &got, &err), err);
		if (!strcmp(got, expected))
			return;
		clock_sleep_us(50000);
	} while (clock_us() < deadline);
	ck_abort_msg("%s: still '%s'", query, got);
}
