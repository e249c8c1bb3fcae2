/* Which locks a statement takes, what it rewrites and what it reads whole: all but ALTER TABLE. */
#include <stdlib.h>
#include <string.h>

#include "adapters/postgres/dialect_tree.h"
#include "adapters/postgres/rules_predict.h"

static const json_t *relation_of(const struct pg_check *c)
{
	return json_object_get(c->node, "relation");
}

static struct pg_relation *main_relation(struct pg_check *c)
{
	return pg_range(c, relation_of(c));
}

/* ---- indexes ---- */

bool pg_index_is_there(const struct pg_check *c)
{
	const char *schema = pg_text(relation_of(c), "schemaname");

	return pg_true(c->node, "if_not_exists") &&
		pg_find_index(c->state, schema, pg_text(c->node, "idxname"));
}

static void scan_family(struct pg_check *c, struct pg_relation *table)
{
	if (table->kind != 'p')
		pg_scans(c, table);
	for (size_t i = 0; table->kind == 'p' && i < c->state->n_relations; i++)
		if (c->state->relations[i]->parent == table && !c->state->relations[i]->dropped)
			scan_family(c, c->state->relations[i]);
}

static void create_index(struct pg_check *c)
{
	struct pg_relation *table = main_relation(c);
	bool concurrent = pg_true(c->node, "concurrent");

	enum pg_mode mode = concurrent ? PG_SHARE_UPDATE_EXCLUSIVE : PG_SHARE;

	if (!pg_true(relation_of(c), "inh") || pg_index_is_there(c)) {
		pg_lock(c, table, mode);
		return;
	}
	pg_lock_family(c, table, mode);
	if (!pg_is_new(c, table) && concurrent && c->ret->class < SQL_CLASS_CONCURRENT_BUILD)
		c->ret->class = SQL_CLASS_CONCURRENT_BUILD;
	scan_family(c, table);
}

void pg_predict_drop_index(struct pg_check *c, const json_t *list)
{
	const struct pg_index *index =
		pg_find_index(c->state, pg_schema_of(list), pg_last_name(list));
	enum pg_mode mode =
		pg_true(c->node, "concurrent") ? PG_SHARE_UPDATE_EXCLUSIVE : PG_ACCESS_EXCLUSIVE;
	struct pg_relation unknown = {0};

	if (index) {
		pg_lock_family(c, index->table, mode);
		pg_lock_index(c, index, mode);
		return;
	}
	/* Its table is locked too, but which one it is the text does not tell. */
	unknown.label = pg_label(c->state, pg_schema_of(list), pg_last_name(list));
	pg_lock(c, &unknown, mode);
	free(unknown.label);
}

static bool option_set(const json_t *options, const char *name)
{
	json_t *element;
	size_t i;

	json_array_foreach((json_t *)options, i, element)
	{
		const json_t *def = json_object_get(element, "DefElem");
		const json_t *arg = json_object_get(def, "arg");
		const char *word = pg_string(arg);

		if (pg_is(def, "defname", name))
			return !arg || json_object_get(arg, "Boolean")
				? !arg || pg_true(json_object_get(arg, "Boolean"), "boolval")
				: strcmp(word, "false") && strcmp(word, "off");
	}
	return false;
}

static void reindex(struct pg_check *c)
{
	bool concurrent = option_set(json_object_get(c->node, "params"), "concurrently");
	enum pg_mode on_table = concurrent ? PG_SHARE_UPDATE_EXCLUSIVE : PG_SHARE;
	enum pg_mode on_index = concurrent ? PG_SHARE_UPDATE_EXCLUSIVE : PG_ACCESS_EXCLUSIVE;
	const json_t *range = relation_of(c);

	if (pg_is(c->node, "kind", "REINDEX_OBJECT_INDEX")) {
		const struct pg_index *index = pg_find_index(
			c->state, pg_text(range, "schemaname"), pg_text(range, "relname"));

		if (!index) {
			pg_lock(c, pg_range(c, range), on_index);
		} else {
			pg_lock(c, index->table, on_table);
			pg_lock_index(c, index, on_index);
			pg_scans(c, index->table);
		}
	} else if (pg_is(c->node, "kind", "REINDEX_OBJECT_TABLE")) {
		pg_lock_family(c, main_relation(c), on_table);
		pg_lock_indexes(c, main_relation(c), on_index);
		pg_scans(c, main_relation(c));
	}
	c->slow = true;
	if (concurrent && c->ret->class < SQL_CLASS_CONCURRENT_BUILD)
		c->ret->class = SQL_CLASS_CONCURRENT_BUILD;
}

/* ---- tables that are made ---- */

static void reference(struct pg_check *c, const json_t *constraint)
{
	const json_t *range = json_object_get(constraint, "pktable");

	if (range)
		pg_lock(c, pg_range(c, range), PG_SHARE_ROW_EXCLUSIVE);
}

