/* Which tables a statement names: where the grammar wants a table, a name is one. */
#include <string.h>

#include "adapters/mysql/dialect_words.h"
#include "harness/base/cleanup.h"
#include "harness/base/mem.h"

#define LEVELS_MAX 200

struct level {
	bool query;  /* opened by SELECT, so that FROM is the clause, not TRIM(x FROM y) */
	bool list;   /* a list of tables: a comma brings the next one */
	bool expect; /* a table comes next */
};

struct walk {
	struct my_tokens *w;
	struct sql_statement *s;
	struct level levels[LEVELS_MAX];
	unsigned depth;
	bool target; /* the next table is the one that is changed */
	char **ctes; /* names of WITH: no tables */
	size_t n, cap;
};

static struct level *level(struct walk *k)
{
	return &k->levels[k->depth < LEVELS_MAX ? k->depth : LEVELS_MAX - 1];
}

static bool is_cte(const struct walk *k, const char *name)
{
	for (size_t i = 0; i < k->n; i++)
		if (!strcmp(k->ctes[i], name))
			return true;
	return false;
}

/* name [(columns)] AS ( … at WITH; anything else (WITH ROLLUP) is none. */
static void note_ctes(struct walk *k)
{
	struct my_tokens w = *k->w;

	do {
		CLEANUP(cleanup_str) struct str name = {0};

		w.at++;
		my_next(&w, "recursive");
		if (!my_next_name(&w, 1, &name))
			return;
		if (my_at_char(&w, '('))
			my_skip_parens(&w);
		if (!my_next(&w, "as") || !my_at_char(&w, '('))
			return;
		*MEM_PUSH(k->ctes, k->n, k->cap) = str_take(&name);
		my_skip_parens(&w);
	} while (my_at_char(&w, ','));
}

/* columns: a list of them in parentheses may follow. */
static void table(struct walk *k, bool columns)
{
	CLEANUP(cleanup_str) struct str name = {0};

	level(k)->expect = false;
	if (my_next(k->w, "dual"))
		return;
	if (my_next(k->w, "lateral")) {
		level(k)->expect = true;
		return;
	}
	/* JSON_TABLE(…) is a function. */
	if (!my_next_name(k->w, 2, &name) || (!columns && my_at_char(k->w, '(')) ||
		is_cte(k, str_text(&name)))
		return;
	my_add_relation(k->s, str_text(&name));
	if (k->target)
		my_set_object(k->s, str_text(&name));
	k->target = false;
}

static void expect(struct walk *k)
{
	level(k)->list = level(k)->expect = true;
}

static void open_paren(struct walk *k)
{
	static const char *const query[] = {"select", "with", "values", "table", NULL};
	struct level inner = {0};
	struct my_tokens ahead = *k->w;

	ahead.at++;
	inner.query = my_at_char(&ahead, '(') || my_next_listed(&ahead, query);
	inner.list = inner.expect = level(k)->expect;
	if (inner.query && !my_at_char(&ahead, '('))
		inner.list = inner.expect = false;
	level(k)->expect = false;
	k->depth++;
	*level(k) = inner;
	k->w->at++;
}

static bool after(const struct walk *k, const char *word)
{
	return k->w->at && my_token_is(k->w->text, &k->w->tokens[k->w->at - 1], word);
}

/* INSERT, REPLACE: the table is there with or without INTO. */
static void insert(struct walk *k)
{
	static const char *const modifiers[] = {
		"low_priority", "high_priority", "delayed", "ignore", "into", NULL};

	k->w->at++;
	if (my_at_char(k->w, '('))
		return; /* the functions of that name */
	while (my_next_listed(k->w, modifiers))
		;
	k->target = true;
	if (my_at_name(k->w))
		table(k, true);
}

static void update(struct walk *k)
{
	static const char *const modifiers[] = {"low_priority", "ignore", NULL};
	bool clause = after(k, "key") || after(k, "for") || after(k, "on");

	k->w->at++;
	if (clause)
		return;
	while (my_next_listed(k->w, modifiers))
		;
	k->target = true;
	expect(k);
}

static bool ends_list(const struct my_tokens *w)
{
	static const char *const ends[] = {"where", "set", "group", "order", "having", "limit",
		"union", "except", "intersect", "for update", "for share", "window", "values",
		"select", "into", "returning", NULL};
	struct my_tokens copy = *w;

	return my_next_listed(&copy, ends);
}

static void word(struct walk *k)
{
	struct my_tokens *w = k->w;
	bool clause = k->depth == 0 || level(k)->query;

	if (my_at(w, "with"))
		note_ctes(k);
	if (my_at(w, "insert") || my_at(w, "replace")) {
		insert(k);
	} else if (my_at(w, "update")) {
		update(k);
	} else if (my_next(w, "into table")) {
		k->target = true;
		table(k, true);
	} else if (my_at(w, "delete")) {
		k->target = true;
		w->at++;
	} else if ((my_at(w, "join") || (my_at(w, "straight_join") && level(k)->list)) &&
		!after(k, "for")) {
		expect(k);
		w->at++;
	} else if (my_at(w, "from") && clause) {
		expect(k);
		w->at++;
	} else if (my_at(w, "using") && clause && !my_token_char(w->text, my_peek(w, 1), '(')) {
		expect(k);
		w->at++;
	} else if (ends_list(w)) {
		level(k)->list = level(k)->expect = false;
		w->at++;
	} else if (level(k)->expect) {
		table(k, false);
	} else {
		w->at++;
	}
}

void my_collect_query(struct my_tokens *w, struct sql_statement *s)
{
	struct walk *k = mem_zalloc(sizeof(*k));

	k->w = w;
	k->s = s;
	while (w->at < w->n) {
		if (my_peek(w, 0)->kind == MY_WORD) {
			word(k);
		} else if (level(k)->expect && my_at_name(w)) {
			table(k, false);
		} else if (my_at_char(w, '(')) {
			open_paren(k);
		} else {
			if (my_at_char(w, ')') && k->depth)
				k->depth--;
			else if (my_at_char(w, ',') && level(k)->list)
				level(k)->expect = true;
			else if (my_at_char(w, ';'))
				*level(k) = (struct level){0};
			w->at++;
		}
	}
	mem_free_strings(k->ctes, k->n);
	mem_free(k);
}

void my_collect_references(struct my_tokens *w, struct sql_statement *s)
{
	while (w->at < w->n) {
		CLEANUP(cleanup_str) struct str name = {0};

		if (my_next(w, "references") && my_next_name(w, 2, &name))
			my_add_relation(s, str_text(&name));
		else
			w->at++;
	}
}
