#include "tests/support/json_schema.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "harness/base/cleanup.h"
#include "harness/base/mem.h"
#include "harness/base/str.h"
#include "tests/support/suite.h"

struct checker {
	json_t *root;
	struct str complaint; /* the first; "" none */
};

static void complain(struct checker *c, const char *where, const char *what)
{
	if (!c->complaint.len)
		str_addf(&c->complaint, "%s: %s", where, what);
}

static const json_t *follow(const struct checker *c, const json_t *schema)
{
	const char *ref = json_string_value(json_object_get(schema, "$ref"));

	if (!ref)
		return schema;
	ck_assert_msg(!strncmp(ref, "#/$defs/", 8), "cannot follow %s", ref);
	schema = json_object_get(json_object_get(c->root, "$defs"), ref + 8);
	ck_assert_msg(schema != NULL, "%s leads nowhere", ref);
	return schema;
}

static bool is_type(const json_t *value, const char *type)
{
	return (!strcmp(type, "object") && json_is_object(value)) ||
		(!strcmp(type, "array") && json_is_array(value)) ||
		(!strcmp(type, "string") && json_is_string(value)) ||
		(!strcmp(type, "integer") && json_is_integer(value)) ||
		(!strcmp(type, "number") && json_is_number(value)) ||
		(!strcmp(type, "boolean") && json_is_boolean(value));
}

static bool fits_type(const json_t *schema, const json_t *value)
{
	const json_t *type = json_object_get(schema, "type");

	for (size_t i = 0; i < json_array_size(type); i++) {
		if (is_type(value, json_string_value(json_array_get(type, i))))
			return true;
	}
	return json_is_string(type) && is_type(value, json_string_value(type));
}

static void check_value(
	struct checker *c, const json_t *schema, const json_t *value, const char *where);

static void check_object(struct checker *c, const json_t *schema, json_t *value, const char *where)
{
	const json_t *properties = json_object_get(schema, "properties");
	json_t *required = json_object_get(schema, "required"), *item;
	const char *key;
	size_t i;

	ck_assert_msg(json_is_false(json_object_get(schema, "additionalProperties")),
		"%s may hold anything", where);
	json_object_foreach(value, key, item)
	{
		CLEANUP(cleanup_free) char *at = mem_printf("%s.%s", where, key);

		if (json_object_get(properties, key))
			check_value(c, json_object_get(properties, key), item, at);
		else
			complain(c, at, "is not in the schema");
	}
	json_array_foreach(required, i, item)
	{
		if (!json_object_get(value, json_string_value(item)))
			complain(c, json_string_value(item), "is missing");
	}
}

static void check_value(
	struct checker *c, const json_t *schema, const json_t *value, const char *where)
{
	const json_t *words, *minimum, *most;
	bool known = false;

	schema = follow(c, schema);
	words = json_object_get(schema, "enum");
	minimum = json_object_get(schema, "minimum");
	most = json_object_get(schema, "maxItems");
	if (!fits_type(schema, value))
		complain(c, where, "has the wrong type");
	for (size_t i = 0; i < json_array_size(words); i++)
		known = known || json_equal(json_array_get(words, i), value);
	if (words && !known)
		complain(c, where, "is not one of the enum");
	if (minimum && json_is_number(value) &&
		json_number_value(value) < json_number_value(minimum))
		complain(c, where, "is below the minimum");
	if (most && json_array_size(value) > (size_t)json_integer_value(most))
		complain(c, where, "has too many items");
	if (json_is_object(value))
		check_object(c, schema, (json_t *)value, where);
	for (size_t i = 0; i < json_array_size(value); i++) {
		CLEANUP(cleanup_free) char *at = mem_printf("%s[%zu]", where, i);

		check_value(c, json_object_get(schema, "items"), json_array_get(value, i), at);
	}
}

json_t *schema_parse(const char *text)
{
	json_error_t error;
	json_t *json = json_loads(text, JSON_REJECT_DUPLICATES, &error);

	ck_assert_msg(json != NULL, "line %d: %s", error.line, error.text);
	return json;
}

char *schema_complaint(const char *schema, const char *text, const char *name)
{
	struct checker c = {.root = schema_parse(schema)};
	json_t *value = schema_parse(text);

	check_value(&c, c.root, value, name);
	json_decref(value);
	json_decref(c.root);
	return str_take(&c.complaint);
}

static void check_used(
	const struct checker *c, const json_t *schema, const json_t *value, const char *where)
{
	json_t *properties, *part;
	const char *key;

	schema = follow(c, schema);
	properties = json_object_get(schema, "properties");
	ck_assert_msg(!properties ||
			json_object_size(properties) ==
				json_array_size(json_object_get(schema, "required")),
		"%s: not every property is required", where);
	json_object_foreach(properties, key, part)
	{
		CLEANUP(cleanup_free) char *at = mem_printf("%s.%s", where, key);

		ck_assert_msg(json_object_get(value, key) != NULL, "%s is only in the schema", at);
		ck_assert_msg(json_object_get(part, "$ref") || json_object_get(part, "description"),
			"%s has no description", at);
		check_used(c, part, json_object_get(value, key), at);
	}
	if (!json_object_get(schema, "items"))
		return;
	ck_assert_msg(json_array_size(value) > 0, "%s is empty in the full sample", where);
	check_used(c, json_object_get(schema, "items"), json_array_get(value, 0), where);
}

void schema_is_used(const char *schema, const char *text, const char *name)
{
	struct checker c = {.root = schema_parse(schema)};
	json_t *value = schema_parse(text);

	check_used(&c, c.root, value, name);
	json_decref(value);
	json_decref(c.root);
}
