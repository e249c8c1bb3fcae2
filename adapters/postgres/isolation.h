/*
 * The proof that a promoted server is alone: a table of checks, each a query that names what it
 * found. Reads only, but for one transaction that is rolled back.
 */
#ifndef REHEARSE_ADAPTERS_POSTGRES_ISOLATION_H
#define REHEARSE_ADAPTERS_POSTGRES_ISOLATION_H

#include "adapters/db.h"
#include "harness/base/err.h"

/* "7301234567890/2" of a server that is not in recovery; caller frees. */
int pg_identity(struct db_conn *conn, char **ret, unsigned *ret_timeline, struct err *err);

/* ERR_REFUSED with the first thing that ties the server to another one. */
int pg_isolation_prove(struct db_conn *conn, const char *source_identity, struct err *err);

#endif
