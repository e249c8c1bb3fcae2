/* Rules on what is dropped, renamed or replaced beside columns and tables. */
#include <stdlib.h>
#include <string.h>

#include "adapters/postgres/dialect_tree.h"
#include "adapters/postgres/rules.h"
#include "harness/base/cleanup.h"

/* ---- DROP ---- */

/* The relation that a dropped thing is, or stands on; NULL: none. */
static struct pg_relation *relation_of(
	const struct pg_check *c, const char *type, const json_t *list)
{
	size_t n = json_array_size(list), last = 1;

	if (!strcmp(type, "OBJECT_TRIGGER") || !strcmp(type, "OBJECT_RULE") ||
		!strcmp(type, "OBJECT_POLICY"))
		last = 2;
	if (n < last)
		return NULL;
	return pg_find_relation(c->state,
		n > last ? pg_string(json_array_get(list, n - last - 1)) : "",
		pg_string(json_array_get(list, n - last)));
}

static bool made_here(const struct pg_check *c, const char *type, const json_t *list)
{
	const struct pg_relation *r = relation_of(c, type, list);
	const char *name = pg_last_name(list);
	const struct pg_named *named = !strcmp(type, "OBJECT_DOMAIN")
		? pg_named_find(&c->state->domains, name)
		: pg_named_find(&c->state->enums, name);
	const struct pg_named *function = pg_named_find(&c->state->functions, name);

	if ((!strcmp(type, "OBJECT_TYPE") || !strcmp(type, "OBJECT_DOMAIN")) && named)
		return named->born == c->state->migration;
	if (!strcmp(type, "OBJECT_FUNCTION"))
		return function && function->born == c->state->migration;
	return r && pg_is_new(c, r);
}

static const struct {
	const char *type;
	enum pg_rule rule;
} drops[] = {
	{"OBJECT_TABLE", PG_RULE_DROP_TABLE},
	{"OBJECT_FOREIGN_TABLE", PG_RULE_DROP_TABLE},
	{"OBJECT_SCHEMA", PG_RULE_DROP_SCHEMA},
	{"OBJECT_TRIGGER", PG_RULE_TRIGGER},
	{"OBJECT_POLICY", PG_RULE_RIGHTS},
	{"OBJECT_PUBLICATION", PG_RULE_PUBLICATION},
	{"OBJECT_INDEX", PG_N_RULES},
	{"OBJECT_STATISTIC_EXT", PG_N_RULES},
	{"OBJECT_CAST", PG_N_RULES},
	{"OBJECT_EVENT_TRIGGER", PG_N_RULES},
};

static enum pg_rule drop_rule(const char *type)
{
	for (size_t i = 0; i < sizeof(drops) / sizeof(drops[0]); i++)
		if (!strcmp(drops[i].type, type))
			return drops[i].rule;
	return PG_RULE_DROP_OBJECT;
}

static const json_t *list_of(const json_t *object)
{
	const json_t *list = json_object_get(json_object_get(object, "List"), "items");

	if (!list)
		list = json_object_get(json_object_get(object, "TypeName"), "names");
	if (!list)
		list = json_object_get(json_object_get(object, "ObjectWithArgs"), "objname");
	return list;
}

static void drop(struct pg_check *c)
{
	const char *type = pg_text(c->node, "removeType");
	enum pg_rule rule = drop_rule(type);
	bool cascade = pg_is(c->node, "behavior", "DROP_CASCADE");
	json_t *object;
	size_t i;

	json_array_foreach(json_object_get(c->node, "objects"), i, object)
	{
		const json_t *list = list_of(object);
		const char *name = list ? pg_last_name(list) : pg_string(object);
		const struct pg_relation *r = relation_of(c, type, list);
		const char *written = r ? r->label : name;

		if (made_here(c, type, list))
			continue;
		if (rule != PG_N_RULES)
			pg_hit(c, rule, written, pg_locate(c, name),
				rule == PG_RULE_RIGHTS ? "who may see which rows of %s changes"
					: rule == PG_RULE_TRIGGER
					? "locks %s for everybody for a moment"
					: "programs that still use %s fail",
				written);
		if (cascade)
			pg_hit(c, PG_RULE_CASCADE, written, pg_locate(c, "cascade"),
				"whatever hangs on %s goes too", name);
	}
}

static void drop_database(struct pg_check *c)
{
	pg_hit(c, PG_RULE_DROP_DATABASE, pg_text(c->node, "dbname"), -1, "%s goes with all in it",
		pg_text(c->node, "dbname"));
}

/* ---- RENAME ---- */

static void rename_object(struct pg_check *c)
{
	static const char *const harmless[] = {"OBJECT_COLUMN", "OBJECT_TABLE", "OBJECT_INDEX",
		"OBJECT_TABCONSTRAINT", "OBJECT_DOMCONSTRAINT", "OBJECT_TRIGGER", "OBJECT_RULE",
		"OBJECT_POLICY", "OBJECT_ATTRIBUTE", "OBJECT_STATISTIC_EXT", "OBJECT_SEQUENCE"};
	const json_t *range = json_object_get(c->node, "relation");
	const char *type = pg_text(c->node, "renameType");

	for (size_t i = 0; i < sizeof(harmless) / sizeof(harmless[0]); i++)
		if (!strcmp(harmless[i], type))
			return;
	if (range && pg_is_new(c, pg_range(c, range)))
		return;
	pg_hit(c, PG_RULE_RENAME_OBJECT, c->s->object, -1, "programs that name %s fail from now on",
		c->s->object ? c->s->object : "it");
}

