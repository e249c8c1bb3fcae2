/* Rules on whole tables that were there before. */
#include <stdlib.h>
#include <string.h>

#include "adapters/postgres/dialect_tree.h"
#include "adapters/postgres/rules.h"

static struct pg_relation *main_relation(struct pg_check *c)
{
	return pg_range(c, json_object_get(c->node, "relation"));
}

static void rename_table(struct pg_check *c)
{
	const struct pg_relation *table;

	if (!pg_is(c->node, "renameType", "OBJECT_TABLE"))
		return;
	table = main_relation(c);
	if (!pg_is_new(c, table))
		pg_hit(c, PG_RULE_RENAME_TABLE, table->label, pg_locate(c, table->name),
			"programs that name %s fail from now on", table->label);
}

static void set_schema(struct pg_check *c)
{
	const json_t *range = json_object_get(c->node, "relation");

	if (range && pg_is_new(c, pg_range(c, range)))
		return;
	pg_hit(c, PG_RULE_SET_SCHEMA, c->s->object, -1, "%s moves to the schema %s",
		c->s->object ? c->s->object : "it", pg_text(c->node, "newschema"));
}

static void truncate_tables(struct pg_check *c)
{
	bool cascade = pg_is(c->node, "behavior", "DROP_CASCADE");
	json_t *range;
	size_t i;

	json_array_foreach(json_object_get(c->node, "relations"), i, range)
	{
		const struct pg_relation *table = pg_range(c, json_object_get(range, "RangeVar"));

		if (pg_is_new(c, table))
			continue;
		pg_hit(c, PG_RULE_TRUNCATE, table->label, pg_locate(c, table->name),
			"all rows of %s go, and everybody waits", table->label);
		if (cascade)
			pg_hit(c, PG_RULE_TRUNCATE_CASCADE, table->label, pg_locate(c, "cascade"),
				"every table with a foreign key to %s is emptied too",
				table->label);
	}
}

static void cluster(struct pg_check *c)
{
	const json_t *range = json_object_get(c->node, "relation");

	if (range && pg_is_new(c, pg_range(c, range)))
		return;
	pg_hit(c, PG_RULE_CLUSTER, range ? pg_range(c, range)->label : "", -1,
		"writes %s anew while everybody waits",
		range ? pg_range(c, range)->label : "every clustered table");
}

static void vacuum_full(struct pg_check *c)
{
	if (!strcmp(c->s->kind, "VACUUM FULL") && (c->worst || !c->s->n_relations))
		pg_hit(c, PG_RULE_VACUUM_FULL, c->s->object, -1,
			"writes %s anew while everybody waits",
			c->s->object ? c->s->object : "every table");
}

static void copied(struct pg_check *c)
{
	static const struct {
		const char *subtype, *words;
	} kinds[] = {{"AT_SetLogged", "LOGGED"}, {"AT_SetUnLogged", "UNLOGGED"},
		{"AT_SetAccessMethod", "ACCESS METHOD"}, {"AT_SetTableSpace", "TABLESPACE"}};

	if (pg_is(c->node, "objtype", "OBJECT_INDEX") || pg_is_new(c, c->table))
		return;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (!strcmp(kinds[i].subtype, c->subtype))
			pg_hit(c, PG_RULE_TABLE_COPIED, c->table->label, -1,
				"SET %s copies %s while everybody waits", kinds[i].words,
				c->table->label);
}

static void lock_table(struct pg_check *c)
{
	if (c->worst >= PG_SHARE)
		pg_hit(c, PG_RULE_LOCK_TABLE, c->s->object, -1, "holds %s from here on",
			pg_mode_name(c->worst));
}

/* ---- partitions ---- */

static struct pg_relation *partition(struct pg_check *c)
{
	const json_t *def = json_object_get(json_object_get(c->command, "def"), "PartitionCmd");

	return pg_range(c, json_object_get(def, "name"));
}

static void attach(struct pg_check *c)
{
	const struct pg_relation *child = partition(c);

	if (pg_is(c->node, "objtype", "OBJECT_INDEX") || pg_is_new(c, c->table))
		return;
	if (!pg_is_new(c, child) && !pg_partition_proven(c, child))
		pg_hit(c, PG_RULE_ATTACH, child->label, pg_locate(c, child->name),
			"reads all of %s: no validated CHECK says that its rows belong there",
			child->label);
	for (size_t i = 0; i < c->state->n_relations; i++) {
		const struct pg_relation *other = c->state->relations[i];

		if (other->parent == c->table && other->is_default && !other->dropped &&
			!pg_is_new(c, other))
			pg_hit(c, PG_RULE_ATTACH, other->label, pg_locate(c, child->name),
				"reads all of the default partition %s", other->label);
	}
	pg_hit(c, PG_RULE_ATTACH_OLD, c->table->label, -1, "everybody waits for %s",
		c->table->label);
}

