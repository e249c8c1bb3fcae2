/* PostgreSQL's part of a replica whose server the harness starts. */
#ifndef REHEARSE_ADAPTERS_POSTGRES_PRIVATE_H
#define REHEARSE_ADAPTERS_POSTGRES_PRIVATE_H

#include "adapters/postgres/server.h"
#include "adapters/postgres/settings.h"
#include "adapters/private_replica.h"
#include "adapters/provider.h"

struct pg_private {
	union {
		struct private_replica base;
		struct {
			PRIVATE_REPLICA_MEMBERS;
		};
	};
	struct pg_programs programs;
	struct pg_server replica, primary; /* the latter is zeroed where there is none */
	struct pg_settings settings;	   /* of the replica */
	unsigned source_timeline;
};

/* Its functions take the base of a struct pg_private. */
extern const struct private_engine pg_private_engine;

/* Ends recovery; then nothing of the way it came is left in its settings. */
int pg_private_promote(struct pg_private *p, struct err *err);

#endif
