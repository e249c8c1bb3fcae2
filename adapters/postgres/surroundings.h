/* What in a database can reach the world once it is written to: told by name, as notes. */
#ifndef REHEARSE_ADAPTERS_POSTGRES_SURROUNDINGS_H
#define REHEARSE_ADAPTERS_POSTGRES_SURROUNDINGS_H

#include "adapters/db.h"
#include "adapters/provider.h"

/* Foreign servers, extensions that open connections, event triggers, publications, subscriptions,
 * logical slots, pg_cron jobs. Reads only. */
int pg_surroundings_note(struct db_conn *conn, struct replica_info *info, struct err *err);

#endif
