/* What a statement leaves behind: all but the insides of tables. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "adapters/postgres/dialect_tree.h"
#include "adapters/postgres/rules_learn.h"
#include "harness/base/mem.h"

typedef void learn(struct analysis_state *state, const json_t *node);

static struct pg_relation *find_range(struct analysis_state *state, const json_t *range)
{
	return pg_find_relation(state, pg_text(range, "schemaname"), pg_text(range, "relname"));
}

static struct pg_relation *made(struct analysis_state *state, const json_t *range, char kind)
{
	struct pg_relation *r =
		pg_new_relation(state, pg_text(range, "schemaname"), pg_text(range, "relname"));

	r->kind = kind;
	r->born = state->migration;
	r->temporary = pg_is(range, "relpersistence", "t");
	return r;
}

static void create_as(struct analysis_state *state, const json_t *node)
{
	const json_t *range = json_object_get(json_object_get(node, "into"), "rel");
	bool view = pg_is(node, "objtype", "OBJECT_MATVIEW");

	if (!(pg_true(node, "if_not_exists") && find_range(state, range)))
		made(state, range, view ? 'm' : 'r');
}

static void select_into(struct analysis_state *state, const json_t *node)
{
	const json_t *range = json_object_get(json_object_get(node, "intoClause"), "rel");

	if (range)
		made(state, range, 'r');
}

static void create_view(struct analysis_state *state, const json_t *node)
{
	const json_t *range = json_object_get(node, "view");

	/* One that is replaced keeps being the old one to those who read it. */
	if (!(pg_true(node, "replace") && find_range(state, range)))
		made(state, range, 'v');
}

static void create_composite(struct analysis_state *state, const json_t *node)
{
	made(state, json_object_get(node, "typevar"), 'c');
}

/* OWNED BY table.column, of schema.table.column. */
static void alter_sequence(struct analysis_state *state, const json_t *node)
{
	const json_t *range = json_object_get(node, "sequence");
	json_t *element;
	size_t i;

	json_array_foreach(json_object_get(node, "options"), i, element)
	{
		const json_t *def = json_object_get(element, "DefElem");
		const json_t *list = pg_list_of(json_object_get(def, "arg"));
		size_t n = json_array_size(list);

		if (!pg_is(def, "defname", "owned_by") || n < 2)
			continue;
		pg_own_sequence(pg_get_relation(state, pg_text(range, "schemaname"),
					pg_text(range, "relname")),
			pg_get_relation(state, n > 2 ? pg_string(json_array_get(list, n - 3)) : "",
				pg_string(json_array_get(list, n - 2))),
			pg_last_name(list));
	}
}

static void create_sequence(struct analysis_state *state, const json_t *node)
{
	const json_t *range = json_object_get(node, "sequence");

	if (!(pg_true(node, "if_not_exists") && find_range(state, range)))
		made(state, range, 'S');
	alter_sequence(state, node); /* it may say OWNED BY too */
}

static bool found_used(const json_t *node, void *arg)
{
	pg_index_uses(arg, pg_last_name(json_object_get(node, "fields")));
	return false;
}

static void create_index(struct analysis_state *state, const json_t *node)
{
	const json_t *range = json_object_get(node, "relation");
	struct pg_relation *table =
		pg_get_relation(state, pg_text(range, "schemaname"), pg_text(range, "relname"));
	const char *name = pg_text(node, "idxname");
	struct str suffix = {0};
	struct pg_index *index;
	json_t *element;
	size_t i;

	if (pg_true(node, "if_not_exists") && pg_find_index(state, table->schema, name))
		return;
	json_array_foreach(json_object_get(node, "indexParams"), i, element)
	{
		const json_t *part = json_object_get(element, "IndexElem");
		const char *column = pg_text(part, "name");
		const json_t *call = json_object_get(json_object_get(part, "expr"), "FuncCall");

		if (call)
			column = pg_last_name(json_object_get(call, "funcname"));
		str_addf(&suffix, "%s_", *column ? column : "expr");
	}
	str_add(&suffix, "idx");
	index = pg_add_index(state, table, *name ? name : NULL, str_text(&suffix));
	str_release(&suffix);
	json_array_foreach(json_object_get(node, "indexParams"), i, element)
	{
		const json_t *part = json_object_get(element, "IndexElem");

		pg_index_column(index, pg_text(part, "name"));
		pg_walk(json_object_get(part, "expr"), "ColumnRef", found_used, index);
	}
	pg_walk(json_object_get(node, "whereClause"), "ColumnRef", found_used, index);
	index->unique = pg_true(node, "unique");
	index->whole = !json_object_get(node, "whereClause");
	memcpy(index->suffix, "idx", 4);
	if (pg_true(range, "inh"))
		pg_index_partitions(state, table, index);
}

/* ---- names ---- */

