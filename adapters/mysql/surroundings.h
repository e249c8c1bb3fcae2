/* What in a promoted server's data may reach beyond it. */
#ifndef REHEARSE_ADAPTERS_MYSQL_SURROUNDINGS_H
#define REHEARSE_ADAPTERS_MYSQL_SURROUNDINGS_H

#include "adapters/db.h"
#include "adapters/provider.h"

/* Tables of other servers, events, triggers that begin to fire, functions of libraries, a statement
 * for every session. Reads only. */
int my_surroundings_note(struct db_conn *conn, struct replica_info *info, struct err *err);

#endif
