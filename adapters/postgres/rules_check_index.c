/* Rules on indexes and on what runs concurrently. */
#include <stdlib.h>
#include <string.h>

#include "adapters/postgres/dialect_tree.h"
#include "adapters/postgres/rules.h"
#include "harness/base/cleanup.h"
#include "harness/base/mem.h"

/* The statement's text with a word put behind its first `after`; caller frees. */
static char *with_word(const struct pg_check *c, const char *after, const char *word)
{
	const char *text = c->text + c->s->offset;
	long at = pg_locate(c, after);
	int head = at < 0 ? 0 : (int)((size_t)at + strlen(after));

	return at < 0 || strlen(after) > c->s->len
		? mem_strdup("")
		: mem_printf("%.*s %s%.*s", head, text, word, (int)c->s->len - head, text + head);
}

static void create_plain(struct pg_check *c)
{
	const struct pg_relation *table = pg_range(c, json_object_get(c->node, "relation"));
	CLEANUP(cleanup_free) char *instead = NULL;

	if (pg_true(c->node, "concurrent") || pg_is_new(c, table) || pg_index_is_there(c))
		return;
	instead = with_word(c, "index", "CONCURRENTLY");
	pg_remedy(pg_hit(c, PG_RULE_INDEX_PLAIN, table->label, -1,
			  "builds an index on %s while every writer of it waits", table->label),
		"%s", instead);
}

static void if_not_exists(struct pg_check *c)
{
	if (pg_true(c->node, "concurrent") && pg_true(c->node, "if_not_exists"))
		pg_hit(c, PG_RULE_INDEX_IF_NOT_EXISTS, pg_text(c->node, "idxname"),
			pg_locate(c, "if"),
			"passes over an INVALID index %s that a failed build has left",
			pg_text(c->node, "idxname"));
}

static void create_partitioned(struct pg_check *c)
{
	const struct pg_relation *table = pg_range(c, json_object_get(c->node, "relation"));

	if (pg_true(c->node, "concurrent") && table->kind == 'p')
		pg_hit(c, PG_RULE_INDEX_PARTITIONED, table->label, pg_locate(c, "concurrently"),
			"%s is partitioned: the server builds no index on it concurrently",
			table->label);
}

static void columns(struct pg_check *c)
{
	size_t n = json_array_size(json_object_get(c->node, "indexParams"));

	if (n > 3 && !pg_true(c->node, "unique"))
		pg_hit(c, PG_RULE_INDEX_WIDE, pg_text(c->node, "idxname"), -1,
			"an index on %zu columns", n);
}

static void unnamed(struct pg_check *c)
{
	if (pg_true(c->node, "concurrent") && !*pg_text(c->node, "idxname"))
		pg_hit(c, PG_RULE_BUILD_NAMED_ONLY, "", -1, "a concurrent build without a name");
}

static bool new_index(const struct pg_check *c, const json_t *list)
{
	size_t n = json_array_size(list);
	const struct pg_index *index = pg_find_index(
		c->state, n > 1 ? pg_string(json_array_get(list, n - 2)) : "", pg_last_name(list));

	return index && pg_index_is_new(c, index);
}

static void drop_plain(struct pg_check *c)
{
	CLEANUP(cleanup_free) char *instead = NULL;
	json_t *object;
	size_t i;

	if (!pg_is(c->node, "removeType", "OBJECT_INDEX"))
		return;
	instead = with_word(c, "index", "CONCURRENTLY");
	json_array_foreach(json_object_get(c->node, "objects"), i, object)
	{
		const json_t *list = pg_list_of(object);
		const char *name = pg_last_name(list);

		if (new_index(c, list))
			continue;
		pg_hit(c, PG_RULE_INDEX_DROPPED, name, pg_locate(c, name), "queries may rely on %s",
			name);
		if (!pg_true(c->node, "concurrent"))
			pg_remedy(pg_hit(c, PG_RULE_INDEX_DROP, name, pg_locate(c, name),
					  "drops %s while its table is locked for everybody", name),
				"%s", instead);
	}
}

static void reindex(struct pg_check *c)
{
	const json_t *range = json_object_get(c->node, "relation");

	if (strstr(c->s->kind, "CONCURRENTLY"))
		return;
	if (range && c->worst == PG_NO_LOCK)
		return;
	pg_hit(c, PG_RULE_REINDEX, range ? pg_text(range, "relname") : "", -1,
		"writers wait until the indexes are built anew");
}

/* ---- what no transaction may hold ---- */

static void in_transaction(struct pg_check *c)
{
	bool concurrent = strstr(c->s->kind, "CONCURRENTLY");

	if (!(c->s->flags & SQL_NO_TRANSACTION) ||
		!(c->context->in_transaction || c->state->in_block))
		return;
	if (concurrent)
		pg_hit(c, PG_RULE_CONCURRENTLY_IN_TRANSACTION, "", pg_locate(c, "concurrently"),
			"%s cannot run inside a transaction", c->s->kind);
	else
		pg_hit(c, PG_RULE_NO_TRANSACTION, "", -1, "%s cannot run inside a transaction",
			c->s->kind);
}

static void timeouts(struct pg_check *c)
{
	const struct analysis_state *state = c->state;
	bool lock = state->lock_timeout || state->local_lock_timeout;
	bool statement = state->statement_timeout || state->local_statement_timeout;

	if (!strstr(c->s->kind, "CONCURRENTLY") || !strstr(c->s->kind, "INDEX") ||
		!(lock || statement))
		return;
	pg_hit(c, PG_RULE_BUILD_TIMEOUT, "", pg_locate(c, "concurrently"),
		"%s set above is in force here: cut short, the index stays INVALID",
		lock && statement ? "lock_timeout and statement_timeout, both"
			: lock	  ? "lock_timeout,"
				  : "statement_timeout,");
}

const struct pg_check_entry pg_checks_index[] = {
	{"IndexStmt", create_plain},
	{"IndexStmt", if_not_exists},
	{"IndexStmt", create_partitioned},
	{"IndexStmt", columns},
	{"IndexStmt", unnamed},
	{"DropStmt", drop_plain},
	{"ReindexStmt", reindex},
	{"*", in_transaction},
	{"*", timeouts},
	{0},
};
