/* Small readings of parse trees. */
#include <stdlib.h>
#include <string.h>

#include "adapters/postgres/dialect_lex.h"
#include "adapters/postgres/dialect_tree.h"
#include "adapters/postgres/rules.h"

const char *pg_string(const json_t *node)
{
	const json_t *string = json_object_get(node, "String");
	const char *text = json_is_string(node)
		? json_string_value(node)
		: json_string_value(json_object_get(string, "sval"));

	return text ? text : "";
}

const char *pg_last_name(const json_t *list)
{
	return pg_string(json_array_get(list, json_array_size(list) - 1));
}

long pg_int(const json_t *node, const char *member, long fallback)
{
	const json_t *value = json_object_get(node, member);

	return json_is_integer(value) ? (long)json_integer_value(value) : fallback;
}

/* The parser leaves out a location of 0; no part of a statement but its first word stands there. */
long pg_location(const json_t *node)
{
	return pg_int(node, "location", -1);
}

const json_t *pg_only(const json_t *node, const char **ret_type)
{
	const char *type = json_object_iter_key(json_object_iter((json_t *)node));

	if (ret_type)
		*ret_type = type ? type : "";
	return json_object_get(node, type ? type : "");
}

const json_t *pg_constraint_of(const json_t *column, const char *contype)
{
	json_t *element;
	size_t i;

	json_array_foreach(json_object_get(column, "constraints"), i, element)
	{
		const json_t *constraint = json_object_get(element, "Constraint");

		if (pg_is(constraint, "contype", contype))
			return constraint;
	}
	return NULL;
}

bool pg_walk(const json_t *tree, const char *type, bool (*found)(const json_t *node, void *arg),
	void *arg)
{
	const char *key;
	json_t *member;
	size_t i;

	if (json_is_array(tree)) {
		json_array_foreach((json_t *)tree, i,
			member) if (pg_walk(member, type, found, arg)) return true;
		return false;
	}
	json_object_foreach((json_t *)tree, key, member)
	{
		if (!strcmp(key, type) && found(member, arg))
			return true;
		if (pg_walk(member, type, found, arg))
			return true;
	}
	return false;
}

static bool is_column(const json_t *node, void *arg)
{
	return !strcmp(pg_last_name(json_object_get(node, "fields")), arg);
}

bool pg_mentions_column(const json_t *expression, const char *name)
{
	return pg_walk(expression, "ColumnRef", is_column, (void *)name);
}

struct pg_relation *pg_range(struct pg_check *c, const json_t *range_var)
{
	struct pg_relation *relation = pg_get_relation(
		c->state, pg_text(range_var, "schemaname"), pg_text(range_var, "relname"));

	if (pg_is(range_var, "schemaname", "pg_temp"))
		relation->temporary = true;
	return relation;
}

long pg_locate(const struct pg_check *c, const char *word)
{
	const char *text = c->text + c->s->offset;
	size_t len = strlen(word);
	struct pg_token token;

	for (pg_lex_solid(text, c->s->len, 0, &token); token.kind != PG_END;
		pg_lex_solid(text, c->s->len, token.end, &token)) {
		bool quoted = token.kind == PG_QUOTED && token.end - token.start == len + 2 &&
			!strncmp(text + token.start + 1, word, len);

		if (quoted || (token.kind == PG_WORD && pg_token_is(text, &token, word)))
			return (long)token.start;
	}
	return -1;
}

const char *pg_schema_of(const json_t *list)
{
	size_t n = json_array_size(list);

	return n > 1 ? pg_string(json_array_get(list, n - 2)) : "";
}

const json_t *pg_list_of(const json_t *object)
{
	return json_object_get(json_object_get(object, "List"), "items");
}
