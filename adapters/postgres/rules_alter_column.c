/* What the subcommands of ALTER TABLE on columns lock, rewrite and read whole. */
#include <stdlib.h>
#include <string.h>

#include "adapters/postgres/dialect_tree.h"
#include "adapters/postgres/rules_alter.h"

#define AFTER(number) (c->state->target.version >= (number))

/* ---- ADD COLUMN ---- */

bool pg_is_serial(const json_t *column)
{
	static const char *const names[] = {
		"serial", "bigserial", "smallserial", "serial2", "serial4", "serial8"};
	const char *name =
		pg_last_name(json_object_get(json_object_get(column, "typeName"), "names"));

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (!strcmp(names[i], name))
			return true;
	return false;
}

bool pg_default_rewrites(struct pg_check *c, const json_t *column, const char **ret_function)
{
	const json_t *value = pg_constraint_of(column, "CONSTR_DEFAULT");
	const json_t *expression = json_object_get(value, "raw_expr");
	enum pg_volatility volatility;

	*ret_function = "";
	if (!value || pg_is_null_constant(expression))
		return false;
	if (!AFTER(110000))
		return true;
	volatility = pg_volatility(c->state, expression, ret_function);
	c->unproven_function = volatility == PG_VOLATILE_UNKNOWN;
	return volatility >= PG_VOLATILE;
}

static bool computed(const struct pg_check *c, const json_t *column)
{
	return pg_is_serial(column) ||
		(pg_constraint_of(column, "CONSTR_GENERATED") && !c->virtual_columns) ||
		pg_constraint_of(column, "CONSTR_IDENTITY");
}

static void lock_partitions(struct pg_check *c, struct pg_relation *table, enum pg_mode mode)
{
	if (table->kind == 'p')
		pg_lock_family(c, table, mode);
	else
		pg_lock(c, table, mode);
}

static bool found_reference(const json_t *node, void *arg)
{
	struct pg_check *c = arg;

	if (!pg_is(node, "contype", "CONSTR_FOREIGN"))
		return false;
	pg_lock_family(c, pg_range(c, json_object_get(node, "pktable")), PG_SHARE_ROW_EXCLUSIVE);
	lock_partitions(c, c->table, PG_SHARE_ROW_EXCLUSIVE);
	return false;
}

/* Keys go down to partitions, but not to tables that inherit. */
static void add_keys(struct pg_check *c, const json_t *column, struct pg_effect *e)
{
	bool builds = pg_constraint_of(column, "CONSTR_UNIQUE") ||
		pg_constraint_of(column, "CONSTR_PRIMARY");
	/* Without a default every row's reference is NULL, and nothing is looked up. */
	bool looks_up = pg_constraint_of(column, "CONSTR_FOREIGN") &&
		pg_constraint_of(column, "CONSTR_DEFAULT");

	if (c->table->kind == 'p') {
		e->builds_index |= builds;
		e->scans |= builds || looks_up;
		return;
	}
	if (builds)
		pg_lock(c, c->table, PG_SHARE);
	if (builds || looks_up)
		pg_scans(c, c->table);
}

struct pg_effect pg_effect_add_column(struct pg_check *c)
{
	const json_t *column = json_object_get(json_object_get(c->command, "def"), "ColumnDef");
	struct pg_effect e = {.mode = PG_ACCESS_EXCLUSIVE};
	const json_t *value = pg_constraint_of(column, "CONSTR_DEFAULT");
	const char *function;

	if (pg_true(c->command, "missing_ok") &&
		pg_find_column(c->table, pg_text(column, "colname")))
		return e;
	e.rewrites = pg_default_rewrites(c, column, &function) || computed(c, column) ||
		pg_is_constrained_domain(c->state, json_object_get(column, "typeName"));
	e.scans = pg_constraint_of(column, "CONSTR_CHECK") ||
		(pg_constraint_of(column, "CONSTR_NOTNULL") && !value && !e.rewrites);
	add_keys(c, column, &e);
	pg_walk(json_object_get(column, "constraints"), "Constraint", found_reference, c);
	return e;
}

/* ---- columns ---- */

struct pg_effect pg_effect_set_not_null(struct pg_check *c)
{
	const char *name = pg_text(c->command, "name");
	const struct pg_column *column = pg_find_column(c->table, name);
	bool proven = column && column->not_null;

	return (struct pg_effect){
		.mode = PG_ACCESS_EXCLUSIVE,
		.scans = !proven && !(AFTER(120000) && pg_proves_not_null(c->table, name)),
	};
}

struct pg_effect pg_effect_drop_column(struct pg_check *c)
{
	const char *column = pg_text(c->command, "name");

