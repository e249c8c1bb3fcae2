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
	mem_free(column->written);
	*column = (struct my_field){0};
}

static void table_clear(struct my_shape *table)
{
	for (size_t i = 0; i < table->n_columns; i++)
		my_column_release(&table->columns[i]);
	MEM_FREE(table->columns);
	for (size_t i = 0; i < table->n_indexed; i++)
		mem_free(table->indexed[i].column);
	MEM_FREE(table->indexed);
	mem_free_strings(table->key, table->n_key);
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
		column->written = mem_strdup(old->written);
	}
	for (size_t i = 0; i < from->n_indexed; i++)
		my_table_index(to, from->indexed[i].column, from->indexed[i].joint);
	for (size_t i = 0; i < from->n_key; i++)
		*MEM_PUSH(to->key, to->n_key, to->cap_key) = mem_strdup(from->key[i]);
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

static struct my_indexed *find_indexed(const struct my_shape *table, const char *column)
{
	CLEANUP(cleanup_free) char *key = folded(column);

	for (size_t i = 0; i < table->n_indexed; i++)
		if (!strcmp(table->indexed[i].column, key))
			return &table->indexed[i];
	return NULL;
}

void my_table_index(struct my_shape *table, const char *column, bool joint)
{
	struct my_indexed *i = find_indexed(table, column);

	if (!i) {
		i = MEM_PUSH(table->indexed, table->n_indexed, table->cap_indexed);
		*i = (struct my_indexed){.column = folded(column)};
	}
	i->joint = i->joint || joint;
}

const struct my_indexed *my_table_indexes(const struct my_shape *table, const char *column)
{
	return find_indexed(table, column);
}
