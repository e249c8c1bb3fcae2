#include "harness/measure/result.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "harness/base/cleanup.h"
#include "harness/base/mem.h"
#include "harness/base/str.h"
#include "harness/measure/result_fields.h"

/* Where the reader is: `member` is "phases[1].latency_us.p99". */
struct reader {
	const char *path;
	struct str member;
	struct err *err;
};

static int read_struct(
	struct reader *r, const struct field_shape *shape, const json_t *object, char *base);

static const char *type_name(const json_t *value)
{
	switch (json_typeof(value)) {
	case JSON_OBJECT:
		return "an object";
	case JSON_ARRAY:
		return "an array";
	case JSON_STRING:
		return "a string";
	case JSON_INTEGER:
		return "an integer";
	case JSON_REAL:
		return "a fraction";
	case JSON_NULL:
		return "null";
	default:
		return "a boolean";
	}
}

static int wrong_type(const struct reader *r, const json_t *value, const char *wanted)
{
	return err_set(r->err, ERR_USAGE, "%s: member '%s' is %s, not %s", r->path,
		str_text(&r->member), type_name(value), wanted);
}

/* The index of value among the words; -1 with the error set. */
static int read_word(const struct reader *r, const char *const *words, const json_t *value)
{
	CLEANUP(cleanup_str) struct str known = {0};

	if (!json_is_string(value))
		return wrong_type(r, value, "a string");
	for (int i = 0; words[i]; i++) {
		if (!strcmp(words[i], json_string_value(value)))
			return i;
		str_addf(&known, "%s'%s'", i ? ", " : "", words[i]);
	}
	return err_set(r->err, ERR_USAGE, "%s: member '%s' is '%.60s', not one of %s", r->path,
		str_text(&r->member), json_string_value(value), str_text(&known));
}

static int read_string(
	const struct reader *r, const struct field *f, const json_t *value, char **ret)
{
	if (!json_is_string(value))
		return wrong_type(r, value, "a string");
	if (f->words && read_word(r, f->words, value) < 0)
		return -1;
	mem_free(*ret);
	*ret = mem_strdup(json_string_value(value));
	return 0;
}

static int read_number(const struct reader *r, const json_t *value, uint64_t max, uint64_t *ret)
{
	const char *text = json_string_value(value);

	if (text && isdigit((unsigned char)*text)) {
		char *end;

		errno = 0;
		*ret = strtoull(text, &end, 10);
		if (!*end && !errno && *ret <= max)
			return 0;
	}
	if (!json_is_integer(value))
		return wrong_type(r, value, "a non-negative integer");
	if (json_integer_value(value) < 0 || (uint64_t)json_integer_value(value) > max)
		return err_set(r->err, ERR_USAGE,
			"%s: member '%s' is %" JSON_INTEGER_FORMAT ", out of range", r->path,
			str_text(&r->member), json_integer_value(value));
	*ret = (uint64_t)json_integer_value(value);
	return 0;
}

static int read_strings(struct reader *r, const json_t *list, char ***ret, size_t *ret_n)
{
	size_t n = json_array_size(list), mark = r->member.len;

	if (!json_is_array(list))
		return wrong_type(r, list, "an array");
	*ret = n ? mem_zalloc(n * sizeof(**ret)) : NULL;
	for (size_t i = 0; i < n; i++) {
		const json_t *value = json_array_get(list, i);

		str_addf(&r->member, "[%zu]", i);
		if (!json_is_string(value))
			return wrong_type(r, value, "a string");
		(*ret)[(*ret_n)++] = mem_strdup(json_string_value(value));
		r->member.data[r->member.len = mark] = '\0';
	}
	return 0;
}

/* Counts each item before it is read, so that what a failure leaves can be released. */
static int read_items(struct reader *r, const struct field_shape *shape, const json_t *list,
	char *items, size_t *ret_n)
{
	size_t mark = r->member.len;

	for (size_t i = 0; i < json_array_size(list); i++) {
		str_addf(&r->member, "[%zu]", i);
		(*ret_n)++;
		if (read_struct(r, shape, json_array_get(list, i), items + i * shape->size))
			return -1;
		r->member.data[r->member.len = mark] = '\0';
	}
	return 0;
}

