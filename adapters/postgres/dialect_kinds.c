/* Sub-kinds: what the members of a node add to its kind and flags. */
#include "adapters/postgres/dialect_tree.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "adapters/postgres/dialect_lex.h"

/* An option in parentheses: absent `fallback`, bare or true/on/1 true. */
static bool option(const json_t *options, const char *name, bool fallback)
{
	json_t *element;
	size_t i;

	json_array_foreach((json_t *)options, i, element)
	{
		const json_t *def = json_object_get(element, "DefElem");
		const json_t *arg = json_object_get(def, "arg");
		const json_t *text = json_object_get(json_object_get(arg, "String"), "sval");
		const json_t *number = json_object_get(arg, "Integer");

		if (!pg_is(def, "defname", name))
			continue;
		if (!arg)
			return true;
		if (number)
			return json_integer_value(json_object_get(number, "ival"));
		if (json_is_string(text))
			return strcasecmp(json_string_value(text), "false") &&
				strcasecmp(json_string_value(text), "off");
		return pg_true(json_object_get(arg, "Boolean"), "boolval");
	}
	return fallback;
}

void pg_refine_alter_enum(const json_t *node, struct sql_statement *s)
{
	pg_set_kind(s, "ALTER TYPE", *pg_text(node, "oldVal") ? "RENAME VALUE" : "ADD VALUE", "");
}

void pg_refine_alter_database(const json_t *node, struct sql_statement *s)
{
	if (option(json_object_get(node, "options"), "tablespace", false))
		s->flags |= SQL_NO_TRANSACTION;
}

void pg_refine_alter_subscription(const json_t *node, struct sql_statement *s)
{
	bool publications = strstr(pg_text(node, "kind"), "_PUBLICATION");

	if (pg_is(node, "kind", "ALTER_SUBSCRIPTION_REFRESH") ||
		(publications && option(json_object_get(node, "options"), "refresh", true)))
		s->flags |= SQL_NO_TRANSACTION;
}

void pg_refine_cluster(const json_t *node, struct sql_statement *s)
{
	if (!json_object_get(node, "relation"))
		s->flags |= SQL_NO_TRANSACTION;
}

void pg_refine_copy(const json_t *node, struct sql_statement *s)
{
	bool from = pg_true(node, "is_from"), program = pg_true(node, "is_program");

	if (from)
		s->flags |= SQL_DATA;
	if (!*pg_text(node, "filename") && !program) {
		pg_set_kind(s, "COPY", from ? "FROM STDIN" : "TO STDOUT", "");
		s->flags |= SQL_CLIENT;
	} else {
		pg_set_kind(s, "COPY", from ? "FROM" : "TO", program ? "PROGRAM" : "");
	}
}

void pg_refine_create_function(const json_t *node, struct sql_statement *s)
{
	pg_set_kind(s, "CREATE", pg_true(node, "is_procedure") ? "PROCEDURE" : "FUNCTION", "");
}

void pg_refine_create_index(const json_t *node, struct sql_statement *s)
{
	if (!pg_true(node, "concurrent"))
		return;
	pg_set_kind(s, "CREATE INDEX", "CONCURRENTLY", "");
	s->flags |= SQL_NO_TRANSACTION | SQL_UNCUT;
}

void pg_refine_create_subscription(const json_t *node, struct sql_statement *s)
{
	const json_t *options = json_object_get(node, "options");

	if (option(options, "create_slot", option(options, "connect", true)))
		s->flags |= SQL_NO_TRANSACTION;
}

void pg_refine_create_table(const json_t *node, struct sql_statement *s)
{
	const json_t *base = json_object_get(node, "base") ? json_object_get(node, "base") : node;
	bool temporary = pg_is(json_object_get(base, "relation"), "relpersistence", "t");
	const char *kind = base == node ? "TABLE" : "FOREIGN TABLE";

	pg_set_kind(s, temporary ? "CREATE TEMPORARY" : "CREATE", kind,
		json_object_get(base, "partbound") ? "PARTITION OF" : "");
}

void pg_refine_create_table_as(const json_t *node, struct sql_statement *s)
{
	if (pg_is(node, "objtype", "OBJECT_MATVIEW"))
		pg_set_kind(s, "CREATE", "MATERIALIZED VIEW", "");
}

void pg_refine_discard(const json_t *node, struct sql_statement *s)
{
	if (pg_is(node, "target", "DISCARD_ALL"))
		s->flags |= SQL_NO_TRANSACTION | SQL_SETS_LOCK_TIMEOUT | SQL_SETS_STATEMENT_TIMEOUT;
}

