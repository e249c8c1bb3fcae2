/* The client for MariaDB and MySQL: adapters/db.h over whichever client library there is. */
#ifndef REHEARSE_ADAPTERS_MYSQL_CLIENT_H
#define REHEARSE_ADAPTERS_MYSQL_CLIENT_H

#include "adapters/db.h"

/*
 * Beside the contract:
 * - affected counts the rows that were changed, not those that were found.
 * - the code of an error is its errno; "lost" where the server said none. Of 1205 the text says
 *   which lock was waited for, where that can be told.
 * - OPTIMIZE, ANALYZE, CHECK and REPAIR TABLE tell errors as rows; here they are errors.
 * - a prepared statement whose result has other columns than when it was prepared fails with 2057
 *   until it is prepared again.
 */
extern const struct db_adapter mysql_db;

#endif
