/*
 * What the providers that start servers share: the run's directory, the replica in it, its
 * promotion, the proof of its isolation, and its end.
 *
 *   DIR/           0711, so that the servers' user may pass
 *   DIR/replica/   the replica's server, see server.h
 */
#ifndef REHEARSE_ADAPTERS_POSTGRES_PRIVATE_H
#define REHEARSE_ADAPTERS_POSTGRES_PRIVATE_H

#include "adapters/postgres/server.h"
#include "adapters/postgres/settings.h"
#include "adapters/provider.h"

struct pg_private {
	const struct provider_config *config;
	const struct provider_env *env;
	struct pg_programs programs;
	char *dir; /* NULL before it is made */
	struct pg_server replica;
	struct pg_settings settings; /* of the replica */
	const char *database;	     /* borrowed: where the migration runs */
	unsigned source_timeline;
	struct replica_info info;
};

void pg_private_init(struct pg_private *p, const char *provider,
	const struct provider_config *config, const struct provider_env *env);
void pg_private_tell(const struct pg_private *p, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Makes DIR and names it in the journal. */
int pg_private_make_dir(struct pg_private *p, struct err *err);

/* Ends recovery; then nothing of the way it came is left in its settings. */
int pg_private_promote(struct pg_private *p, struct err *err);
/* Proves what provider.h says, with quarantine's own checks, and fills in info. */
int pg_private_verify(struct pg_private *p, struct err *err);
/* Ends the replica and removes DIR; releases the members. -1: something is left, and the journal
 * names it. */
int pg_private_release(struct pg_private *p, struct err *err);

#endif
