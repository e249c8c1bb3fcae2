#include "adapters/postgres/suggest.h"

#include <pg_query.h>
#include <stdio.h>
#include <string.h>

#include "adapters/postgres/dialect_lex.h"
#include "adapters/postgres/dialect_tree.h"
#include "harness/base/cleanup.h"
#include "harness/base/mem.h"

#define NAME_MAX_BYTES 63

char *pg_written_name(const char *name)
{
	struct str out = {0};

	pg_add_name(&out, name);
	return str_take(&out);
}

char *pg_made_name(const char *a, const char *b, const char *word)
{
	char name[NAME_MAX_BYTES + 1];
	size_t room = NAME_MAX_BYTES - strlen(word) - 1;
	int n;

	if (*b)
		n = snprintf(name, sizeof(name), "%.*s_%.*s", (int)(room / 2), a,
			(int)(room - room / 2 - 1), b);
	else
		n = snprintf(name, sizeof(name), "%.*s", (int)room, a);
	/* Never half a character. */
	while (n > 0 && (name[n - 1] & 0x80))
		n--;
	snprintf(name + n, sizeof(name) - (size_t)n, "_%s", word);
	return pg_written_name(name);
}

/* The statement with a word put behind the first of `after`; NULL: that is not in it. */
static char *with_word(const struct pg_suggest *s, const char *const *after, const char *word)
{
	struct pg_token token;

	for (pg_lex_solid(s->text, s->len, 0, &token); token.kind != PG_END;
		pg_lex_solid(s->text, s->len, token.end, &token))
		for (size_t i = 0; after[i]; i++)
			if (token.kind == PG_WORD && pg_token_is(s->text, &token, after[i]))
				return mem_printf("%.*s %s%.*s;", (int)token.end, s->text, word,
					(int)(s->len - token.end), s->text + token.end);
	return NULL;
}

static bool suggest_index(struct pg_suggest *s)
{
	static const char *const after[] = {"index", NULL};
	CLEANUP(cleanup_free) char *sql = NULL;

	/* On a partitioned table the server refuses it. */
	if (pg_true(s->node, "concurrent") || (s->table && s->table->kind == 'p'))
		return false;
	sql = with_word(s, after, "CONCURRENTLY");
	if (!sql)
		return false;
	s->what = *pg_text(s->node, "idxname") ? pg_text(s->node, "idxname") : "an index";
	pg_step_alone(s, "Build @ beside the traffic", "%s", sql);
	s->ret->mechanical = true;
	return true;
}

static bool suggest_drop(struct pg_suggest *s)
{
	const char *if_exists = pg_true(s->node, "missing_ok") ? "IF EXISTS " : "";
	json_t *object;
	size_t i;

	if (!pg_is(s->node, "removeType", "OBJECT_INDEX") || pg_true(s->node, "concurrent") ||
		pg_is(s->node, "behavior", "DROP_CASCADE"))
		return false;
	json_array_foreach(json_object_get(s->node, "objects"), i, object)
	{
		CLEANUP(cleanup_str) struct str name = {0};

		pg_add_node_name(&name, object);
		s->what = str_text(&name);
		pg_step_alone(s, "Drop @ without a lock that others feel",
			"DROP INDEX CONCURRENTLY %s%s;", if_exists, str_text(&name));
	}
	s->ret->mechanical = true;
	return i;
}

static bool suggest_reindex(struct pg_suggest *s)
{
	static const char *const after[] = {"index", "table", "schema", "database", NULL};
	CLEANUP(cleanup_free) char *sql = NULL;

	if (s->state->target.version < 120000 || strcasestr(s->text, "concurrently") ||
		pg_is(s->node, "kind", "REINDEX_OBJECT_SYSTEM"))
		return false;
	sql = with_word(s, after, "CONCURRENTLY");
	if (!sql)
		return false;
	pg_step_alone(s, "Build the indexes anew beside the traffic", "%s", sql);
	s->ret->mechanical = true;
	return true;
}

static bool suggest_table(struct pg_suggest *s)
{
	return pg_is(s->node, "objtype", "OBJECT_TABLE") && pg_suggest_alter(s);
}

static const struct {
	const char *node;
	bool (*suggest)(struct pg_suggest *s);
} forms[] = {
	{"IndexStmt", suggest_index},
	{"DropStmt", suggest_drop},
	{"ReindexStmt", suggest_reindex},
	{"RenameStmt", pg_suggest_rename},
	{"AlterTableStmt", suggest_table},
};

static bool suggest_statement(struct pg_suggest *s, const json_t *stmt)
{
	CLEANUP(cleanup_str) struct str label = {0};

	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		const json_t *relation;

		s->node = json_object_get(stmt, forms[i].node);
		if (!s->node)
			continue;
		relation = json_object_get(s->node, "relation");
		s->table = relation ? pg_find_relation(s->state, pg_text(relation, "schemaname"),
					      pg_text(relation, "relname"))
				    : NULL;
		if (relation)
			pg_add_node_name(&label, relation);
		s->label = (char *)str_text(&label);
		/* Nobody else uses a table that this very migration makes. */
		if (s->table && (s->table->born == s->state->migration || s->table->temporary))
			return false;
		return forms[i].suggest(s);
	}
	return false;
}

bool pg_suggest(struct analysis_state *state, const char *text, const struct sql_script *script,
	size_t i, struct suggestion *ret)
{
	const struct sql_statement *sql = &script->statements[i];
	CLEANUP(cleanup_free) char *own = mem_strndup(text + sql->offset, sql->len);
	PgQueryParseResult parsed = pg_query_parse(own);
	json_t *tree = parsed.error ? NULL : json_loads(parsed.parse_tree, 0, NULL);
	const json_t *first = json_array_get(json_object_get(tree, "stmts"), 0);
	struct suggestion suggestion;
	struct pg_suggest s = {.state = state, .text = own, .len = strlen(own), .ret = &suggestion};
	bool found;

	suggestion_init(&suggestion);
	found = suggest_statement(&s, json_object_get(first, "stmt"));
	if (found)
		*ret = suggestion;
	else
		suggestion_release(&suggestion);
	pg_query_free_parse_result(parsed);
	json_decref(tree);
	return found;
}
