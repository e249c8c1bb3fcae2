/* What a scenario must know of a DSN before any adapter reads it: whether a secret is in it. */
#ifndef REHEARSE_SCENARIO_DSN_H
#define REHEARSE_SCENARIO_DSN_H

#include <stdbool.h>

/* True for `password=...` in either form and for `scheme://user:password@host`. */
bool dsn_has_password(const char *dsn);

/* The name in "env:NAME", or NULL when the DSN is written out. */
const char *dsn_env_name(const char *dsn);

#endif
