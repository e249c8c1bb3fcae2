/*
 * DO: the statements that a block of PL/pgSQL holds as text are analysed as if they stood in its
 * place; whether a condition lets them run is not asked. What the block puts together as it runs
 * stays unknown.
 */
#include <pg_query.h>
#include <stdlib.h>
#include <string.h>

#include "adapters/postgres/dialect_tree.h"
#include "adapters/postgres/postgres.h"
#include "adapters/postgres/rules.h"
#include "harness/base/cleanup.h"
#include "harness/base/mem.h"

struct block {
	struct pg_check *c;
	bool unknown;
};

/* ---- one statement of the block ---- */

/* Where it stands in the whole text; the block's own place, where it is quoted another way. */
static size_t place_of(const struct pg_check *c, const char *sql, bool *ret_verbatim)
{
	const char *text = c->text + c->s->offset;
	const char *at = memmem(text, c->s->len, sql, strlen(sql));

	*ret_verbatim = at;
	return at ? (size_t)(at - c->text) : c->s->offset;
}

static void take_over(struct pg_check *c, const char *sql, const struct analysis *inner)
{
	bool verbatim;
	size_t place = place_of(c, sql, &verbatim);

	for (size_t i = 0; i < inner->n_locks; i++)
		analysis_lock(c->ret, inner->locks[i].object, inner->locks[i].mode,
			inner->locks[i].blocks_reads, inner->locks[i].blocks_writes);
	for (size_t i = 0; i < inner->n_rewritten; i++)
		analysis_rewrite(c->ret, inner->rewritten[i]);
	for (size_t i = 0; i < inner->n_scanned; i++)
		analysis_scan(c->ret, inner->scanned[i]);
	for (size_t i = 0; i < inner->n_hits; i++) {
		const struct rule_hit *hit = &inner->hits[i];

		pg_remedy(analysis_hit(c->ret, hit->rule, hit->object,
				  place + (verbatim ? hit->offset : 0), verbatim ? hit->len : 2,
				  "%s", hit->message),
			"%s", hit->remedy);
	}
	if (inner->class > c->ret->class)
		c->ret->class = inner->class;
	c->ret->unknown |= inner->unknown;
}

static void analyse_text(struct block *b, const char *sql)
{
	struct statement_context context = *b->c->context;
	struct sql_script script;
	struct err err = {0};

	context.in_transaction = true;
	if (postgres_dialect.split(sql, strlen(sql), &script, &err))
		return;
	for (size_t i = 0; i < script.n; i++) {
		struct analysis inner;

		pg_analyser.statement(b->c->state, sql, &script, i, &context, &inner);
		take_over(b->c, sql, &inner);
		analysis_release(&inner);
	}
	sql_script_release(&script);
}

/* ---- the block's tree ---- */

static const char *query_of(const json_t *statement, const char *member)
{
	const json_t *expression = json_object_get(statement, member);

	return pg_text(json_object_get(expression, "PLpgSQL_expr"), "query");
}

static bool found_execsql(const json_t *node, void *arg)
{
	analyse_text(arg, query_of(node, "sqlstmt"));
	return false;
}

/* An expression, as the query that it is to the server. */
static json_t *parse_expression(const char *text)
{
	CLEANUP(cleanup_free) char *sql = mem_printf("SELECT %s", text);
	PgQueryParseResult parsed = pg_query_parse(sql);
	json_t *tree = parsed.error ? NULL : json_loads(parsed.parse_tree, 0, NULL);

	pg_query_free_parse_result(parsed);
	return tree;
}

static bool found_literal(const json_t *node, void *arg)
{
	*(const char **)arg = pg_text(json_object_get(node, "sval"), "sval");
	return true;
}

static bool found_more(const json_t *node, void *arg)
{
	(void)node, (void)arg;
	return true;
}

/* EXECUTE of a plain literal is a statement like any other. */
static bool found_execute(const json_t *node, void *arg)
{
	struct block *b = arg;
	json_t *tree = parse_expression(query_of(node, "query"));
	const char *literal = "";
	bool computed = !tree || pg_walk(tree, "FuncCall", found_more, NULL) ||
		pg_walk(tree, "A_Expr", found_more, NULL) ||
		pg_walk(tree, "ColumnRef", found_more, NULL);

	pg_walk(tree, "A_Const", found_literal, &literal);
	if (computed || !*literal)
		b->unknown = true;
	else
		analyse_text(b, literal);
	json_decref(tree);
	return false;
}

static bool found_call(const json_t *node, void *arg)
{
	(void)node;
	((struct block *)arg)->unknown = true;
	return false;
}

/* Conditions, assignments, PERFORM: functions that are not known may do anything. */
static bool found_expression(const json_t *node, void *arg)
{
	struct block *b = arg;
	json_t *tree = parse_expression(pg_text(node, "query"));
	const char *name;

	if (!tree) {
		PgQueryParseResult parsed = pg_query_parse(pg_text(node, "query"));

		tree = parsed.error ? NULL : json_loads(parsed.parse_tree, 0, NULL);
		pg_query_free_parse_result(parsed);
	}
	if (tree && pg_volatility(b->c->state, tree, &name) == PG_VOLATILE_UNKNOWN)
		b->unknown = true;
	json_decref(tree);
	return false;
}

/* One body, in PL/pgSQL: what else there may be the library answers with an abort. */
static bool is_plpgsql(const json_t *node)
{
	unsigned bodies = 0;
	json_t *element;
	size_t i;

	json_array_foreach(json_object_get(node, "args"), i, element)
	{
		const json_t *def = json_object_get(element, "DefElem");
		const char *text = pg_string(json_object_get(def, "arg"));

		if (pg_is(def, "defname", "language") && strcmp(text, "plpgsql") != 0)
			return false;
		bodies += pg_is(def, "defname", "as");
	}
	return bodies == 1;
}

bool pg_look_inside(struct pg_check *c)
{
	CLEANUP(cleanup_free) char *sql = mem_strndup(c->text + c->s->offset, c->s->len);
	struct block b = {.c = c};
	PgQueryPlpgsqlParseResult parsed;
	json_t *tree;

	if (!is_plpgsql(c->node))
		return false;
	parsed = pg_query_parse_plpgsql(sql);
	tree = parsed.error ? NULL : json_loads(parsed.plpgsql_funcs, 0, NULL);
	b.unknown = !json_array_size(tree);

	pg_walk(tree, "PLpgSQL_stmt_execsql", found_execsql, &b);
	pg_walk(tree, "PLpgSQL_stmt_dynexecute", found_execute, &b);
	pg_walk(tree, "PLpgSQL_stmt_dynfors", found_call, &b);
	pg_walk(tree, "PLpgSQL_stmt_call", found_call, &b);
	pg_walk(tree, "PLpgSQL_expr", found_expression, &b);
	json_decref(tree);
	pg_query_free_plpgsql_parse_result(parsed);
	return !b.unknown;
}
