/* Where a key's value came from, so that an error names the place that a person can change. */
#ifndef REHEARSE_SCENARIO_ORIGIN_H
#define REHEARSE_SCENARIO_ORIGIN_H

#include <stdbool.h>
#include <stddef.h>

#include "harness/base/err.h"
#include "harness/scenario/scenario.h"
#include "harness/scenario/yaml_index.h"

struct origin {
	const char *file;		/* NULL: no file */
	const struct yaml_index *index; /* NULL: lines are not known */
	bool small;			/* the file's `small` part was applied */
	const struct scenario_override *overrides;
	size_t n_overrides;
};

/*
 * Puts `FILE:LINE: key: `, `--set key: ` or `key: ` before the error's text; returns -1. `key` is a
 * path; for one that was not given, the line is that of what would hold it.
 */
int origin_prefix(const struct origin *o, struct err *err, const char *key);
/* err_set() with ERR_USAGE, and origin_prefix(). */
int origin_fail(const struct origin *o, struct err *err, const char *key, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

#endif
