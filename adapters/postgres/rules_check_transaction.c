/* Rules on transactions, time-outs, rows, and on what cannot be told. */
#include <stdlib.h>
#include <string.h>

#include "adapters/postgres/dialect_lex.h"
#include "adapters/postgres/dialect_tree.h"
#include "adapters/postgres/rules.h"
#include "harness/base/cleanup.h"
#include "harness/base/mem.h"

#define NAME_MAX_BYTES 63

static bool broke(const struct pg_check *c, enum pg_rule rule)
{
	for (size_t i = 0; i < c->ret->n_hits; i++)
		if (c->ret->hits[i].rule == &pg_rules[rule])
			return true;
	return false;
}

/* ---- rows ---- */

static bool on_new_table(struct pg_check *c)
{
	const json_t *range = json_object_get(c->node, "relation");

	return range && pg_is_new(c, pg_range(c, range));
}

static void all_rows(struct pg_check *c)
{
	bool update = !strcmp(c->type, "UpdateStmt");
	const char *table;

	if (json_object_get(c->node, "whereClause") || on_new_table(c) ||
		json_object_get(c->node, "fromClause") || json_object_get(c->node, "usingClause"))
		return;
	table = pg_range(c, json_object_get(c->node, "relation"))->label;
	pg_hit(c, update ? PG_RULE_UPDATE_ALL : PG_RULE_DELETE_ALL, table, -1,
		update ? "writes every row of %s in one transaction"
		       : "deletes every row of %s in one transaction",
		table);
}

static void assigned_twice(struct pg_check *c)
{
	const json_t *list = json_object_get(c->node, "targetList");

	for (size_t i = 0; i < json_array_size(list); i++)
		for (size_t k = 0; k < i; k++) {
			const json_t *a = json_object_get(json_array_get(list, i), "ResTarget");
			const json_t *b = json_object_get(json_array_get(list, k), "ResTarget");

			if (!strcmp(pg_text(a, "name"), pg_text(b, "name")) &&
				!json_object_get(a, "indirection"))
				pg_hit(c, PG_RULE_DOUBLE_ASSIGNMENT, pg_text(a, "name"),
					pg_location(a), "%s is assigned twice", pg_text(a, "name"));
		}
}

/* ---- locks of earlier statements ---- */

static bool takes(const struct pg_check *c, const char *object, enum pg_mode at_least)
{
	for (enum pg_mode mode = at_least; mode <= PG_ACCESS_EXCLUSIVE; mode++)
		for (size_t i = 0; i < c->ret->n_locks; i++)
			if (!strcmp(c->ret->locks[i].object, object) &&
				!strcmp(c->ret->locks[i].mode, pg_mode_name(mode)))
				return true;
	return false;
}

static bool is_index(const struct analysis_state *state, const char *object)
{
	for (size_t i = 0; i < state->n_indexes; i++)
		if (!strcmp(state->indexes[i]->label, object))
			return true;
	return false;
}

/* A table that an earlier statement of this transaction has locked at least so, and that this
 * statement does not lock itself. */
static const struct pg_held *earlier(const struct pg_check *c, enum pg_mode at_least)
{
	for (size_t i = 0; i < c->state->n_held; i++) {
		const struct pg_held *held = &c->state->held[i];

		if (held->mode >= at_least && !is_index(c->state, held->object) &&
			!takes(c, held->object, PG_SHARE))
			return held;
	}
	return NULL;
}

static bool is_bulk(const struct pg_check *c)
{
	const json_t *select =
		json_object_get(json_object_get(c->node, "selectStmt"), "SelectStmt");

	if (!strcmp(c->type, "InsertStmt"))
		return select && !json_object_get(select, "valuesLists") &&
			json_object_get(select, "fromClause");
	return !strcmp(c->type, "UpdateStmt") || !strcmp(c->type, "DeleteStmt") ||
		!strcmp(c->type, "MergeStmt") ||
		(!strcmp(c->type, "CopyStmt") && pg_true(c->node, "is_from"));
}

static bool is_session_work(const struct pg_check *c)
{
	static const char *const types[] = {"VariableSetStmt", "TransactionStmt",
		"VariableShowStmt", "CommentStmt", "ConstraintsSetStmt"};

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (!strcmp(types[i], c->type))
			return true;
	return false;
}

static void under_lock(struct pg_check *c)
{
	const struct pg_held *held = earlier(c, PG_SHARE);

	if (!held || is_session_work(c) || broke(c, PG_RULE_VALIDATE_AT_ONCE))
		return;
	if (is_bulk(c)) {
		pg_hit(c, PG_RULE_BACKFILL, held->object, -1,
			"%s, locked by %s above, stays so until the last row is written",
			held->object, held->kind);
		return;
	}
	if (c->slow || c->ret->unknown) {
		pg_hit(c, PG_RULE_SLOW_UNDER_LOCK, held->object, -1,
			"%s, locked by %s above, stays so until this is done", held->object,
			held->kind);
		return;
	}
	if (held->mode == PG_ACCESS_EXCLUSIVE && c->s->n_relations && c->worst < PG_SHARE)
		pg_hit(c, PG_RULE_MORE_UNDER_LOCK, held->object, -1,
			"runs while %s, locked by %s above, is shut for everybody", held->object,
			held->kind);
}

