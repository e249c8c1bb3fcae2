/* What the subcommands of ALTER TABLE lock, rewrite and read whole. */
#include <stdlib.h>
#include <string.h>

#include "adapters/postgres/dialect_tree.h"
#include "adapters/postgres/rules_alter.h"

#define AFTER(number) (c->state->target.version >= (number))

/* ---- constraints ---- */

static bool nullable_keys(const struct pg_relation *table, char *const *columns, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!pg_proves_not_null(table, columns[i]))
			return true;
	return false;
}

static bool nullable_list(const struct pg_relation *table, const json_t *keys)
{
	json_t *key;
	size_t i;

	json_array_foreach(
		(json_t *)keys, i, key) if (!pg_proves_not_null(table, pg_string(key))) return true;
	return false;
}

/* On a partitioned table each partition's index is built, on others only the table's own. */
static void build_key(struct pg_check *c, struct pg_relation *table)
{
	pg_lock(c, table, PG_SHARE);
	if (table->kind != 'p') {
		pg_scans(c, table);
		return;
	}
	for (size_t i = 0; i < c->state->n_relations; i++)
		if (c->state->relations[i]->parent == table && !c->state->relations[i]->dropped)
			build_key(c, c->state->relations[i]);
}

bool pg_key_scans(const struct pg_check *c, const json_t *constraint)
{
	const struct pg_index *index =
		pg_find_index(c->state, c->table->schema, pg_text(constraint, "indexname"));

	return pg_is(constraint, "contype", "CONSTR_PRIMARY") && index &&
		nullable_keys(c->table, index->columns, index->n_columns);
}

static struct pg_effect add_foreign_key(struct pg_check *c, const json_t *constraint)
{
	struct pg_relation *target = pg_range(c, json_object_get(constraint, "pktable"));

	pg_lock_family(c, target, PG_SHARE_ROW_EXCLUSIVE);
	if (c->table->kind == 'p')
		pg_lock_family(c, c->table, PG_SHARE_ROW_EXCLUSIVE);
	else
		pg_lock(c, c->table, PG_SHARE_ROW_EXCLUSIVE);
	return (struct pg_effect){
		.mode = PG_SHARE_ROW_EXCLUSIVE,
		.scans = !pg_true(constraint, "skip_validation"),
		.alone = c->table->kind != 'p',
	};
}

static struct pg_effect add_constraint(struct pg_check *c)
{
	const json_t *constraint =
		json_object_get(json_object_get(c->command, "def"), "Constraint");
	struct pg_effect e = {.mode = PG_ACCESS_EXCLUSIVE};
	const char *index_name = pg_text(constraint, "indexname");

	if (pg_is(constraint, "contype", "CONSTR_FOREIGN"))
		return add_foreign_key(c, constraint);
	if (pg_is(constraint, "contype", "CONSTR_CHECK")) {
		e.scans = !pg_true(constraint, "skip_validation");
	} else if (*index_name) {
		const struct pg_index *index =
			pg_find_index(c->state, c->table->schema, index_name);

		e.scans = pg_key_scans(c, constraint);
		if (index && *pg_text(constraint, "conname") &&
			strcmp(pg_text(constraint, "conname"), index->name) != 0)
			pg_lock_index(c, index,
				AFTER(120000) ? PG_SHARE_UPDATE_EXCLUSIVE : PG_ACCESS_EXCLUSIVE);
	} else {
		build_key(c, c->table);
		/* A primary key makes its columns NOT NULL, in the children as well. */
		e.alone = !pg_is(constraint, "contype", "CONSTR_PRIMARY");
		e.scans = !e.alone && nullable_list(c->table, json_object_get(constraint, "keys"));
	}
	return e;
}

static struct pg_effect drop_constraint(struct pg_check *c)
{
	const struct pg_constraint *known =
		pg_find_constraint(c->table, pg_text(c->command, "name"));

	if (known && known->target)
		pg_lock_family(c, known->target, PG_ACCESS_EXCLUSIVE);
	if (known && known->index)
		pg_lock_index(c, known->index, PG_ACCESS_EXCLUSIVE);
	return (struct pg_effect){.mode = PG_ACCESS_EXCLUSIVE};
}

static struct pg_effect validate(struct pg_check *c)
{
	const struct pg_constraint *known =
		pg_find_constraint(c->table, pg_text(c->command, "name"));

	if (known && known->target)
		pg_lock(c, known->target, PG_ROW_SHARE);
	return (struct pg_effect){
		.mode = PG_SHARE_UPDATE_EXCLUSIVE,
		.scans = !known || !known->valid,
	};
}

/* ---- the table's storage ---- */

static struct pg_effect cluster_on(struct pg_check *c)
{
	const struct pg_index *index =
		pg_find_index(c->state, c->table->schema, pg_text(c->command, "name"));

	if (index)
		pg_lock_index(c, index, PG_SHARE_UPDATE_EXCLUSIVE);
	return (struct pg_effect){.mode = PG_SHARE_UPDATE_EXCLUSIVE};
}

