/* Rules on constraints of existing tables. */
#include <stdlib.h>
#include <string.h>

#include "adapters/postgres/dialect_tree.h"
#include "adapters/postgres/rules.h"
#include "harness/base/cleanup.h"

static const json_t *definition(const struct pg_check *c, const char *type)
{
	return json_object_get(json_object_get(c->command, "def"), type);
}

static bool names_are(const json_t *list, char *const *columns, size_t n)
{
	if (json_array_size(list) > n)
		return false;
	for (size_t i = 0; i < json_array_size(list); i++)
		if (strcmp(pg_string(json_array_get(list, i)), columns[i]) != 0)
			return false;
	return true;
}

/* ---- foreign keys ---- */

static void foreign_key(struct pg_check *c)
{
	const json_t *constraint = definition(c, "Constraint");
	const struct pg_relation *target;
	const char *name = pg_text(constraint, "conname");

	if (!pg_is(constraint, "contype", "CONSTR_FOREIGN") || pg_is_new(c, c->table) ||
		pg_true(constraint, "skip_validation"))
		return;
	target = pg_range(c, json_object_get(constraint, "pktable"));
	pg_remedy(pg_hit(c, PG_RULE_FOREIGN_KEY, c->table->label, pg_location(constraint),
			  "looks up every row of %s in %s while writers of both wait",
			  c->table->label, target->label),
		*name ? "add NOT VALID here; in a later transaction: ALTER TABLE %s VALIDATE "
			"CONSTRAINT %s"
		      : "add NOT VALID here and validate %s%s in a later transaction",
		c->table->label, name);
}

static void foreign_key_column(struct pg_check *c)
{
	const json_t *column = definition(c, "ColumnDef");
	const json_t *constraint = pg_constraint_of(column, "CONSTR_FOREIGN");

	if (constraint && pg_constraint_of(column, "CONSTR_DEFAULT") && !pg_is_new(c, c->table))
		pg_hit(c, PG_RULE_FOREIGN_KEY, c->table->label, pg_location(constraint),
			"looks up the default of every row of %s while writers of both tables wait",
			c->table->label);
}

static bool index_begins(const struct pg_check *c, const struct pg_relation *table,
	const json_t *keys, const char *column)
{
	for (size_t i = 0; i < c->state->n_indexes; i++) {
		const struct pg_index *index = c->state->indexes[i];

		if (index->table != table || index->dropped || !index->whole)
			continue;
		if (column ? index->n_columns && !strcmp(index->columns[0], column)
			   : names_are(keys, index->columns, index->n_columns))
			return true;
	}
	return false;
}

/* A later statement of the same script builds an index on that table. */
static bool index_follows(const struct pg_check *c, const struct pg_relation *table)
{
	for (const struct sql_statement *s = c->s + 1; s < c->script->statements + c->script->n;
		s++) {
		if (strncmp(s->kind, "CREATE INDEX", 12) != 0)
			continue;
		for (size_t i = 0; i < s->n_relations; i++)
			if (!strcmp(s->relations[i], table->label) ||
				strstr(table->label, s->relations[i]))
				return true;
	}
	return false;
}

static void key_without_index(struct pg_check *c, const struct pg_relation *table,
	const json_t *constraint, const char *column)
{
	const json_t *keys = json_object_get(constraint, "fk_attrs");

	if (!pg_is(constraint, "contype", "CONSTR_FOREIGN") || !table->known ||
		index_begins(c, table, keys, column) || index_follows(c, table))
		return;
	pg_hit(c, PG_RULE_FOREIGN_KEY_INDEX, table->label, pg_location(constraint),
		"no index of %s begins with %s", table->label,
		column ? column : pg_string(json_array_get(keys, 0)));
}

static void key_index(struct pg_check *c)
{
	key_without_index(c, c->table, definition(c, "Constraint"), NULL);
}

static void key_index_column(struct pg_check *c)
{
	const json_t *column = definition(c, "ColumnDef");

	if (!pg_constraint_of(column, "CONSTR_UNIQUE") &&
		!pg_constraint_of(column, "CONSTR_PRIMARY"))
		key_without_index(c, c->table, pg_constraint_of(column, "CONSTR_FOREIGN"),
			pg_text(column, "colname"));
}

/* ---- CHECK and keys ---- */

static void check(struct pg_check *c)
{
	const json_t *constraint = definition(c, "Constraint");
	const char *name = pg_text(constraint, "conname");

	if (!pg_is(constraint, "contype", "CONSTR_CHECK") || pg_is_new(c, c->table) ||
		pg_true(constraint, "skip_validation"))
		return;
	pg_remedy(pg_hit(c, PG_RULE_CHECK, c->table->label, pg_location(constraint),
			  "reads all of %s while everybody waits", c->table->label),
		*name ? "add NOT VALID here; in a later transaction: ALTER TABLE %s VALIDATE "
			"CONSTRAINT %s"
		      : "name it and add NOT VALID here; validate it on %s%s in a later "
			"transaction",
		c->table->label, name);
}

static void check_column(struct pg_check *c)
{
	const json_t *constraint = pg_constraint_of(definition(c, "ColumnDef"), "CONSTR_CHECK");

	if (constraint && !pg_is_new(c, c->table))
		pg_hit(c, PG_RULE_CHECK, c->table->label, pg_location(constraint),
			"reads all of %s while everybody waits; add the CHECK by itself, NOT VALID",
			c->table->label);
}