static void several(struct pg_check *c)
{
	const struct pg_held *held = earlier(c, PG_SHARE_ROW_EXCLUSIVE);
	const char *now = NULL;

	for (size_t i = 0; i < c->ret->n_locks && !now; i++) {
		const struct predicted_lock *lock = &c->ret->locks[i];

		if (lock->blocks_writes && !is_index(c->state, lock->object))
			now = lock->object;
	}
	if (held && now)
		pg_hit(c, PG_RULE_MANY_EXCLUSIVE, now, -1,
			"locks %s while %s, of %s above, is still locked", now, held->object,
			held->kind);
}

/* ---- time-outs ---- */

static void timeouts(struct pg_check *c)
{
	const struct analysis_state *state = c->state;
	bool lock =
		c->context->lock_timeout_set || state->lock_timeout || state->local_lock_timeout;
	bool statement = c->context->statement_timeout_set || state->statement_timeout ||
		state->local_statement_timeout;

	if (c->worst < PG_SHARE)
		return;
	if (!lock)
		pg_remedy(pg_hit(c, PG_RULE_LOCK_TIMEOUT, "", -1,
				  "asks for %s without a lock_timeout", pg_mode_name(c->worst)),
			"SET lock_timeout = '2s';");
	if (!statement && c->slow)
		pg_hit(c, PG_RULE_STATEMENT_TIMEOUT, "", -1,
			"works under %s without a statement_timeout", pg_mode_name(c->worst));
}

/* ---- transactions ---- */

static void nested(struct pg_check *c)
{
	const char *kind = pg_text(c->node, "kind");
	bool begin = !strcmp(kind, "TRANS_STMT_BEGIN") || !strcmp(kind, "TRANS_STMT_START");
	bool end = !strcmp(kind, "TRANS_STMT_COMMIT") || !strcmp(kind, "TRANS_STMT_ROLLBACK");

	if (begin && (c->state->in_block || c->context->in_transaction))
		pg_hit(c, PG_RULE_NESTED, "", -1, "a transaction is open already");
	if (end && !c->state->in_block && c->context->in_transaction)
		pg_hit(c, PG_RULE_NESTED, "", -1, "ends a transaction that the file has not begun");
}

static void enum_values(struct pg_check *c)
{
	const char *text = c->text + c->s->offset;

	if (!strcmp(c->type, "AlterEnumStmt"))
		return;
	for (size_t i = 0; i < c->state->enum_values.n; i++) {
		const char *value = c->state->enum_values.items[i].name;
		CLEANUP(cleanup_free) char *literal = mem_printf("'%s'", value);
		const char *at = memmem(text, c->s->len, literal, strlen(literal));

		if (at)
			pg_hit(c, PG_RULE_ENUM_USED, value, at - text,
				"%s is new in this transaction and cannot be used in it", literal);
	}
}

static void long_names(struct pg_check *c)
{
	const char *text = c->text + c->s->offset;
	struct pg_token token;

	for (pg_lex_solid(text, c->s->len, 0, &token); token.kind != PG_END;
		pg_lex_solid(text, c->s->len, token.end, &token)) {
		size_t len = token.end - token.start - (token.kind == PG_QUOTED ? 2 : 0);

		if ((token.kind == PG_WORD || token.kind == PG_QUOTED) && len > NAME_MAX_BYTES)
			pg_hit(c, PG_RULE_NAME_TOO_LONG, "", (long)token.start,
				"a name of %zu bytes is cut to %d", len, NAME_MAX_BYTES);
	}
}

/* ---- what cannot be told ---- */

static void dynamic(struct pg_check *c)
{
	c->ret->unknown = true;
	pg_hit(c, PG_RULE_DYNAMIC, c->s->object, -1, "what this %s does the text does not tell",
		c->s->kind);
}

static void block(struct pg_check *c)
{
	if (!pg_look_inside(c))
		dynamic(c);
}

static void select_function(struct pg_check *c)
{
	const char *name;

	if (pg_volatility(c->state, c->node, &name) != PG_VOLATILE_UNKNOWN)
		return;
	c->ret->unknown = true;
	pg_hit(c, PG_RULE_DYNAMIC, name, pg_locate(c, name),
		"what %s() does the text does not tell", name);
}

static void client(struct pg_check *c)
{
	if (c->s->flags & SQL_CLIENT)
		pg_hit(c, PG_RULE_CLIENT_COMMAND, "", -1, "only psql knows what to do with this");
}

void pg_not_understood(struct pg_check *c, const char *why)
{
	c->ret->unknown = true;
	if (c->s->flags & SQL_CLIENT)
		client(c);
	else
		pg_hit(c, PG_RULE_NOT_UNDERSTOOD, "", -1, "%s", why);
	c->ret->class = SQL_CLASS_EXPAND_CONTRACT;
}

const struct pg_check_entry pg_checks_transaction[] = {
	{"UpdateStmt", all_rows},
	{"DeleteStmt", all_rows},
	{"UpdateStmt", assigned_twice},
	{"TransactionStmt", nested},
	{"DoStmt", block},
	{"CallStmt", dynamic},
	{"ExecuteStmt", dynamic},
	{"SelectStmt", select_function},
	{"CopyStmt", client},
	{"*", enum_values},
	{"*", under_lock},
	{"*", several},
	{"*", timeouts},
	{"*", long_names},
	{0},
};

/* ---- after the statement is known ---- */

static void not_committed(struct pg_check *c)
{
	if (c->state->in_block && c->s + 1 == c->script->statements + c->script->n)
		pg_hit(c, PG_RULE_NOT_COMMITTED, "", -1,
			"the script ends with its transaction open");
}

const struct pg_check_entry pg_checks_last[] = {
	{"*", not_committed},
	{0},
};
