/* The PostgreSQL client: adapters/db.h over libpq. */
#ifndef REHEARSE_ADAPTERS_POSTGRES_CLIENT_H
#define REHEARSE_ADAPTERS_POSTGRES_CLIENT_H

#include "adapters/db.h"

extern const struct db_adapter postgres_db;

#endif