static bool found_constraint(const json_t *node, void *arg)
{
	if (pg_is(node, "contype", "CONSTR_FOREIGN"))
		reference(arg, node);
	return false;
}

static void create_table(struct pg_check *c)
{
	const json_t *base = json_object_get(c->node, "base");
	const json_t *node = base ? base : c->node;
	const json_t *range = json_object_get(node, "relation");
	bool partition = json_object_get(node, "partbound");
	json_t *parent;
	size_t i;

	const struct pg_relation *there =
		pg_find_relation(c->state, pg_text(range, "schemaname"), pg_text(range, "relname"));

	if (pg_true(node, "if_not_exists") && there && there->known)
		return;
	/* What it refers to exists; a reference to itself names a table that is new. */
	if (!there)
		pg_get_relation(c->state, pg_text(range, "schemaname"), pg_text(range, "relname"))
			->born = c->state->migration;
	pg_walk(json_object_get(node, "tableElts"), "Constraint", found_constraint, c);
	json_array_foreach(json_object_get(node, "inhRelations"), i, parent)
	{
		struct pg_relation *of = pg_range(c, json_object_get(parent, "RangeVar"));

		pg_lock(c, of, partition ? PG_ACCESS_EXCLUSIVE : PG_SHARE_UPDATE_EXCLUSIVE);
		if (partition)
			pg_lock_indexes(c, of, PG_SHARE_UPDATE_EXCLUSIVE);
		for (size_t k = 0; partition && k < c->state->n_relations; k++) {
			struct pg_relation *sibling = c->state->relations[k];

			if (sibling->parent == of && sibling->is_default && !sibling->dropped) {
				pg_lock(c, sibling, PG_ACCESS_EXCLUSIVE);
				pg_scans(c, sibling);
			}
		}
	}
}

static void create_view(struct pg_check *c)
{
	const json_t *range = json_object_get(c->node, "view");
	struct pg_relation *there =
		pg_find_relation(c->state, pg_text(range, "schemaname"), pg_text(range, "relname"));

	if (pg_true(c->node, "replace") && there)
		pg_lock(c, there, PG_ACCESS_EXCLUSIVE);
}

/* ---- the rest ---- */

static void vacuum(struct pg_check *c)
{
	bool full = option_set(json_object_get(c->node, "options"), "full");
	json_t *element;
	size_t i;

	json_array_foreach(json_object_get(c->node, "rels"), i, element)
	{
		const json_t *range =
			json_object_get(json_object_get(element, "VacuumRelation"), "relation");
		struct pg_relation *table = pg_range(c, range);

		pg_lock_family(c, table, full ? PG_ACCESS_EXCLUSIVE : PG_SHARE_UPDATE_EXCLUSIVE);
		if (!full)
			continue;
		pg_lock_indexes(c, table, PG_ACCESS_EXCLUSIVE);
		pg_lock(c, table, PG_SHARE);
		pg_rewrites(c, table);
	}
	c->slow = true;
}

static void cluster(struct pg_check *c)
{
	if (!relation_of(c)) {
		c->slow = true;
		return;
	}
	pg_lock_family(c, main_relation(c), PG_ACCESS_EXCLUSIVE);
	pg_lock_indexes(c, main_relation(c), PG_ACCESS_EXCLUSIVE);
	pg_lock(c, main_relation(c), PG_SHARE); /* while its indexes are made anew */
	pg_rewrites(c, main_relation(c));
	pg_scans(c, main_relation(c));
}

static void refresh(struct pg_check *c)
{
	bool concurrent = pg_true(c->node, "concurrent");

	pg_lock(c, main_relation(c), PG_EXCLUSIVE);
	if (!concurrent) {
		pg_lock(c, main_relation(c), PG_ACCESS_EXCLUSIVE);
		pg_lock(c, main_relation(c), PG_SHARE);
		pg_lock_indexes(c, main_relation(c), PG_ACCESS_EXCLUSIVE);
		pg_rewrites(c, main_relation(c));
	}
	c->slow = true;
}

static void lock_stated(struct pg_check *c)
{
	json_t *range;
	size_t i;

	json_array_foreach(json_object_get(c->node, "relations"), i, range)
		pg_lock_family(c, pg_range(c, json_object_get(range, "RangeVar")),
			(enum pg_mode)pg_int(c->node, "mode", PG_ACCESS_EXCLUSIVE));
}

static void change_rows(struct pg_check *c)
{
	if (relation_of(c))
		pg_lock(c, main_relation(c), PG_ROW_EXCLUSIVE);
}

static void copy(struct pg_check *c)
{
	if (pg_true(c->node, "is_from"))
		change_rows(c);
}

