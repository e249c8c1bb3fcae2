/* The YAML library's schema, made from the table of keys, and the loading of a file by it. */
#ifndef REHEARSE_SCENARIO_SCHEMA_H
#define REHEARSE_SCENARIO_SCHEMA_H

#include <stddef.h>

#include "harness/base/err.h"
#include "harness/scenario/yaml_index.h"

/* Receives every value of the file: path, text, and who called. */
typedef int schema_value(void *ctx, const char *path, const char *text, struct err *err);

/*
 * Loads text by the schema and hands each value to `each`, in the order of the table. Errors:
 * ERR_USAGE in one line `FILE:LINE: key: message`, or what `each` said, as it stands.
 */
int schema_load(const char *file, const char *text, size_t len, const struct yaml_index *index,
	schema_value *each, void *ctx, struct err *err);

#endif
