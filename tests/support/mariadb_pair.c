#include "tests/support/mariadb_pair.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "adapters/mysql/client.h"
#include "adapters/mysql/control.h"
#include "adapters/mysql/pair.h"
#include "adapters/mysql/replication.h"
#include "adapters/mysql/settings.h"
#include "harness/base/cleanup.h"
#include "harness/base/clock.h"
#include "harness/base/fs.h"
#include "harness/base/mem.h"
#include "tests/support/mariadb.h"
#include "tests/support/suite.h"

#define START_TIMEOUT_US 60000000
#define UNTIL_TIMEOUT_US 30000000

static void must(int result, const struct err *err)
{
	if (result) {
		fprintf(stderr, "test server: %s\n", err->text);
		exit(EXIT_FAILURE);
	}
}

static void settings_of(struct my_settings *all, bool mariadb,
	const struct server_setting *settings, size_t n, const char *id)
{
	static const struct server_setting base[] = {
		{(char *)"innodb_flush_log_at_trx_commit", (char *)"0"},
		{(char *)"innodb_buffer_pool_size", (char *)"32M"},
		{(char *)"innodb_flush_method", (char *)"nosync"},
		{(char *)"max_connections", (char *)"40"},
		{(char *)"loose-cte_max_recursion_depth", (char *)"1000000"},
		{(char *)"log_bin", (char *)"binlog"},
		{(char *)"loose-gtid_mode", (char *)"ON"},
		{(char *)"loose-enforce_gtid_consistency", (char *)"ON"},
		/* Built into MariaDB. */
		{(char *)"loose-plugin-load-add",
			(char *)"semisync_source.so;semisync_replica.so;mysql_clone.so"},
	};

	*all = (struct my_settings){0};
	my_settings_add_all(all, base, sizeof(base) / sizeof(base[0]));
	my_settings_add_all(all, settings, n);
	my_settings_set(all, "server-id", id);
	if (mariadb)
		my_settings_drop(all, "plugin-load-add");
}

void test_maria_primary_start(
	struct test_maria_pair *pair, const struct server_setting *settings, size_t n)
{
	CLEANUP(cleanup_free) char *dir = NULL;
	CLEANUP(cleanup_free) char *dsn = NULL;
	struct my_settings all;
	struct err err = {0};

	*pair = (struct test_maria_pair){0};
	test_mysql_programs(&pair->programs);
	must(fs_temp_dir(&pair->dir, &err), &err);
	must(chmod(pair->dir, 0711), &(struct err){.text = "cannot open the directory"});
	dir = fs_join(pair->dir, "p");
	settings_of(&all, pair->programs.flavour.mariadb, settings, n, "1");
	must(my_server_open(&pair->primary, &pair->programs, dir, NULL, &err), &err);
	must(my_server_configure(&pair->primary, all.items, all.n, &err), &err);
	must(my_server_install(&pair->primary, &err), &err);
	must(my_pair_start_primary(&pair->primary, &all, &pair->port, &err), &err);
	my_settings_release(&all);
	dsn = my_server_dsn(&pair->primary, NULL);
	test_maria_run(dsn,
		"SET sql_log_bin = 0; CREATE DATABASE shop; "
		"CREATE USER plain@localhost; GRANT SELECT ON *.* TO plain@localhost");
	pair->primary_dsn = my_server_dsn(&pair->primary, "shop");
	test_mysql_sequences(&pair->primary, "shop");
}

/* A replica's files are a copy of the primary's, taken while that is down. */
void test_maria_replica_start(
	struct test_maria_pair *pair, const struct server_setting *settings, size_t n)
{
	CLEANUP(cleanup_free) char *dir = fs_join(pair->dir, "r");
	CLEANUP(cleanup_free) char *position = NULL;
	CLEANUP(cleanup_free) char *set = NULL;
	CLEANUP(cleanup_free) char *identity = NULL;
	struct my_settings all;
	struct err err = {0};

	must(my_server_open(&pair->replica, &pair->programs, dir, NULL, &err), &err);
	position = test_maria_position(pair, pair->primary_dsn);
	must(my_server_stop(&pair->primary, &err), &err);
	must(fs_copy_tree(pair->primary.data_dir, pair->replica.data_dir, &err), &err);
	/* A MySQL server's name of its own; the position is in the files. */
	identity = fs_join(pair->replica.data_dir, "auto.cnf");
	must(fs_remove_tree(identity, &err), &err);
	must(my_server_start(&pair->primary, START_TIMEOUT_US, &err), &err);
	settings_of(&all, pair->programs.flavour.mariadb, settings, n, "2");
	must(my_server_configure(&pair->replica, all.items, all.n, &err), &err);
	must(my_server_start(&pair->replica, START_TIMEOUT_US, &err), &err);
	my_settings_release(&all);
	pair->replica_dsn = my_server_dsn(&pair->replica, "shop");
	/* The copy's binary log is the primary's. */
	set = mem_printf("RESET MASTER; SET GLOBAL gtid_slave_pos = '%s'", position);
	if (pair->programs.flavour.mariadb)
		test_maria_run(pair->replica_dsn, set);
	must(my_pair_replicate(&pair->primary, pair->port, &pair->replica, &err), &err);
}

