#include "tests/support/engines.h"

#include <stdlib.h>
#include <string.h>

#include "adapters/engine.h"
#include "harness/base/cleanup.h"
#include "harness/base/clock.h"
#include "harness/base/fs.h"
#include "harness/base/mem.h"
#include "tests/support/owner.h"
#include "tests/support/suite.h"

#define UNTIL_TIMEOUT_US 30000000

unsigned engine_count(const struct engine_case *cases)
{
	unsigned n = 0;

	while (n < ENGINE_CASES && cases[n].text)
		n++;
	return n;
}

void engine_run(const struct test_engine *engine, const char *dsn, const char *sql)
{
	free(engine->sql(dsn, sql));
}

void engine_until(const struct test_engine *engine, const char *dsn, const char *sql)
{
	uint64_t deadline = clock_us() + UNTIL_TIMEOUT_US;

	for (;;) {
		CLEANUP(cleanup_free) char *answer = engine->sql(dsn, sql);

		if (!strcmp(answer, "1"))
			return;
		if (clock_us() > deadline)
			ck_abort_msg("%s: '%s', not '1'", sql, answer);
		clock_sleep_us(50000);
	}
}

void engine_until_up(const struct test_engine *engine, const char *dsn)
{
	const struct db_adapter *db = engine_find(engine->name)->db;
	uint64_t deadline = clock_us() + UNTIL_TIMEOUT_US;
	struct db_target target = {.dsn = dsn};
	struct db_conn *conn = NULL;
	struct err err = {0};

	while (db_connect(db, &target, &conn, &err)) {
		ck_assert_msg(clock_us() < deadline, "%s", err.text);
		err_clear(&err);
		clock_sleep_us(50000);
	}
	db->close(conn);
}

/* ---- PostgreSQL ---- */

/* One account needs its password; all others are let in. */
static void pg_start_primary(struct engine_pair *pair)
{
	CLEANUP(cleanup_free) char *hba = NULL;
	static const char rules[] = "local all locked scram-sha-256\n"
				    "local all all trust\nlocal replication all trust\n";
	struct err err = {0};

	test_primary_start(&pair->pg, NULL, 0);
	pair->primary_dsn = pair->pg.primary_dsn;
	pair->dir = pair->pg.dir;
	hba = fs_join(pair->pg.primary.dir, "pg_hba.conf");
	ck_ok(fs_write(hba, rules, strlen(rules), 0644, &err), err);
	test_run_sql(pair->primary_dsn, "SELECT pg_reload_conf()");
}

static void pg_start_replica(struct engine_pair *pair)
{
	test_standby_start(&pair->pg, NULL, 0);
	pair->replica_dsn = pair->pg.standby_dsn;
}

static void pg_mark(const struct engine_pair *pair)
{
	test_alter_system(pair->replica_dsn, "rehearse.disposable", "on");
}

static char *pg_stop_command(const struct engine_pair *pair)
{
	return test_pg_stop_command(&pair->pg.standby);
}

static char *pg_start_command(const struct engine_pair *pair)
{
	return test_pg_start_command(&pair->pg.standby);
}

static void pg_stop(struct engine_pair *pair)
{
	/* It may be another process by now. */
	if (pair->replica_dsn)
		test_end_server_at(pair->pg.standby.data_dir);
	pair->pg.standby.pid = 0;
	test_pair_stop(&pair->pg);
}

