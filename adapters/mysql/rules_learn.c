/* What a table looks like, from the text that makes it. */
#include <ctype.h>
#include <string.h>

#include "adapters/mysql/rules.h"
#include "harness/base/cleanup.h"
#include "harness/base/mem.h"

static char *token_text(const struct my_tokens *w, size_t ahead)
{
	const struct my_token *t = my_peek(w, ahead);
	char *text = mem_strndup(w->text + t->start, t->end - t->start);

	for (char *p = text; *p; p++)
		*p = (char)tolower((unsigned char)*p);
	return text;
}

/* The text of a parenthesis without its blanks; the tokens are passed over. */
static char *arguments(struct my_tokens *w)
{
	struct str out = {0};
	size_t start = w->at;

	if (!my_at_char(w, '('))
		return mem_strdup("");
	my_skip_parens(w);
	for (size_t i = start + 1; i + 1 < w->at; i++)
		str_add_n(
			&out, w->text + w->tokens[i].start, w->tokens[i].end - w->tokens[i].start);
	return str_take(&out);
}

/* Types that have one name here and another in the definition of a table. */
static const char *const synonyms[][2] = {{"integer", "int"}, {"int4", "int"}, {"int8", "bigint"},
	{"int2", "smallint"}, {"int1", "tinyint"}, {"bool", "tinyint"}, {"boolean", "tinyint"},
	{"numeric", "decimal"}, {"dec", "decimal"}, {"fixed", "decimal"}, {"character", "char"},
	{"real", "double"}, {"serial", "bigint"}};

static char *type_name(struct my_tokens *w)
{
	char *type = token_text(w, 0);

	w->at++;
	if (!strcmp(type, "national"))
		mem_free(type), type = token_text(w, 0), w->at++;
	if (!strcmp(type, "double"))
		my_next(w, "precision");
	if (my_next(w, "varying"))
		mem_free(type), type = mem_strdup("varchar");
	for (size_t i = 0; i < sizeof(synonyms) / sizeof(synonyms[0]); i++)
		if (!strcmp(type, synonyms[i][0])) {
			mem_free(type);
			return mem_strdup(synonyms[i][1]);
		}
	return type;
}

/* Tokens `first` up to here, behind what there is. */
static void add_written(struct my_field *c, const struct my_tokens *w, size_t first)
{
	char *text = mem_printf("%s%s%.*s", c->written ? c->written : "", c->written ? " " : "",
		(int)(w->tokens[w->at - 1].end - w->tokens[first].start),
		w->text + w->tokens[first].start);

	mem_free(c->written);
	c->written = text;
}

/* The time is the same for all rows of a statement. */
static bool calls_function(const struct my_tokens *w, size_t first, size_t end)
{
	static const char *const clock[] = {
		"now", "current_timestamp", "localtime", "localtimestamp"};

	for (size_t i = first; i + 1 < end; i++) {
		bool call = w->tokens[i].kind == MY_WORD &&
			my_token_char(w->text, &w->tokens[i + 1], '(');

		for (size_t k = 0; k < sizeof(clock) / sizeof(clock[0]); k++)
			call = call && !my_token_is(w->text, &w->tokens[i], clock[k]);
		if (call)
			return true;
	}
	return false;
}

static void read_default(struct my_tokens *w, struct my_definition *d)
{
	size_t first = w->at;

	d->column.has_default = true;
	d->default_null = my_at(w, "null");
	if (!my_at_char(w, '('))
		w->at++;
	if (my_at_char(w, '('))
		my_skip_parens(w);
	if (first >= w->n)
		return;
	if (w->at > w->n)
		w->at = w->n;
	d->computed = calls_function(w, first, w->at);
	mem_free(d->default_sql);
	d->default_sql = mem_strndup(w->text + w->tokens[first].start,
		w->tokens[w->at - 1].end - w->tokens[first].start);
}

/* One attribute behind the type; false: the definition is over. */
static bool next_attribute(struct my_tokens *w, struct my_definition *d)
{
	struct my_field *c = &d->column;
	size_t start = w->at;

	if (my_next(w, "not null")) {
		c->not_null = true;
	} else if (my_next(w, "unsigned")) {
		c->is_unsigned = true;
		add_written(c, w, start);
	} else if (my_next(w, "zerofill")) {
		add_written(c, w, start);
	} else if (my_next(w, "auto_increment")) {
		c->auto_increment = true;
	} else if (my_next(w, "default")) {
		read_default(w, d);
	} else if (my_next(w, "on update")) {
		c->on_update = true;
	} else if (my_next(w, "primary key") || my_next(w, "key")) {
		d->primary = c->not_null = true;
	} else if (my_next(w, "unique")) {
		my_next(w, "key");
		d->unique = true;
	} else if (my_next(w, "references")) {
		d->references = true;
	} else if (my_next(w, "check")) {
		d->check = true;
		my_skip_parens(w);
	} else if (my_next(w, "generated always as") || my_next(w, "as")) {
		c->generated = true;
		my_skip_parens(w);
	} else if (my_next(w, "stored") || my_next(w, "persistent")) {
		c->stored = true;
	} else if (my_next(w, "character set") || my_next(w, "charset") || my_next(w, "collate")) {
		d->has_charset = true;
		my_next_char(w, '=');
		mem_free(c->charset);
		c->charset = token_text(w, 0);
		w->at++;
		add_written(c, w, start);
	} else if (my_next(w, "first")) {
		d->first = true;
	} else if (my_next(w, "after")) {
		d->after = true;
		w->at++;
	} else if (my_at_char(w, ',') || my_at_char(w, ')') || w->at >= w->n) {
		return false;
	} else if (my_at_char(w, '(')) {
		my_skip_parens(w);
	} else {
		w->at++;
	}
	return true;
}