static struct pg_effect copy_table(struct pg_check *c)
{
	pg_lock_indexes(c, c->table, PG_ACCESS_EXCLUSIVE);
	return (struct pg_effect){.mode = PG_ACCESS_EXCLUSIVE, .rewrites = true};
}

static struct pg_effect move_table(struct pg_check *c)
{
	(void)c;
	return (struct pg_effect){.mode = PG_ACCESS_EXCLUSIVE, .rewrites = true};
}

static struct pg_effect set_options(struct pg_check *c)
{
	static const char *const hard[] = {"user_catalog_table", "oids"};
	struct pg_effect e = {.mode = PG_SHARE_UPDATE_EXCLUSIVE};
	json_t *element;
	size_t i;

	json_array_foreach(
		json_object_get(
			json_object_get(json_object_get(c->command, "def"), "List"), "items"),
		i, element)
	{
		const json_t *def = json_object_get(element, "DefElem");

		for (size_t k = 0; k < sizeof(hard) / sizeof(hard[0]); k++)
			if (pg_is(def, "defname", hard[k]))
				e.mode = PG_ACCESS_EXCLUSIVE;
	}
	if (c->table->kind == 'v')
		e.mode = PG_ACCESS_EXCLUSIVE;
	return e;
}

/* ---- partitions and parents ---- */

static struct pg_relation *partition_of(struct pg_check *c)
{
	const json_t *def = json_object_get(json_object_get(c->command, "def"), "PartitionCmd");

	return pg_range(c, json_object_get(def, "name"));
}

static struct pg_effect attach(struct pg_check *c)
{
	struct pg_relation *partition = partition_of(c);

	pg_lock(c, partition, PG_ACCESS_EXCLUSIVE);
	if (!pg_partition_proven(c, partition))
		pg_scans(c, partition);
	for (size_t i = 0; i < c->state->n_indexes; i++) {
		const struct pg_index *index = c->state->indexes[i];

		if (index->table != c->table || index->dropped)
			continue;
		pg_lock_index(c, index, PG_SHARE_UPDATE_EXCLUSIVE);
		if (!pg_index_like(c->state, partition, index)) {
			pg_lock(c, partition, PG_SHARE);
			pg_scans(c, partition);
		}
	}
	for (size_t i = 0; i < c->state->n_relations; i++) {
		struct pg_relation *other = c->state->relations[i];

		if (other->parent == c->table && other->is_default && !other->dropped) {
			pg_lock(c, other, PG_ACCESS_EXCLUSIVE);
			pg_scans(c, other);
		}
	}
	return (struct pg_effect){
		.mode = AFTER(120000) ? PG_SHARE_UPDATE_EXCLUSIVE : PG_ACCESS_EXCLUSIVE};
}

static struct pg_effect detach(struct pg_check *c)
{
	const json_t *def = json_object_get(json_object_get(c->command, "def"), "PartitionCmd");
	enum pg_mode mode =
		pg_true(def, "concurrent") ? PG_SHARE_UPDATE_EXCLUSIVE : PG_ACCESS_EXCLUSIVE;

	/* Before 14, which brought CONCURRENTLY, the partition itself was let off lightly. */
	pg_lock(c, partition_of(c), AFTER(140000) ? mode : PG_SHARE_UPDATE_EXCLUSIVE);
	pg_lock_indexes(c, partition_of(c), PG_ACCESS_EXCLUSIVE);
	return (struct pg_effect){.mode = mode};
}

static struct pg_effect inherit(struct pg_check *c)
{
	const json_t *parent = json_object_get(json_object_get(c->command, "def"), "RangeVar");

	pg_lock(c, pg_range(c, parent), PG_SHARE_UPDATE_EXCLUSIVE);
	return (struct pg_effect){.mode = PG_ACCESS_EXCLUSIVE};
}

static struct pg_effect mild(struct pg_check *c)
{
	(void)c;
	return (struct pg_effect){.mode = PG_SHARE_UPDATE_EXCLUSIVE};
}

static struct pg_effect trigger(struct pg_check *c)
{
	(void)c;
	return (struct pg_effect){.mode = PG_SHARE_ROW_EXCLUSIVE};
}

struct pg_effect pg_command_effect(struct pg_check *c)
{
	static const struct {
		const char *subtype;
		pg_effect_function *effect;
	} effects[] = {
		{"AT_AddColumn", pg_effect_add_column},
		{"AT_AddConstraint", add_constraint},
		{"AT_DropConstraint", drop_constraint},
		{"AT_ValidateConstraint", validate},
		{"AT_SetNotNull", pg_effect_set_not_null},
		{"AT_AlterColumnType", pg_effect_change_type},
		{"AT_SetLogged", copy_table},
		{"AT_SetUnLogged", copy_table},
		{"AT_SetAccessMethod", copy_table},
		{"AT_SetTableSpace", move_table},
		{"AT_SetRelOptions", set_options},
		{"AT_ResetRelOptions", set_options},
		{"AT_SetStatistics", mild},
		{"AT_SetOptions", mild},
		{"AT_ResetOptions", mild},
		{"AT_ClusterOn", cluster_on},
		{"AT_DropColumn", pg_effect_drop_column},
		{"AT_DropCluster", mild},
		{"AT_EnableTrig", trigger},
		{"AT_EnableAlwaysTrig", trigger},
		{"AT_EnableReplicaTrig", trigger},
		{"AT_EnableTrigAll", trigger},
		{"AT_EnableTrigUser", trigger},
		{"AT_DisableTrig", trigger},
		{"AT_DisableTrigAll", trigger},
		{"AT_DisableTrigUser", trigger},
		{"AT_AttachPartition", attach},
		{"AT_DetachPartition", detach},
		{"AT_DetachPartitionFinalize", detach},
		{"AT_AddInherit", inherit},
	};

