/* The safe way to what a statement wants on MariaDB and MySQL. */
#include "adapters/mysql/suggest.h"

#include <string.h>
#include <strings.h>

#include "harness/base/cleanup.h"
#include "harness/base/mem.h"

/* ---- ALTER TABLE, CREATE INDEX, DROP INDEX ---- */

/* How a clause reaches its end. */
enum way {
	AS_IS, /* it harms nobody, or nothing better is known */
	PIN,   /* as it is, with the algorithm said */
	COPY,  /* in a second table */
	RENAME_COLUMN,
	DROP_COLUMN,
	FILL,
	FOREIGN_KEY,
	RENAME_TABLE,
	UNKNOWN,
};

/* Clauses whose algorithm is worth saying. */
static bool pinnable(const char *kind)
{
	static const char *const kinds[] = {"ADD COLUMN", "MODIFY COLUMN", "CHANGE COLUMN",
		"ADD INDEX", "ADD UNIQUE INDEX", "DROP INDEX", "ADD PRIMARY KEY",
		"DROP PRIMARY KEY", "ENGINE", "FORCE", "ROW_FORMAT", "KEY_BLOCK_SIZE"};

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (!strcmp(kind, kinds[i]))
			return true;
	return false;
}

static enum way way_of(const struct my_suggest *s, const struct my_clause *clause)
{
	static const struct {
		const char *kind;
		enum way way;
	} ways[] = {{"RENAME COLUMN", RENAME_COLUMN}, {"DROP COLUMN", DROP_COLUMN},
		{"RENAME", RENAME_TABLE}};
	struct my_effect effect = clause->effect;

	for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++)
		if (!strcmp(clause->kind, ways[i].kind))
			return ways[i].way;
	if (clause->new_name && strcasecmp(clause->name, clause->new_name) != 0)
		return RENAME_COLUMN;
	if (!strcmp(clause->kind, "ADD FOREIGN KEY"))
		return s->c->state->no_foreign_key_checks || s->c->table->myisam ? AS_IS
										 : FOREIGN_KEY;
	if (!strcmp(clause->kind, "ADD COLUMN") && clause->definition.computed &&
		!clause->definition.column.generated && !s->c->table->myisam)
		return FILL;
	if (effect.unknown)
		return UNKNOWN;
	if (effect.lock != MY_LOCK_NONE)
		return COPY;
	return pinnable(clause->kind) ? PIN : AS_IS;
}

static bool special(enum way way)
{
	return way >= RENAME_COLUMN && way < UNKNOWN;
}

static bool is_alter(const struct my_suggest *s)
{
	return !strncmp(s->c->s->kind, "ALTER TABLE", 11);
}

/* A clause as ALTER TABLE has it. */
static char *clause_text(const struct my_suggest *s, const struct my_clause *clause)
{
	struct my_tokens w = *s->c->w;
	CLEANUP(cleanup_str) struct str ignored = {0};
	CLEANUP(cleanup_free) char *head = NULL;
	CLEANUP(cleanup_free) char *tail = NULL;
	size_t on;

	if (is_alter(s))
		return my_tokens_text(s->c, clause->first, clause->end);
	/* CREATE INDEX i ON t (a); DROP INDEX i ON t */
	for (w.at = 0; w.at < w.n && !my_at(&w, "on");)
		w.at++;
	on = w.at++;
	head = my_tokens_text(s->c, 1, on);
	my_next_name(&w, 2, &ignored);
	if (w.at < w.n)
		tail = my_tokens_text(s->c, w.at, w.n);
	return mem_printf("%s %s%s%s", my_at(s->c->w, "drop") ? "DROP" : "ADD", head,
		tail ? " " : "", tail ? tail : "");
}

/* The clauses that go one way, with commas between. */
static char *clauses_text(const struct my_suggest *s, const enum way *ways)
{
	struct str out = {0};

	for (size_t i = 0; i < s->c->n_clauses; i++) {
		CLEANUP(cleanup_free) char *text = NULL;

		if (special(ways[i]))
			continue;
		text = clause_text(s, &s->c->clauses[i]);
		str_addf(&out, "%s%s", out.len ? ", " : "", text);
	}
	return str_take(&out);
}

static void add_altered(struct my_suggest *s, const char *text, const struct my_effect *effect)
{
	static const char *const titles[] = {[MY_INSTANT] = "Change @ at once, or not at all",
		[MY_INPLACE] = "Change @ beside the traffic, or not at all",
		[MY_REBUILD] = "Write @ anew beside the traffic, or not at all",
		[MY_COPY] = "Copy @ beside the traffic, or not at all"};
	const char *manner = my_manner(s, effect);

	suggest_step(s->ret, s->label,
		effect->algorithm == MY_INSTANT ? SUGGEST_AT_ONCE : SUGGEST_BESIDE,
		titles[effect->algorithm], "ALTER TABLE %s %s%s;", s->label, text, manner)
		->no_transaction = false;
}

