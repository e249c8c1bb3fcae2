/* What an interrupted build may have left: an INVALID index under its own name. */
#include <jansson.h>
#include <pg_query.h>

#include "adapters/postgres/dialect_text.h"
#include "adapters/postgres/dialect_tree.h"
#include "embed.h"
#include "harness/base/cleanup.h"
#include "harness/base/mem.h"

static char *index_query(const json_t *node)
{
	CLEANUP(cleanup_str) struct str table = {0};
	CLEANUP(cleanup_free) char *owner = NULL;
	CLEANUP(cleanup_free) char *name = NULL;

	if (!pg_true(node, "concurrent") || !*pg_text(node, "idxname") ||
		!pg_add_node_name(&table, json_object_get(node, "relation")))
		return NULL;
	owner = pg_sql_literal(str_text(&table));
	name = pg_sql_literal(pg_text(node, "idxname"));
	return mem_printf("WITH wanted (owner, name) AS (VALUES (text %s, name %s))\n%s", owner,
		name, sql_postgres_earlier_index);
}

char *pg_earlier_attempt(const char *sql, size_t len)
{
	CLEANUP(cleanup_free) char *text = mem_strndup(sql, len);
	PgQueryParseResult result = pg_query_parse(text);
	json_t *tree = result.error ? NULL : json_loads(result.parse_tree, 0, NULL);
	const json_t *first = json_array_get(json_object_get(tree, "stmts"), 0);
	char *query = index_query(json_object_get(json_object_get(first, "stmt"), "IndexStmt"));

	pg_query_free_parse_result(result);
	json_decref(tree);
	return query;
}
