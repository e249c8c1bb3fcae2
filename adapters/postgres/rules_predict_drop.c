/* What DROP and TRUNCATE lock. */
#include <stdlib.h>
#include <string.h>

#include "adapters/postgres/dialect_tree.h"
#include "adapters/postgres/rules_predict.h"

/* With a table go its indexes, the foreign keys from it and, on cascade, those to it. */
static void drop_table(struct pg_check *c, struct pg_relation *table)
{
	pg_lock(c, table, PG_ACCESS_EXCLUSIVE);
	pg_lock_indexes(c, table, PG_ACCESS_EXCLUSIVE);
	if (table->parent)
		pg_lock(c, table->parent, PG_ACCESS_EXCLUSIVE);
	for (size_t i = 0; i < table->n_constraints; i++)
		if (table->constraints[i].target)
			pg_lock(c, table->constraints[i].target, PG_ACCESS_EXCLUSIVE);
	for (size_t i = 0; i < c->state->n_relations; i++) {
		struct pg_relation *other = c->state->relations[i];

		if (other->dropped || other == table)
			continue;
		if (other->parent == table || other->owner == table)
			drop_table(c, other);
		for (size_t k = 0; k < other->n_constraints; k++)
			if (other->constraints[k].target == table)
				pg_lock(c, other, PG_ACCESS_EXCLUSIVE);
	}
}

void pg_predict_drop(struct pg_check *c)
{
	const char *type = pg_text(c->node, "removeType");
	json_t *object;
	size_t i;

	json_array_foreach(json_object_get(c->node, "objects"), i, object)
	{
		const json_t *list = pg_list_of(object);
		size_t n = json_array_size(list);

		if (!strcmp(type, "OBJECT_INDEX")) {
			pg_predict_drop_index(c, list);
		} else if (!strcmp(type, "OBJECT_TABLE") || !strcmp(type, "OBJECT_VIEW") ||
			!strcmp(type, "OBJECT_MATVIEW") || !strcmp(type, "OBJECT_SEQUENCE") ||
			!strcmp(type, "OBJECT_FOREIGN_TABLE")) {
			/* IF EXISTS of what an earlier statement dropped does nothing. */
			drop_table(c,
				pg_get_relation(c->state, pg_schema_of(list), pg_last_name(list)));
		} else if (!strcmp(type, "OBJECT_TYPE")) {
			const json_t *names =
				json_object_get(json_object_get(object, "TypeName"), "names");
			struct pg_relation *composite = pg_find_relation(
				c->state, pg_schema_of(names), pg_last_name(names));

			if (composite && composite->kind == 'c')
				pg_lock(c, composite, PG_ACCESS_EXCLUSIVE);
		} else if (!strcmp(type, "OBJECT_TRIGGER") || !strcmp(type, "OBJECT_RULE") ||
			!strcmp(type, "OBJECT_POLICY")) {
			pg_lock(c,
				pg_get_relation(c->state,
					n > 2 ? pg_string(json_array_get(list, n - 3)) : "",
					pg_string(json_array_get(list, n - 2))),
				PG_ACCESS_EXCLUSIVE);
		}
	}
}

/* Chains of foreign keys may run in circles. */
static bool takes_exclusive(const struct pg_check *c, const struct pg_relation *table)
{
	for (size_t i = 0; i < c->ret->n_locks; i++)
		if (!strcmp(c->ret->locks[i].object, table->label) &&
			!strcmp(c->ret->locks[i].mode, pg_mode_name(PG_ACCESS_EXCLUSIVE)))
			return true;
	return pg_is_new(c, table);
}

static void truncate_table(struct pg_check *c, struct pg_relation *table)
{
	pg_lock(c, table, PG_ACCESS_EXCLUSIVE);
	if (table->kind != 'p') {
		pg_lock_indexes(c, table, PG_ACCESS_EXCLUSIVE);
		pg_lock(c, table, PG_SHARE); /* while its indexes are made anew */
		if (!pg_is_new(c, table))    /* by an empty file: nothing slow */
			analysis_rewrite(c->ret, table->label);
	}
	for (size_t i = 0; i < c->state->n_relations; i++) {
		struct pg_relation *other = c->state->relations[i];

		if (other->dropped || other == table)
			continue;
		if (other->parent == table)
			truncate_table(c, other);
		for (size_t k = 0; k < other->n_constraints; k++)
			if (other->constraints[k].target == table &&
				pg_is(c->node, "behavior", "DROP_CASCADE") &&
				!takes_exclusive(c, other))
				truncate_table(c, other);
	}
}

void pg_predict_truncate(struct pg_check *c)
{
	json_t *range;
	size_t i;

	json_array_foreach(json_object_get(c->node, "relations"), i, range)
		truncate_table(c, pg_range(c, json_object_get(range, "RangeVar")));
}
