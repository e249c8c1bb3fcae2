/* MySQL's and MariaDB's SQL, read with a lexer of our own: no library knows both. */
#ifndef REHEARSE_ADAPTERS_MYSQL_DIALECT_H
#define REHEARSE_ADAPTERS_MYSQL_DIALECT_H

#include "adapters/dialect.h"

extern const struct dialect mysql_dialect;

#endif
