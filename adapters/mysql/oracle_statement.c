#include "adapters/mysql/oracle_statement.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "adapters/mysql/dialect_lex.h"
#include "harness/base/mem.h"

struct cursor {
	struct my_lexer lexer;
	const char *text;
	struct my_token at;
	int depth; /* of parentheses, before the token */
};

static void step(struct cursor *c)
{
	if (my_token_char(c->text, &c->at, '('))
		c->depth++;
	else if (my_token_char(c->text, &c->at, ')'))
		c->depth--;
	my_lex_solid(&c->lexer, &c->at);
}

static bool is(const struct cursor *c, const char *word)
{
	return c->at.kind == MY_WORD && my_token_is(c->text, &c->at, word);
}

static bool skip(struct cursor *c, const char *word)
{
	if (!is(c, word))
		return false;
	step(c);
	return true;
}

static bool skip_any(struct cursor *c, const char *const *words)
{
	bool any = false;

	for (size_t i = 0; words[i]; i++)
		if (skip(c, words[i])) {
			any = true;
			i = (size_t)-1; /* from the first again: their order is free */
		}
	return any;
}

/* A word, or a name without its quotes; NULL when the token is neither. */
static char *identifier(const struct cursor *c)
{
	size_t start = c->at.start, end = c->at.end, n = 0;
	char quote, *name;

	if (c->at.kind == MY_WORD)
		return mem_strndup(c->text + start, end - start);
	if (c->at.kind != MY_NAME || end - start < 2)
		return NULL;
	quote = c->text[start];
	name = mem_alloc(end - start);
	for (size_t i = start + 1; i + 1 < end; i++) {
		name[n++] = c->text[i];
		if (c->text[i] == quote)
			i++; /* doubled */
	}
	name[n] = '\0';
	return name;
}

/* [schema.]table */
static bool table_name(struct cursor *c, char **ret_schema, char **ret_table)
{
	char *first = identifier(c);

	if (!first)
		return false;
	step(c);
	if (my_token_char(c->text, &c->at, '.')) {
		step(c);
		*ret_schema = first;
		*ret_table = identifier(c);
		step(c);
		return *ret_table != NULL;
	}
	*ret_table = first;
	return true;
}

static void skip_to(struct cursor *c, const char *word)
{
	while (c->at.kind != MY_END && !(is(c, word) && c->depth == 0))
		step(c);
	step(c);
}

/* ---- what is asked for ---- */

static bool one_of(const char *word, const char *const *list)
{
	for (size_t i = 0; list[i]; i++)
		if (!strcasecmp(word, list[i]))
			return true;
	return false;
}

/* NAME [=] VALUE, where it is one of the values. */
static void read_clause(struct cursor *c, const char *const *values, char **ret)
{
	char *value;

	step(c);
	if (my_token_char(c->text, &c->at, '='))
		step(c);
	value = c->at.kind == MY_WORD ? identifier(c) : NULL;
	if (!value || !one_of(value, values)) {
		mem_free(value);
		return;
	}
	for (char *p = value; *p; p++)
		*p = (char)toupper((unsigned char)*p);
	mem_free(*ret);
	*ret = value;
}

static void read_reference(struct cursor *c, struct my_target *t)
{
	char *schema = NULL, *table = NULL;

	step(c);
	if (table_name(c, &schema, &table) && t->n_references < MY_REFERENCES_MAX)
		t->references[t->n_references++] = table;
	else
		mem_free(table);
	mem_free(schema);
}

static void read_rename(struct cursor *c, struct my_target *t)
{
	static const char *const others[] = {"COLUMN", "INDEX", "KEY", NULL};
	char *schema = NULL;

	step(c);
	for (size_t i = 0; others[i]; i++)
		if (is(c, others[i]))
			return;
	if (!skip(c, "TO"))
		skip(c, "AS");
	mem_free(t->renamed);
	t->renamed = NULL;
	table_name(c, &schema, &t->renamed);
	mem_free(schema);
}

static void read_specs(struct cursor *c, struct my_target *t)
{
	static const char *const algorithms[] = {
		"DEFAULT", "INSTANT", "NOCOPY", "INPLACE", "COPY", NULL};
	static const char *const locks[] = {"DEFAULT", "NONE", "SHARED", "EXCLUSIVE", NULL};

	t->specs = c->at.start;
	t->specs_partition = is(c, "PARTITION") || is(c, "REMOVE");
	while (c->at.kind != MY_END) {
		if (is(c, "REFERENCES"))
			read_reference(c, t);
		else if (c->depth == 0 && is(c, "ALGORITHM"))
			read_clause(c, algorithms, &t->algorithm);
		else if (c->depth == 0 && is(c, "LOCK"))
			read_clause(c, locks, &t->lock);
		else if (c->depth == 0 && t->kind == MY_STATEMENT_ALTER && is(c, "RENAME"))
			read_rename(c, t);
		else
			step(c);
	}
}

