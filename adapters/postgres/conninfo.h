/* Connection strings: keyword=value or URI. Passwords never leave these functions. */
#ifndef REHEARSE_ADAPTERS_POSTGRES_CONNINFO_H
#define REHEARSE_ADAPTERS_POSTGRES_CONNINFO_H

#include <stdbool.h>

#include "harness/base/err.h"

/* ERR_USAGE when it cannot be read; the error quotes nothing of it but option names. */
int pg_conninfo_check(const char *dsn, struct err *err);
/* As keyword=value with everything but passwords; caller frees. */
int pg_conninfo_redact(const char *dsn, char **ret, struct err *err);
bool pg_conninfo_has_password(const char *dsn);

#endif
