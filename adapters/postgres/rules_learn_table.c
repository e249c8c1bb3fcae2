/* What CREATE TABLE and ALTER TABLE leave behind: columns, constraints, indexes, partitions. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "adapters/postgres/dialect_tree.h"
#include "adapters/postgres/rules_learn.h"
#include "harness/base/cleanup.h"
#include "harness/base/mem.h"

/* ---- constraints ---- */

/* CHECK (column IS NOT NULL), alone or as a part of an AND. */
static const char *not_null_column(const json_t *expression)
{
	const json_t *test = json_object_get(expression, "NullTest");
	const json_t *both = json_object_get(expression, "BoolExpr");
	json_t *part;
	size_t i;

	if (pg_is(test, "nulltesttype", "IS_NOT_NULL"))
		return pg_last_name(json_object_get(
			json_object_get(json_object_get(test, "arg"), "ColumnRef"), "fields"));
	if (!pg_is(both, "boolop", "AND_EXPR"))
		return "";
	json_array_foreach(json_object_get(both, "args"), i,
		part) if (*not_null_column(part)) return not_null_column(part);
	return "";
}

static bool found_column(const json_t *node, void *arg)
{
	pg_constraint_column(arg, pg_last_name(json_object_get(node, "fields")));
	return false;
}

static void add_columns(struct pg_constraint *constraint, const json_t *list)
{
	json_t *name;
	size_t i;

	json_array_foreach((json_t *)list, i, name)
		pg_constraint_column(constraint, pg_string(name));
}

static char *joined(const json_t *keys, const char *column, const char *suffix)
{
	struct str text = {0};
	json_t *key;
	size_t i;

	if (column)
		str_addf(&text, "%s_", column);
	json_array_foreach((json_t *)keys, i, key) str_addf(&text, "%s_", pg_string(key));
	str_add(&text, suffix);
	return str_take(&text);
}

static void set_not_null(struct pg_relation *table, const json_t *keys, const char *column)
{
	json_t *key;
	size_t i;

	if (column)
		pg_get_column(table, column)->not_null = true;
	json_array_foreach((json_t *)keys, i, key) pg_get_column(table, pg_string(key))->not_null =
		true;
}

void pg_index_partitions(
	struct analysis_state *state, const struct pg_relation *table, const struct pg_index *index)
{
	for (size_t i = 0; table->kind == 'p' && i < state->n_relations; i++)
		if (state->relations[i]->parent == table && !state->relations[i]->dropped)
			pg_add_partition_indexes(state, index, state->relations[i]);
}

/* A table that becomes a partition gets the indexes of its parent that it has not. */
static void join_parent(struct analysis_state *state, struct pg_relation *partition)
{
	size_t n = state->n_indexes;

	for (size_t i = 0; i < n; i++)
		if (state->indexes[i]->table == partition->parent && !state->indexes[i]->dropped &&
			!pg_index_like(state, partition, state->indexes[i]))
			pg_add_partition_indexes(state, state->indexes[i], partition);
}

static void learn_key(struct analysis_state *state, struct pg_relation *table, const json_t *node,
	const char *column)
{
	bool primary = pg_is(node, "contype", "CONSTR_PRIMARY");
	bool exclusion = pg_is(node, "contype", "CONSTR_EXCLUSION");
	const json_t *keys = json_object_get(node, "keys");
	const char *name = pg_text(node, "conname"), *by = pg_text(node, "indexname");
	CLEANUP(cleanup_free)
	char *suffix =
		primary ? mem_strdup("pkey") : joined(keys, column, exclusion ? "excl" : "key");
	struct pg_index *index = *by ? pg_find_index(state, table->schema, by) : NULL;
	struct pg_constraint *constraint;
	json_t *key;
	size_t i;

	if (primary)
		set_not_null(table, keys, column);
	if (index) {
		for (i = 0; primary && i < index->n_columns; i++)
			pg_get_column(table, index->columns[i])->not_null = true;
		if (*name)
			pg_rename_index(index, name);
	} else {
		index = pg_add_index(state, table, *name ? name : NULL, suffix);
		if (column)
			pg_index_column(index, column);
		json_array_foreach((json_t *)keys, i, key) pg_index_column(index, pg_string(key));
		index->unique = !exclusion;
		snprintf(index->suffix, sizeof(index->suffix), "%s",
			primary		    ? "pkey"
				: exclusion ? "excl"
					    : "key");
		pg_index_partitions(state, table, index);
	}
	constraint = pg_add_constraint(table,
		primary		    ? PG_PRIMARY_KEY
			: exclusion ? PG_EXCLUSION
				    : PG_UNIQUE,
		index->name);
	constraint->valid = true;
	constraint->index = index;
	constraint->transaction = state->transaction;
	for (i = 0; i < index->n_columns; i++)
		pg_constraint_column(constraint, index->columns[i]);
}

