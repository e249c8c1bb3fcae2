#include <ctype.h>
#include <string.h>

#include "adapters/mysql/rules.h"
#include "harness/base/cleanup.h"
#include "harness/base/mem.h"

/* Names of columns are compared without case, as the servers do. */
static char *folded(const char *name)
{
	char *copy = mem_strdup(name);

	for (char *p = copy; *p; p++)
		*p = (char)tolower((unsigned char)*p);
	return copy;
}

void my_column_release(struct my_field *column)
{
	mem_free(column->name);
	mem_free(column->type);
	mem_free(column->arguments);
	mem_free(column->charset);
	*column = (struct my_field){0};
}

static void table_clear(struct my_shape *table)
{
	for (size_t i = 0; i < table->n_columns; i++)
		my_column_release(&table->columns[i]);
	MEM_FREE(table->columns);
	mem_free_strings(table->indexed, table->n_indexed);
	MEM_FREE(table->charset);
	mem_free(table->name);
	*table = (struct my_shape){0};
}

struct analysis_state *my_state_open(const struct lint_target *target)
{
	struct analysis_state *state = mem_zalloc(sizeof(*state));

	state->target = *target;
	state->mariadb = !strcmp(target->product->name, "mariadb");
	return state;
}

void my_state_close(struct analysis_state *state)
{
	if (!state)
		return;
	for (size_t i = 0; i < state->n_tables; i++) {
		table_clear(state->tables[i]);
		mem_free(state->tables[i]);
	}
	mem_free(state->tables);
	mem_free(state->last_altered);
	my_forget_former(state);
	mem_free(state->schema);
	mem_free(state);
}

char *my_full_name(const struct analysis_state *state, const char *name)
{
	struct str out = {0};

	if (state->schema && !strchr(name, '.'))
		str_addf(&out, "%s.", state->schema);
	for (; *name; name++)
		if (*name != '`')
			str_add_char(&out, *name);
	return str_take(&out);
}

struct my_shape *my_table_find(const struct analysis_state *state, const char *name)
{
	CLEANUP(cleanup_free) char *full = my_full_name(state, name);

	for (size_t i = state->n_tables; i-- > 0;)
		if (!state->tables[i]->dropped && !strcmp(state->tables[i]->name, full))
			return state->tables[i];
	return NULL;
}

static bool is_former(const struct analysis_state *state, const char *full)
{
	for (size_t i = 0; i < state->n_former; i++)
		if (!strcmp(state->former[i], full))
			return true;
	return false;
}

static void leave_name(struct analysis_state *state, const struct my_shape *table)
{
	bool old = !table->temporary && table->born != state->migration;

	if (old && !is_former(state, table->name))
		*MEM_PUSH(state->former, state->n_former, state->cap_former) =
			mem_strdup(table->name);
}

/* Under a name that nobody knows it is as good as new. */
static void take_name(struct analysis_state *state, struct my_shape *table)
{
	table->born = is_former(state, table->name) ? 0 : state->migration;
}

void my_table_rename(struct analysis_state *state, struct my_shape *table, const char *name)
{
	leave_name(state, table);
	mem_free(table->name);
	table->name = my_full_name(state, name);
	take_name(state, table);
}

void my_table_drop(struct analysis_state *state, struct my_shape *table)
{
	leave_name(state, table);
	table->dropped = true;
}

void my_forget_former(struct analysis_state *state)
{
	mem_free_strings(state->former, state->n_former);
	state->former = NULL;
	state->n_former = state->cap_former = 0;
}

static struct my_shape *add_table(struct analysis_state *state, const char *name)
{
	struct my_shape *table = mem_zalloc(sizeof(*table));

	table->name = my_full_name(state, name);
	*MEM_PUSH(state->tables, state->n_tables, state->cap_tables) = table;
	return table;
}

struct my_shape *my_table_get(struct analysis_state *state, const char *name)
{
	struct my_shape *table = my_table_find(state, name);

	return table ? table : add_table(state, name);
}

struct my_shape *my_table_new(struct analysis_state *state, const char *name)
{
	struct my_shape *table = my_table_find(state, name);

	if (table)
		table->dropped = true;
	table = add_table(state, name);
	take_name(state, table);
	table->known = true;
	return table;
}

