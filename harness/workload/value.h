/* A script's variable: pgbench's types, plus text as the server, a sample or a setting gave it. */
#ifndef REHEARSE_WORKLOAD_VALUE_H
#define REHEARSE_WORKLOAD_VALUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum value_type { VALUE_UNSET, VALUE_NULL, VALUE_BOOL, VALUE_INT, VALUE_DOUBLE, VALUE_TEXT };

struct value {
	enum value_type type;
	uint32_t len; /* VALUE_TEXT: bytes */
	union {
		bool b;
		int64_t i;
		double d;
		const char *text; /* borrowed, NUL-terminated */
	};
};

static inline struct value value_null(void)
{
	return (struct value){.type = VALUE_NULL};
}

static inline struct value value_bool(bool b)
{
	return (struct value){.type = VALUE_BOOL, .b = b};
}

static inline struct value value_int(int64_t i)
{
	return (struct value){.type = VALUE_INT, .i = i};
}

static inline struct value value_double(double d)
{
	return (struct value){.type = VALUE_DOUBLE, .d = d};
}

struct value value_text(const char *text); /* keeps the pointer; NULL gives VALUE_NULL */

/*
 * What pgbench reads from a text in an expression: null, a boolean, an integer or a double, decided
 * by its looks. false: none of them; *ret untouched.
 */
bool value_interpret(const struct value *text, struct value *ret);

#define VALUE_FORMAT_MAX 32 /* bytes that formatting needs */

/*
 * The value as text for the server, NUL-terminated: into `buf` (of VALUE_FORMAT_MAX) or borrowed.
 * NULL for VALUE_NULL and VALUE_UNSET.
 */
const char *value_format(const struct value *v, char *buf, size_t *ret_len);

#endif
