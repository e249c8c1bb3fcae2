/* What PostgreSQL's errors mean to a rehearsal, and their texts without anybody's data. Pure
 * functions. */
#ifndef REHEARSE_ADAPTERS_POSTGRES_ERRORS_H
#define REHEARSE_ADAPTERS_POSTGRES_ERRORS_H

#include <stdbool.h>
#include <stddef.h>

#include "adapters/db.h"

/* NULL or "" (the server said none) is a lost connection; an unknown SQLSTATE is DB_CLASS_OTHER. */
enum db_class pg_error_class(const char *sqlstate);
/* A lock was refused by lock_timeout or NOWAIT. */
bool pg_error_is_lock_timeout(const char *sqlstate);
/* A refused lock, a deadlock or a serialization failure: run again, it may succeed. */
bool pg_error_is_retryable(const char *sqlstate);

/*
 * A server's primary message on one line with what may be data replaced by `?`: literals, key
 * values, numbers in hexadecimal, and in data exceptions and syntax errors also what stands in
 * double quotes, unless it names an object. `raised`: the text was written by a function or DO
 * block, which may put anything into it, and is dropped whole. Cut at a character's border.
 */
void pg_error_mask(const char *sqlstate, const char *message, bool raised, char *ret, size_t size);

/*
 * Reads what libpq says after a failed connection attempt at PQERRORS_VERBOSE, the only place where
 * it tells the SQLSTATE. Fills class, code and text.
 */
void pg_error_from_connect(const char *message, struct db_error *ret);

#endif
