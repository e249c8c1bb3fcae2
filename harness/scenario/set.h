/* One value of a scenario by its path: the only way in for the file, its small part and `--set`. */
#ifndef REHEARSE_SCENARIO_SET_H
#define REHEARSE_SCENARIO_SET_H

#include "harness/base/err.h"
#include "harness/scenario/scenario.h"

void scenario_set_defaults(struct scenario *s);

/*
 * Relative paths in `text` are joined to `dir`. An item one behind the end of a list is added to
 * it, a name that a map does not have yet to the map. ERR_USAGE without the key's name.
 */
int scenario_set(
	struct scenario *s, const char *path, const char *text, const char *dir, struct err *err);

#endif