static void learn_foreign_key(struct analysis_state *state, struct pg_relation *table,
	const json_t *node, const char *column)
{
	const json_t *range = json_object_get(node, "pktable");
	CLEANUP(cleanup_free)
	char *suffix = joined(json_object_get(node, "fk_attrs"), column, "fkey");
	CLEANUP(cleanup_free) char *chosen = mem_printf("%s_%s", table->name, suffix);
	const char *name = pg_text(node, "conname");
	json_t *name_there;
	size_t i;
	struct pg_constraint *constraint =
		pg_add_constraint(table, PG_FOREIGN_KEY, *name ? name : chosen);

	constraint->valid = !pg_true(node, "skip_validation");
	constraint->transaction = state->transaction;
	constraint->target =
		pg_get_relation(state, pg_text(range, "schemaname"), pg_text(range, "relname"));
	if (column)
		pg_constraint_column(constraint, column);
	add_columns(constraint, json_object_get(node, "fk_attrs"));
	json_array_foreach(json_object_get(node, "pk_attrs"), i, name_there)
	{
		constraint->target_columns = mem_resize(
			constraint->target_columns, i + 1, sizeof(*constraint->target_columns));
		constraint->target_columns[i] = mem_strdup(pg_string(name_there));
		constraint->n_target_columns = i + 1;
	}
}

static void learn_check(struct analysis_state *state, struct pg_relation *table, const json_t *node,
	const char *column)
{
	const json_t *expression = json_object_get(node, "raw_expr");
	CLEANUP(cleanup_free)
	char *chosen =
		mem_printf("%s_%s%scheck", table->name, column ? column : "", column ? "_" : "");
	const char *name = pg_text(node, "conname");
	struct pg_constraint *constraint =
		pg_add_constraint(table, PG_CHECK, *name ? name : chosen);

	constraint->valid = !pg_true(node, "skip_validation");
	constraint->transaction = state->transaction;
	if (*not_null_column(expression))
		constraint->not_null = mem_strdup(not_null_column(expression));
	pg_walk(expression, "ColumnRef", found_column, constraint);
}

static void learn_constraint(struct analysis_state *state, struct pg_relation *table,
	const json_t *node, const char *column)
{
	const char *type = pg_text(node, "contype");

	if (!strcmp(type, "CONSTR_CHECK"))
		learn_check(state, table, node, column);
	else if (!strcmp(type, "CONSTR_FOREIGN"))
		learn_foreign_key(state, table, node, column);
	else if (!strcmp(type, "CONSTR_PRIMARY") || !strcmp(type, "CONSTR_UNIQUE") ||
		!strcmp(type, "CONSTR_EXCLUSION"))
		learn_key(state, table, node, column);
	else if (column && (!strcmp(type, "CONSTR_NOTNULL") || !strcmp(type, "CONSTR_IDENTITY")))
		pg_get_column(table, column)->not_null = true;
}

static void learn_column(
	struct analysis_state *state, struct pg_relation *table, const json_t *node)
{
	const char *name = pg_text(node, "colname");
	struct pg_column *column = pg_get_column(table, name);
	json_t *element;
	size_t i;

