/* The analyser of PostgreSQL: one statement after another. */
#include "adapters/postgres/rules.h"
#include "adapters/postgres/suggest.h"

#include <pg_query.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "adapters/postgres/dialect_lex.h"
#include "adapters/postgres/dialect_tree.h"
#include "adapters/postgres/observer_modes.h"
#include "embed.h"
#include "harness/base/cleanup.h"
#include "harness/base/mem.h"

static const struct lint_product products[] = {{"postgres", 100000, 180000, 2}, {0}};

/* ---- what is reported ---- */

static bool in_range(const struct lint_rule *rule, unsigned version)
{
	return version >= rule->since && (!rule->until || version < rule->until);
}

struct rule_hit *pg_hit(struct pg_check *c, enum pg_rule rule, const char *object, long location,
	const char *format, ...)
{
	const struct lint_rule *r = &pg_rules[rule];
	const char *text = c->text + c->s->offset;
	struct pg_token token;
	char message[512];
	va_list args;

	if (!in_range(r, c->state->target.version) || (r->style && !c->context->style))
		return NULL;
	if (location < 0 || (size_t)location >= c->s->len)
		location = 0;
	pg_lex_solid(text, c->s->len, (size_t)location, &token);
	va_start(args, format);
	vsnprintf(message, sizeof(message), format, args);
	va_end(args);
	if (pg_rule_class[rule] > c->ret->class)
		c->ret->class = pg_rule_class[rule];
	return analysis_hit(c->ret, r, object, c->s->offset + token.start, token.end - token.start,
		"%s", message);
}

void pg_remedy(struct rule_hit *hit, const char *format, ...)
{
	struct str text = {0};
	char buf[1024];
	va_list args;

	if (!hit)
		return;
	va_start(args, format);
	vsnprintf(buf, sizeof(buf), format, args);
	va_end(args);
	str_add(&text, buf);
	mem_free(hit->remedy);
	hit->remedy = str_take(&text);
}

bool pg_is_new(const struct pg_check *c, const struct pg_relation *relation)
{
	return relation->temporary || relation->born == c->state->migration;
}

bool pg_index_is_new(const struct pg_check *c, const struct pg_index *index)
{
	return index->born == c->state->migration || pg_is_new(c, index->table);
}

static void lock_object(struct pg_check *c, const char *object, enum pg_mode mode)
{
	const char *name = pg_mode_name(mode);
	struct analysis_state *state = c->state;

	if (mode > c->worst)
		c->worst = mode;
	if (pg_holds(state, object, mode))
		return;
	analysis_lock(
		c->ret, object, name, lock_mode_blocks_reads(name), lock_mode_blocks_writes(name));
}

void pg_lock(struct pg_check *c, struct pg_relation *relation, enum pg_mode mode)
{
	if (!pg_is_new(c, relation) && mode > PG_ACCESS_SHARE)
		lock_object(c, relation->label, mode);
}

void pg_lock_family(struct pg_check *c, struct pg_relation *relation, enum pg_mode mode)
{
	pg_lock(c, relation, mode);
	for (size_t i = 0; i < c->state->n_relations; i++) {
		struct pg_relation *child = c->state->relations[i];

		if (child->parent == relation && !child->dropped && child != relation)
			pg_lock_family(c, child, mode);
	}
}

void pg_lock_index(struct pg_check *c, const struct pg_index *index, enum pg_mode mode)
{
	if (!pg_index_is_new(c, index))
		lock_object(c, index->label, mode);
}

void pg_lock_indexes(struct pg_check *c, struct pg_relation *relation, enum pg_mode mode)
{
	for (size_t i = 0; i < c->state->n_indexes; i++)
		if (c->state->indexes[i]->table == relation && !c->state->indexes[i]->dropped)
			pg_lock_index(c, c->state->indexes[i], mode);
}

void pg_rewrites(struct pg_check *c, struct pg_relation *relation)
{
	if (pg_is_new(c, relation))
		return;
	analysis_rewrite(c->ret, relation->label);
	c->slow = true;
}

void pg_scans(struct pg_check *c, struct pg_relation *relation)
{
	if (pg_is_new(c, relation))
		return;
	analysis_scan(c->ret, relation->label);
	c->slow = true;
}

/* ---- the checks ---- */

static void run_table(struct pg_check *c, const struct pg_check_entry *entries, const char *on)
{
	for (; entries->on; entries++)
		if (!strcmp(entries->on, on))
			entries->check(c);
}

