/* The analyser of MariaDB and MySQL: one statement after another. */
#include "adapters/mysql/rules.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "adapters/mysql/suggest.h"
#include "embed.h"
#include "harness/base/cleanup.h"
#include "harness/base/mem.h"

static const struct lint_product products[] = {
	{"mariadb", 100500, 110800, 3}, {"mysql", 80000, 90700, 3}, {0}};

static bool for_product(const struct lint_rule *rule, const char *product)
{
	for (size_t i = 0; rule->products[i]; i++)
		if (!strcmp(rule->products[i], product))
			return true;
	return false;
}

struct rule_hit *my_hit(struct my_check *c, enum my_rule rule, const char *object, size_t token,
	const char *format, ...)
{
	const struct lint_rule *r = &my_rules[rule];
	const struct my_token *at = &c->w->tokens[token < c->w->n ? token : 0];
	char message[384];
	va_list args;

	if (!for_product(r, c->state->target.product->name) || (r->style && !c->context->style))
		return NULL;
	va_start(args, format);
	vsnprintf(message, sizeof(message), format, args);
	va_end(args);
	if (my_rule_class[rule] > c->ret->class)
		c->ret->class = my_rule_class[rule];
	return analysis_hit(
		c->ret, r, object, c->s->offset + at->start, at->end - at->start, "%s", message);
}

bool my_is_new(const struct my_check *c, const struct my_shape *table)
{
	return table->temporary || (table->born && table->born == c->state->migration);
}

/* ---- what is predicted ---- */

/* A copy keeps writers out while it runs; everything else holds everybody up only for moments, at
 * its beginning and its end, and while it waits for those. */
static void predict(struct my_check *c)
{
	const char *name = c->table->name;

	snprintf(c->ret->algorithm, sizeof(c->ret->algorithm), "%s",
		c->effect.unknown ? "" : my_algorithm_name(c->effect.algorithm));
	if (c->effect.lock == MY_LOCK_SHARED)
		analysis_lock(c->ret, name, "SHARED_NO_WRITE", false, true);
	analysis_lock(c->ret, name, "EXCLUSIVE", true, true);
	if (c->effect.algorithm >= MY_REBUILD)
		analysis_rewrite(c->ret, name);
	else if (c->effect.algorithm == MY_INPLACE)
		analysis_scan(c->ret, name);
}

/* ---- statements ---- */

static struct my_shape *target_table(struct my_check *c)
{
	return c->s->n_relations ? my_table_get(c->state, c->s->relations[0]) : NULL;
}

static void learn_renamed(struct my_check *c)
{
	for (size_t i = 0; i < c->n_clauses; i++) {
		struct my_tokens w = *c->w;
		CLEANUP(cleanup_str) struct str name = {0};

		if (strcmp(c->clauses[i].kind, "RENAME") != 0)
			continue;
		w.at = c->clauses[i].first + 1;
		if (!my_next(&w, "to") && !my_next(&w, "as"))
			my_next_char(&w, '=');
		if (my_next_name(&w, 2, &name))
			my_table_rename(c->state, c->table, str_text(&name));
	}
}

static bool read_alter(struct my_check *c)
{
	CLEANUP(cleanup_str) struct str name = {0};

	c->table = target_table(c);
	if (!c->table)
		return false;
	while (c->w->at < c->w->n && !my_next(c->w, "table"))
		c->w->at++;
	my_next(c->w, "if exists");
	my_next_name(c->w, 2, &name);
	my_read_clauses(c);
	return true;
}

/* CREATE INDEX and DROP INDEX are ALTER TABLE in other words. */
static bool read_index(struct my_check *c)
{
	static const struct {
		const char *kind, *clause;
	} words[] = {{"CREATE UNIQUE INDEX", "ADD UNIQUE INDEX"},
		{"CREATE FULLTEXT INDEX", "ADD FULLTEXT INDEX"},
		{"CREATE SPATIAL INDEX", "ADD SPATIAL INDEX"}, {"CREATE INDEX", "ADD INDEX"},
		{"DROP INDEX", "DROP INDEX"}};

	c->table = target_table(c);
	for (size_t i = 0; c->table && i < sizeof(words) / sizeof(words[0]); i++)
		if (!strncmp(c->s->kind, words[i].kind, strlen(words[i].kind))) {
			c->clauses = mem_zalloc(sizeof(*c->clauses));
			c->n_clauses = 1;
			snprintf(c->clauses->kind, sizeof(c->clauses->kind), "%s", words[i].clause);
			c->clauses->end = c->w->n;
			return true;
		}
	return false;
}