/* CREATE INDEX says it in its own grammar. */
static void add_pinned_index(struct my_suggest *s)
{
	suggest_step(s->ret, s->label, SUGGEST_BESIDE,
		"Change an index of @ beside the traffic, or not at all",
		"%.*s ALGORITHM=INPLACE LOCK=NONE;", (int)s->c->s->len, s->c->text)
		->no_transaction = false;
}

static bool asked(const struct my_suggest *s)
{
	const struct my_tokens *w = s->c->w;

	for (size_t i = 0; i < w->n; i++)
		if (my_token_is(w->text, &w->tokens[i], "algorithm"))
			return true;
	return false;
}

/* Nothing of it needs another form; the server is told not to do worse than is known. */
static bool pin(struct my_suggest *s, const enum way *ways, const struct my_effect *whole)
{
	CLEANUP(cleanup_free) char *text = NULL;

	for (size_t i = 0; i < s->c->n_clauses; i++)
		if (ways[i] != PIN && ways[i] != COPY)
			return false;
	if (asked(s) || s->c->lock_asked || !s->c->n_clauses)
		return false;
	text = clauses_text(s, ways);
	/* DROP INDEX has no word for it on MariaDB. */
	if (is_alter(s) || !strncmp(s->c->s->kind, "DROP", 4))
		add_altered(s, text, whole);
	else
		add_pinned_index(s);
	s->ret->mechanical = s->ret->pinned = s->c->table->known;
	return true;
}

/* A column and an index in one statement rebuild the table, in two they do not. */
static bool lost_together(const struct my_suggest *s, const struct my_effect *whole)
{
	for (size_t i = 0; i < s->c->n_clauses; i++)
		if (s->c->clauses[i].effect.algorithm >= MY_REBUILD)
			return false;
	return whole->algorithm == MY_REBUILD;
}

static bool separate(struct my_suggest *s, const enum way *ways)
{
	bool any = false;

	for (size_t i = 0; i < s->c->n_clauses; i++) {
		const struct my_clause *clause = &s->c->clauses[i];
		CLEANUP(cleanup_free) char *text = NULL;

		if (special(ways[i]))
			continue;
		any = true;
		text = clause_text(s, clause);
		add_altered(s, text, &clause->effect);
	}
	return any;
}

static bool copied(struct my_suggest *s, const enum way *ways)
{
	CLEANUP(cleanup_free) char *text = NULL;

	if (!my_can_copy(s))
		return false;
	for (size_t i = 0; i < s->c->n_clauses; i++)
		if (!special(ways[i]) && !my_can_copy_with(s, &s->c->clauses[i]))
			return false;
	text = clauses_text(s, ways);
	my_suggest_copy(s, text);
	return true;
}

/* What comes after the table's name in ALTER TABLE … RENAME. */
static bool rename_table(struct my_suggest *s, const struct my_clause *clause)
{
	struct my_tokens w = *s->c->w;
	CLEANUP(cleanup_str) struct str name = {0};

	w.at = clause->first + 1;
	if (!my_next(&w, "to") && !my_next(&w, "as"))
		my_next_char(&w, '=');
	return my_next_name(&w, 2, &name) && my_suggest_rename_table(s, str_text(&name));
}

static bool apart(struct my_suggest *s, const struct my_clause *clause, enum way way)
{
	switch (way) {
	case RENAME_COLUMN:
		return my_suggest_rename_column(s, clause);
	case DROP_COLUMN:
		return my_suggest_drop_column(s, clause);
	case FILL:
		return my_suggest_fill(s, clause);
	case FOREIGN_KEY:
		return my_suggest_foreign_key(s, clause);
	case RENAME_TABLE:
		return rename_table(s, clause);
	case AS_IS:
	case PIN:
	case COPY:
	case UNKNOWN:
		break;
	}
	return true;
}

/* Clauses that need steps of their own, behind the others. More than one of the phases' kinds in a
 * statement would leave the others' names in the air. */
static bool with_special(struct my_suggest *s, const enum way *ways, bool copies)
{
	if (copies && !copied(s, ways))
		return false;
	if (!copies)
		separate(s, ways);
	for (size_t i = 0; i < s->c->n_clauses; i++)
		if (!apart(s, &s->c->clauses[i], ways[i]))
			return false;
	return true;
}

static bool suggest_clauses(struct my_suggest *s, enum way *ways)
{
	bool copies = false;
	size_t n_special = 0, n_phases = 0;
	struct my_effect whole;

	for (size_t i = 0; i < s->c->n_clauses; i++) {
		ways[i] = way_of(s, &s->c->clauses[i]);
		if (ways[i] == UNKNOWN)
			return false;
		copies = copies || ways[i] == COPY;
		n_special += special(ways[i]);
		n_phases += ways[i] == RENAME_COLUMN || ways[i] == DROP_COLUMN ||
			ways[i] == RENAME_TABLE;
	}
	if (n_phases > 1)
		return false;
	if (n_special)
		return with_special(s, ways, copies);
	whole = my_whole_effect(s->c);
	if (whole.lock != MY_LOCK_NONE)
		return copied(s, ways);
	if (lost_together(s, &whole)) {
		s->ret->mechanical = s->c->table->known;
		return !asked(s) && separate(s, ways);
	}
	return pin(s, ways, &whole);
}

