/*
 * The members of struct result as data: one table per struct, from which come setting up and
 * releasing, the JSON writer, the JSON reader and the test that compares result.schema.json. A
 * member that is missing here exists in none of them.
 */
#ifndef REHEARSE_MEASURE_RESULT_FIELDS_H
#define REHEARSE_MEASURE_RESULT_FIELDS_H

#include <stddef.h>

enum field_type {
	FIELD_STRING,  /* char *; with `words`, one of these */
	FIELD_U64,     /* uint64_t */
	FIELD_UINT,    /* unsigned */
	FIELD_DOUBLE,  /* double, finite */
	FIELD_BOOL,    /* bool */
	FIELD_ENUM,    /* an enum whose values index `words` */
	FIELD_STRUCT,  /* a struct of `shape` */
	FIELD_ITEMS,   /* a pointer to structs of `shape`, counted at n_offset */
	FIELD_STRINGS, /* char **, counted at n_offset */
	FIELD_INLINE,  /* an array of `max` structs inside, counted at n_offset */
};

struct field_shape;

struct field {
	const char *name; /* in JSON */
	enum field_type type;
	size_t offset;
	size_t n_offset;
	size_t max;
	const struct field_shape *shape;
	const char *const *words; /* NULL-terminated */
};

struct field_shape {
	size_t size;
	const struct field *fields; /* ends with a NULL name */
};

extern const struct field_shape result_shape;

extern const char *const phase_words[], *const cause_words[], *const severity_words[];

#endif