static int read_list(struct reader *r, const struct field *f, const json_t *list, char *base)
{
	size_t n = json_array_size(list);
	char *items = base + f->offset;

	if (!json_is_array(list))
		return wrong_type(r, list, "an array");
	if (f->type == FIELD_INLINE && n > f->max)
		return err_set(r->err, ERR_USAGE, "%s: member '%s' has %zu items, at most %zu fit",
			r->path, str_text(&r->member), n, f->max);
	if (f->type == FIELD_ITEMS) {
		items = n ? mem_zalloc(n * f->shape->size) : NULL;
		*(char **)(base + f->offset) = items;
	}
	return read_items(r, f->shape, list, items, (size_t *)(base + f->n_offset));
}

static int read_field(struct reader *r, const struct field *f, const json_t *value, char *base)
{
	char *at = base + f->offset;
	uint64_t number = 0;
	int word;

	switch (f->type) {
	case FIELD_STRING:
		return read_string(r, f, value, (char **)at);
	case FIELD_U64:
		return read_number(r, value, UINT64_MAX, (uint64_t *)at);
	case FIELD_UINT:
		if (read_number(r, value, UINT_MAX, &number))
			return -1;
		*(unsigned *)at = (unsigned)number;
		return 0;
	case FIELD_DOUBLE:
		if (!json_is_number(value))
			return wrong_type(r, value, "a number");
		*(double *)at = json_number_value(value);
		return 0;
	case FIELD_BOOL:
		if (!json_is_boolean(value))
			return wrong_type(r, value, "true or false");
		*(bool *)at = json_is_true(value);
		return 0;
	case FIELD_ENUM:
		word = read_word(r, f->words, value);
		if (word >= 0)
			*(unsigned *)at = (unsigned)word;
		return word < 0 ? -1 : 0;
	case FIELD_STRUCT:
		return read_struct(r, f->shape, value, at);
	case FIELD_STRINGS:
		return read_strings(r, value, (char ***)at, (size_t *)(base + f->n_offset));
	case FIELD_ITEMS:
	case FIELD_INLINE:
		return read_list(r, f, value, base);
	}
	return 0;
}

/* Members that it does not know are left alone: a later version may have added them. */
static int read_struct(
	struct reader *r, const struct field_shape *shape, const json_t *object, char *base)
{
	size_t mark = r->member.len;

	if (!json_is_object(object))
		return wrong_type(r, object, "an object");
	for (const struct field *f = shape->fields; f->name; f++) {
		const json_t *value = json_object_get(object, f->name);

		str_addf(&r->member, "%s%s", mark ? "." : "", f->name);
		if (!value)
			return err_set(r->err, ERR_USAGE, "%s: member '%s' is missing", r->path,
				str_text(&r->member));
		if (read_field(r, f, value, base))
			return -1;
		r->member.data[r->member.len = mark] = '\0';
	}
	return 0;
}

static int read_root(struct reader *r, const json_t *root, struct result *ret)
{
	const json_t *format = json_object_get(root, "format");

	if (!json_is_object(root))
		return err_set(r->err, ERR_USAGE, "%s: is %s, not a rehearsal's result", r->path,
			type_name(root));
	if (!json_is_integer(format))
		return err_set(r->err, ERR_USAGE,
			"%s: member 'format' is missing or no integer: not a rehearsal's result",
			r->path);
	if (json_integer_value(format) != RESULT_FORMAT)
		return err_set(r->err, ERR_USAGE,
			"%s: member 'format' is %" JSON_INTEGER_FORMAT
			", this version reads format %d",
			r->path, json_integer_value(format), RESULT_FORMAT);
	return read_struct(r, &result_shape, root, (char *)ret);
}

/* The file's own words are quoted in the text: one line it stays, whatever they hold. */
static int one_line(struct err *err)
{
	for (char *c = err->text; *c; c++) {
		if (iscntrl((unsigned char)*c))
			*c = '?';
	}
	return -1;
}

int result_from_json(
	const char *text, size_t len, const char *path, struct result *ret, struct err *err)
{
	struct reader r = {.path = path, .err = err};
	struct result read;
	json_error_t error;
	json_t *root = json_loadb(text, len, JSON_REJECT_DUPLICATES, &error);
	int status;

	if (!root) {
		err_set(err, ERR_USAGE, "%s:%d: not JSON: %s", path, error.line, error.text);
		return one_line(err);
	}
	result_init(&read);
	status = read_root(&r, root, &read);
	if (status) {
		result_release(&read);
		one_line(err);
	} else {
		result_release(ret);
		*ret = read;
	}
	str_release(&r.member);
	json_decref(root);
	return status;
}