bool my_read_changes(struct my_check *c)
{
	if (!(strncmp(c->s->kind, "ALTER TABLE", 11) ? read_index(c) : read_alter(c)))
		return false;
	for (size_t i = 0; i < c->n_clauses; i++)
		c->clauses[i].effect = my_clause_effect(c, &c->clauses[i]);
	return true;
}

/* A foreign key is felt at both of its ends. */
static void learn_references(struct my_check *c)
{
	bool any = false;

	for (size_t i = 0; i < c->w->n && !any; i++)
		any = my_token_is(c->text, &c->w->tokens[i], "references");
	for (size_t i = 0; any && i < c->s->n_relations; i++)
		my_table_get(c->state, c->s->relations[i])->foreign = true;
}

static void analyse_alter(struct my_check *c)
{
	if (!my_read_changes(c))
		return;
	learn_references(c);
	c->effect = my_whole_effect(c);
	if (!my_is_new(c, c->table)) {
		predict(c);
		my_check_alter(c);
	}
	my_learn_clauses(c);
	learn_renamed(c);
}

static void analyse_create(struct my_check *c)
{
	struct my_tokens *w = c->w;
	CLEANUP(cleanup_str) struct str name = {0};
	bool temporary = false, careful;
	struct my_shape *table;

	while (w->at < w->n && !my_at(w, "table"))
		temporary = my_at(w, "temporary") || temporary, w->at++;
	my_next(w, "table");
	careful = my_next(w, "if not exists");
	my_next_name(w, 2, &name);
	/* What is there stays. */
	if (careful && my_table_find(c->state, str_text(&name)))
		return;
	table = my_table_new(c->state, str_text(&name));
	table->temporary = temporary;
	if (!my_is_new(c, table))
		analysis_lock(c->ret, table->name, "EXCLUSIVE", true, true);
	my_learn_create(c->state, table, w);
	learn_references(c);
}

/* Whoever takes a table away, or works on all of it, waits for everybody who has it open. */
static void lock_tables(struct my_check *c)
{
	for (size_t i = 0; i < c->s->n_relations; i++) {
		const struct my_shape *table = my_table_find(c->state, c->s->relations[i]);
		CLEANUP(cleanup_free) char *name = my_full_name(c->state, c->s->relations[i]);

		if (!table || !my_is_new(c, table))
			analysis_lock(c->ret, name, "EXCLUSIVE", true, true);
	}
}

/* MyISAM locks the whole table for whoever writes to it. */
static void lock_written(struct my_check *c)
{
	const struct my_shape *table = c->s->object ? my_table_find(c->state, c->s->object) : NULL;

	if (table && table->myisam && !my_is_new(c, table))
		analysis_lock(c->ret, table->name, "table WRITE", true, true);
}

static void learn_dropped(struct my_check *c)
{
	for (size_t i = 0; i < c->s->n_relations; i++) {
		struct my_shape *table = my_table_find(c->state, c->s->relations[i]);

		if (table)
			my_table_drop(c->state, table);
	}
}

/* RENAME TABLE a TO b, c TO d */
static void learn_renames(struct my_check *c)
{
	struct my_tokens *w = c->w;

	w->at = 2;
	while (w->at < w->n) {
		CLEANUP(cleanup_str) struct str from = {0};
		CLEANUP(cleanup_str) struct str to = {0};
		struct my_shape *table;

		my_next(w, "if exists");
		if (!my_next_name(w, 2, &from) || !my_next(w, "to") || !my_next_name(w, 2, &to))
			return;
		table = my_table_find(c->state, str_text(&from));
		if (table)
			my_table_rename(c->state, table, str_text(&to));
		if (!my_next_char(w, ','))
			return;
	}
}

static void learn_schema(struct my_check *c)
{
	CLEANUP(cleanup_str) struct str name = {0};

	c->w->at = 1;
	if (!my_next_name(c->w, 1, &name))
		return;
	mem_free(c->state->schema);
	c->state->schema = str_take(&name);
}