void my_table_copy_shape(struct my_shape *to, const struct my_shape *from)
{
	to->known = from->known;
	to->myisam = from->myisam;
	to->fulltext = from->fulltext;
	to->charset = mem_strdup(from->charset);
	for (size_t i = 0; i < from->n_columns; i++) {
		const struct my_field *old = &from->columns[i];
		struct my_field *column = my_column_get(to, old->name);

		mem_free(column->name);
		*column = *old;
		column->name = mem_strdup(old->name);
		column->type = mem_strdup(old->type);
		column->arguments = mem_strdup(old->arguments);
		column->charset = mem_strdup(old->charset);
	}
	for (size_t i = 0; i < from->n_indexed; i++)
		my_table_index(to, from->indexed[i]);
}

struct my_field *my_column_find(const struct my_shape *table, const char *name)
{
	CLEANUP(cleanup_free) char *key = folded(name);

	for (size_t i = 0; i < table->n_columns; i++)
		if (!strcmp(table->columns[i].name, key))
			return &table->columns[i];
	return NULL;
}

struct my_field *my_column_get(struct my_shape *table, const char *name)
{
	struct my_field *column = my_column_find(table, name);

	if (column)
		return column;
	column = MEM_PUSH(table->columns, table->n_columns, table->cap_columns);
	*column = (struct my_field){.name = folded(name)};
	return column;
}

void my_column_define(struct my_field *column, struct my_field *definition)
{
	definition->name = column->name;
	column->name = NULL;
	my_column_release(column);
	*column = *definition;
	*definition = (struct my_field){0};
}

void my_column_drop(struct my_shape *table, const char *name)
{
	struct my_field *column = my_column_find(table, name);
	size_t i;

	if (!column)
		return;
	i = (size_t)(column - table->columns);
	my_column_release(column);
	memmove(column, column + 1, (table->n_columns - i - 1) * sizeof(*column));
	table->n_columns--;
}

void my_table_index(struct my_shape *table, const char *column)
{
	if (!my_table_indexes(table, column))
		*MEM_PUSH(table->indexed, table->n_indexed, table->cap_indexed) = folded(column);
}

bool my_table_indexes(const struct my_shape *table, const char *column)
{
	CLEANUP(cleanup_free) char *key = folded(column);

	for (size_t i = 0; i < table->n_indexed; i++)
		if (!strcmp(table->indexed[i], key))
			return true;
	return false;
}

/* ---- definitions ---- */

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

/* One attribute behind the type; false: the definition is over. */
static bool next_attribute(struct my_tokens *w, struct my_definition *d)
{
	struct my_field *c = &d->column;

	if (my_next(w, "not null")) {
		c->not_null = true;
	} else if (my_next(w, "unsigned")) {
		c->is_unsigned = true;
	} else if (my_next(w, "auto_increment")) {
		c->auto_increment = true;
	} else if (my_next(w, "default")) {
		c->has_default = true;
		d->default_null = my_at(w, "null");
		if (my_at_char(w, '('))
			my_skip_parens(w);
		else
			w->at++;
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
	*ret = (struct my_definition){0};
	if (!my_at_name(w))
		return;
	ret->column.type = type_name(w);
	ret->column.arguments = arguments(w);
	while (next_attribute(w, ret))
		;
}

/* ---- CREATE TABLE ---- */

static void learn_key(struct my_shape *table, struct my_tokens *w)
{
	CLEANUP(cleanup_str) struct str name = {0};
	int depth = 0;

	while (w->at < w->n && !my_at_char(w, '('))
		w->at++;
	do {
		depth += my_at_char(w, '(') - my_at_char(w, ')');
		w->at++;
		if (depth == 1 && my_at_name(w)) {
			str_clear(&name);
			my_next_name(w, 1, &name);
			my_table_index(table, str_text(&name));
			w->at--;
		}
	} while (depth > 0 && w->at < w->n);
}

static void learn_element(struct my_shape *table, struct my_tokens *w)
{
	static const char *const keys[] = {
		"primary key", "unique", "index", "key", "foreign key", NULL};
	CLEANUP(cleanup_str) struct str name = {0};
	struct my_definition d;
	struct my_field *column;

	if (my_next(w, "constraint") && !my_at(w, "primary key") && !my_at(w, "unique") &&
		!my_at(w, "foreign key") && !my_at(w, "check"))
		w->at++;
	if (my_at(w, "fulltext")) {
		table->fulltext = true;
		return;
	}
	if (my_at(w, "check") || my_at(w, "spatial") || my_at(w, "period"))
		return;
	if (my_next_listed(w, keys)) {
		learn_key(table, w);
		return;
	}
	if (!my_next_name(w, 1, &name))
		return;
	my_read_definition(w, &d);
	column = my_column_get(table, str_text(&name));
	my_column_define(column, &d.column);
	if (d.primary || d.unique)
		my_table_index(table, str_text(&name));
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
