/* The directory of a run whose servers the harness starts itself, and the room for it. */
#ifndef REHEARSE_ADAPTERS_RUN_DIR_H
#define REHEARSE_ADAPTERS_RUN_DIR_H

#include <stdint.h>

#include "adapters/provider.h"
#include "harness/base/err.h"

/* Where it will be: $TMPDIR or /tmp. Static or the environment's. */
const char *run_dir_base(void);
/* Makes it, 0711 so that the servers' user may pass, and names it in the journal (may be NULL).
 * *ret is set as soon as it is there; caller frees. */
int run_dir_make(struct journal *journal, char **ret, struct err *err);
/* Removes it and its journal entry; waits a little for the last children of servers that are gone.
 * No error for NULL. */
int run_dir_remove(const char *dir, struct journal *journal, struct err *err);
/* The free space where it will be or is, against `needed` bytes: ERR_REFUSED with both figures. */
int run_dir_check_space(const char *what, uint64_t needed, struct err *err);

#endif
