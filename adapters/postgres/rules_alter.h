/* What single subcommands of ALTER TABLE do. */
#ifndef REHEARSE_ADAPTERS_POSTGRES_RULES_ALTER_H
#define REHEARSE_ADAPTERS_POSTGRES_RULES_ALTER_H

#include "adapters/postgres/rules.h"

/* Takes its own locks on other relations than c->table. */
typedef struct pg_effect pg_effect_function(struct pg_check *c);
pg_effect_function pg_effect_add_column, pg_effect_drop_column, pg_effect_set_not_null,
	pg_effect_change_type;

#endif
