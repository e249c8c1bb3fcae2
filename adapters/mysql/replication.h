/* What a server says of its own replication, and the steps that end it without losing anything. */
#ifndef REHEARSE_ADAPTERS_MYSQL_REPLICATION_H
#define REHEARSE_ADAPTERS_MYSQL_REPLICATION_H

#include <stdbool.h>
#include <stdint.h>

#include "adapters/db.h"
#include "adapters/mysql/flavour.h"
#include "adapters/provider.h"
#include "harness/base/err.h"

/* From the one row of SHOW REPLICA STATUS. */
struct my_replication {
	unsigned sources; /* 0: it is no replica; above 1 the rest is the first one's */
	char *name;	  /* of the connection; "" the default one */
	char *host, *uuid, *file, *relay_file; /* of the source; "" unknown */
	char *io_running, *sql_running;	       /* "Yes", "No", "Connecting" */
	char *io_error, *sql_error;	       /* with values masked */
	int64_t port, server_id, read_pos, exec_pos, delay_s;
	int io_errno, sql_errno;
	char *filters; /* databases or tables that are left out or alone taken; "" none */
};
void my_replication_release(struct my_replication *r); /* NULL-safe */

/* Makes a named connection the session's own, so that the statements below are about it. */
int my_replication_read(struct db_conn *conn, const struct my_flavour *flavour,
	struct my_replication *ret, struct err *err);
/* A column of SHOW REPLICA STATUS, which was just asked, by MariaDB's name; MySQL has it with the
 * new words. */
const char *my_replication_field(
	struct db_conn *conn, const struct my_flavour *flavour, const char *name);
/* All that was received is applied. */
bool my_replication_drained(const struct my_replication *r);

/* "2 (web-3:3306), 7 (web-4:3306)": who replicates from this server, registered or just reading its
 * binary log; "" nobody; caller frees. */
int my_replication_followers(
	struct db_conn *conn, const struct my_flavour *flavour, char **ret, struct err *err);

/*
 * Waits until the server has applied `gtid`, its source's position. *ret_reached: whether it came
 * in time. -1: an error, an interrupt, or an applier that has stopped, with its error.
 */
int my_replication_wait(struct db_conn *conn, const struct my_flavour *flavour, const char *gtid,
	uint64_t timeout_us, bool *ret_reached, struct err *err);

/*
 * Stops receiving, waits until what was received is applied, then stops applying. In this order:
 * once both threads are stopped, the next start throws the relay log away unread.
 */
int my_replication_drain(struct db_conn *conn, const struct my_flavour *flavour,
	uint64_t timeout_us, struct err *err);

#endif
