/* Column types, and what it costs to change one into another. */
#include <stdlib.h>
#include <string.h>

#include "adapters/postgres/dialect_tree.h"
#include "adapters/postgres/rules.h"
#include "harness/base/mem.h"

void pg_type_release(struct pg_type *type)
{
	mem_free(type->name);
	*type = (struct pg_type){0};
}

/* The server's own name for what an unqualified name, or one of pg_catalog, means. */
static const char *canonical(const char *name)
{
	static const char *const same[][2] = {{"int", "int4"}, {"integer", "int4"},
		{"bigint", "int8"}, {"smallint", "int2"}, {"decimal", "numeric"},
		{"boolean", "bool"}, {"serial", "int4"}, {"serial4", "int4"}, {"bigserial", "int8"},
		{"serial8", "int8"}, {"smallserial", "int2"}, {"serial2", "int2"}};

	for (size_t i = 0; i < sizeof(same) / sizeof(same[0]); i++)
		if (!strcmp(same[i][0], name))
			return same[i][1];
	return name;
}

void pg_type_read(struct pg_type *type, const json_t *type_name)
{
	const json_t *names = json_object_get(type_name, "names");
	const char *last = pg_last_name(names);
	const char *schema = json_array_size(names) > 1 ? pg_string(json_array_get(names, 0)) : "";
	json_t *mod;
	size_t i;

	pg_type_release(type);
	if (!*last)
		return;
	type->name = *schema && strcmp(schema, "pg_catalog") != 0 && strcmp(schema, "public") != 0
		? mem_printf("%s.%s", schema, last)
		: mem_strdup(canonical(last));
	type->array = json_array_size(json_object_get(type_name, "arrayBounds")) != 0;
	type->set = pg_true(type_name, "setof");
	json_array_foreach(json_object_get(type_name, "typmods"), i, mod)
	{
		const json_t *constant = json_object_get(mod, "A_Const");

		if (type->n_mods < 2)
			type->mods[type->n_mods++] =
				pg_int(json_object_get(constant, "ival"), "ival", 0);
	}
	/* Six digits are all that there are. */
	if ((!strncmp(type->name, "time", 4)) && type->n_mods && type->mods[0] >= 6)
		type->n_mods = 0;
	/* The grammar makes char(1) of char. */
	if (!strcmp(type->name, "bpchar") && !type->n_mods && json_array_size(names) > 1)
		type->mods[type->n_mods++] = 1;
}

char *pg_type_text(const struct pg_type *type)
{
	const char *brackets = type->array ? "[]" : "";

	if (!type->name)
		return mem_strdup("a type that is not known");
	if (type->n_mods == 2)
		return mem_printf(
			"%s(%ld,%ld)%s", type->name, type->mods[0], type->mods[1], brackets);
	if (type->n_mods)
		return mem_printf("%s(%ld)%s", type->name, type->mods[0], brackets);
	return mem_printf("%s%s", type->name, brackets);
}

static bool is(const struct pg_type *type, const char *name)
{
	return !strcmp(type->name, name);
}

/* No limit counts as the largest. */
static bool widens(const struct pg_type *from, const struct pg_type *to)
{
	return !to->n_mods || (from->n_mods && to->mods[0] >= from->mods[0]);
}

static bool same_mods(const struct pg_type *from, const struct pg_type *to)
{
	return from->n_mods == to->n_mods && from->mods[0] == to->mods[0] &&
		from->mods[1] == to->mods[1];
}

/* The same type with other numbers in parentheses. */
static enum pg_change change_mods(const struct pg_type *from, const struct pg_type *to)
{
	static const char *const widening[] = {
		"varchar", "varbit", "timestamp", "timestamptz", "time", "timetz"};

	if (same_mods(from, to))
		return PG_CHANGE_FREE;
	if (is(from, "numeric")) {
		bool same_scale = from->mods[1] == to->mods[1];

		return !to->n_mods || (from->n_mods && same_scale && to->mods[0] >= from->mods[0])
			? PG_CHANGE_FREE
			: PG_CHANGE_REWRITE;
	}
	if (is(from, "interval"))
		return to->n_mods ? PG_CHANGE_UNKNOWN : PG_CHANGE_FREE;
	for (size_t i = 0; i < sizeof(widening) / sizeof(widening[0]); i++)
		if (is(from, widening[i]))
			return widens(from, to) ? PG_CHANGE_FREE : PG_CHANGE_REWRITE;
	return PG_CHANGE_REWRITE;
}

