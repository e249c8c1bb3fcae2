/* How the state follows a statement. */
#ifndef REHEARSE_ADAPTERS_POSTGRES_RULES_LEARN_H
#define REHEARSE_ADAPTERS_POSTGRES_RULES_LEARN_H

#include "adapters/postgres/rules.h"

void pg_learn_create_table(struct analysis_state *state, const json_t *node);
void pg_learn_alter_table(struct analysis_state *state, const json_t *node);
void pg_index_partitions(struct analysis_state *state, const struct pg_relation *table,
	const struct pg_index *index);

#endif