/* ---- types ---- */

static void alter_enum(struct pg_check *c)
{
	const char *type = pg_last_name(json_object_get(c->node, "typeName"));
	const struct pg_named *known = pg_named_find(&c->state->enums, type);
	bool transaction = c->context->in_transaction || c->state->in_block;

	if (*pg_text(c->node, "oldVal")) {
		if (!known || known->born != c->state->migration)
			pg_hit(c, PG_RULE_RENAME_VALUE, type, -1,
				"programs that send or compare '%s' fail",
				pg_text(c->node, "oldVal"));
		return;
	}
	if (transaction)
		pg_hit(c, PG_RULE_ENUM_IN_TRANSACTION, type, -1,
			"ADD VALUE cannot run inside a transaction");
	if (!*pg_text(c->node, "newValNeighbor"))
		pg_hit(c, PG_RULE_STYLE_ENUM_ORDER, type, -1, "'%s' becomes the last value of %s",
			pg_text(c->node, "newVal"), type);
}

static void alter_domain(struct pg_check *c)
{
	const char *subtype = pg_text(c->node, "subtype");
	const char *name = pg_last_name(json_object_get(c->node, "typeName"));
	const json_t *constraint = json_object_get(json_object_get(c->node, "def"), "Constraint");
	const struct pg_named *known = pg_named_find(&c->state->domains, name);

	if (known && known->born == c->state->migration)
		return;
	if (*subtype == 'O' || (*subtype == 'C' && !pg_true(constraint, "skip_validation")))
		pg_hit(c, PG_RULE_DOMAIN_CHECK, name, -1,
			"reads every table that uses %s while their writers wait", name);
	if (*subtype == 'V')
		pg_hit(c, PG_RULE_DOMAIN_VALIDATE, name, -1,
			"reads every table that uses %s while their writers wait", name);
}

static void composite(struct pg_check *c)
{
	bool renamed = pg_is(c->node, "renameType", "OBJECT_ATTRIBUTE");

	if (pg_is_new(c, pg_range(c, json_object_get(c->node, "relation"))))
		return;
	if (renamed || pg_is(c->node, "objtype", "OBJECT_TYPE"))
		pg_hit(c, PG_RULE_TYPE_ATTRIBUTE, c->s->object, -1,
			"tables and programs that use %s see another type",
			c->s->object ? c->s->object : "it");
}

/* ---- the rest ---- */

static void extension(struct pg_check *c)
{
	pg_hit(c, PG_RULE_EXTENSION, pg_text(c->node, "extname"), -1,
		"what the script of %s does the text does not tell", pg_text(c->node, "extname"));
}

static void replaced_view(struct pg_check *c)
{
	const json_t *range = json_object_get(c->node, "view");
	const struct pg_relation *view =
		pg_find_relation(c->state, pg_text(range, "schemaname"), pg_text(range, "relname"));

	if (pg_true(c->node, "replace") && view && !pg_is_new(c, view))
		pg_hit(c, PG_RULE_REPLACED, view->label, -1,
			"readers of %s meet the new one at once", view->label);
}

static void replaced_function(struct pg_check *c)
{
	const char *name = pg_last_name(json_object_get(c->node, "funcname"));
	const struct pg_named *known = pg_named_find(&c->state->functions, name);

	if (pg_true(c->node, "replace") && known && known->born != c->state->migration)
		pg_hit(c, PG_RULE_REPLACED, name, -1, "callers of %s meet the new one at once",
			name);
}

static void replication(struct pg_check *c)
{
	pg_hit(c, PG_RULE_PUBLICATION, c->s->object, -1, "%s changes what is replicated",
		c->s->kind);
}

static void system_settings(struct pg_check *c)
{
	pg_hit(c, PG_RULE_SYSTEM, c->s->object, -1, "%s reaches beyond this migration", c->s->kind);
}

static void rights(struct pg_check *c)
{
	const json_t *range = json_object_get(c->node, "table");

	if (range && pg_is_new(c, pg_range(c, range)))
		return;
	if (strcmp(c->type, "GrantStmt") && strcmp(c->type, "GrantRoleStmt"))
		pg_hit(c, PG_RULE_RIGHTS, c->s->object, -1, "%s changes who may do what",
			c->s->kind);
	else if (!pg_true(c->node, "is_grant"))
		pg_hit(c, PG_RULE_RIGHTS, c->s->object, -1, "takes rights away");
}

const struct pg_check_entry pg_checks_object[] = {
	{"DropStmt", drop},
	{"DropdbStmt", drop_database},
	{"RenameStmt", rename_object},
	{"RenameStmt", composite},
	{"AlterTableStmt", composite},
	{"AlterEnumStmt", alter_enum},
	{"AlterDomainStmt", alter_domain},
	{"CreateExtensionStmt", extension},
	{"AlterExtensionStmt", extension},
	{"ViewStmt", replaced_view},
	{"CreateFunctionStmt", replaced_function},
	{"CreatePublicationStmt", replication},
	{"AlterPublicationStmt", replication},
	{"CreateSubscriptionStmt", replication},
	{"AlterSubscriptionStmt", replication},
	{"DropSubscriptionStmt", replication},
	{"AlterSystemStmt", system_settings},
	{"AlterDatabaseSetStmt", system_settings},
	{"AlterRoleSetStmt", system_settings},
	{"GrantStmt", rights},
	{"GrantRoleStmt", rights},
	{"AlterPolicyStmt", rights},
	{"DropOwnedStmt", rights},
	{"ReassignOwnedStmt", rights},
	{0},
};
