/* The parts of pg_predict(). */
#ifndef REHEARSE_ADAPTERS_POSTGRES_RULES_PREDICT_H
#define REHEARSE_ADAPTERS_POSTGRES_RULES_PREDICT_H

#include "adapters/postgres/rules.h"

typedef void pg_predict_function(struct pg_check *c);
pg_predict_function pg_predict_drop, pg_predict_truncate;
void pg_predict_drop_index(struct pg_check *c, const json_t *list);

#endif