	pg_type_read(&column->type, json_object_get(node, "typeName"));
	column->generated = pg_constraint_of(node, "CONSTR_GENERATED");
	column->not_null = pg_is_serial(node);
	if (pg_is_serial(node) || pg_constraint_of(node, "CONSTR_IDENTITY"))
		pg_add_sequence(state, table, name);
	json_array_foreach(json_object_get(node, "constraints"), i, element)
		learn_constraint(state, table, json_object_get(element, "Constraint"), name);
}

/* ---- CREATE TABLE ---- */

static void copy_columns(struct pg_relation *to, const struct pg_relation *from)
{
	if (!from->known)
		to->known = false;
	for (size_t i = 0; i < from->n_columns; i++) {
		struct pg_column *column = pg_get_column(to, from->columns[i].name);
		struct pg_type *type = &column->type;

		pg_type_release(type);
		*type = from->columns[i].type;
		type->name = mem_strdup(type->name);
		column->not_null = from->columns[i].not_null;
	}
}

static void learn_element(
	struct analysis_state *state, struct pg_relation *table, const json_t *element)
{
	const char *type;
	const json_t *node = pg_only(element, &type);

	if (!strcmp(type, "ColumnDef")) {
		learn_column(state, table, node);
	} else if (!strcmp(type, "Constraint")) {
		learn_constraint(state, table, node, NULL);
	} else if (!strcmp(type, "TableLikeClause")) {
		const json_t *range = json_object_get(node, "relation");

		copy_columns(table,
			pg_get_relation(
				state, pg_text(range, "schemaname"), pg_text(range, "relname")));
	}
}

static void learn_partition_key(struct pg_relation *table, const json_t *spec)
{
	const json_t *first = json_object_get(
		json_array_get(json_object_get(spec, "partParams"), 0), "PartitionElem");

	table->kind = 'p';
	table->partition_key = mem_strdup(pg_text(first, "name"));
}

void pg_learn_create_table(struct analysis_state *state, const json_t *node)
{
	const json_t *base = json_object_get(node, "base") ? json_object_get(node, "base") : node;
	const json_t *range = json_object_get(base, "relation");
	const json_t *spec = json_object_get(base, "partspec");
	const json_t *bound = json_object_get(base, "partbound");
	const char *schema = pg_text(range, "schemaname"), *name = pg_text(range, "relname");
	struct pg_relation *table = pg_find_relation(state, schema, name);
	json_t *element;
	size_t i;

	if (table && table->known && pg_true(base, "if_not_exists"))
		return;
	table = pg_new_relation(state, schema, name);
	table->known = true;
	table->born = state->migration;
	table->temporary = pg_is(range, "relpersistence", "t");
	if (json_object_get(base, "ofTypename"))
		table->of_type = mem_strdup(pg_last_name(
			json_object_get(json_object_get(base, "ofTypename"), "names")));
	json_array_foreach(json_object_get(base, "inhRelations"), i, element)
	{
		const json_t *parent = json_object_get(element, "RangeVar");

		table->parent = pg_get_relation(
			state, pg_text(parent, "schemaname"), pg_text(parent, "relname"));
		table->partition = bound;
		table->is_default = pg_true(bound, "is_default");
		copy_columns(table, table->parent);
	}
	json_array_foreach(json_object_get(base, "tableElts"), i, element)
		learn_element(state, table, element);
	if (spec)
		learn_partition_key(table, spec);
	if (bound)
		join_parent(state, table);
}

/* ---- ALTER TABLE ---- */

static void learn_partition(struct analysis_state *state, struct pg_relation *parent,
	const json_t *command, bool attach)
{
	const json_t *def = json_object_get(json_object_get(command, "def"), "PartitionCmd");
	const json_t *range = json_object_get(def, "name");
	struct pg_relation *child =
		pg_get_relation(state, pg_text(range, "schemaname"), pg_text(range, "relname"));

	child->parent = attach ? parent : NULL;
	child->partition = attach;
	child->is_default = attach && pg_true(json_object_get(def, "bound"), "is_default");
	if (!attach)
		return;
	parent->kind = 'p';
	join_parent(state, child);
}