static void key(struct pg_check *c)
{
	const json_t *constraint = definition(c, "Constraint");
	bool unique = pg_is(constraint, "contype", "CONSTR_UNIQUE");

	if (pg_is_new(c, c->table) || !(unique || pg_is(constraint, "contype", "CONSTR_PRIMARY")))
		return;
	if (!*pg_text(constraint, "indexname"))
		pg_hit(c, unique ? PG_RULE_UNIQUE : PG_RULE_PRIMARY_KEY, c->table->label,
			pg_location(constraint),
			"builds a unique index on %s while everybody waits", c->table->label);
	else if (pg_key_scans(c, constraint))
		pg_hit(c, PG_RULE_KEY_NULLABLE, c->table->label, pg_location(constraint),
			"reads all of %s for NULLs while everybody waits", c->table->label);
}

static void key_column(struct pg_check *c)
{
	const json_t *column = definition(c, "ColumnDef");
	const json_t *unique = pg_constraint_of(column, "CONSTR_UNIQUE");
	const json_t *primary = pg_constraint_of(column, "CONSTR_PRIMARY");

	if (pg_is_new(c, c->table) || !(unique || primary))
		return;
	pg_hit(c, unique ? PG_RULE_UNIQUE : PG_RULE_PRIMARY_KEY, c->table->label,
		pg_location(unique ? unique : primary),
		"builds a unique index on %s while everybody waits", c->table->label);
}

static void exclusion(struct pg_check *c)
{
	const json_t *constraint = definition(c, "Constraint");

	if (pg_is(constraint, "contype", "CONSTR_EXCLUSION") && !pg_is_new(c, c->table))
		pg_hit(c, PG_RULE_EXCLUSION, c->table->label, pg_location(constraint),
			"builds an index on %s while everybody waits", c->table->label);
}

/* ---- what comes later ---- */

static void validate(struct pg_check *c)
{
	const char *name = pg_text(c->command, "name");
	const struct pg_constraint *known = pg_find_constraint(c->table, name);
	json_t *element;
	size_t i;

	if (pg_is_new(c, c->table))
		return;
	if (known && known->transaction == c->state->transaction &&
		(c->context->in_transaction || c->state->in_block))
		pg_hit(c, PG_RULE_VALIDATE_AT_ONCE, c->table->label, pg_locate(c, name),
			"%s was added in this transaction: its lock on %s is held through the scan",
			name, c->table->label);
	json_array_foreach(json_object_get(c->node, "cmds"), i, element)
	{
		struct pg_check other = *c;

		other.command = json_object_get(element, "AlterTableCmd");
		other.subtype = pg_text(other.command, "subtype");
		other.ret = &(struct analysis){0};
		if (!strcmp(other.subtype, "AT_ValidateConstraint"))
			continue;
		if (pg_command_effect(&other).mode > PG_SHARE_UPDATE_EXCLUSIVE) {
			pg_hit(c, PG_RULE_VALIDATE_BESIDE, c->table->label, pg_locate(c, name),
				"%s is validated under the stronger lock of what stands beside it",
				name);
			analysis_release(other.ret);
			return;
		}
		analysis_release(other.ret);
	}
}

static void not_null(struct pg_check *c)
{
	const char *name = pg_text(c->command, "name");

	if (pg_is_new(c, c->table) || !pg_command_effect(c).scans)
		return;
	pg_remedy(pg_hit(c, PG_RULE_NOT_NULL, c->table->label, pg_locate(c, name),
			  "reads all of %s for NULLs in %s while everybody waits", c->table->label,
			  name),
		"ALTER TABLE %s ADD CONSTRAINT %s_%s_not_null CHECK (%s IS NOT NULL) NOT VALID; in "
		"a "
		"later transaction VALIDATE CONSTRAINT, then this, then DROP CONSTRAINT",
		c->table->label, c->table->name, name, name);
}

static void drop_not_null(struct pg_check *c)
{
	if (!pg_is_new(c, c->table))
		pg_hit(c, PG_RULE_DROP_NOT_NULL, c->table->label,
			pg_locate(c, pg_text(c->command, "name")),
			"readers of %s.%s may meet a NULL from now on", c->table->label,
			pg_text(c->command, "name"));
}

static void drop(struct pg_check *c)
{
	if (!pg_is_new(c, c->table))
		pg_hit(c, PG_RULE_DROP_CONSTRAINT, c->table->label,
			pg_locate(c, pg_text(c->command, "name")), "%s guards %s no longer",
			pg_text(c->command, "name"), c->table->label);
}

/* ---- CREATE TABLE: only what harms the other tables, or everybody later ---- */

static void new_table_keys(struct pg_check *c)
{
	/* Looked at once the table is known with all its keys: see pg_run_late_checks(). */
	const json_t *range = json_object_get(c->node, "relation");
	struct pg_relation *table = pg_range(c, range);
	json_t *element, *inner;
	size_t i, k;

	json_array_foreach(json_object_get(c->node, "tableElts"), i, element)
	{
		const json_t *column = json_object_get(element, "ColumnDef");

		key_without_index(c, table, json_object_get(element, "Constraint"), NULL);
		json_array_foreach(json_object_get(column, "constraints"), k, inner)
			key_without_index(c, table, json_object_get(inner, "Constraint"),
				pg_text(column, "colname"));
	}
}

const struct pg_check_entry pg_checks_constraint[] = {
	{"AT_AddConstraint", foreign_key},
	{"AT_AddConstraint", key_index},
	{"AT_AddConstraint", check},
	{"AT_AddConstraint", key},
	{"AT_AddConstraint", exclusion},
	{"AT_AddColumn", foreign_key_column},
	{"AT_AddColumn", key_index_column},
	{"AT_AddColumn", check_column},
	{"AT_AddColumn", key_column},
	{"AT_ValidateConstraint", validate},
	{"AT_SetNotNull", not_null},
	{"AT_DropNotNull", drop_not_null},
	{"AT_DropConstraint", drop},
	{0},
};

const struct pg_check_entry pg_checks_learnt[] = {
	{"CreateStmt", new_table_keys},
	{0},
};
