/* What a provider must know of a server that it copies or takes a replica of. Reads only. */
#ifndef REHEARSE_ADAPTERS_MYSQL_SOURCE_H
#define REHEARSE_ADAPTERS_MYSQL_SOURCE_H

#include <stdbool.h>
#include <stdint.h>

#include "adapters/db.h"
#include "adapters/mysql/flavour.h"
#include "adapters/mysql/replication.h"
#include "harness/base/err.h"

struct my_source {
	char *dsn;	/* as given, may hold a password */
	char *redacted; /* words without it */
	struct my_flavour flavour;
	char *identity; /* my_identity() */
	uint64_t server_id;
	char *account, *database, *host;
	char *data_dir, *pid_file;
	char **privileges;
	size_t n_privileges;
	struct my_replication replication;
	/* Of all user tables that may be looked at, and of those without transactions. */
	uint64_t bytes, plain_bytes, plain_tables;
};
void my_source_release(struct my_source *s); /* NULL-safe */

/* Connects to `dsn` and reads; the connection stays open in *ret_conn (may be NULL: closed). */
int my_source_read(const char *dsn, const char *database, struct my_source *ret,
	struct db_conn **ret_conn, struct err *err);

/* Those of `needed` (ends with NULL) that the account has not got, "RELOAD, PROCESS", "" for none;
 * caller frees. */
char *my_source_lacks(const struct my_source *s, const char *const *needed);

/* The server runs on this machine, and this process can read its data directory. */
bool my_source_is_here(const struct my_source *s, struct db_conn *conn);

#endif