static void rename_range(struct analysis_state *state, const json_t *node)
{
	const char *type = pg_text(node, "renameType"), *to = pg_text(node, "newname");
	const json_t *range = json_object_get(node, "relation");
	struct pg_relation *r = find_range(state, range);
	struct pg_column *column = r ? pg_find_column(r, pg_text(node, "subname")) : NULL;
	struct pg_constraint *constraint =
		r ? pg_find_constraint(r, pg_text(node, "subname")) : NULL;
	struct pg_index *index =
		pg_find_index(state, pg_text(range, "schemaname"), pg_text(range, "relname"));

	if (!strcmp(type, "OBJECT_COLUMN") && column) {
		mem_free(column->name);
		column->name = mem_strdup(to);
	} else if (!strcmp(type, "OBJECT_TABCONSTRAINT") && constraint) {
		if (constraint->index)
			pg_rename_index(constraint->index, to);
		mem_free(constraint->name);
		constraint->name = mem_strdup(to);
	} else if (!strcmp(type, "OBJECT_INDEX") && index) {
		pg_rename_index(index, to);
	} else if (r &&
		(!strcmp(type, "OBJECT_TABLE") || !strcmp(type, "OBJECT_VIEW") ||
			!strcmp(type, "OBJECT_MATVIEW"))) {
		pg_rename_relation(state, r, NULL, to);
	}
}

static void rename_any(struct analysis_state *state, const json_t *node)
{
	if (json_object_get(node, "relation"))
		rename_range(state, node);
}

static void move(struct analysis_state *state, const json_t *node)
{
	struct pg_relation *r = find_range(state, json_object_get(node, "relation"));

	if (r)
		pg_rename_relation(state, r, pg_text(node, "newschema"), NULL);
}

static void forget(struct analysis_state *state, struct pg_relation *r)
{
	r->dropped = true;
	for (size_t i = 0; i < state->n_indexes; i++)
		if (state->indexes[i]->table == r)
			state->indexes[i]->dropped = true;
	for (size_t i = 0; i < state->n_relations; i++) {
		struct pg_relation *other = state->relations[i];

		for (size_t k = other->n_constraints; k--;)
			if (other->constraints[k].target == r)
				pg_drop_constraint(other, other->constraints[k].name);
		if ((other->parent == r || other->owner == r) && !other->dropped)
			forget(state, other);
	}
}

static void drop(struct analysis_state *state, const json_t *node)
{
	const char *type = pg_text(node, "removeType");
	json_t *object;
	size_t i;

	json_array_foreach(json_object_get(node, "objects"), i, object)
	{
		const json_t *list = json_object_get(json_object_get(object, "List"), "items");
		size_t n = json_array_size(list);
		const char *schema = n > 1 ? pg_string(json_array_get(list, n - 2)) : "";
		const char *name = pg_last_name(list);
		struct pg_index *index = pg_find_index(state, schema, name);
		struct pg_relation *r = pg_find_relation(state, schema, name);

		if (!strcmp(type, "OBJECT_INDEX") && index)
			index->dropped = true;
		else if ((!strcmp(type, "OBJECT_TABLE") || strstr(type, "VIEW")) && r)
			forget(state, r);
	}
}

/* ---- types, functions ---- */

static void create_enum(struct analysis_state *state, const json_t *node)
{
	pg_named_set(&state->enums, pg_last_name(json_object_get(node, "typeName")), 'e')->born =
		state->migration;
}

static void alter_enum(struct analysis_state *state, const json_t *node)
{
	const struct pg_named *type =
		pg_named_find(&state->enums, pg_last_name(json_object_get(node, "typeName")));

	/* The values of a type that the transaction itself has made can be used at once. */
	if (!*pg_text(node, "oldVal") && !(type && type->born == state->migration))
		pg_named_set(&state->enum_values, pg_text(node, "newVal"), 'v');
}

static void create_domain(struct analysis_state *state, const json_t *node)
{
	struct pg_named *domain;
	bool constrained =
		pg_constraint_of(node, "CONSTR_CHECK") || pg_constraint_of(node, "CONSTR_NOTNULL");

	domain = pg_named_set(&state->domains, pg_last_name(json_object_get(node, "domainname")),
		constrained ? 'c' : '-');
	domain->born = state->migration;
	pg_type_read(&domain->base, json_object_get(node, "typeName"));
}

static void alter_domain(struct analysis_state *state, const json_t *node)
{
	const char *name = pg_last_name(json_object_get(node, "typeName"));
	const char *subtype = pg_text(node, "subtype");

	if (*subtype == 'C' || *subtype == 'O')
		pg_named_set(&state->domains, name, 'c');
}

static void create_function(struct analysis_state *state, const json_t *node)
{
	const char *name = pg_last_name(json_object_get(node, "funcname"));
	const struct pg_named *known = pg_named_find(&state->functions, name);
	unsigned born = known ? known->born : state->migration;
	char volatility = 'v';
	json_t *element;
	size_t i;

	json_array_foreach(json_object_get(node, "options"), i, element)
	{
		const json_t *def = json_object_get(element, "DefElem");

		if (pg_is(def, "defname", "volatility"))
			volatility = *pg_string(json_object_get(def, "arg"));
	}
	pg_named_set(&state->functions, name, volatility)->born = born;
}

/* ---- session and transaction ---- */

static const json_t *setting_value(const json_t *node)
{
	return json_object_get(json_array_get(json_object_get(node, "args"), 0), "A_Const");
}