static void learn_session(struct my_check *c)
{
	struct my_tokens w = *c->w;

	if (c->s->flags & SQL_SETS_LOCK_TIMEOUT)
		c->state->lock_timeout = true;
	for (w.at = 0; w.at < w.n; w.at++)
		if (my_next(&w, "foreign_key_checks")) {
			my_next_char(&w, ':');
			my_next_char(&w, '=');
			c->state->no_foreign_key_checks = my_at(&w, "off") || my_at(&w, "false") ||
				w.text[my_peek(&w, 0)->start] == '0';
		}
}

static const struct {
	const char *kind;
	void (*before)(struct my_check *c); /* locks, clauses, and the checks about these */
	void (*after)(struct my_check *c);  /* what is remembered; NULL: nothing more */
} kinds[] = {
	{"ALTER TABLE", analyse_alter, NULL},
	{"CREATE INDEX", analyse_alter, NULL},
	{"CREATE UNIQUE INDEX", analyse_alter, NULL},
	{"CREATE FULLTEXT INDEX", analyse_alter, NULL},
	{"CREATE SPATIAL INDEX", analyse_alter, NULL},
	{"DROP INDEX", analyse_alter, NULL},
	{"CREATE TABLE", NULL, analyse_create},
	{"CREATE TEMPORARY TABLE", NULL, analyse_create},
	{"DROP TABLE", lock_tables, learn_dropped},
	{"RENAME TABLE", lock_tables, learn_renames},
	{"TRUNCATE", lock_tables, NULL},
	{"OPTIMIZE", lock_tables, NULL},
	{"REPAIR", lock_tables, NULL},
	{"LOCK TABLES", lock_tables, NULL},
	{"CREATE TRIGGER", lock_tables, NULL},
	{"INSERT", lock_written, NULL},
	{"REPLACE", lock_written, NULL},
	{"UPDATE", lock_written, NULL},
	{"DELETE", lock_written, NULL},
	{"SET", NULL, learn_session},
	{"USE", NULL, learn_schema},
};

static void learn_transaction(struct my_check *c)
{
	unsigned flags = c->s->flags;

	if (flags & (SQL_DDL | SQL_TX_COMMIT | SQL_TX_ROLLBACK | SQL_TX_BEGIN))
		c->state->has_data = false;
	else if (flags & SQL_DATA)
		c->state->has_data = c->context->in_transaction;
}

static void analyse(struct my_check *c)
{
	void (*after)(struct my_check * c) = NULL;

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (!strncmp(c->s->kind, kinds[i].kind, strlen(kinds[i].kind))) {
			if (kinds[i].before)
				kinds[i].before(c);
			after = kinds[i].after;
			break;
		}
	my_check_statement(c);
	if (after)
		after(c);
	learn_transaction(c);
	if (strncmp(c->s->kind, "ALTER TABLE", 11) != 0)
		MEM_FREE(c->state->last_altered);
}

static void statement(struct analysis_state *state, const char *text,
	const struct sql_script *script, size_t i, const struct statement_context *context,
	struct analysis *ret)
{
	const struct sql_statement *s = &script->statements[i];
	struct my_tokens w;
	struct my_check c = {.state = state,
		.context = context,
		.script = script,
		.s = s,
		.text = text + s->offset,
		.w = &w,
		.ret = ret};

	analysis_init(ret);
	if (!state->migration)
		state->migration = 1;
	my_tokens_init(&w, c.text, s->len, (struct my_mode){0});
	analyse(&c);
	my_clauses_release(&c);
	my_tokens_release(&w);
}

static void begin_migration(struct analysis_state *state)
{
	state->migration++;
	state->lock_timeout = state->statement_timeout = state->has_data = false;
	state->no_foreign_key_checks = false;
	MEM_FREE(state->last_altered);
	my_forget_former(state);
}

static void transaction_ended(struct analysis_state *state)
{
	state->has_data = false;
}

const struct analyser my_analyser = {
	.products = products,
	.rules = my_rules,
	.n_rules = MY_N_RULES,
	.schema_sql = sql_mysql_schema,
	.target_sql = "SELECT CONCAT(IF(VERSION() LIKE '%MariaDB%', 'mariadb:', 'mysql:'),"
		      " REGEXP_SUBSTR(VERSION(), '[0-9]+[.][0-9]+[.][0-9]+'))",
	.open = my_state_open,
	.begin_migration = begin_migration,
	.statement = statement,
	.transaction_ended = transaction_ended,
	.suggest = my_suggest,
	.close = my_state_close,
};
