#include "adapters/mysql/flavour.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "adapters/mysql/client.h"
#include "harness/base/cleanup.h"
#include "harness/base/mem.h"

static const char *const mariadb_algorithms[] = {"INSTANT", "NOCOPY", "INPLACE", "COPY", NULL};
static const char *const mysql_algorithms[] = {"INSTANT", "INPLACE", "COPY", NULL};

/* What all versions of a flavour share; a range of versions changes single members. */
#define MARIADB_WORDS                                                                        \
	.show_replica_status = "SHOW REPLICA STATUS", .col_source_host = "Master_Host",      \
	.col_source_port = "Master_Port", .col_io_running = "Slave_IO_Running",              \
	.col_sql_running = "Slave_SQL_Running", .col_last_io_error = "Last_IO_Error",        \
	.col_last_sql_error = "Last_SQL_Error", .col_received = "Gtid_IO_Pos",               \
	.start_replica = "START REPLICA", .stop_replica = "STOP REPLICA",                    \
	.stop_io = "STOP REPLICA IO_THREAD", .reset_replica_all = "RESET REPLICA ALL",       \
	.change_source = "CHANGE MASTER TO", .option_prefix = "MASTER_",                     \
	.show_replicas = "SHOW REPLICA HOSTS", .show_binlog = "SHOW MASTER STATUS",          \
	.reset_binlog = "RESET MASTER", .wait_for_gtid = "SELECT MASTER_GTID_WAIT(%s, %u)",  \
	.wait_for_gtid_ok = 0, .executed_gtid = "SELECT @@gtid_current_pos",                 \
	.skip_start = "skip-slave-start", .semi_sync_status = "Rpl_semi_sync_%_status",      \
	.statement_limit = "max_statement_time", .statement_limit_us = 1000000,              \
	.statement_limit_ddl = true, .ddl_nowait = true,                                     \
	.row_waits = "information_schema.INNODB_LOCK_WAITS", .row_waits_hz = 8,              \
	.lock_time_metadata = true, .setup_timers = true, .algorithms = mariadb_algorithms,  \
	.instant_takes_lock = true, .innodb_tables = "information_schema.INNODB_SYS_TABLES", \
	.explain = "EXPLAIN "

#define MYSQL_WORDS                                                                          \
	.show_replica_status = "SHOW REPLICA STATUS", .col_source_host = "Source_Host",      \
	.col_source_port = "Source_Port", .col_io_running = "Replica_IO_Running",            \
	.col_sql_running = "Replica_SQL_Running", .col_last_io_error = "Last_IO_Error",      \
	.col_last_sql_error = "Last_SQL_Error", .col_received = "Retrieved_Gtid_Set",        \
	.start_replica = "START REPLICA", .stop_replica = "STOP REPLICA",                    \
	.stop_io = "STOP REPLICA IO_THREAD", .reset_replica_all = "RESET REPLICA ALL",       \
	.change_source = "CHANGE REPLICATION SOURCE TO", .option_prefix = "SOURCE_",         \
	.show_replicas = "SHOW REPLICAS",                                                    \
	.wait_for_gtid =                                                                     \
		"SELECT IF(GTID_SUBSET(g, @@GLOBAL.gtid_executed), 0, IF(t, "                \
		"WAIT_FOR_EXECUTED_GTID_SET(g, t), 1)) FROM (SELECT %s AS g, %u AS t) AS w", \
	.wait_for_gtid_ok = 0, .executed_gtid = "SELECT @@GLOBAL.gtid_executed",             \
	.semi_sync_status = "Rpl_semi_sync_%_status", .super_read_only = true,               \
	.statement_limit = "max_execution_time", .statement_limit_us = 1000,                 \
	.row_waits = "performance_schema.data_lock_waits", .row_waits_hz = 20,               \
	.lock_time_row = true, .algorithms = mysql_algorithms,                               \
	.innodb_tables = "information_schema.INNODB_TABLES", .atomic_ddl = true,             \
	.explain = "EXPLAIN FORMAT=TRADITIONAL ", .scheduler_default = true,                 \
	.binlog_default = true, .clone_plugin = true

/* Newest first: the first range that a version reaches counts. */
static const struct range {
	bool mariadb;
	unsigned from;
	struct my_words words;
} ranges[] = {
	{true, 110000,
		{MARIADB_WORDS, .atomic_ddl = true,
			.backup_position = "mariadb_backup_binlog_info"}},
	{true, 100600,
		{MARIADB_WORDS, .atomic_ddl = true, .backup_position = "xtrabackup_binlog_info"}},
	{true, 100500, {MARIADB_WORDS, .backup_position = "xtrabackup_binlog_info"}},

	{false, 80200,
		{MYSQL_WORDS, .row_versions = "TOTAL_ROW_VERSIONS",
			.show_binlog = "SHOW BINARY LOG STATUS",
			.reset_binlog = "RESET BINARY LOGS AND GTIDS",
			.skip_start = "skip-replica-start"}},
	{false, 80029,
		{MYSQL_WORDS, .row_versions = "TOTAL_ROW_VERSIONS",
			.show_binlog = "SHOW MASTER STATUS", .reset_binlog = "RESET MASTER",
			.skip_start = "skip-replica-start"}},
	{false, 80026,
		{MYSQL_WORDS, .show_binlog = "SHOW MASTER STATUS", .reset_binlog = "RESET MASTER",
			.skip_start = "skip-replica-start"}},
};

/* MySQL before 8.0.26 mixes old and new words; nobody should run it any more. */
static const char *oldest(bool mariadb)
{
	return mariadb ? "10.5" : "8.0.26";
}

const char *my_flavour_name(const struct my_flavour *flavour)
{
	return flavour->mariadb ? "MariaDB" : "MySQL";
}

int my_flavour_parse(
	const char *version, const char *comment, struct my_flavour *ret, struct err *err)
{
	struct my_flavour f = {0};
	unsigned major = 0, minor = 0, patch = 0;

	/* What MariaDB 10 tells replicas and old clients that take "10" for less than "5". */
	if (!strncmp(version, "5.5.5-", 6))
		version += 6;
	if (sscanf(version, "%u.%u.%u", &major, &minor, &patch) < 2)
		return err_set(
			err, ERR_FAILED, "the server's version '%.40s' cannot be read", version);
	f.mariadb = strcasestr(version, "mariadb") || (comment && strcasestr(comment, "mariadb"));
	f.version = major * 10000 + minor * 100 + patch;
	snprintf(f.text, sizeof(f.text), "%u.%u.%u", major, minor, patch);
	for (size_t i = 0; i < sizeof(ranges) / sizeof(ranges[0]) && !f.words; i++)
		if (ranges[i].mariadb == f.mariadb && f.version >= ranges[i].from)
			f.words = &ranges[i].words;
	if (!f.words)
		return err_set(err, ERR_UNSUPPORTED, "%s %s is too old: %s or newer is needed",
			my_flavour_name(&f), f.text, oldest(f.mariadb));
	*ret = f;
	return 0;
}

int my_flavour_ask(struct db_conn *conn, struct my_flavour *ret, struct err *err)
{
	const char *version, *comment;

	if (db_exec(&mysql_db, conn, "SELECT VERSION(), @@version_comment", err))
		return -1;
	version = mysql_db.value(conn, 0, 0);
	comment = mysql_db.value(conn, 0, 1);
	return my_flavour_parse(version ? version : "", comment, ret, err);
}
