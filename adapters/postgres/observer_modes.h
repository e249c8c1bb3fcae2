/* PostgreSQL's eight table lock modes: which conflict, and whom they make wait. */
#ifndef REHEARSE_ADAPTERS_POSTGRES_OBSERVER_MODES_H
#define REHEARSE_ADAPTERS_POSTGRES_OBSERVER_MODES_H

#include <stdbool.h>

/* "AccessShareLock" … as the server writes them. Unknown modes conflict with everything, so that a
 * blocker is rather named once too often than lost. */
bool lock_modes_conflict(const char *a, const char *b);
bool lock_mode_blocks_reads(const char *mode);	/* plain SELECT */
bool lock_mode_blocks_writes(const char *mode); /* INSERT, UPDATE, DELETE */

#endif