	for (size_t i = 0; i < c->state->n_indexes; i++) {
		const struct pg_index *index = c->state->indexes[i];

		for (size_t k = 0; index->table == c->table && k < index->n_columns; k++)
			if (!index->dropped && !strcmp(index->columns[k], column))
				pg_lock_index(c, index, PG_ACCESS_EXCLUSIVE);
	}
	for (size_t i = 0; i < c->table->n_constraints; i++) {
		const struct pg_constraint *k = &c->table->constraints[i];

		for (size_t n = 0; k->target && n < k->n_columns; n++)
			if (!strcmp(k->columns[n], column))
				pg_lock(c, k->target, PG_ACCESS_EXCLUSIVE);
	}
	for (size_t i = 0; i < c->state->n_relations; i++) {
		struct pg_relation *sequence = c->state->relations[i];

		if (sequence->owner == c->table && !sequence->dropped &&
			!strcmp(sequence->owner_column, column))
			pg_lock(c, sequence, PG_ACCESS_EXCLUSIVE);
	}
	return (struct pg_effect){.mode = PG_ACCESS_EXCLUSIVE};
}

/* ---- ALTER COLUMN … TYPE ---- */

static bool refers_to(const struct pg_constraint *key, const char *column)
{
	const struct pg_relation *target = key->target;

	for (size_t i = 0; i < key->n_target_columns; i++)
		if (!strcmp(key->target_columns[i], column))
			return true;
	/* Without names it is the primary key. */
	for (size_t i = 0; !key->n_target_columns && i < target->n_constraints; i++)
		for (size_t k = 0; target->constraints[i].kind == PG_PRIMARY_KEY &&
			k < target->constraints[i].n_columns;
			k++)
			if (!strcmp(target->constraints[i].columns[k], column))
				return true;
	return false;
}

static bool has_column(char *const *columns, size_t n, const char *column)
{
	for (size_t i = 0; i < n; i++)
		if (!strcmp(columns[i], column))
			return true;
	return false;
}

/* A foreign key at either end is taken off and put back on, and looked up again if rows change. */
static void renew_key(struct pg_check *c, struct pg_relation *from, const struct pg_constraint *key,
	bool rewrites)
{
	struct pg_relation *other = from == c->table ? key->target : from;

	pg_lock(c, other, PG_ACCESS_EXCLUSIVE);
	pg_lock(c, other, PG_SHARE_ROW_EXCLUSIVE);
	pg_lock(c, c->table, PG_SHARE_ROW_EXCLUSIVE);
	if (rewrites && key->valid)
		pg_scans(c, from);
}

static void renew_keys(struct pg_check *c, const char *column, bool rewrites)
{
	for (size_t i = 0; i < c->state->n_relations; i++) {
		struct pg_relation *from = c->state->relations[i];

		for (size_t k = 0; !from->dropped && k < from->n_constraints; k++) {
			const struct pg_constraint *key = &from->constraints[k];
			bool here = from == c->table &&
				has_column(key->columns, key->n_columns, column);

			if (key->target &&
				(here || (key->target == c->table && refers_to(key, column))))
				renew_key(c, from, key, rewrites);
		}
	}
}

/* Indexes on the column are dropped and made again: from their old files where they can be. */
struct renewed {
	bool any, computed;
};

static void renew_indexes(
	struct pg_check *c, struct pg_relation *table, const char *column, struct renewed *ret)
{
	for (size_t i = 0; i < c->state->n_indexes; i++) {
		const struct pg_index *index = c->state->indexes[i];
		bool computed = has_column(index->used, index->n_used, column);

		if (index->table != table || index->dropped ||
			!(computed || has_column(index->columns, index->n_columns, column)))
			continue;
		pg_lock_index(c, index, PG_ACCESS_EXCLUSIVE);
		ret->any = true;
		/* An expression or a WHERE may say something else on the new type. */
		ret->computed |= computed || index->n_used;
	}
	for (size_t i = 0; i < c->state->n_relations; i++)
		if (c->state->relations[i]->parent == table && !c->state->relations[i]->dropped)
			renew_indexes(c, c->state->relations[i], column, ret);
}

struct pg_effect pg_effect_change_type(struct pg_check *c)
{
	enum pg_change change = pg_type_change(c, c->table, c->command);
	const char *column = pg_text(c->command, "name");
	struct pg_effect e = {.mode = PG_ACCESS_EXCLUSIVE};
	struct renewed indexes = {0};

	e.rewrites = change == PG_CHANGE_REWRITE || change == PG_CHANGE_UNKNOWN;
	renew_indexes(c, c->table, column, &indexes);
	e.builds_index = indexes.any;
	e.scans = e.rewrites || (change == PG_CHANGE_REINDEX && indexes.any) || indexes.computed ||
		pg_checks_column_value(c->table, column);
	renew_keys(c, column, change != PG_CHANGE_FREE);
	return e;
}
