/*
 * Objects of JSON whose values are strings, numbers and words, such as the lines of jsonlog: walked
 * where they lie, without a tree, since a busy log has millions of lines.
 */
#ifndef REHEARSE_ADAPTERS_POSTGRES_FLAT_JSON_H
#define REHEARSE_ADAPTERS_POSTGRES_FLAT_JSON_H

#include <stdbool.h>
#include <stddef.h>

#include "harness/base/str.h"

struct flat_json { /* set to the object's first and one past its last byte */
	const char *at, *end;
};

struct flat_member {
	const char *name, *value; /* as they stand there, without quotes */
	size_t name_len, value_len;
};

enum flat_step { FLAT_MEMBER, FLAT_END, FLAT_BROKEN };

/* The next member. FLAT_BROKEN: not an object, not flat, or cut off. */
enum flat_step flat_json_next(struct flat_json *walk, struct flat_member *ret);
/* Appends a string's value with its escapes resolved. */
void flat_json_text(const struct flat_member *member, struct str *out);

#endif