	for (size_t i = 0; i < sizeof(effects) / sizeof(effects[0]); i++)
		if (!strcmp(effects[i].subtype, c->subtype))
			return effects[i].effect(c);
	return (struct pg_effect){.mode = PG_ACCESS_EXCLUSIVE};
}

/* ---- the statement ---- */

/* Subcommands that never look at a child table. */
static bool stays(const char *subtype)
{
	static const char *const subtypes[] = {"AT_ChangeOwner", "AT_AttachPartition",
		"AT_DetachPartition", "AT_SetLogged", "AT_SetUnLogged", "AT_SetTableSpace",
		"AT_SetRelOptions", "AT_ResetRelOptions", "AT_ReplicaIdentity",
		"AT_EnableRowSecurity", "AT_DisableRowSecurity", "AT_ForceRowSecurity",
		"AT_NoForceRowSecurity", "AT_SetAccessMethod", "AT_AddInherit", "AT_ClusterOn",
		"AT_DropCluster"};

	for (size_t i = 0; i < sizeof(subtypes) / sizeof(subtypes[0]); i++)
		if (!strcmp(subtypes[i], subtype))
			return true;
	return false;
}

static void apply(struct pg_check *c, struct pg_relation *table, const struct pg_effect *e,
	enum pg_mode mode, bool children)
{
	pg_lock(c, table, mode);
	if (e->builds_index || (e->rewrites && table->kind != 'p'))
		pg_lock(c, table, PG_SHARE);
	if (e->rewrites && table->kind != 'p') {
		pg_rewrites(c, table);
		pg_lock_indexes(c, table, PG_ACCESS_EXCLUSIVE);
	}
	if (e->scans && table->kind != 'p')
		pg_scans(c, table);
	for (size_t i = 0; children && i < c->state->n_relations; i++) {
		struct pg_relation *child = c->state->relations[i];

		if (child->parent == table && !child->dropped)
			apply(c, child, e, mode, children);
	}
}

static void alter_index(struct pg_check *c, const json_t *range)
{
	const struct pg_index *index =
		pg_find_index(c->state, pg_text(range, "schemaname"), pg_text(range, "relname"));
	const json_t *first = json_object_get(
		json_array_get(json_object_get(c->node, "cmds"), 0), "AlterTableCmd");

	if (index)
		pg_lock_index(c, index,
			pg_is(first, "subtype", "AT_SetTableSpace") ? PG_ACCESS_EXCLUSIVE
								    : PG_SHARE_UPDATE_EXCLUSIVE);
}

/* ALTER TYPE of a composite type: the tables that are of it. */
static void alter_composite(struct pg_check *c, const json_t *range)
{
	pg_lock(c, pg_range(c, range), PG_ACCESS_EXCLUSIVE);
	for (size_t i = 0; i < c->state->n_relations; i++) {
		struct pg_relation *r = c->state->relations[i];

		if (r->of_type && !r->dropped && !strcmp(r->of_type, pg_text(range, "relname")))
			pg_lock(c, r, PG_ACCESS_EXCLUSIVE);
	}
}

void pg_predict_alter(struct pg_check *c)
{
	const json_t *range = json_object_get(c->node, "relation");
	enum pg_mode mode = PG_NO_LOCK;
	struct pg_effect e, all = {0};
	bool children = pg_true(range, "inh"), some_go_down = false;
	json_t *element;
	size_t i;

	if (pg_is(c->node, "objtype", "OBJECT_INDEX")) {
		alter_index(c, range);
		return;
	}
	if (pg_is(c->node, "objtype", "OBJECT_TYPE")) {
		alter_composite(c, range);
		return;
	}
	c->table = pg_range(c, range);
	json_array_foreach(json_object_get(c->node, "cmds"), i, element)
	{
		c->command = json_object_get(element, "AlterTableCmd");
		c->subtype = pg_text(c->command, "subtype");
		e = pg_command_effect(c);
		mode = e.mode > mode ? e.mode : mode;
		all.rewrites |= e.rewrites;
		all.scans |= e.scans;
		all.builds_index |= e.builds_index;
		some_go_down |= !stays(c->subtype) && !e.alone;
	}
	c->command = NULL;
	all.scans |= all.rewrites;
	apply(c, c->table, &all, mode, children && some_go_down);
}