const struct test_engine test_engine_postgres = {
	.name = "postgres",
	.title = "PostgreSQL",
	.package = "apt-get install postgresql",
	.scenario = "scenarios/index-plain",
	.engine_set = "engine=postgres",
	.failing = {{"-- one\nSELECT 1;\nALTER TABEL appointment ADD x int;\n", ":3",
			    "syntax error"},
		{"SELECT pg_terminate_backend(pg_backend_pid());\n", "57P01",
			"drops its own connection"},
		{"ALTER TABLE no_such_table ADD x int;\n", "42P01", "no such table"}},
	.endless = "SET statement_timeout = 0;\nSELECT pg_sleep(600);\n",
	/* What is not logged does not take the server down with it. */
	.fills_disk = "CREATE UNLOGGED TABLE big AS SELECT repeat(md5(i::text), 30) AS t FROM"
		      " generate_series(1, 400000) i;\n",
	.disk_full = {"with 53100"},
	.tables = "CREATE TABLE public.patient (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,"
		  " name text NOT NULL, seen date);"
		  "INSERT INTO public.patient (name, seen) SELECT md5(i::text), current_date"
		  " FROM generate_series(1, 300000) i;"
		  "CREATE TABLE public.visit (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,"
		  " patient_id bigint NOT NULL, note text);"
		  "INSERT INTO public.visit (patient_id, note) SELECT i, md5(i::text)"
		  " FROM generate_series(1, 50000) i;"
		  "CREATE ROLE plain LOGIN PASSWORD 'word';"
		  "CREATE ROLE boss SUPERUSER LOGIN PASSWORD 'secretword';"
		  "CREATE ROLE locked SUPERUSER LOGIN PASSWORD 'word';"
		  "ANALYZE",
	.fingerprint =
		"SELECT concat_ws('|', (SELECT count(*) FROM pg_replication_slots),"
		" (SELECT count(*) FROM pg_stat_replication),"
		" (SELECT string_agg(relname || relfilenode, ',' ORDER BY oid) FROM pg_class"
		" WHERE relnamespace = 'public'::regnamespace),"
		" (SELECT string_agg(name || setting, ',' ORDER BY name) FROM pg_settings"
		" WHERE name LIKE 'log%' OR name IN ('deadlock_timeout', 'archive_command')),"
		" (SELECT string_agg(relname || n_tup_ins + n_tup_upd + n_tup_del, ','"
		" ORDER BY relname) FROM pg_stat_user_tables))",
	.blocking = "CREATE INDEX patient_name ON patient (lower(name), name, reverse(name));\n",
	.sources = {{" port=1", "port", "nobody listens there"},
		{" user=nobody_such", "nobody_such", "unknown account"},
		{" dbname=nowhere", "nowhere", "unknown database"},
		{" user=locked password=secretword", "password authentication failed",
			"wrong password"},
		{" user=plain password=secretword", "may not take a base backup",
			"account without the right to replicate"}},
	.refusals = {{"SELECT pg_wal_replay_pause()",
			     "SELECT (pg_get_wal_replay_pause_state() = 'paused')::int", NULL,
			     "paused", "SELECT pg_wal_replay_resume()",
			     "SELECT (pg_get_wal_replay_pause_state() = 'not paused')::int",
			     "replay is paused"},
		{"ALTER SYSTEM SET recovery_min_apply_delay = '1h'", "SELECT pg_reload_conf()::int",
			"UPDATE public.visit SET note = 'y' WHERE id = 1", "behind",
			"ALTER SYSTEM RESET recovery_min_apply_delay",
			"SELECT pg_reload_conf()::int", "never catches up"}},
	.is_replica = "SELECT pg_is_in_recovery()::int",
	.follows = "SELECT count(*) FROM pg_stat_wal_receiver WHERE status = 'streaming'",
	.unmarked = "rehearse.disposable",
	.primary_refused = "is a primary",
	.spent_note = "slot-left-behind",
	.start_primary = pg_start_primary,
	.start_replica = pg_start_replica,
	.mark = pg_mark,
	.stop_command = pg_stop_command,
	.start_command = pg_start_command,
	.stop = pg_stop,
	.sql = test_sql,
};

/* ---- MariaDB ---- */

static void maria_start_primary(struct engine_pair *pair)
{
	test_maria_primary_start(&pair->maria, NULL, 0);
	pair->primary_dsn = pair->maria.primary_dsn;
	pair->dir = pair->maria.dir;
}

static void maria_start_replica(struct engine_pair *pair)
{
	/* Also when its owner starts it anew. */
	const struct server_setting own[] = {
		{(char *)"read_only", (char *)"1"}, {(char *)"skip_slave_start", (char *)"0"}};

	test_maria_replica_start(&pair->maria, own, 2);
	pair->replica_dsn = pair->maria.replica_dsn;
}

static void maria_mark(const struct engine_pair *pair)
{
	test_maria_mark(&pair->maria);
}

static char *maria_stop_command(const struct engine_pair *pair)
{
	return test_maria_stop_command(&pair->maria.replica);
}

static char *maria_start_command(const struct engine_pair *pair)
{
	return test_maria_start_command(&pair->maria.replica);
}

static void maria_stop(struct engine_pair *pair)
{
	if (pair->replica_dsn)
		test_end_server_at(pair->maria.replica.data_dir);
	pair->maria.replica.pid = 0;
	test_maria_pair_stop(&pair->maria);
}

