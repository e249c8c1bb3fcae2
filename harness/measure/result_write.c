#include "harness/measure/result.h"

#include <inttypes.h>
#include <jansson.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/base/cleanup.h"
#include "harness/base/mem.h"
#include "harness/base/str.h"
#include "harness/measure/result_fields.h"

static json_t *write_struct(const struct field_shape *shape, const char *base);

/* Length of the well-formed UTF-8 sequence at s, 0 when there is none. */
static size_t sequence(const unsigned char *s)
{
	size_t n = *s < 0x80 ? 1 : *s >= 0xc2 && *s < 0xe0 ? 2 : *s >= 0xe0 && *s < 0xf0 ? 3 : 4;

	if (*s >= 0x80 && (*s < 0xc2 || *s > 0xf4))
		return 0;
	for (size_t i = 1; i < n; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return 0;
	}
	if ((*s == 0xe0 && s[1] < 0xa0) || (*s == 0xed && s[1] > 0x9f) ||
		(*s == 0xf0 && s[1] < 0x90) || (*s == 0xf4 && s[1] > 0x8f))
		return 0;
	return n;
}

/* A server with the encoding SQL_ASCII hands out any bytes; JSON takes UTF-8 only. */
static json_t *write_string(const char *text)
{
	CLEANUP(cleanup_str) struct str clean = {0};

	for (const unsigned char *s = (const unsigned char *)(text ? text : ""); *s;) {
		size_t n = sequence(s);

		if (n)
			str_add_n(&clean, (const char *)s, n);
		else
			str_add(&clean, "\xef\xbf\xbd");
		s += n ? n : 1;
	}
	return json_string(str_text(&clean));
}

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
		json_array_append_new(list, write_string(strings[i]));
	return list;
}

static json_t *write_field(const struct field *f, const char *base)
{
	const char *at = base + f->offset;

	switch (f->type) {
	case FIELD_STRING:
		return write_string(*(char *const *)at);
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
