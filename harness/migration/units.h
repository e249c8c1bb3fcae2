/* Groups a migration's statements into units. */
#ifndef REHEARSE_MIGRATION_UNITS_H
#define REHEARSE_MIGRATION_UNITS_H

#include "harness/migration/migration.h"

/*
 * Fills units from statements, by each file's mode. A file's own BEGIN … COMMIT is a unit in every
 * mode; it ends with the file at the latest, as the session of a client that was given the file
 * would. A COMMIT or ROLLBACK without a BEGIN ends the transaction that the mode put around it.
 * Statements that the server refuses inside a transaction are units of their own, unless the file
 * is strict.
 */
void migration_group(struct migration *m);

#endif
