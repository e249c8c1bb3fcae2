/* Opinions: only where they are asked for. */
#include <string.h>

#include "adapters/postgres/dialect_tree.h"
#include "adapters/postgres/rules.h"

static void type_of_column(struct pg_check *c, const json_t *column)
{
	const json_t *type = json_object_get(column, "typeName");
	const char *name = pg_last_name(json_object_get(type, "names"));
	const char *called = pg_text(column, "colname");
	bool key = pg_constraint_of(column, "CONSTR_PRIMARY") ||
		pg_constraint_of(column, "CONSTR_IDENTITY");
	long at = pg_location(column);

	if (pg_is_serial(column))
		pg_hit(c, PG_RULE_STYLE_SERIAL, called, at, "%s is a serial", called);
	if ((key && (!strcmp(name, "int4") || !strcmp(name, "int2"))) ||
		(pg_is_serial(column) && !strstr(name, "big") && !strstr(name, "8")))
		pg_hit(c, PG_RULE_STYLE_INT_KEY, called, at, "%s ends at 2147483647 or before",
			called);
	if (!strcmp(name, "varchar") && json_object_get(type, "typmods"))
		pg_hit(c, PG_RULE_STYLE_VARCHAR, called, at, "%s is a varchar with a limit",
			called);
	if (!strcmp(name, "bpchar"))
		pg_hit(c, PG_RULE_STYLE_CHAR, called, at, "%s is padded with blanks", called);
	if (!strcmp(name, "timestamp"))
		pg_hit(c, PG_RULE_STYLE_TIMESTAMP, called, at, "%s has no time zone", called);
}

static void new_columns(struct pg_check *c)
{
	json_t *element;
	size_t i;

	json_array_foreach(json_object_get(c->node, "tableElts"), i, element)
		type_of_column(c, json_object_get(element, "ColumnDef"));
}

static void added_column(struct pg_check *c)
{
	type_of_column(c, json_object_get(json_object_get(c->command, "def"), "ColumnDef"));
}

static void new_enum(struct pg_check *c)
{
	pg_hit(c, PG_RULE_STYLE_ENUM, c->s->object, -1, "its values can never be taken away");
}

static void new_domain(struct pg_check *c)
{
	if (pg_constraint_of(c->node, "CONSTR_CHECK") ||
		pg_constraint_of(c->node, "CONSTR_NOTNULL"))
		pg_hit(c, PG_RULE_STYLE_DOMAIN, c->s->object, -1,
			"a column of it cannot be added without a rewrite");
}

static void unqualified(struct pg_check *c)
{
	const json_t *range = json_object_get(c->node, "relation");

	if (!*pg_text(range, "schemaname") && !pg_is(range, "relpersistence", "t"))
		pg_hit(c, PG_RULE_STYLE_SCHEMA, c->s->object, pg_location(range),
			"%s goes where search_path says", pg_text(range, "relname"));
}

static void repeatable(struct pg_check *c)
{
	bool drop = !strcmp(c->type, "DropStmt");

	if (c->context->in_transaction || c->state->in_block)
		return;
	if (!pg_true(c->node, drop ? "missing_ok" : "if_not_exists") &&
		!(!drop && pg_true(c->node, "concurrent")))
		pg_hit(c, PG_RULE_STYLE_ROBUST, c->s->object, -1, "a second run stops here");
}

static void alters_apart(struct pg_check *c)
{
	const json_t *range = json_object_get(c->node, "relation");

	if (!pg_is(c->node, "objtype", "OBJECT_TABLE") || !c->state->last_altered ||
		c->state->last_altered_transaction != c->state->transaction)
		return;
	if (!strcmp(c->state->last_altered, pg_range(c, range)->label))
		pg_hit(c, PG_RULE_STYLE_MERGE_ALTERS, c->state->last_altered, -1,
			"the ALTER TABLE above is on %s too", c->state->last_altered);
}

const struct pg_check_entry pg_checks_style[] = {
	{"CreateStmt", new_columns},
	{"CreateStmt", unqualified},
	{"CreateStmt", repeatable},
	{"IndexStmt", repeatable},
	{"DropStmt", repeatable},
	{"AT_AddColumn", added_column},
	{"CreateEnumStmt", new_enum},
	{"CreateDomainStmt", new_domain},
	{"AlterTableStmt", alters_apart},
	{0},
};