static void learn_command(
	struct analysis_state *state, struct pg_relation *table, const json_t *command)
{
	const char *subtype = pg_text(command, "subtype"), *name = pg_text(command, "name");
	const char *type;
	const json_t *def = pg_only(json_object_get(command, "def"), &type);
	struct pg_constraint *constraint = pg_find_constraint(table, name);

	if (!strcmp(subtype, "AT_AddColumn")) {
		if (!pg_true(command, "missing_ok") ||
			!pg_find_column(table, pg_text(def, "colname")))
			learn_column(state, table, def);
	} else if (!strcmp(subtype, "AT_AddConstraint")) {
		learn_constraint(state, table, def, NULL);
	} else if (!strcmp(subtype, "AT_ValidateConstraint") && constraint) {
		constraint->valid = true;
	} else if (!strcmp(subtype, "AT_DropConstraint")) {
		pg_drop_constraint(table, name);
	} else if (!strcmp(subtype, "AT_DropColumn")) {
		pg_drop_column(state, table, name);
	} else if (!strcmp(subtype, "AT_SetNotNull")) {
		pg_get_column(table, name)->not_null = true;
	} else if (!strcmp(subtype, "AT_DropNotNull")) {
		pg_get_column(table, name)->not_null = false;
	} else if (!strcmp(subtype, "AT_AlterColumnType")) {
		pg_type_read(&pg_get_column(table, name)->type, json_object_get(def, "typeName"));
	} else if (!strcmp(subtype, "AT_AttachPartition")) {
		learn_partition(state, table, command, true);
	} else if (!strncmp(subtype, "AT_DetachPartition", 18)) {
		learn_partition(state, table, command, false);
	} else if (!strcmp(subtype, "AT_AddInherit")) {
		table->parent =
			pg_get_relation(state, pg_text(def, "schemaname"), pg_text(def, "relname"));
	} else if (!strcmp(subtype, "AT_AddOf") && !table->of_type) {
		table->of_type = mem_strdup(pg_last_name(json_object_get(def, "names")));
	} else if (!strcmp(subtype, "AT_DropInherit")) {
		table->parent = NULL;
	}
}

void pg_learn_alter_table(struct analysis_state *state, const json_t *node)
{
	const json_t *range = json_object_get(node, "relation");
	struct pg_relation *table;
	json_t *element;
	size_t i;

	if (pg_is(node, "objtype", "OBJECT_TYPE") || pg_is(node, "objtype", "OBJECT_INDEX"))
		return;
	table = pg_get_relation(state, pg_text(range, "schemaname"), pg_text(range, "relname"));
	json_array_foreach(json_object_get(node, "cmds"), i, element)
		learn_command(state, table, json_object_get(element, "AlterTableCmd"));
}

/* ---- what is asked of them ---- */

bool pg_checks_column_value(const struct pg_relation *table, const char *column)
{
	for (size_t i = 0; i < table->n_constraints; i++) {
		const struct pg_constraint *k = &table->constraints[i];

		for (size_t n = 0; k->kind == PG_CHECK && k->valid && n < k->n_columns; n++)
			if (!strcmp(k->columns[n], column))
				return true;
	}
	return false;
}

bool pg_partition_proven(const struct pg_check *c, const struct pg_relation *partition)
{
	const char *key = c->table->partition_key;

	for (size_t i = 0; i < partition->n_constraints; i++) {
		const struct pg_constraint *k = &partition->constraints[i];

		/* "(key IS NOT NULL)" alone says nothing about the bounds. */
		if (k->kind != PG_CHECK || !k->valid || (k->not_null && k->n_columns == 1))
			continue;
		if (!key || !*key)
			return true;
		for (size_t n = 0; n < k->n_columns; n++)
			if (!strcmp(k->columns[n], key))
				return true;
	}
	return false;
}
