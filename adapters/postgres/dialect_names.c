/* Names in parse trees: how they are written, and which of them are existing relations. */
#include "adapters/postgres/dialect_tree.h"

#include <pg_query.h>
#include <stdlib.h>
#include <string.h>

#include "harness/base/mem.h"

const char *pg_text(const json_t *node, const char *member)
{
	const char *text = json_string_value(json_object_get(node, member));

	return text ? text : "";
}

bool pg_true(const json_t *node, const char *member)
{
	return json_is_true(json_object_get(node, member));
}

void pg_set_kind(struct sql_statement *s, const char *a, const char *b, const char *c)
{
	snprintf(s->kind, sizeof(s->kind), "%s%s%s%s%s", a, *b ? " " : "", b, *c ? " " : "", c);
}

bool pg_is(const json_t *node, const char *member, const char *value)
{
	return !strcmp(pg_text(node, member), value);
}

const char *pg_object_words(const char *type, char buf[static 64])
{
	static const char *const spelt[][2] = {{"MATVIEW", "MATERIALIZED VIEW"},
		{"FDW", "FOREIGN DATA WRAPPER"}, {"FOREIGN_SERVER", "SERVER"},
		{"TABCONSTRAINT", "CONSTRAINT"}, {"DOMCONSTRAINT", "CONSTRAINT"},
		{"STATISTIC_EXT", "STATISTICS"}, {"OPCLASS", "OPERATOR CLASS"},
		{"OPFAMILY", "OPERATOR FAMILY"}, {"TSCONFIGURATION", "TEXT SEARCH CONFIGURATION"},
		{"TSDICTIONARY", "TEXT SEARCH DICTIONARY"}, {"TSPARSER", "TEXT SEARCH PARSER"},
		{"TSTEMPLATE", "TEXT SEARCH TEMPLATE"}, {"LARGEOBJECT", "LARGE OBJECT"}};

	if (!strncmp(type, "OBJECT_", 7))
		type += 7;
	for (size_t i = 0; i < sizeof(spelt) / sizeof(spelt[0]); i++)
		if (!strcmp(type, spelt[i][0]))
			return spelt[i][1];
	snprintf(buf, 64, "%s", type);
	for (char *c = buf; *c; c++)
		if (*c == '_')
			*c = ' ';
	return buf;
}

/* The parser itself knows which words are reserved. */
static bool reserved(const char *word)
{
	char sql[128];
	PgQueryParseResult result;
	bool bad;

	snprintf(sql, sizeof(sql), "TABLE %s", word);
	result = pg_query_parse(sql);
	bad = result.error;
	pg_query_free_parse_result(result);
	return bad;
}

void pg_add_name(struct str *out, const char *name)
{
	size_t n = strspn(name, "abcdefghijklmnopqrstuvwxyz_0123456789$");
	bool plain = *name && !name[n] && n < 64 && !(*name >= '0' && *name <= '9') && *name != '$';

	if (plain && !reserved(name)) {
		str_add(out, name);
		return;
	}
	str_add_char(out, '"');
	for (; *name; name++) {
		if (*name == '"')
			str_add_char(out, '"');
		str_add_char(out, *name);
	}
	str_add_char(out, '"');
}

static const char *string_node(const json_t *node)
{
	const json_t *string = json_object_get(node, "String");

	return json_is_string(node) ? json_string_value(node)
				    : json_string_value(json_object_get(string, "sval"));
}

/* The first n parts of a list of strings, dotted. */
static bool add_parts(struct str *out, const json_t *list, size_t n)
{
	size_t added = 0;

	for (size_t i = 0; i < n && i < json_array_size(list); i++) {
		const char *part = string_node(json_array_get(list, i));

		if (!part)
			break;
		if (added++)
			str_add_char(out, '.');
		pg_add_name(out, part);
	}
	return added;
}

static bool add_range_var(struct str *out, const json_t *range)
{
	static const char *const members[] = {"catalogname", "schemaname", "relname"};
	bool added = false;

	for (size_t i = 0; i < 3; i++) {
		const char *part = pg_text(range, members[i]);

		if (!*part)
			continue;
		if (added)
			str_add_char(out, '.');
		pg_add_name(out, part);
		added = true;
	}
	return added;
}

bool pg_add_node_name(struct str *out, const json_t *node)
{
	static const char *const wrappers[] = {"RangeVar", "List", "items", "TypeName", "names",
		"ObjectWithArgs", "objname", "relation", "RoleSpec", "rolename", "AccessPriv",
		"priv_name", "VacuumRelation"};
	const char *text = string_node(node);

	if (text) {
		pg_add_name(out, text);
		return *text;
	}
	if (json_is_array(node)) {
		if (string_node(json_array_get(node, 0)))
			return add_parts(out, node, json_array_size(node));
		return pg_add_node_name(out, json_array_get(node, 0));
	}
	if (json_object_get(node, "relname"))
		return add_range_var(out, node);
	for (size_t i = 0; i < sizeof(wrappers) / sizeof(wrappers[0]); i++)
		if (json_object_get(node, wrappers[i]))
			return pg_add_node_name(out, json_object_get(node, wrappers[i]));
	return false;
}

