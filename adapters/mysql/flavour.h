/*
 * The one place that tells MariaDB from MySQL and version from version: what a server is, and as
 * data what follows from it. Nothing else in adapters/mysql compares version numbers.
 */
#ifndef REHEARSE_ADAPTERS_MYSQL_FLAVOUR_H
#define REHEARSE_ADAPTERS_MYSQL_FLAVOUR_H

#include <stdbool.h>
#include <stdint.h>

#include "adapters/db.h"
#include "harness/base/err.h"

/* Words and capabilities of a range of versions. No string is NULL unless it says so. */
struct my_words {
	/* Replication. */
	const char *show_replica_status; /* one row per source, or none */
	const char *col_source_host;	 /* columns of that row */
	const char *col_source_port;
	const char *col_io_running, *col_sql_running; /* "Yes" when it does */
	const char *col_last_io_error, *col_last_sql_error;
	const char *col_received; /* GTIDs received: Gtid_IO_Pos, Retrieved_Gtid_Set */
	const char *start_replica, *stop_replica;
	const char *stop_io; /* the receiving thread alone: the first step of a drain */
	const char *reset_replica_all;
	const char *change_source; /* "CHANGE MASTER TO" */
	const char *option_prefix; /* "MASTER_" as in MASTER_HOST, "SOURCE_" */
	const char *show_replicas; /* registered replicas of this server, one row each */
	const char *show_binlog;   /* this server's own position: file, position */
	const char *reset_binlog;  /* forgets this server's binary logs and GTIDs */
	const char *wait_for_gtid; /* format: GTIDs as a quoted literal (%s), seconds (%u); MySQL's
				    * function takes 0 for ever */
	int wait_for_gtid_ok;	   /* its value when they were reached in time */
	const char *executed_gtid; /* query: what this server has executed */
	const char *skip_start;	   /* option: replication does not start with the server */
	const char
		*semi_sync_status; /* LIKE pattern of status variables: ON where it is a partner */
	bool super_read_only;	   /* has that variable beside read_only */

	/* Limits and waits. */
	const char *statement_limit; /* session variable */
	uint64_t statement_limit_us; /* one unit of it */
	bool statement_limit_ddl;    /* limits DDL too, not only SELECT */
	bool ddl_nowait;	     /* ALTER TABLE … WAIT n, NOWAIT */
	const char *row_waits;	     /* table: who waits for whose row lock */
	unsigned row_waits_hz;	     /* polled more often it tells less, or nothing */
	bool lock_time_metadata;     /* P_S LOCK_TIME of a statement has the metadata wait */
	bool lock_time_row;	     /* ... and the row wait */
	bool setup_timers;	     /* performance_schema.setup_timers can be set */

	/* Data definition. */
	const char *const *algorithms; /* strictest first, ends with NULL */
	bool instant_takes_lock;       /* ALGORITHM=INSTANT accepts LOCK=… beside DEFAULT */
	const char *innodb_tables;     /* table: TABLE_ID and NAME of each */
	const char *row_versions;      /* column of it: instant changes so far; NULL: no limit */
	bool atomic_ddl;

	/* Other. */
	const char *explain;	     /* prefix for an EXPLAIN of the classic columns */
	bool scheduler_default;	     /* the event scheduler runs unless told otherwise */
	bool binlog_default;	     /* so does the binary log */
	const char *backup_position; /* file in a physical backup; NULL: a table tells */
	bool clone_plugin;	     /* can be cloned over the network by its own plugin */
};

struct my_flavour {
	bool mariadb;
	unsigned version; /* 101119, 80408 */
	char text[24];	  /* "10.11.19" */
	const struct my_words *words;
};

/* "MariaDB 10.11.19": for reports; static name, the text is in the struct. */
const char *my_flavour_name(const struct my_flavour *flavour);

/*
 * Reads VERSION() ("10.11.19-MariaDB-0+deb12u1", "8.4.6") and @@version_comment, or what follows
 * "Ver " in a program's --version. ERR_UNSUPPORTED: too old (before MariaDB 10.5, MySQL 8.0);
 * ERR_FAILED: no version at all.
 */
int my_flavour_parse(
	const char *version, const char *comment, struct my_flavour *ret, struct err *err);
/* Asks the server behind a connection of mysql_db. */
int my_flavour_ask(struct db_conn *conn, struct my_flavour *ret, struct err *err);

#endif