/* ---- statements ---- */

static void skip_wait(struct cursor *c)
{
	if (skip(c, "WAIT"))
		step(c);
	else
		skip(c, "NOWAIT");
}

static void parse_alter(struct cursor *c, struct my_target *t)
{
	static const char *const before[] = {"ONLINE", "OFFLINE", "IGNORE", NULL};

	skip_any(c, before);
	if (!skip(c, "TABLE"))
		return;
	if (skip(c, "IF"))
		skip(c, "EXISTS");
	if (!table_name(c, &t->schema, &t->table))
		return;
	t->kind = MY_STATEMENT_ALTER;
	skip_wait(c);
	read_specs(c, t);
}

static void parse_index(struct cursor *c, struct my_target *t, enum my_statement_kind kind)
{
	skip_to(c, "ON");
	if (!table_name(c, &t->schema, &t->table))
		return;
	t->kind = kind;
	read_specs(c, t);
}

static void parse_create(struct cursor *c, struct my_target *t)
{
	static const char *const before[] = {"OR", "REPLACE", "ONLINE", "OFFLINE", "UNIQUE",
		"FULLTEXT", "SPATIAL", "TEMPORARY", NULL};

	skip_any(c, before);
	if (skip(c, "INDEX")) {
		parse_index(c, t, MY_STATEMENT_CREATE_INDEX);
	} else if (skip(c, "TABLE")) {
		if (skip(c, "IF")) {
			skip(c, "NOT");
			skip(c, "EXISTS");
		}
		table_name(c, &t->schema, &t->table);
	}
}

static void parse_drop(struct cursor *c, struct my_target *t)
{
	static const char *const before[] = {"ONLINE", "OFFLINE", "TEMPORARY", NULL};

	skip_any(c, before);
	if (skip(c, "INDEX")) {
		t->if_exists = skip(c, "IF");
		if (t->if_exists)
			skip(c, "EXISTS");
		t->index = mem_strndup(c->text + c->at.start, c->at.end - c->at.start);
		parse_index(c, t, MY_STATEMENT_DROP_INDEX);
	} else if (skip(c, "TABLE")) {
		if (skip(c, "IF"))
			skip(c, "EXISTS");
		table_name(c, &t->schema, &t->table);
	}
}

static void parse_rename(struct cursor *c, struct my_target *t)
{
	if (!skip(c, "TABLE"))
		skip(c, "TABLES");
	if (skip(c, "IF"))
		skip(c, "EXISTS");
	do {
		struct my_rename *r = MEM_PUSH(t->renames, t->n_renames, t->cap_renames);

		if (my_token_char(c->text, &c->at, ','))
			step(c);
		if (!table_name(c, &r->from_schema, &r->from))
			break;
		skip_wait(c);
		if (!skip(c, "TO") || !table_name(c, &r->to_schema, &r->to))
			break;
	} while (my_token_char(c->text, &c->at, ','));
	t->schema = mem_strdup(t->renames[0].from_schema);
	t->table = mem_strdup(t->renames[0].from);
}

/* The table behind the first of the words that introduce one. */
static void parse_other(struct cursor *c, struct my_target *t)
{
	static const char *const intro[] = {
		"INTO", "FROM", "TABLE", "TABLES", "UPDATE", "TRUNCATE", NULL};
	static const char *const between[] = {"LOW_PRIORITY", "IGNORE", "QUICK", "TABLE", "IF",
		"NOT", "EXISTS", "DELAYED", "HIGH_PRIORITY", NULL};

	for (; c->at.kind != MY_END; step(c))
		for (size_t i = 0; intro[i]; i++)
			if (skip(c, intro[i])) {
				skip_any(c, between);
				if (c->at.kind == MY_WORD || c->at.kind == MY_NAME)
					table_name(c, &t->schema, &t->table);
				return;
			}
}

