/* What a clone takes over of its source's configuration. */
#ifndef REHEARSE_ADAPTERS_POSTGRES_CARRY_H
#define REHEARSE_ADAPTERS_POSTGRES_CARRY_H

#include "adapters/postgres/server.h"
#include "adapters/postgres/settings.h"
#include "adapters/provider.h"

/*
 * Reads the source's settings and adds to `s` those that change how statements run: planner,
 * memory (shared_buffers at most a quarter of this machine's), autovacuum, defaults of sessions,
 * preloaded libraries that this machine has and that do not act on the world. What is left out and
 * matters becomes a note. `dsn` as the provider's.
 */
int pg_carry(const char *dsn, const char *database, const struct pg_programs *programs,
	struct pg_settings *s, struct replica_info *info, struct err *err);

/*
 * A standby's server refuses to replay with less than its source had: raises max_connections and
 * the like, after everything else was set.
 */
int pg_carry_floors(const char *dsn, const char *database, struct pg_settings *s, struct err *err);

#endif
