#include "harness/measure/result.h"

#include <inttypes.h>
#include <jansson.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/base/json_text.h"
#include "harness/base/mem.h"
#include "harness/measure/result_fields.h"

static json_t *write_struct(const struct field_shape *shape, const char *base);

/* JSON integers end at 2^63 - 1; only a random seed is ever above, and it must come back whole. */
static json_t *write_number(uint64_t value)
{
	char digits[24];

	if (value <= INT64_MAX)
		return json_integer((json_int_t)value);
	snprintf(digits, sizeof(digits), "%" PRIu64, value);
	return json_string(digits);
}

static json_t *write_items(const struct field_shape *shape, const char *items, size_t n)
{
	json_t *list = json_array();

	for (size_t i = 0; i < n; i++)
		json_array_append_new(list, write_struct(shape, items + i * shape->size));
	return list;
}

static json_t *write_strings(char *const *strings, size_t n)
{
	json_t *list = json_array();

	for (size_t i = 0; i < n; i++)
		json_array_append_new(list, json_text(strings[i]));
	return list;
}

static json_t *write_field(const struct field *f, const char *base)
{
	const char *at = base + f->offset;

	switch (f->type) {
	case FIELD_STRING:
		/* A server with the encoding SQL_ASCII hands out any bytes. */
		return json_text(*(char *const *)at);
	case FIELD_U64:
		return write_number(*(const uint64_t *)at);
	case FIELD_UINT:
		return json_integer(*(const unsigned *)at);
	case FIELD_DOUBLE:
		return json_real(isfinite(*(const double *)at) ? *(const double *)at : 0);
	case FIELD_BOOL:
		return json_boolean(*(const bool *)at);
	case FIELD_ENUM:
		return json_string(f->words[*(const unsigned *)at]);
	case FIELD_STRUCT:
		return write_struct(f->shape, at);
	case FIELD_ITEMS:
		return write_items(
			f->shape, *(char *const *)at, *(const size_t *)(base + f->n_offset));
	case FIELD_STRINGS:
		return write_strings(
			*(char *const *const *)at, *(const size_t *)(base + f->n_offset));
	case FIELD_INLINE:
		return write_items(f->shape, at, *(const size_t *)(base + f->n_offset));
	}
	return json_null();
}

static void write_members(json_t *object, const struct field_shape *shape, const char *base)
{
	for (const struct field *f = shape->fields; f->name; f++)
		json_object_set_new(object, f->name, write_field(f, base));
}

static json_t *write_struct(const struct field_shape *shape, const char *base)
{
	json_t *object = json_object();

	write_members(object, shape, base);
	return object;
}

char *result_to_json(const struct result *r)
{
	json_t *root = json_object();
	char *text, *lines;

	json_object_set_new(root, "$schema", json_string(RESULT_SCHEMA_ID));
	json_object_set_new(root, "format", json_integer(RESULT_FORMAT));
	write_members(root, &result_shape, (const char *)r);
	/* 15 digits: what a decimal number needs to come back as it was written. */
	text = json_dumps(root, JSON_INDENT(2) | JSON_REAL_PRECISION(15));
	json_decref(root);
	lines = mem_printf("%s\n", text ? text : "");
	free(text);
	return lines;
}