static void run_all(struct pg_check *c, const char *on)
{
	static const struct pg_check_entry *const tables[] = {pg_checks_index, pg_checks_constraint,
		pg_checks_column, pg_checks_table, pg_checks_object, pg_checks_transaction,
		pg_checks_style};

	for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++)
		run_table(c, tables[i], on);
}

static void run_commands(struct pg_check *c)
{
	json_t *element;
	size_t i;

	json_array_foreach(json_object_get(c->node, "cmds"), i, element)
	{
		c->command = json_object_get(element, "AlterTableCmd");
		c->subtype = pg_text(c->command, "subtype");
		run_all(c, c->subtype);
	}
	c->command = NULL;
}

static void run_checks(struct pg_check *c)
{
	run_all(c, c->type);
	/* An index or a type that is altered is no table. */
	if (!strcmp(c->type, "AlterTableStmt") && c->table)
		run_commands(c);
	run_all(c, "*");
}

/* ---- the analyser ---- */

static struct analysis_state *open_state(const struct lint_target *target)
{
	return pg_state_open(target);
}

static void begin_migration(struct analysis_state *state)
{
	pg_state_end_transaction(state);
	state->migration++;
	state->lock_timeout = state->statement_timeout = false;
}

static void keep_locks(struct pg_check *c)
{
	struct analysis_state *state = c->state;

	for (size_t i = 0; i < c->ret->n_locks; i++) {
		const struct predicted_lock *lock = &c->ret->locks[i];
		struct pg_held *held = MEM_PUSH(state->held, state->n_held, state->cap_held);

		held->object = mem_strdup(lock->object);
		held->kind = mem_strdup(c->s->kind);
		for (enum pg_mode mode = PG_ACCESS_SHARE; mode <= PG_ACCESS_EXCLUSIVE; mode++)
			if (!strcmp(lock->mode, pg_mode_name(mode)))
				held->mode = mode;
	}
}

static void analyse(struct pg_check *c, const json_t *tree)
{
	const json_t *raw = json_array_get(json_object_get(tree, "stmts"), 0);

	c->node = pg_only(json_object_get(raw, "stmt"), &c->type);
	pg_predict(c);
	run_checks(c);
	pg_learn(c);
	run_table(c, pg_checks_learnt, c->type);
	run_table(c, pg_checks_last, "*");
	keep_locks(c);
}

static json_t *parse(const char *sql, struct str *ret_error)
{
	PgQueryParseResult parsed = pg_query_parse(sql);
	json_t *tree = parsed.error ? NULL : json_loads(parsed.parse_tree, 0, NULL);

	if (!tree)
		str_add(ret_error, parsed.error ? parsed.error->message : "cannot be read");
	pg_query_free_parse_result(parsed);
	return tree;
}

static json_t *parse_newer(struct pg_check *c, const char *sql)
{
	CLEANUP(cleanup_str) struct str error = {0};
	CLEANUP(cleanup_free) char *older = NULL;

	if (c->state->target.version >= 180000)
		older = pg_in_older_words(sql, &c->virtual_columns);
	return older ? parse(older, &error) : NULL;
}

static void statement(struct analysis_state *state, const char *text,
	const struct sql_script *script, size_t i, const struct statement_context *context,
	struct analysis *ret)
{
	struct pg_check c = {
		.state = state,
		.context = context,
		.script = script,
		.s = &script->statements[i],
		.text = text,
		.ret = ret,
		.type = "",
	};
	CLEANUP(cleanup_free) char *sql = mem_strndup(text + c.s->offset, c.s->len);
	CLEANUP(cleanup_str) struct str error = {0};
	json_t *tree = parse(sql, &error);

	analysis_init(ret);
	if (!state->migration)
		begin_migration(state);
	if (!context->in_transaction && !state->in_block)
		pg_state_end_transaction(state);
	if (!tree)
		tree = parse_newer(&c, sql);
	if (tree)
		analyse(&c, tree);
	else
		pg_not_understood(&c, str_text(&error));
	json_decref(tree);
}

const struct analyser pg_analyser = {
	.suggest = pg_suggest,
	.products = products,
	.rules = pg_rules,
	.n_rules = PG_N_RULES,
	.schema_sql = sql_postgres_schema,
	.target_sql = "SELECT format('postgres:%s.%s', n / 10000, n % 10000) FROM "
		      "CAST(current_setting('server_version_num') AS integer) AS n",
	.open = open_state,
	.begin_migration = begin_migration,
	.statement = statement,
	.transaction_ended = pg_state_end_transaction,
	.close = pg_state_close,
};