/* A body that ends transactions itself runs only outside of one. */
static bool body_commits(const char *body)
{
	size_t len = strlen(body);
	struct pg_token token, next;

	for (pg_lex_solid(body, len, 0, &token); token.kind != PG_END; token = next) {
		pg_lex_solid(body, len, token.end, &next);
		if ((pg_token_is(body, &token, "commit") ||
			    pg_token_is(body, &token, "rollback")) &&
			(next.kind == PG_SEMICOLON || pg_token_is(body, &next, "and")))
			return true;
	}
	return false;
}

void pg_refine_do(const json_t *node, struct sql_statement *s)
{
	json_t *element;
	size_t i;

	json_array_foreach(json_object_get(node, "args"), i, element)
	{
		const json_t *def = json_object_get(element, "DefElem");
		const json_t *body = json_object_get(json_object_get(def, "arg"), "String");

		if (pg_is(def, "defname", "as") && body_commits(pg_text(body, "sval")))
			s->flags |= SQL_MAY_COMMIT;
	}
}

void pg_refine_drop(const json_t *node, struct sql_statement *s)
{
	char object[64];
	bool concurrent = pg_true(node, "concurrent");

	pg_set_kind(s, "DROP", pg_object_words(pg_text(node, "removeType"), object),
		concurrent ? "CONCURRENTLY" : "");
	if (concurrent)
		s->flags |= SQL_NO_TRANSACTION | SQL_UNCUT;
}

void pg_refine_explain(const json_t *node, struct sql_statement *s)
{
	const json_t *query = json_object_get(node, "query");

	if (option(json_object_get(node, "options"), "analyze", false) &&
		!json_object_get(query, "SelectStmt"))
		s->flags |= SQL_DATA;
}

void pg_refine_grant(const json_t *node, struct sql_statement *s)
{
	if (!pg_true(node, "is_grant"))
		pg_set_kind(s, "REVOKE", "", "");
}

/* "ALTER % SET SCHEMA": the object's type takes the place of the percent sign. */
void pg_refine_objtype(const json_t *node, struct sql_statement *s)
{
	static const char *const members[] = {"objtype", "objectType", "kind"};
	char object[64], pattern[sizeof(s->kind)];
	char *mark;

	memcpy(pattern, s->kind, sizeof(pattern));
	mark = strchr(pattern, '%');
	for (size_t i = 0; mark && i < sizeof(members) / sizeof(members[0]); i++) {
		const char *type = pg_text(node, members[i]);

		if (strncmp(type, "OBJECT_", 7))
			continue;
		*mark = '\0';
		snprintf(s->kind, sizeof(s->kind), "%s%s%s", pattern, pg_object_words(type, object),
			mark + 1);
		return;
	}
}

void pg_refine_reindex(const json_t *node, struct sql_statement *s)
{
	const char *type = pg_text(node, "kind");
	bool many = !strcmp(type, "REINDEX_OBJECT_SCHEMA") ||
		!strcmp(type, "REINDEX_OBJECT_SYSTEM") || !strcmp(type, "REINDEX_OBJECT_DATABASE");

	if (many)
		s->flags |= SQL_NO_TRANSACTION;
	if (option(json_object_get(node, "params"), "concurrently", false)) {
		pg_set_kind(s, "REINDEX", "CONCURRENTLY", "");
		s->flags |= SQL_NO_TRANSACTION | SQL_UNCUT;
	} else if (!strncmp(type, "REINDEX_OBJECT_", 15)) {
		pg_set_kind(s, "REINDEX", type + 15, "");
	}
}

void pg_refine_rename(const json_t *node, struct sql_statement *s)
{
	char object[64], part[64], alter[64 + 8];
	const char *type = pg_text(node, "renameType");
	const char *of = NULL;

	if (!strcmp(type, "OBJECT_COLUMN") || !strcmp(type, "OBJECT_ATTRIBUTE"))
		of = pg_text(node, "relationType");
	else if (!strcmp(type, "OBJECT_TABCONSTRAINT"))
		of = "OBJECT_TABLE";
	else if (!strcmp(type, "OBJECT_DOMCONSTRAINT"))
		of = "OBJECT_DOMAIN";
	snprintf(alter, sizeof(alter), "ALTER %s", pg_object_words(of ? of : type, object));
	pg_set_kind(s, alter, "RENAME", of ? pg_object_words(type, part) : "");
}

/* ---- settings and transactions ---- */

static void note_setting(const char *name, bool local, struct sql_statement *s)
{
	unsigned flag = !strcasecmp(name, "lock_timeout") ? SQL_SETS_LOCK_TIMEOUT
		: !strcasecmp(name, "statement_timeout")  ? SQL_SETS_STATEMENT_TIMEOUT
							  : 0;

	s->flags |= flag;
	if (flag && local)
		s->flags |= SQL_SETS_LOCAL;
}

