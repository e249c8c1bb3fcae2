/* The texts that the harness sends to MySQL and MariaDB; see struct dialect. */
#ifndef REHEARSE_ADAPTERS_MYSQL_DIALECT_TEXT_H
#define REHEARSE_ADAPTERS_MYSQL_DIALECT_TEXT_H

#include <stddef.h>
#include <stdint.h>

#include "harness/base/str.h"

char *my_session_timeouts(uint64_t lock_us, uint64_t statement_us);
char *my_sql_name(const char *name);
void my_sql_add_literal(struct str *out, const char *text);
char *my_sql_literal(const char *text);
char *my_sample(const char *table, const char *column, unsigned n);
char *my_disturbance(const char *kind, const char *table);
char *my_mask(const char *sql, size_t len);
char *my_waiting(uint64_t session);

#endif
