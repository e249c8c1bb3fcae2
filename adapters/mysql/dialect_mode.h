/* sql_mode as a script sets it, as far as it changes how the rest of the script is read. */
#ifndef REHEARSE_ADAPTERS_MYSQL_DIALECT_MODE_H
#define REHEARSE_ADAPTERS_MYSQL_DIALECT_MODE_H

#include "adapters/mysql/dialect_lex.h"

/* `SET @old = @@sql_mode`: dumps put it back at their end. */
struct my_saved_mode {
	char *name;
	struct my_mode mode;
};

struct my_modes {
	struct my_mode now;
	struct my_saved_mode *saved;
	size_t n, cap;
};

/* Follows one statement. An expression that cannot be followed leaves the mode as it is. */
void my_modes_follow(struct my_modes *m, const char *text, size_t len);
void my_modes_release(struct my_modes *m);

#endif