void my_read_definition(struct my_tokens *w, struct my_definition *ret)
{
	size_t first = w->at;

	*ret = (struct my_definition){0};
	if (!my_at_name(w))
		return;
	ret->column.type = type_name(w);
	ret->column.arguments = arguments(w);
	if (w->at > w->n)
		w->at = w->n;
	if (w->at > first)
		add_written(&ret->column, w, first);
	while (next_attribute(w, ret))
		;
}

void my_definition_release(struct my_definition *d)
{
	my_column_release(&d->column);
	MEM_FREE(d->default_sql);
}

/* ---- CREATE TABLE ---- */

static void add_key(struct my_shape *table, const char *column)
{
	*MEM_PUSH(table->key, table->n_key, table->cap_key) = mem_strdup(column);
	for (char *p = table->key[table->n_key - 1]; *p; p++)
		*p = (char)tolower((unsigned char)*p);
}

/* The columns in the parentheses that follow. */
static void learn_key(struct my_shape *table, struct my_tokens *w, bool primary)
{
	CLEANUP(cleanup_str) struct str name = {0};
	char **columns = NULL;
	size_t n = 0, cap = 0;
	int depth = 0;

	while (w->at < w->n && !my_at_char(w, '('))
		w->at++;
	do {
		depth += my_at_char(w, '(') - my_at_char(w, ')');
		w->at++;
		if (depth == 1 && my_at_name(w)) {
			str_clear(&name);
			my_next_name(w, 1, &name);
			*MEM_PUSH(columns, n, cap) = mem_strdup(str_text(&name));
			w->at--;
		}
	} while (depth > 0 && w->at < w->n);
	for (size_t i = 0; i < n; i++) {
		my_table_index(table, columns[i], n > 1);
		if (primary)
			add_key(table, columns[i]);
	}
	mem_free_strings(columns, n);
}

static void learn_element(struct my_shape *table, struct my_tokens *w)
{
	static const char *const keys[] = {
		"primary key", "unique", "index", "key", "foreign key", NULL};
	CLEANUP(cleanup_str) struct str name = {0};
	struct my_definition d;
	struct my_field *column;
	bool primary;

	if (my_next(w, "constraint") && !my_at(w, "primary key") && !my_at(w, "unique") &&
		!my_at(w, "foreign key") && !my_at(w, "check"))
		w->at++;
	if (my_at(w, "fulltext")) {
		table->fulltext = true;
		return;
	}
	if (my_at(w, "check") || my_at(w, "spatial") || my_at(w, "period"))
		return;
	primary = my_at(w, "primary key");
	table->foreign = table->foreign || my_at(w, "foreign key");
	if (my_next_listed(w, keys)) {
		learn_key(table, w, primary);
		return;
	}
	if (!my_next_name(w, 1, &name))
		return;
	my_read_definition(w, &d);
	column = my_column_get(table, str_text(&name));
	my_column_define(column, &d.column);
	if (d.primary || d.unique)
		my_table_index(table, str_text(&name), false);
	if (d.primary)
		add_key(table, column->name);
	table->foreign = table->foreign || d.references;
	my_definition_release(&d);
}

/* To the comma of this level, or its closing parenthesis. */
static void skip_element(struct my_tokens *w)
{
	while (w->at < w->n && !my_at_char(w, ',') && !my_at_char(w, ')')) {
		if (my_at_char(w, '('))
			my_skip_parens(w);
		else
			w->at++;
	}
}

static void learn_options(struct my_shape *table, struct my_tokens *w)
{
	for (; w->at < w->n; w->at++) {
		if (my_next(w, "engine")) {
			my_next_char(w, '=');
			table->myisam = my_at(w, "myisam") || my_at(w, "aria");
		} else if (my_next(w, "charset") || my_next(w, "character set")) {
			my_next_char(w, '=');
			mem_free(table->charset);
			table->charset = token_text(w, 0);
		}
	}
}

void my_learn_create(struct analysis_state *state, struct my_shape *table, struct my_tokens *w)
{
	CLEANUP(cleanup_str) struct str like = {0};

	(void)state;
	if (my_next(w, "like") ||
		(my_at_char(w, '(') && my_token_is(w->text, my_peek(w, 1), "like"))) {
		const struct my_shape *from;

		w->at += my_at_char(w, '(') ? 2 : 0;
		my_next_name(w, 2, &like);
		from = my_table_find(state, str_text(&like));
		table->known = false;
		if (from)
			my_table_copy_shape(table, from);
		return;
	}
	if (!my_next_char(w, '(')) {
		table->known = false; /* CREATE TABLE … SELECT: its columns are the query's */
		return;
	}
	while (w->at < w->n) {
		learn_element(table, w);
		skip_element(w);
		if (!my_next_char(w, ','))
			break;
	}
	my_next_char(w, ')');
	learn_options(table, w);
}