static bool suggest_changes(struct my_suggest *s)
{
	CLEANUP(cleanup_free) enum way *ways = NULL;

	if (!my_read_changes(s->c) || my_is_new(s->c, s->c->table))
		return false;
	ways = mem_zalloc((s->c->n_clauses + 1) * sizeof(*ways));
	return suggest_clauses(s, ways);
}

/* ---- other statements ---- */

/* RENAME TABLE a TO b; a chain of them is an exchange, which one statement does well. */
static bool suggest_rename(struct my_suggest *s)
{
	struct my_tokens w = *s->c->w;
	CLEANUP(cleanup_str) struct str from = {0};
	CLEANUP(cleanup_str) struct str to = {0};

	s->c->table = my_table_get(s->c->state, s->label);
	w.at = 2;
	my_next(&w, "if exists");
	return !my_is_new(s->c, s->c->table) && my_next_name(&w, 2, &from) && my_next(&w, "to") &&
		my_next_name(&w, 2, &to) && w.at == w.n &&
		my_suggest_rename_table(s, str_text(&to));
}

static bool suggest_optimize(struct my_suggest *s)
{
	static const struct my_effect rebuild = {.algorithm = MY_REBUILD};

	s->c->table = my_table_get(s->c->state, s->label);
	if (s->c->s->n_relations != 1 || !s->c->table->known || my_is_new(s->c, s->c->table))
		return false;
	if (s->c->table->myisam || s->c->table->fulltext) {
		if (!my_can_copy(s))
			return false;
		my_suggest_copy(s, "");
	} else {
		add_altered(s, "FORCE", &rebuild);
	}
	suggest_step(s->ret, s->label, SUGGEST_AT_ONCE, "Count the values of @ anew",
		"ANALYZE TABLE %s;", s->label);
	return true;
}

static const struct {
	const char *kind;
	bool (*suggest)(struct my_suggest *s);
} forms[] = {
	{"ALTER TABLE", suggest_changes},
	{"CREATE INDEX", suggest_changes},
	{"CREATE UNIQUE INDEX", suggest_changes},
	{"CREATE FULLTEXT INDEX", suggest_changes},
	{"CREATE SPATIAL INDEX", suggest_changes},
	{"DROP INDEX", suggest_changes},
	{"RENAME TABLE", suggest_rename},
	{"OPTIMIZE", suggest_optimize},
};

static bool has_contract(const struct suggestion *s)
{
	for (size_t i = 0; i < s->n_steps; i++)
		if (s->steps[i].phase == SUGGEST_CONTRACT)
			return true;
	return false;
}

/* What comes later in the file counts on the shape that the statement leaves. */
static bool used_later(const struct my_suggest *s, size_t i)
{
	for (i++; i < s->c->script->n; i++) {
		const struct sql_statement *later = &s->c->script->statements[i];

		for (size_t k = 0; k < later->n_relations; k++)
			if (!strcmp(later->relations[k], s->label))
				return true;
		if (later->object && !strcmp(later->object, s->label))
			return true;
	}
	return false;
}

/* "`a b`.t" is `a b`. and t. */
static void take_names(struct my_suggest *s, struct str *schema, struct str *table)
{
	struct str *at = schema;
	bool quoted = false;

	if (!strchr(s->label, '.'))
		at = table;
	for (const char *p = s->label; *p; p++) {
		quoted ^= *p == '`';
		if (at == schema)
			str_add_char(at, *p);
		else if (*p != '`')
			str_add_char(at, *p);
		if (*p == '.' && !quoted)
			at = table;
	}
	s->schema = str_text(schema);
	s->table = str_text(table);
}

static bool suggest_statement(struct my_suggest *s, size_t i)
{
	const struct sql_statement *sql = s->c->s;

	for (size_t k = 0; k < sizeof(forms) / sizeof(forms[0]); k++)
		if (sql->n_relations && !strncmp(sql->kind, forms[k].kind, strlen(forms[k].kind)))
			return forms[k].suggest(s) && s->ret->n_steps &&
				!(has_contract(s->ret) && used_later(s, i));
	return false;
}

bool my_suggest(struct analysis_state *state, const char *text, const struct sql_script *script,
	size_t i, struct suggestion *ret)
{
	static const struct statement_context context = {0};
	const struct sql_statement *sql = &script->statements[i];
	CLEANUP(cleanup_str) struct str schema = {0};
	CLEANUP(cleanup_str) struct str table = {0};
	struct suggestion suggestion;
	struct my_tokens w;
	struct my_check c = {.state = state,
		.context = &context,
		.script = script,
		.s = sql,
		.text = text + sql->offset,
		.w = &w};
	struct my_suggest s = {.c = &c, .ret = &suggestion};
	bool found;

	suggestion_init(&suggestion);
	my_tokens_init(&w, c.text, sql->len, (struct my_mode){0});
	s.label = sql->n_relations ? sql->relations[0] : "";
	take_names(&s, &schema, &table);
	found = suggest_statement(&s, i);
	my_clauses_release(&c);
	my_tokens_release(&w);
	if (found)
		*ret = suggestion;
	else
		suggestion_release(&suggestion);
	return found;
}