#define REPLICATES                                                                           \
	"SELECT COUNT(*) = 2 FROM information_schema.processlist WHERE command = 'Slave_IO'" \
	" OR command = 'Slave_SQL'"

const struct test_engine test_engine_mysql = {
	.name = "mysql",
	.title = "MariaDB",
	.package = "apt-get install mariadb-server",
	.scenario = "scenarios/opendental-add-index",
	.engine_set = "engine=mysql",
	.failing = {{"-- one\nSELECT 1;\nALTER TABEL appointment ADD x int;\n", ":3",
			    "syntax error"},
		{"KILL CONNECTION CONNECTION_ID();\n", "1927", "drops its own connection"},
		{"ALTER TABLE no_such_table ADD x int;\n", "1146", "no such table"}},
	.endless = "SET max_statement_time = 0;\nDO SLEEP(600);\n",
	.fills_disk = "CREATE TABLE big (t TEXT) ENGINE = InnoDB AS"
		      " SELECT REPEAT(MD5(seq), 30) AS t FROM seq_1_to_400000;\n",
	/* Of the table, of its files, or of the copy of its rows for the binary log. */
	.disk_full = {"with 1114", "with 1030", "with 3:"},
	.tables = "CREATE TABLE patient (id BIGINT AUTO_INCREMENT PRIMARY KEY,"
		  " name VARCHAR(40) NOT NULL, seen DATE);"
		  "INSERT INTO patient (name, seen) SELECT MD5(seq), CURRENT_DATE"
		  " FROM seq_1_to_300000;"
		  "CREATE TABLE visit (id BIGINT AUTO_INCREMENT PRIMARY KEY,"
		  " patient_id BIGINT NOT NULL, note TEXT);"
		  "INSERT INTO visit (patient_id, note) SELECT seq, MD5(seq)"
		  " FROM seq_1_to_50000;"
		  "CREATE USER boss@localhost IDENTIFIED BY 'secretword';"
		  "GRANT ALL ON *.* TO boss@localhost;"
		  "CREATE USER locked@localhost IDENTIFIED BY 'word'",
	.fingerprint = "SELECT CONCAT_WS('|', @@gtid_binlog_pos, @@general_log, @@slow_query_log,"
		       " @@log_output, @@read_only,"
		       " (SELECT GROUP_CONCAT(schema_name ORDER BY schema_name) FROM"
		       " information_schema.schemata), (SELECT COUNT(*) FROM mysql.global_priv),"
		       " (SELECT COUNT(*) FROM information_schema.processlist"
		       " WHERE command = 'Binlog Dump'),"
		       " (SELECT GROUP_CONCAT(name, table_id ORDER BY name) FROM"
		       " information_schema.innodb_sys_tables WHERE name LIKE 'shop/%'))",
	.blocking = "ALTER TABLE patient MODIFY seen DATETIME;\n",
	.sources = {{" socket=/nowhere/s.sock", "/nowhere/s.sock", "nobody listens there"},
		{" user=nobody_such", "nobody_such", "unknown account"},
		{" dbname=nowhere", "nowhere", "unknown database"},
		{" user=locked password=secretword", "Access denied", "wrong password"},
		{" user=plain", "may not dump the source", "account without rights"}},
	.refusals = {{"SET sql_log_bin = 0; INSERT INTO visit (id, patient_id) VALUES (900001, 1)",
			     REPLICATES, "INSERT INTO visit (id, patient_id) VALUES (900001, 1)",
			     "1062",
			     "SET sql_log_bin = 0; DELETE FROM visit WHERE id = 900001;"
			     " START REPLICA",
			     REPLICATES, "replication is broken"},
		{"STOP REPLICA; CHANGE MASTER TO MASTER_DELAY = 3600; START REPLICA", REPLICATES,
			"UPDATE visit SET note = 'y' WHERE id = 1", "did not catch up",
			"STOP REPLICA; CHANGE MASTER TO MASTER_DELAY = 0; START REPLICA",
			REPLICATES, "never catches up"}},
	.is_replica = "SELECT @@read_only",
	.follows = REPLICATES,
	.unmarked = "carries no mark",
	.primary_refused = "is a primary",
	.spent_note = "replica-spent",
	.start_primary = maria_start_primary,
	.start_replica = maria_start_replica,
	.mark = maria_mark,
	.stop_command = maria_stop_command,
	.start_command = maria_start_command,
	.stop = maria_stop,
	.sql = test_maria_sql,
};
