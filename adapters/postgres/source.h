/* What a provider must know of a server that it copies or takes a standby of. Reads only. */
#ifndef REHEARSE_ADAPTERS_POSTGRES_SOURCE_H
#define REHEARSE_ADAPTERS_POSTGRES_SOURCE_H

#include <stdbool.h>
#include <stdint.h>

#include "adapters/db.h"
#include "adapters/postgres/settings.h"
#include "adapters/provider.h"
#include "harness/base/err.h"
#include "harness/base/str.h"

struct pg_tablespace {
	char *name, *location;
};

struct pg_source {
	char *dsn;	/* as given, may hold a password */
	char *redacted; /* keyword=value without it */
	unsigned version;
	char *version_text;
	char *system_identifier;
	bool in_recovery;
	char *wal_level;
	int max_wal_senders, free_wal_senders, free_slots;
	bool superuser, may_replicate;
	char *role, *database;
	char *admin;	/* a superuser that can log in, for a copy of the server */
	uint64_t bytes; /* of all databases that may be looked at */
	unsigned hidden_databases;
	struct pg_tablespace *tablespaces;
	size_t n_tablespaces, cap_tablespaces;
};
void pg_source_release(struct pg_source *s); /* NULL-safe */

/* Connects to `dsn` and reads; the connection stays open in *ret_conn (may be NULL: closed). */
int pg_source_read(const char *dsn, const char *database, struct pg_source *ret,
	struct db_conn **ret_conn, struct err *err);

/* The DSN, password and all, with one option changed; caller frees. */
char *pg_source_dsn(const struct pg_source *s, const char *name, const char *value);

/* A replication connection is let in: identity "SYSID/TIMELINE" as that tells it. ERR_REFUSED with
 * the server's words and the pg_hba.conf line that is missing. */
int pg_source_identify(
	const struct pg_source *s, char **ret_identity, unsigned *ret_timeline, struct err *err);

/*
 * "NAME=VALUE" strings, NULL-terminated, for a program that connects as this process would: its PG*
 * variables and the DSN's own password. Free with pg_environment_free().
 */
char **pg_source_environment(const struct pg_source *s);
void pg_environment_free(char **env);

#endif