void test_maria_pair_stop(struct test_maria_pair *pair)
{
	struct err err = {0};

	my_server_quit(&pair->replica, NULL);
	my_server_quit(&pair->primary, NULL);
	my_server_release(&pair->replica);
	my_server_release(&pair->primary);
	my_programs_release(&pair->programs);
	for (int i = 0; i < 50 && fs_remove_tree(pair->dir, NULL); i++)
		clock_sleep_us(100000);
	must(fs_remove_tree(pair->dir, &err), &err);
	free(pair->dir);
	free(pair->primary_dsn);
	free(pair->replica_dsn);
	*pair = (struct test_maria_pair){0};
}

char *test_maria_sql(const char *dsn, const char *sql)
{
	CLEANUP(my_control_close) struct db_conn *conn = NULL;
	struct err err = {0};
	char *text = NULL;

	if (my_control_open(dsn, NULL, &conn, &err) || my_control_text(conn, sql, &text, &err)) {
		fprintf(stderr, "%s: %s\n", sql, err.text);
		ck_abort_msg("%s: %s", sql, err.text);
	}
	return text;
}

void test_maria_run(const char *dsn, const char *sql)
{
	free(test_maria_sql(dsn, sql));
}

char *test_maria_status(const char *dsn, const char *column)
{
	CLEANUP(my_control_close) struct db_conn *conn = NULL;
	struct my_flavour flavour;
	struct err err = {0};
	unsigned rows = 0;

	ck_ok(my_control_open(dsn, NULL, &conn, &err), err);
	ck_ok(my_flavour_ask(conn, &flavour, &err), err);
	ck_ok(my_control_rows(conn, "SHOW REPLICA STATUS", &rows, &err), err);
	return mem_strdup(my_replication_field(conn, &flavour, column));
}

/* `column`: of the replica's status; NULL: `sql`. */
static void until(const char *dsn, const char *sql, const char *column, const char *expected)
{
	uint64_t deadline = clock_us() + UNTIL_TIMEOUT_US;
	bool same;

	do {
		CLEANUP(cleanup_free)
		char *text = column ? test_maria_status(dsn, column) : test_maria_sql(dsn, sql);

		same = strcmp(text, expected) == 0;
		if (!same && clock_us() > deadline)
			ck_abort_msg("%s: '%s', not '%s'", column ? column : sql, text, expected);
		if (!same)
			clock_sleep_us(20000);
	} while (!same);
}

void test_maria_until(const char *dsn, const char *sql, const char *expected)
{
	until(dsn, sql, NULL, expected);
}

void test_maria_status_until(const char *dsn, const char *column, const char *expected)
{
	until(dsn, NULL, column, expected);
}

char *test_maria_position(const struct test_maria_pair *pair, const char *dsn)
{
	return test_maria_sql(dsn,
		pair->programs.flavour.mariadb ? "SELECT @@gtid_binlog_pos"
					       : "SELECT @@gtid_executed");
}

void test_maria_received(const struct test_maria_pair *pair)
{
	CLEANUP(cleanup_free) char *position = test_maria_position(pair, pair->primary_dsn);
	CLEANUP(cleanup_free)
	char *has = mem_printf("SELECT GTID_SUBSET('%s', CONCAT(@@gtid_executed, ',', "
			       "received_transaction_set)) FROM "
			       "performance_schema.replication_connection_status",
		position);

	if (pair->programs.flavour.mariadb)
		test_maria_status_until(pair->replica_dsn, "Gtid_IO_Pos", position);
	else
		test_maria_until(pair->replica_dsn, has, "1");
}

void test_maria_caught_up(const struct test_maria_pair *pair)
{
	bool mariadb = pair->programs.flavour.mariadb;
	CLEANUP(cleanup_free)
	char *position = test_maria_sql(pair->primary_dsn,
		mariadb ? "SELECT @@gtid_current_pos" : "SELECT @@gtid_executed");
	CLEANUP(cleanup_free)
	char *has = mem_printf("SELECT GTID_SUBSET('%s', @@gtid_executed)", position);

	if (mariadb)
		until(pair->replica_dsn, "SELECT @@gtid_slave_pos", NULL, position);
	else
		until(pair->replica_dsn, has, NULL, "1");
}

void test_maria_mark(const struct test_maria_pair *pair)
{
	test_maria_run(pair->replica_dsn,
		"SET sql_log_bin = 0; CREATE DATABASE rehearse_disposable; CREATE TABLE "
		"rehearse_disposable.mark AS SELECT @@hostname AS host, @@port AS port, "
		"@@server_id AS server_id");
}