static void rename_object(struct pg_check *c)
{
	const char *type = pg_text(c->node, "renameType");
	const json_t *range = relation_of(c);

	if (!range || !strcmp(pg_text(c->node, "relationType"), "OBJECT_TYPE"))
		return;
	if (!strcmp(type, "OBJECT_INDEX")) {
		const struct pg_index *index = pg_find_index(
			c->state, pg_text(range, "schemaname"), pg_text(range, "relname"));

		if (index)
			pg_lock_index(c, index,
				c->state->target.version >= 120000 ? PG_SHARE_UPDATE_EXCLUSIVE
								   : PG_ACCESS_EXCLUSIVE);
		return;
	}
	if (!strcmp(type, "OBJECT_COLUMN") || !strcmp(type, "OBJECT_TABCONSTRAINT"))
		pg_lock_family(c, main_relation(c), PG_ACCESS_EXCLUSIVE);
	else
		pg_lock(c, main_relation(c), PG_ACCESS_EXCLUSIVE);
}

static void trigger(struct pg_check *c)
{
	pg_lock(c, main_relation(c), PG_SHARE_ROW_EXCLUSIVE);
}

static void exclusive(struct pg_check *c)
{
	const json_t *range = relation_of(c);

	if (!range)
		range = json_object_get(c->node, "table");
	if (range)
		pg_lock(c, pg_range(c, range), PG_ACCESS_EXCLUSIVE);
}

static void statistics(struct pg_check *c)
{
	json_t *range;
	size_t i;

	json_array_foreach(json_object_get(c->node, "relations"), i, range)
	{
		const json_t *var = json_object_get(range, "RangeVar");

		if (var)
			pg_lock(c, pg_range(c, var), PG_SHARE_UPDATE_EXCLUSIVE);
	}
}

static void comment(struct pg_check *c)
{
	const json_t *list = pg_list_of(json_object_get(c->node, "object"));
	bool column = pg_is(c->node, "objtype", "OBJECT_COLUMN");
	size_t n = json_array_size(list), last = column ? 2 : 1;

	if (!column && !pg_is(c->node, "objtype", "OBJECT_TABLE"))
		return;
	if (n >= last)
		pg_lock(c,
			pg_get_relation(c->state,
				n > last ? pg_string(json_array_get(list, n - last - 1)) : "",
				pg_string(json_array_get(list, n - last))),
			PG_SHARE_UPDATE_EXCLUSIVE);
}

static void sequence(struct pg_check *c)
{
	const json_t *range = json_object_get(c->node, "sequence");

	pg_lock(c, pg_range(c, range), PG_SHARE_ROW_EXCLUSIVE);
}

/* The rows of every table that uses the domain are checked. */
static void alter_domain(struct pg_check *c)
{
	const char *name = pg_last_name(json_object_get(c->node, "typeName"));
	const char *subtype = pg_text(c->node, "subtype");
	const json_t *constraint = json_object_get(json_object_get(c->node, "def"), "Constraint");

	if (!strchr("COV", *subtype) || pg_true(constraint, "skip_validation"))
		return;
	for (size_t i = 0; i < c->state->n_relations; i++) {
		struct pg_relation *r = c->state->relations[i];

		for (size_t k = 0; !r->dropped && k < r->n_columns; k++)
			if (r->columns[k].type.name && !strcmp(r->columns[k].type.name, name)) {
				pg_lock(c, r, PG_SHARE);
				pg_scans(c, r);
			}
	}
	c->slow = true;
}

void pg_predict(struct pg_check *c)
{
	static const struct {
		const char *type;
		pg_predict_function *predict;
	} nodes[] = {
		{"AlterTableStmt", pg_predict_alter},
		{"IndexStmt", create_index},
		{"ReindexStmt", reindex},
		{"DropStmt", pg_predict_drop},
		{"TruncateStmt", pg_predict_truncate},
		{"CreateStmt", create_table},
		{"CreateForeignTableStmt", create_table},
		{"ViewStmt", create_view},
		{"VacuumStmt", vacuum},
		{"ClusterStmt", cluster},
		{"RefreshMatViewStmt", refresh},
		{"LockStmt", lock_stated},
		{"InsertStmt", change_rows},
		{"UpdateStmt", change_rows},
		{"DeleteStmt", change_rows},
		{"MergeStmt", change_rows},
		{"CopyStmt", copy},
		{"RenameStmt", rename_object},
		{"AlterObjectSchemaStmt", exclusive},
		{"CreateTrigStmt", trigger},
		{"RuleStmt", exclusive},
		{"CreatePolicyStmt", exclusive},
		{"AlterPolicyStmt", exclusive},
		{"CreateStatsStmt", statistics},
		{"CommentStmt", comment},
		{"AlterSeqStmt", sequence},
		{"AlterDomainStmt", alter_domain},
	};

	for (size_t i = 0; i < sizeof(nodes) / sizeof(nodes[0]); i++)
		if (!strcmp(nodes[i].type, c->type))
			nodes[i].predict(c);
}
