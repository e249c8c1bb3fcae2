/*
 * What the providers that start servers share: the run's directory, the replica in it, the proof
 * of its isolation, and its end.
 *
 *   DIR/           0711, so that the servers' user may pass
 *   DIR/replica/   the replica's server, see server.h
 */
#ifndef REHEARSE_ADAPTERS_MYSQL_PRIVATE_H
#define REHEARSE_ADAPTERS_MYSQL_PRIVATE_H

#include "adapters/mysql/server.h"
#include "adapters/mysql/settings.h"
#include "adapters/provider.h"

struct my_private {
	const struct provider_config *config;
	const struct provider_env *env;
	struct my_programs programs;
	char *dir; /* NULL before it is made */
	struct my_server replica;
	struct my_settings settings; /* of the replica */
	const char *database;	     /* borrowed: where the migration runs */
	struct replica_info info;
};

/* ERR_UNSUPPORTED for what no provider has been tried on: MySQL, whose words and capabilities are
 * in flavour.c, and for which this is the only thing that says no. */
int my_provider_supports(const struct my_flavour *flavour, const char *provider, struct err *err);

void my_private_init(struct my_private *p, const char *provider,
	const struct provider_config *config, const struct provider_env *env);
void my_private_tell(const struct my_private *p, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Makes DIR, and the replica's server in it, not configured yet. */
int my_private_open(struct my_private *p, struct err *err);
/* Proves what provider.h says, and fills in info. */
int my_private_verify(struct my_private *p, struct err *err);
/* Ends the replica and removes DIR; releases the members. -1: something is left, and the journal
 * names it. */
int my_private_release(struct my_private *p, struct err *err);

/* What of the server's settings moves the figures most, as a note. */
int my_note_durability(struct db_conn *conn, struct replica_info *info, struct err *err);
/* Version, size and identity; for a server of the harness's or not. */
int my_fill_info(struct db_conn *conn, const struct my_flavour *flavour, const char *database,
	struct replica_info *info, struct err *err);

#endif