static void detach(struct pg_check *c)
{
	const json_t *def = json_object_get(json_object_get(c->command, "def"), "PartitionCmd");

	if (!pg_true(def, "concurrent") && !pg_is_new(c, c->table))
		pg_hit(c, PG_RULE_DETACH, c->table->label, pg_locate(c, "detach"),
			"everybody waits for all of %s", c->table->label);
}

static void partition_of(struct pg_check *c)
{
	const json_t *base = json_object_get(c->node, "base");
	const json_t *node = base ? base : c->node;
	const json_t *parent = json_object_get(
		json_array_get(json_object_get(node, "inhRelations"), 0), "RangeVar");
	const struct pg_relation *of;

	if (!json_object_get(node, "partbound") || !parent)
		return;
	of = pg_range(c, parent);
	if (!pg_is_new(c, of))
		pg_hit(c, PG_RULE_PARTITION_OF, of->label, pg_locate(c, "partition"),
			"locks %s for everybody", of->label);
}

static void refresh(struct pg_check *c)
{
	const struct pg_relation *view = main_relation(c);

	if (!pg_true(c->node, "concurrent") && !pg_is_new(c, view))
		pg_hit(c, PG_RULE_REFRESH, view->label, pg_locate(c, "view"),
			"readers of %s wait until it is filled", view->label);
}

/* ---- triggers, rules, security ---- */

static void trigger_off(struct pg_check *c)
{
	if (!strncmp(c->subtype, "AT_DisableTrig", 14) && !pg_is_new(c, c->table))
		pg_hit(c, PG_RULE_TRIGGER_DISABLED, c->table->label, pg_locate(c, "disable"),
			"what the trigger does on %s is not done, for all sessions",
			c->table->label);
}

static void trigger(struct pg_check *c)
{
	const struct pg_relation *table = main_relation(c);

	if (!pg_is_new(c, table))
		pg_hit(c, PG_RULE_TRIGGER, table->label, -1, "every write of %s pays for %s",
			table->label, pg_text(c->node, "trigname"));
}

static void table_rule(struct pg_check *c)
{
	if (!pg_is_new(c, main_relation(c)))
		pg_hit(c, PG_RULE_TABLE_RULE, main_relation(c)->label, -1,
			"queries on %s do something else from now on", main_relation(c)->label);
}

static void row_security(struct pg_check *c)
{
	if (!pg_is_new(c, c->table))
		pg_hit(c, PG_RULE_ROW_SECURITY, c->table->label, pg_locate(c, "row"),
			"who sees which rows of %s changes", c->table->label);
}

static void no_inherit(struct pg_check *c)
{
	if (!pg_is_new(c, c->table))
		pg_hit(c, PG_RULE_INHERITANCE, c->table->label, -1,
			"queries on the parent miss the rows of %s", c->table->label);
}

static void replica_identity(struct pg_check *c)
{
	const json_t *def =
		json_object_get(json_object_get(c->command, "def"), "ReplicaIdentityStmt");
	const char *type = pg_text(def, "identity_type");

	if ((*type == 'f' || *type == 'n') && !pg_is_new(c, c->table))
		pg_hit(c, PG_RULE_REPLICA_IDENTITY, c->table->label, pg_locate(c, "replica"),
			*type == 'f' ? "every UPDATE and DELETE of %s logs the whole old row"
				     : "UPDATE and DELETE of %s fail where it is published",
			c->table->label);
}

const struct pg_check_entry pg_checks_table[] = {
	{"RenameStmt", rename_table},
	{"AlterObjectSchemaStmt", set_schema},
	{"TruncateStmt", truncate_tables},
	{"ClusterStmt", cluster},
	{"VacuumStmt", vacuum_full},
	{"AT_SetLogged", copied},
	{"AT_SetUnLogged", copied},
	{"AT_SetAccessMethod", copied},
	{"AT_SetTableSpace", copied},
	{"LockStmt", lock_table},
	{"AT_AttachPartition", attach},
	{"AT_DetachPartition", detach},
	{"CreateStmt", partition_of},
	{"CreateForeignTableStmt", partition_of},
	{"RefreshMatViewStmt", refresh},
	{"AT_DisableTrig", trigger_off},
	{"AT_DisableTrigAll", trigger_off},
	{"AT_DisableTrigUser", trigger_off},
	{"CreateTrigStmt", trigger},
	{"RuleStmt", table_rule},
	{"AT_EnableRowSecurity", row_security},
	{"AT_DisableRowSecurity", row_security},
	{"AT_ForceRowSecurity", row_security},
	{"AT_NoForceRowSecurity", row_security},
	{"AT_DropInherit", no_inherit},
	{"AT_ReplicaIdentity", replica_identity},
	{0},
};
