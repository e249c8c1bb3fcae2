/* The texts of the PostgreSQL dialect; each is a member of struct dialect. */
#ifndef REHEARSE_ADAPTERS_POSTGRES_DIALECT_TEXT_H
#define REHEARSE_ADAPTERS_POSTGRES_DIALECT_TEXT_H

#include <stddef.h>
#include <stdint.h>

#include "harness/base/str.h"

char *pg_session_timeouts(uint64_t lock_us, uint64_t statement_us);
char *pg_sql_name(const char *name);
void pg_sql_add_literal(struct str *out, const char *text);
char *pg_sql_literal(const char *text);
char *pg_sample(const char *table, const char *column, unsigned n);
char *pg_disturbance(const char *kind, const char *table);
char *pg_mask(const char *sql, size_t len);
char *pg_waiting(uint64_t session);
char *pg_earlier_attempt(const char *sql, size_t len); /* dialect_earlier.c */

#endif