void my_target_parse(const char *sql, struct my_target *ret)
{
	struct cursor c = {.lexer = {.text = sql, .len = strlen(sql)}, .text = sql};

	*ret = (struct my_target){0};
	my_lex_solid(&c.lexer, &c.at);
	if (skip(&c, "ALTER")) {
		parse_alter(&c, ret);
	} else if (skip(&c, "CREATE")) {
		parse_create(&c, ret);
	} else if (skip(&c, "DROP")) {
		parse_drop(&c, ret);
	} else if (skip(&c, "RENAME")) {
		parse_rename(&c, ret);
	} else if (is(&c, "OPTIMIZE") || is(&c, "REPAIR")) {
		parse_other(&c, ret);
		ret->kind = MY_STATEMENT_MAINTAIN;
	} else {
		ret->adds_rows = is(&c, "INSERT") || is(&c, "LOAD");
		parse_other(&c, ret);
	}
}

void my_target_release(struct my_target *t)
{
	mem_free(t->schema);
	mem_free(t->table);
	mem_free(t->algorithm);
	mem_free(t->lock);
	mem_free(t->renamed);
	mem_free(t->index);
	for (size_t i = 0; i < t->n_renames; i++) {
		mem_free(t->renames[i].from_schema);
		mem_free(t->renames[i].from);
		mem_free(t->renames[i].to_schema);
		mem_free(t->renames[i].to);
	}
	mem_free(t->renames);
	for (size_t i = 0; i < t->n_references; i++)
		mem_free(t->references[i]);
	*t = (struct my_target){0};
}

/* ---- for the copies ---- */

void my_target_quote(struct str *out, const char *name)
{
	str_add_char(out, '`');
	for (; *name; name++) {
		if (*name == '`')
			str_add_char(out, '`');
		str_add_char(out, *name);
	}
	str_add_char(out, '`');
}

static void add_clauses(
	struct str *out, const char *algorithm, const char *lock, const char *between)
{
	if (algorithm)
		str_addf(out, "ALGORITHM=%s", algorithm);
	if (lock)
		str_addf(out, "%sLOCK=%s", algorithm ? between : "", lock);
}

/* Where a schema may stand in front of a table. */
static bool introduces(const struct cursor *c)
{
	static const char *const words[] = {
		"TABLE", "EXISTS", "ON", "REFERENCES", "TO", "AS", "RENAME", NULL};

	for (size_t i = 0; words[i]; i++)
		if (is(c, words[i]))
			return true;
	return false;
}

static void rewrite_drop_index(const struct my_target *t, const char *scratch,
	const char *algorithm, const char *lock, struct str *out)
{
	str_add(out, "ALTER TABLE ");
	my_target_quote(out, scratch);
	str_add_char(out, '.');
	my_target_quote(out, t->table);
	str_add_char(out, ' ');
	add_clauses(out, algorithm ? algorithm : t->algorithm, lock ? lock : t->lock, ", ");
	if (algorithm || lock || t->algorithm || t->lock)
		str_add(out, ", ");
	str_addf(out, "DROP INDEX %s%s", t->if_exists ? "IF EXISTS " : "", t->index);
}

void my_target_rewrite(const char *sql, const struct my_target *t, const char *scratch,
	const char *algorithm, const char *lock, struct str *out)
{
	struct cursor c = {.lexer = {.text = sql, .len = strlen(sql)}, .text = sql};
	bool front = t->kind == MY_STATEMENT_ALTER && (algorithm || lock), after_intro = false;
	size_t copied = 0;

	if (t->kind == MY_STATEMENT_DROP_INDEX) {
		rewrite_drop_index(t, scratch, algorithm, lock, out);
		return;
	}
	my_lex_solid(&c.lexer, &c.at);
	while (c.at.kind != MY_END && !my_token_char(sql, &c.at, ';')) {
		struct my_token name = c.at;
		bool intro = introduces(&c);

		if (front && c.at.start >= t->specs) {
			str_add_n(out, sql + copied, t->specs - copied);
			add_clauses(out, algorithm, lock, ", ");
			str_add(out, t->specs_partition ? " " : ", ");
			copied = t->specs;
			front = false;
		}
		step(&c);
		if (after_intro && name.kind != MY_OTHER && my_token_char(c.text, &c.at, '.')) {
			str_add_n(out, sql + copied, name.start - copied);
			my_target_quote(out, scratch);
			copied = name.end;
		}
		after_intro = intro;
	}
	str_add_n(out, sql + copied, c.at.start - copied);
	if (front || (t->kind != MY_STATEMENT_ALTER && (algorithm || lock))) {
		str_add_char(out, ' ');
		add_clauses(out, algorithm, lock, " ");
	}
}