static bool is_builtin(const struct pg_type *type)
{
	static const char *const names[] = {"int2", "int4", "int8", "float4", "float8", "numeric",
		"text", "varchar", "bpchar", "bool", "date", "time", "timetz", "timestamp",
		"timestamptz", "interval", "uuid", "json", "jsonb", "bytea", "inet", "cidr", "xml",
		"bit", "varbit", "money", "oid", "name", "macaddr", "tsvector", "hstore",
		"regclass", "point", "citext"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (is(type, names[i]))
			return true;
	return false;
}

/* Two types with one and the same form on disk. */
static enum pg_change change_name(
	const struct analysis_state *state, const struct pg_type *from, const struct pg_type *to)
{
	static const struct {
		const char *from, *to;
		enum pg_change change;
	} pairs[] = {
		{"varchar", "text", PG_CHANGE_FREE},
		{"text", "varchar", PG_CHANGE_FREE},
		{"cidr", "inet", PG_CHANGE_FREE},
		{"xml", "text", PG_CHANGE_FREE},
		{"xml", "varchar", PG_CHANGE_FREE},
		{"int4", "oid", PG_CHANGE_REINDEX},
		{"oid", "int4", PG_CHANGE_REINDEX},
		{"regclass", "oid", PG_CHANGE_FREE},
		{"citext", "text", PG_CHANGE_REINDEX},
		{"text", "citext", PG_CHANGE_REINDEX},
		{"varchar", "citext", PG_CHANGE_REINDEX},
		{"citext", "varchar", PG_CHANGE_REINDEX},
		{"bit", "varbit", PG_CHANGE_REINDEX},
	};

	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++)
		if (is(from, pairs[i].from) && is(to, pairs[i].to))
			return to->n_mods ? PG_CHANGE_REWRITE : pairs[i].change;
	if (state->utc && state->target.version >= 120000 && widens(from, to) &&
		((is(from, "timestamp") && is(to, "timestamptz")) ||
			(is(from, "timestamptz") && is(to, "timestamp"))))
		return PG_CHANGE_REINDEX;
	return PG_CHANGE_REWRITE;
}

/* USING that says no more than the change itself does: column, or column::type. */
static bool plain_using(const json_t *definition, const char *column)
{
	const json_t *value = json_object_get(definition, "raw_default");
	const json_t *cast = json_object_get(value, "TypeCast");
	const json_t *reference =
		json_object_get(cast ? json_object_get(cast, "arg") : value, "ColumnRef");
	struct pg_type to = {0}, stated = {0};
	bool same;

	if (!value)
		return true;
	if (!reference || strcmp(pg_last_name(json_object_get(reference, "fields")), column) != 0)
		return false;
	if (!cast)
		return true;
	pg_type_read(&to, json_object_get(definition, "typeName"));
	pg_type_read(&stated, json_object_get(cast, "typeName"));
	same = to.name && stated.name && !strcmp(to.name, stated.name) &&
		to.array == stated.array && same_mods(&to, &stated);
	pg_type_release(&to);
	pg_type_release(&stated);
	return same;
}

static enum pg_change compare(
	const struct analysis_state *state, const struct pg_type *from, const struct pg_type *to)
{
	const struct pg_named *of = pg_named_find(&state->domains, from->name);
	const struct pg_named *into = pg_named_find(&state->domains, to->name);

	if (from->array != to->array)
		return PG_CHANGE_REWRITE;
	if (!strcmp(from->name, to->name)) {
		/* An array's elements are gone through one by one. */
		return from->array && !same_mods(from, to) ? PG_CHANGE_REWRITE
							   : change_mods(from, to);
	}
	if (into && into->what == 'c')
		return PG_CHANGE_REWRITE;
	if ((of && !of->base.name) || (into && !into->base.name))
		return PG_CHANGE_UNKNOWN;
	if (of || into)
		return compare(state, of ? &of->base : from, into ? &into->base : to);
	if (from->array)
		return PG_CHANGE_REWRITE;
	if (!is_builtin(from) && !is_builtin(to))
		return PG_CHANGE_UNKNOWN;
	return change_name(state, from, to);
}

enum pg_change pg_type_change(
	const struct pg_check *c, const struct pg_relation *table, const json_t *command)
{
	const json_t *definition = json_object_get(json_object_get(command, "def"), "ColumnDef");
	const char *name = pg_text(command, "name");
	const struct pg_column *column = pg_find_column(table, name);
	struct pg_type to = {0};
	enum pg_change change;

	if (!plain_using(definition, name))
		return PG_CHANGE_REWRITE;
	if (!column || !column->type.name)
		return PG_CHANGE_UNKNOWN;
	pg_type_read(&to, json_object_get(definition, "typeName"));
	change = to.name ? compare(c->state, &column->type, &to) : PG_CHANGE_UNKNOWN;
	pg_type_release(&to);
	if (change == PG_CHANGE_FREE && json_object_get(definition, "collClause"))
		change = PG_CHANGE_REINDEX;
	return change;
}

bool pg_is_constrained_domain(const struct analysis_state *state, const json_t *type_name)
{
	struct pg_type type = {0};
	const struct pg_named *domain;

	pg_type_read(&type, type_name);
	domain = type.name ? pg_named_find(&state->domains, type.name) : NULL;
	pg_type_release(&type);
	return domain && domain->what == 'c';
}
