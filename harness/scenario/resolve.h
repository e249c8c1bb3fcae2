/* What can be filled in only when all keys are known: defaults that depend on others, places of
 * files. */
#ifndef REHEARSE_SCENARIO_RESOLVE_H
#define REHEARSE_SCENARIO_RESOLVE_H

#include "harness/scenario/origin.h"

/* ERR_USAGE with the place of the key; ERR_UNSUPPORTED for an engine that is not built in. */
int scenario_resolve(struct scenario *s, const struct origin *o, struct err *err);
/* As scenario_check(), with lines. */
int scenario_check_at(const struct scenario *s, const struct origin *o, struct err *err);
/* ERR_UNSUPPORTED unless the engine is built in. */
int scenario_check_engine(const struct scenario *s, const struct origin *o, struct err *err);

#endif
