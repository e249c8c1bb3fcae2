/* Rules on columns of existing tables. */
#include <stdlib.h>
#include <string.h>

#include "adapters/postgres/dialect_tree.h"
#include "adapters/postgres/rules.h"
#include "harness/base/cleanup.h"

static const json_t *column_of(const struct pg_check *c)
{
	return json_object_get(json_object_get(c->command, "def"), "ColumnDef");
}

/* The column is there already, and the statement says that it may be. */
static bool passed_over(const struct pg_check *c)
{
	return pg_true(c->command, "missing_ok") &&
		pg_find_column(c->table, pg_text(column_of(c), "colname"));
}

static void required(struct pg_check *c)
{
	const json_t *column = column_of(c);
	const json_t *not_null = pg_constraint_of(column, "CONSTR_NOTNULL");
	const json_t *value = pg_constraint_of(column, "CONSTR_DEFAULT");

	if (!not_null && !pg_constraint_of(column, "CONSTR_PRIMARY"))
		return;
	if (value ? !pg_is_null_constant(json_object_get(value, "raw_expr"))
		  : pg_is_serial(column) || pg_constraint_of(column, "CONSTR_IDENTITY") ||
				pg_constraint_of(column, "CONSTR_GENERATED"))
		return;
	pg_hit(c, PG_RULE_REQUIRED_COLUMN, c->table->label, pg_location(not_null),
		"fails as soon as %s has a row: nothing says what %s is in the old ones",
		c->table->label, pg_text(column, "colname"));
}

static void default_value(struct pg_check *c)
{
	const json_t *column = column_of(c);
	const json_t *value = pg_constraint_of(column, "CONSTR_DEFAULT");
	const char *name = pg_text(column, "colname"), *function;

	if (!value || !pg_default_rewrites(c, column, &function))
		return;
	if (c->state->target.version < 110000)
		pg_hit(c, PG_RULE_DEFAULT_REWRITES, c->table->label, pg_location(value),
			"rewrites all of %s while everybody waits", c->table->label);
	else
		pg_remedy(
			pg_hit(c, PG_RULE_VOLATILE_DEFAULT, c->table->label, pg_location(value),
				c->unproven_function
					? "%s() is not known and counts as volatile: rewrites all "
					  "of %s while everybody waits"
					: "%s() gives each row a value of its own: rewrites all of "
					  "%s while everybody waits",
				function, c->table->label),
			"ADD COLUMN %s without the default, then ALTER COLUMN %s SET DEFAULT …, "
			"then "
			"fill the old rows in batches",
			name, name);
}

static void computed(struct pg_check *c)
{
	const json_t *column = column_of(c);
	const json_t *generated = pg_constraint_of(column, "CONSTR_GENERATED");
	const json_t *identity = pg_constraint_of(column, "CONSTR_IDENTITY");

	if (generated && !c->virtual_columns)
		pg_hit(c, PG_RULE_GENERATED_COLUMN, c->table->label, pg_location(generated),
			"computes %s for every row of %s while everybody waits",
			pg_text(column, "colname"), c->table->label);
	if (identity || pg_is_serial(column))
		pg_hit(c, PG_RULE_SERIAL_COLUMN, c->table->label, pg_location(column),
			"numbers every row of %s while everybody waits", c->table->label);
	if (pg_is_constrained_domain(c->state, json_object_get(column, "typeName")))
		pg_hit(c, PG_RULE_DOMAIN_COLUMN, c->table->label, pg_location(column),
			"rewrites all of %s to check the domain %s", c->table->label,
			pg_last_name(
				json_object_get(json_object_get(column, "typeName"), "names")));
}

static void of_json(struct pg_check *c)
{
	const json_t *names = json_object_get(json_object_get(column_of(c), "typeName"), "names");

	if (!strcmp(pg_last_name(names), "json"))
		pg_hit(c, PG_RULE_JSON_COLUMN, c->table->label, pg_location(column_of(c)),
			"SELECT DISTINCT over %s fails once it has %s", c->table->label,
			pg_text(column_of(c), "colname"));
}

static void add(struct pg_check *c)
{
	if (pg_is_new(c, c->table) || passed_over(c) || c->table->kind == 'c')
		return;
	required(c);
	default_value(c);
	computed(c);
	of_json(c);
}

static void change_type(struct pg_check *c)
{
	const char *name = pg_text(c->command, "name");
	const struct pg_column *column = pg_find_column(c->table, name);
	struct pg_type none = {0}, to = {0};
	long at = pg_locate(c, name);

	if (pg_is_new(c, c->table))
		return;
	pg_type_read(&to, json_object_get(column_of(c), "typeName"));
	{
		CLEANUP(cleanup_free) char *from = pg_type_text(column ? &column->type : &none);
		CLEANUP(cleanup_free) char *into = pg_type_text(&to);

		switch (pg_type_change(c, c->table, c->command)) {
		case PG_CHANGE_REWRITE:
			pg_hit(c, PG_RULE_TYPE_REWRITE, c->table->label, at,
				"from %s to %s: rewrites all of %s and its indexes while everybody "
				"waits",
				from, into, c->table->label);
			break;
		case PG_CHANGE_UNKNOWN:
			pg_hit(c, PG_RULE_TYPE_UNKNOWN, c->table->label, at,
				"from %s to %s: rewrites %s unless the two have one form", from,
				into, c->table->label);
			break;
		default:
			if (pg_command_effect(c).scans)
				pg_hit(c, PG_RULE_TYPE_REINDEX, c->table->label, at,
					"from %s to %s: indexes or checks on %s are made anew "
					"while "
					"everybody waits",
					from, into, name);
		}
	}
	pg_type_release(&to);
}

static void drop(struct pg_check *c)
{
	const char *name = pg_text(c->command, "name");

	if (pg_is_new(c, c->table))
		return;
	pg_hit(c, PG_RULE_DROP_COLUMN, c->table->label, pg_locate(c, name),
		"programs that still name %s.%s fail", c->table->label, name);
	if (pg_is(c->command, "behavior", "DROP_CASCADE"))
		pg_hit(c, PG_RULE_CASCADE, c->table->label, pg_locate(c, "cascade"),
			"views, keys and whatever else hangs on %s go too", name);
}

static void drop_expression(struct pg_check *c)
{
	if (!pg_is_new(c, c->table))
		pg_hit(c, PG_RULE_DROP_EXPRESSION, c->table->label,
			pg_locate(c, pg_text(c->command, "name")), "%s is no longer computed",
			pg_text(c->command, "name"));
}

static void rename_column(struct pg_check *c)
{
	const char *from = pg_text(c->node, "subname");
	const struct pg_relation *table;

	if (!pg_is(c->node, "renameType", "OBJECT_COLUMN"))
		return;
	table = pg_range(c, json_object_get(c->node, "relation"));
	if (!pg_is_new(c, table))
		pg_hit(c, PG_RULE_RENAME_COLUMN, table->label, pg_locate(c, from),
			"programs that name %s.%s fail from now on", table->label, from);
}

const struct pg_check_entry pg_checks_column[] = {
	{"AT_AddColumn", add},
	{"AT_AlterColumnType", change_type},
	{"AT_DropColumn", drop},
	{"AT_DropExpression", drop_expression},
	{"RenameStmt", rename_column},
	{0},
};