struct collection {
	struct sql_statement *s;
	size_t cap;
	const char **ctes;
	size_t n_ctes, cap_ctes;
	bool creates;
};

static void add_relation(struct collection *c, const char *name)
{
	struct sql_statement *s = c->s;

	if (c->creates && s->object && !strcmp(s->object, name))
		return;
	for (size_t i = 0; i < s->n_relations; i++)
		if (!strcmp(s->relations[i], name))
			return;
	*MEM_PUSH(s->relations, s->n_relations, c->cap) = mem_strdup(name);
}

static bool is_cte(const struct collection *c, const json_t *range)
{
	if (*pg_text(range, "schemaname"))
		return false;
	for (size_t i = 0; i < c->n_ctes; i++)
		if (!strcmp(c->ctes[i], pg_text(range, "relname")))
			return true;
	return false;
}

static void collect_ctes(struct collection *c, const json_t *node)
{
	const char *key;
	json_t *member;
	size_t i;

	if (json_is_array(node)) {
		json_array_foreach((json_t *)node, i, member) collect_ctes(c, member);
		return;
	}
	if (json_is_string(json_object_get(node, "ctename")))
		*MEM_PUSH(c->ctes, c->n_ctes, c->cap_ctes) = pg_text(node, "ctename");
	json_object_foreach((json_t *)node, key, member) collect_ctes(c, member);
}

/* Members that hold a RangeVar which names no existing table. */
static bool names_no_table(const char *key)
{
	static const char *const keys[] = {
		"into", "intoClause", "view", "sequence", "typevar", "lockedRels"};

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (!strcmp(keys[i], key))
			return true;
	return false;
}

static void collect(struct collection *c, const json_t *node)
{
	const char *key;
	json_t *member;
	size_t i;

	if (json_is_array(node)) {
		json_array_foreach((json_t *)node, i, member) collect(c, member);
		return;
	}
	if (json_is_string(json_object_get(node, "relname"))) {
		struct str name = {0};

		if (!is_cte(c, node) && add_range_var(&name, node))
			add_relation(c, str_text(&name));
		str_release(&name);
		return;
	}
	json_object_foreach((json_t *)node, key, member) if (!names_no_table(key))
		collect(c, member);
}

static bool one_of(const char *text, const char *const *list)
{
	for (; *list; list++)
		if (!strcmp(*list, text))
			return true;
	return false;
}

/* DROP and COMMENT name their objects as lists of strings, a trigger's as table and trigger. */
static void collect_listed(struct collection *c, const char *type, const json_t *object)
{
	static const char *const tables[] = {
		"OBJECT_TABLE", "OBJECT_VIEW", "OBJECT_MATVIEW", "OBJECT_FOREIGN_TABLE", NULL};
	static const char *const of_tables[] = {"OBJECT_COLUMN", "OBJECT_TRIGGER", "OBJECT_RULE",
		"OBJECT_POLICY", "OBJECT_TABCONSTRAINT", NULL};
	const json_t *items = json_object_get(json_object_get(object, "List"), "items");
	size_t n = json_array_size(items);
	struct str name = {0};

	if (one_of(type, of_tables))
		n = n ? n - 1 : 0;
	else if (!one_of(type, tables))
		n = 0;
	if (add_parts(&name, items, n))
		add_relation(c, str_text(&name));
	str_release(&name);
}

/* ALTER INDEX, GRANT ON SEQUENCE and the like hold their names as tables do. */
static bool about_no_table(const json_t *node)
{
	static const char *const members[] = {
		"objtype", "renameType", "objectType", "relationType", "kind", NULL};
	static const char *const types[] = {
		"OBJECT_INDEX", "OBJECT_SEQUENCE", "OBJECT_TYPE", "REINDEX_OBJECT_INDEX", NULL};

	for (size_t i = 0; members[i]; i++)
		if (one_of(pg_text(node, members[i]), types))
			return true;
	return false;
}

void pg_collect_relations(
	const char *name, const json_t *node, bool creates, struct sql_statement *s)
{
	struct collection c = {.s = s, .creates = creates};
	json_t *object;
	size_t i;

	if (!strcmp(name, "DropStmt")) {
		json_array_foreach(json_object_get(node, "objects"), i, object)
			collect_listed(&c, pg_text(node, "removeType"), object);
	} else if (!strcmp(name, "CommentStmt") || !strcmp(name, "SecLabelStmt")) {
		collect_listed(&c, pg_text(node, "objtype"), json_object_get(node, "object"));
	} else if (!about_no_table(node)) {
		collect_ctes(&c, node);
		collect(&c, node);
	}
	mem_free(c.ctes);
}