void pg_refine_set(const json_t *node, struct sql_statement *s)
{
	const char *kind = pg_text(node, "kind");
	bool local = pg_true(node, "is_local");

	if (!strcmp(kind, "VAR_RESET_ALL")) {
		pg_set_kind(s, "RESET", "ALL", "");
		s->flags |= SQL_SETS_LOCK_TIMEOUT | SQL_SETS_STATEMENT_TIMEOUT | SQL_RESETS;
		return;
	}
	if (!strcmp(kind, "VAR_RESET"))
		pg_set_kind(s, "RESET", "", "");
	else if (local)
		pg_set_kind(s, "SET", "LOCAL", "");
	note_setting(pg_text(node, "name"), local, s);
	if (!strcmp(kind, "VAR_RESET") &&
		s->flags & (SQL_SETS_LOCK_TIMEOUT | SQL_SETS_STATEMENT_TIMEOUT))
		s->flags |= SQL_RESETS;
}

static void set_config(const json_t *call, struct sql_statement *s)
{
	const json_t *names = json_object_get(call, "funcname"),
		     *args = json_object_get(call, "args");
	const json_t *last = json_array_get(names, json_array_size(names) - 1);
	const json_t *name = json_object_get(json_array_get(args, 0), "A_Const");
	const json_t *local = json_object_get(json_array_get(args, 2), "A_Const");

	if (pg_is(json_object_get(last, "String"), "sval", "set_config"))
		note_setting(pg_text(json_object_get(name, "sval"), "sval"),
			pg_true(json_object_get(local, "boolval"), "boolval"), s);
}

/* Looks for set_config() and for statements that change data inside WITH. */
static void look_into(const json_t *node, struct sql_statement *s)
{
	const char *key;
	json_t *member;
	size_t i;

	if (json_is_array(node)) {
		json_array_foreach((json_t *)node, i, member) look_into(member, s);
		return;
	}
	json_object_foreach((json_t *)node, key, member)
	{
		if (!strcmp(key, "FuncCall"))
			set_config(member, s);
		else if (!strcmp(key, "InsertStmt") || !strcmp(key, "UpdateStmt") ||
			!strcmp(key, "DeleteStmt"))
			s->flags |= SQL_DATA;
		look_into(member, s);
	}
}

void pg_refine_select(const json_t *node, struct sql_statement *s)
{
	look_into(node, s);
	if (json_object_get(node, "intoClause")) {
		pg_set_kind(s, "SELECT", "INTO", "");
		s->flags |= SQL_DDL;
	}
}

void pg_refine_transaction(const json_t *node, struct sql_statement *s)
{
	static const struct {
		const char *type, *kind;
		unsigned flags;
	} kinds[] = {
		{"TRANS_STMT_BEGIN", "BEGIN", SQL_TX_BEGIN},
		{"TRANS_STMT_START", "START TRANSACTION", SQL_TX_BEGIN},
		{"TRANS_STMT_COMMIT", "COMMIT", SQL_TX_COMMIT},
		{"TRANS_STMT_ROLLBACK", "ROLLBACK", SQL_TX_ROLLBACK},
		{"TRANS_STMT_SAVEPOINT", "SAVEPOINT", SQL_SESSION},
		{"TRANS_STMT_RELEASE", "RELEASE", SQL_SESSION},
		{"TRANS_STMT_ROLLBACK_TO", "ROLLBACK TO SAVEPOINT", SQL_SESSION},
		{"TRANS_STMT_PREPARE", "PREPARE TRANSACTION", SQL_TX_COMMIT},
		{"TRANS_STMT_COMMIT_PREPARED", "COMMIT PREPARED", SQL_NO_TRANSACTION},
		{"TRANS_STMT_ROLLBACK_PREPARED", "ROLLBACK PREPARED", SQL_NO_TRANSACTION},
	};

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (pg_is(node, "kind", kinds[i].type)) {
			pg_set_kind(
				s, kinds[i].kind, pg_true(node, "chain") ? "AND CHAIN" : "", "");
			s->flags |= kinds[i].flags;
		}
	/* The next transaction is already open. */
	if (pg_true(node, "chain"))
		s->flags |= SQL_TX_BEGIN;
}

void pg_refine_vacuum(const json_t *node, struct sql_statement *s)
{
	if (!pg_true(node, "is_vacuumcmd")) {
		pg_set_kind(s, "ANALYZE", "", "");
		return;
	}
	s->flags |= SQL_NO_TRANSACTION;
	if (option(json_object_get(node, "options"), "full", false))
		pg_set_kind(s, "VACUUM", "FULL", "");
	else
		s->flags |= SQL_UNCUT;
}
