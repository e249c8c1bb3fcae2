/* PostgreSQL's SQL, read with the server's own grammar (libpg_query). */
#ifndef REHEARSE_ADAPTERS_POSTGRES_DIALECT_H
#define REHEARSE_ADAPTERS_POSTGRES_DIALECT_H

#include "adapters/dialect.h"

extern const struct dialect postgres_dialect;

#endif