static bool turned_off(const json_t *node)
{
	const json_t *value = setting_value(node);
	const char *text = pg_text(json_object_get(value, "sval"), "sval");
	const json_t *number = json_object_get(value, "ival");

	if (!pg_is(node, "kind", "VAR_SET_VALUE"))
		return true;
	return number ? !pg_int(number, "ival", 0) : strtoul(text, NULL, 10) == 0;
}

static void learn_timeout(struct analysis_state *state, const char *name, bool local, bool on)
{
	bool lock = !strcasecmp(name, "lock_timeout");

	if (!lock && strcasecmp(name, "statement_timeout") != 0)
		return;
	if (local && lock)
		state->local_lock_timeout = on;
	else if (local)
		state->local_statement_timeout = on;
	else if (lock)
		state->lock_timeout = state->local_lock_timeout = on;
	else
		state->statement_timeout = state->local_statement_timeout = on;
}

static void set(struct analysis_state *state, const json_t *node)
{
	const char *name = pg_text(node, "name");
	const char *text = pg_text(json_object_get(setting_value(node), "sval"), "sval");

	learn_timeout(state, name, pg_true(node, "is_local"), !turned_off(node));
	if (pg_is(node, "kind", "VAR_RESET_ALL"))
		state->lock_timeout = state->statement_timeout = state->utc = false;
	if (!strcasecmp(name, "timezone"))
		state->utc = !strcasecmp(text, "utc") || !strcasecmp(text, "etc/utc") ||
			!strcasecmp(text, "gmt");
	if (strcasecmp(name, "search_path") != 0)
		return;
	if (!*text || !strcmp(text, "$user"))
		text = "public";
	mem_free(state->schema);
	state->schema = mem_strdup(text);
}

static bool found_call(const json_t *node, void *arg)
{
	const json_t *args = json_object_get(node, "args");
	const json_t *name = json_object_get(json_array_get(args, 0), "A_Const");
	const json_t *value = json_object_get(json_array_get(args, 1), "A_Const");
	const json_t *local = json_object_get(json_array_get(args, 2), "A_Const");
	const char *setting = pg_text(json_object_get(name, "sval"), "sval");
	const char *text = pg_text(json_object_get(value, "sval"), "sval");
	struct analysis_state *state = arg;

	if (strcmp(pg_last_name(json_object_get(node, "funcname")), "set_config") != 0)
		return false;
	learn_timeout(state, setting, pg_true(json_object_get(local, "boolval"), "boolval"),
		strtoul(text, NULL, 10) != 0);
	if (!strcmp(setting, "search_path") && *text) {
		mem_free(state->schema);
		state->schema = mem_strndup(text, strcspn(text, ", "));
	}
	return false;
}

static void query(struct analysis_state *state, const json_t *node)
{
	pg_walk(node, "FuncCall", found_call, state);
	select_into(state, node);
}

static void transaction(struct analysis_state *state, const json_t *node)
{
	const char *kind = pg_text(node, "kind");

	if (!strcmp(kind, "TRANS_STMT_BEGIN") || !strcmp(kind, "TRANS_STMT_START"))
		state->in_block = true;
	else if (!strcmp(kind, "TRANS_STMT_COMMIT") || !strcmp(kind, "TRANS_STMT_ROLLBACK"))
		pg_state_end_transaction(state);
}

static void create_schema(struct analysis_state *state, const json_t *node)
{
	json_t *element;
	size_t i;

	json_array_foreach(json_object_get(node, "schemaElts"), i, element)
	{
		const json_t *table = json_object_get(element, "CreateStmt");

		if (table)
			pg_learn_create_table(state, table);
	}
}

void pg_learn(struct pg_check *c)
{
	static const struct {
		const char *type;
		learn *learn;
	} nodes[] = {
		{"CreateStmt", pg_learn_create_table},
		{"CreateForeignTableStmt", pg_learn_create_table},
		{"AlterTableStmt", pg_learn_alter_table},
		{"CreateTableAsStmt", create_as},
		{"SelectStmt", query},
		{"ViewStmt", create_view},
		{"CreateSeqStmt", create_sequence},
		{"AlterSeqStmt", alter_sequence},
		{"CompositeTypeStmt", create_composite},
		{"IndexStmt", create_index},
		{"RenameStmt", rename_any},
		{"AlterObjectSchemaStmt", move},
		{"DropStmt", drop},
		{"CreateEnumStmt", create_enum},
		{"AlterEnumStmt", alter_enum},
		{"CreateDomainStmt", create_domain},
		{"AlterDomainStmt", alter_domain},
		{"CreateFunctionStmt", create_function},
		{"VariableSetStmt", set},
		{"TransactionStmt", transaction},
		{"CreateSchemaStmt", create_schema},
	};

	for (size_t i = 0; i < sizeof(nodes) / sizeof(nodes[0]); i++)
		if (!strcmp(nodes[i].type, c->type))
			nodes[i].learn(c->state, c->node);
	mem_free(c->state->last_altered);
	c->state->last_altered = c->table ? mem_strdup(c->table->label) : NULL;
	c->state->last_altered_transaction = c->state->transaction;
}
