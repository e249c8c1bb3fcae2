/*
 * The proof that a promoted server is alone: a table of checks that name what they found. Reads
 * only.
 */
#ifndef REHEARSE_ADAPTERS_MYSQL_ISOLATION_H
#define REHEARSE_ADAPTERS_MYSQL_ISOLATION_H

#include "adapters/db.h"
#include "adapters/mysql/flavour.h"
#include "harness/base/err.h"

/*
 * "web-3:3306/17" (host, port, server id) with MariaDB, the server's uuid with MySQL; caller frees.
 * MariaDB's server_uid is no name: two servers of one machine have the same.
 */
int my_identity(
	struct db_conn *conn, const struct my_flavour *flavour, char **ret, struct err *err);

/* ERR_REFUSED with everything that ties the server to others, or that keeps it from being written
 * to. */
int my_isolation_prove(struct db_conn *conn, const struct my_flavour *flavour,
	const char *source_identity, struct err *err);

#endif
