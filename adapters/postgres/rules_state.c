/* Relations, indexes and the open transaction, as the statements so far have left them. */
#include "adapters/postgres/rules_state.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "adapters/postgres/dialect_tree.h"
#include "harness/base/cleanup.h"
#include "harness/base/mem.h"

#define NAME_MAX_BYTES 63

const char *pg_mode_name(enum pg_mode mode)
{
	static const char *const names[] = {"", "AccessShareLock", "RowShareLock",
		"RowExclusiveLock", "ShareUpdateExclusiveLock", "ShareLock",
		"ShareRowExclusiveLock", "ExclusiveLock", "AccessExclusiveLock"};

	return names[mode];
}

static char *label(const char *schema, const char *name)
{
	CLEANUP(cleanup_str) struct str text = {0};

	pg_add_name(&text, schema);
	str_add_char(&text, '.');
	pg_add_name(&text, name);
	return str_take(&text);
}

static const char *schema_or_default(const struct analysis_state *state, const char *schema)
{
	return schema && *schema ? schema : state->schema;
}

/* ---- relations ---- */

struct pg_relation *pg_find_relation(
	const struct analysis_state *state, const char *schema, const char *name)
{
	schema = schema_or_default(state, schema);
	for (size_t i = state->n_relations; i--;) {
		struct pg_relation *r = state->relations[i];

		if (!r->dropped && !strcmp(r->name, name) && !strcmp(r->schema, schema))
			return r;
	}
	return NULL;
}

static struct pg_relation *add_relation(
	struct analysis_state *state, const char *schema, const char *name)
{
	struct pg_relation *r = mem_zalloc(sizeof(*r));

	schema = schema_or_default(state, schema);
	r->schema = mem_strdup(schema);
	r->name = mem_strdup(name);
	r->label = label(schema, name);
	r->kind = 'r';
	*MEM_PUSH(state->relations, state->n_relations, state->cap_relations) = r;
	return r;
}

struct pg_relation *pg_get_relation(
	struct analysis_state *state, const char *schema, const char *name)
{
	struct pg_relation *r = pg_find_relation(state, schema, name);

	return r ? r : add_relation(state, schema, name);
}

struct pg_relation *pg_new_relation(
	struct analysis_state *state, const char *schema, const char *name)
{
	struct pg_relation *old = pg_find_relation(state, schema, name);

	if (old)
		old->dropped = true;
	return add_relation(state, schema, name);
}

void pg_rename_relation(struct analysis_state *state, struct pg_relation *relation,
	const char *schema, const char *name)
{
	char *new_schema = mem_strdup(schema ? schema : relation->schema);
	char *new_name = mem_strdup(name ? name : relation->name);

	for (size_t i = 0; schema && i < state->n_indexes; i++)
		if (state->indexes[i]->table == relation) {
			struct pg_index *index = state->indexes[i];

			mem_free(index->schema);
			mem_free(index->label);
			index->schema = mem_strdup(schema);
			index->label = label(schema, index->name);
		}
	mem_free(relation->schema);
	mem_free(relation->name);
	mem_free(relation->label);
	relation->schema = new_schema;
	relation->name = new_name;
	relation->label = label(new_schema, new_name);
}

/* ---- indexes ---- */

struct pg_index *pg_find_index(
	const struct analysis_state *state, const char *schema, const char *name)
{
	schema = schema_or_default(state, schema);
	for (size_t i = state->n_indexes; i--;) {
		struct pg_index *index = state->indexes[i];

		if (!index->dropped && !strcmp(index->name, name) && !strcmp(index->schema, schema))
			return index;
	}
	return NULL;
}

/* As the server chooses: table, columns, label; the longer of the first two is cut. `suffix` is
 * "columns_label", or the label alone. */
static char *chosen_name(
	const struct analysis_state *state, const struct pg_relation *table, const char *suffix)
{
	const char *mark = strrchr(suffix, '_'), *word = mark ? mark + 1 : suffix;
	size_t columns = mark ? (size_t)(mark - suffix) : 0;
	char name[2 * NAME_MAX_BYTES];

	for (unsigned number = 0; number < 1000; number++) {
		size_t first = strlen(table->name), second = columns;
		char digits[8] = "";

		if (number)
			snprintf(digits, sizeof(digits), "%u", number);
		while (first + second + strlen(word) + strlen(digits) + (columns ? 2 : 1) >
			NAME_MAX_BYTES)
			*(first > second ? &first : &second) -= 1;
		snprintf(name, sizeof(name), "%.*s%s%.*s_%s%s", (int)first, table->name,
			columns ? "_" : "", (int)second, suffix, word, digits);
		if (!pg_find_index(state, table->schema, name) &&
			!pg_find_relation(state, table->schema, name))
			break;
	}
	return mem_strdup(name);
}

struct pg_index *pg_add_index(struct analysis_state *state, struct pg_relation *table,
	const char *name, const char *suffix)
{
	struct pg_index *index = mem_zalloc(sizeof(*index));
	struct pg_index *old = name ? pg_find_index(state, table->schema, name) : NULL;

	if (old)
		old->dropped = true;
	index->schema = mem_strdup(table->schema);
	index->name = name ? mem_strdup(name) : chosen_name(state, table, suffix);
	index->label = label(index->schema, index->name);
	index->table = table;
	index->whole = true;
	index->born = state->migration;
	*MEM_PUSH(state->indexes, state->n_indexes, state->cap_indexes) = index;
	return index;
}

bool pg_index_like(const struct analysis_state *state, const struct pg_relation *table,
	const struct pg_index *like)
{
	for (size_t i = 0; i < state->n_indexes; i++) {
		const struct pg_index *index = state->indexes[i];
		size_t same = 0;

		if (index->table != table || index->dropped || index->unique != like->unique ||
			index->n_columns != like->n_columns)
			continue;
		while (same < like->n_columns && !strcmp(index->columns[same], like->columns[same]))
			same++;
		if (same == like->n_columns)
			return true;
	}
	return false;
}

static char *partition_suffix(const struct pg_index *of)
{
	struct str text = {0};

	for (size_t i = 0; strcmp(of->suffix, "pkey") != 0 && i < of->n_columns; i++)
		str_addf(&text, "%s_", *of->columns[i] ? of->columns[i] : "expr");
	str_add(&text, of->suffix);
	return str_take(&text);
}

void pg_add_partition_indexes(
	struct analysis_state *state, const struct pg_index *of, struct pg_relation *partition)
{
	CLEANUP(cleanup_free) char *suffix = partition_suffix(of);
	struct pg_index *index = pg_add_index(state, partition, NULL, suffix);

	memcpy(index->suffix, of->suffix, sizeof(index->suffix));
	index->unique = of->unique;
	index->whole = of->whole;
	for (size_t i = 0; i < of->n_columns; i++)
		pg_index_column(index, of->columns[i]);
	for (size_t i = 0; i < of->n_used; i++)
		pg_index_uses(index, of->used[i]);
	for (size_t i = 0; i < state->n_relations; i++)
		if (state->relations[i]->parent == partition && !state->relations[i]->dropped)
			pg_add_partition_indexes(state, index, state->relations[i]);
}

void pg_rename_index(struct pg_index *index, const char *name)
{
	mem_free(index->label);
	index->label = label(index->schema, name);
	mem_free(index->name);
	index->name = mem_strdup(name);
}

void pg_index_column(struct pg_index *index, const char *column)
{
	index->columns = mem_resize(index->columns, index->n_columns + 1, sizeof(*index->columns));
	index->columns[index->n_columns++] = mem_strdup(column);
}

void pg_index_uses(struct pg_index *index, const char *column)
{
	index->used = mem_resize(index->used, index->n_used + 1, sizeof(*index->used));
	index->used[index->n_used++] = mem_strdup(column);
}

/* ---- sequences ---- */

void pg_own_sequence(struct pg_relation *sequence, struct pg_relation *table, const char *column)
{
	sequence->kind = 'S';
	sequence->owner = table;
	mem_free(sequence->owner_column);
	sequence->owner_column = mem_strdup(column);
}

void pg_add_sequence(struct analysis_state *state, struct pg_relation *table, const char *column)
{
	CLEANUP(cleanup_free) char *suffix = mem_printf("%s_seq", column);
	CLEANUP(cleanup_free) char *name = chosen_name(state, table, suffix);
	struct pg_relation *sequence = pg_new_relation(state, table->schema, name);

	sequence->born = state->migration;
	sequence->temporary = table->temporary;
	pg_own_sequence(sequence, table, column);
}

/* ---- columns ---- */

struct pg_column *pg_find_column(const struct pg_relation *relation, const char *name)
{
	for (size_t i = 0; i < relation->n_columns; i++)
		if (!strcmp(relation->columns[i].name, name))
			return &relation->columns[i];
	return NULL;
}

struct pg_column *pg_get_column(struct pg_relation *relation, const char *name)
{
	struct pg_column *column = pg_find_column(relation, name);

	if (column)
		return column;
	column = MEM_PUSH(relation->columns, relation->n_columns, relation->cap_columns);
	column->name = mem_strdup(name);
	return column;
}

static void release_column(struct pg_column *column)
{
	mem_free(column->name);
	pg_type_release(&column->type);
}

static bool has_name(char *const *names, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (!strcmp(names[i], name))
			return true;
	return false;
}

/* With it go the indexes and constraints that it is part of. */
void pg_drop_column(struct analysis_state *state, struct pg_relation *relation, const char *name)
{
	struct pg_column *column = pg_find_column(relation, name);

	for (size_t i = 0; i < state->n_indexes; i++)
		if (state->indexes[i]->table == relation &&
			has_name(state->indexes[i]->columns, state->indexes[i]->n_columns, name))
			state->indexes[i]->dropped = true;
	for (size_t i = 0; i < state->n_relations; i++)
		if (state->relations[i]->owner == relation &&
			!strcmp(state->relations[i]->owner_column, name))
			state->relations[i]->dropped = true;
	for (size_t i = relation->n_constraints; i--;)
		if (has_name(relation->constraints[i].columns, relation->constraints[i].n_columns,
			    name))
			pg_drop_constraint(relation, relation->constraints[i].name);
	if (!column)
		return;
	release_column(column);
	*column = relation->columns[--relation->n_columns];
}

/* ---- constraints ---- */

struct pg_constraint *pg_find_constraint(const struct pg_relation *relation, const char *name)
{
	for (size_t i = 0; i < relation->n_constraints; i++)
		if (!strcmp(relation->constraints[i].name, name))
			return &relation->constraints[i];
	return NULL;
}

struct pg_constraint *pg_add_constraint(
	struct pg_relation *relation, enum pg_constraint_kind kind, const char *name)
{
	struct pg_constraint *constraint =
		MEM_PUSH(relation->constraints, relation->n_constraints, relation->cap_constraints);

	constraint->kind = kind;
	constraint->name = mem_strdup(name);
	return constraint;
}

void pg_constraint_column(struct pg_constraint *constraint, const char *column)
{
	constraint->columns = mem_resize(
		constraint->columns, constraint->n_columns + 1, sizeof(*constraint->columns));
	constraint->columns[constraint->n_columns++] = mem_strdup(column);
}

static void release_constraint(struct pg_constraint *constraint)
{
	mem_free(constraint->name);
	mem_free(constraint->not_null);
	mem_free_strings(constraint->columns, constraint->n_columns);
	mem_free_strings(constraint->target_columns, constraint->n_target_columns);
}

void pg_drop_constraint(struct pg_relation *relation, const char *name)
{
	struct pg_constraint *constraint = pg_find_constraint(relation, name);

	if (!constraint)
		return;
	if (constraint->index)
		constraint->index->dropped = true;
	release_constraint(constraint);
	*constraint = relation->constraints[--relation->n_constraints];
}

bool pg_proves_not_null(const struct pg_relation *relation, const char *column)
{
	const struct pg_column *known = pg_find_column(relation, column);

	if (known && known->not_null)
		return true;
	for (size_t i = 0; i < relation->n_constraints; i++)
		if (relation->constraints[i].valid && relation->constraints[i].not_null &&
			!strcmp(relation->constraints[i].not_null, column))
			return true;
	return false;
}

/* ---- named things ---- */

const struct pg_named *pg_named_find(const struct pg_names *names, const char *name)
{
	for (size_t i = names->n; i--;)
		if (!strcmp(names->items[i].name, name))
			return &names->items[i];
	return NULL;
}

struct pg_named *pg_named_set(struct pg_names *names, const char *name, char what)
{
	struct pg_named *item = (struct pg_named *)pg_named_find(names, name);

	if (!item) {
		item = MEM_PUSH(names->items, names->n, names->cap);
		item->name = mem_strdup(name);
	}
	item->what = what;
	return item;
}

void pg_names_release(struct pg_names *names)
{
	for (size_t i = 0; i < names->n; i++) {
		mem_free(names->items[i].name);
		pg_type_release(&names->items[i].base);
	}
	mem_free(names->items);
	*names = (struct pg_names){0};
}

/* ---- the whole ---- */

struct analysis_state *pg_state_open(const struct lint_target *target)
{
	struct analysis_state *state = mem_zalloc(sizeof(*state));

	state->target = *target;
	state->transaction = 1;
	state->schema = mem_strdup("public");
	return state;
}

static void release_relation(struct pg_relation *r)
{
	for (size_t i = 0; i < r->n_columns; i++)
		release_column(&r->columns[i]);
	for (size_t i = 0; i < r->n_constraints; i++)
		release_constraint(&r->constraints[i]);
	mem_free(r->columns);
	mem_free(r->constraints);
	mem_free(r->schema);
	mem_free(r->name);
	mem_free(r->label);
	mem_free(r->partition_key);
	mem_free(r->of_type);
	mem_free(r->owner_column);
	mem_free(r);
}

void pg_state_end_transaction(struct analysis_state *state)
{
	for (size_t i = 0; i < state->n_held; i++) {
		mem_free(state->held[i].object);
		mem_free(state->held[i].kind);
	}
	state->n_held = 0;
	pg_names_release(&state->enum_values);
	state->local_lock_timeout = state->local_statement_timeout = false;
	state->ddl_in_transaction = 0;
	state->in_block = false;
	state->transaction++;
}

void pg_state_close(struct analysis_state *state)
{
	if (!state)
		return;
	pg_state_end_transaction(state);
	for (size_t i = 0; i < state->n_relations; i++)
		release_relation(state->relations[i]);
	for (size_t i = 0; i < state->n_indexes; i++) {
		mem_free_strings(state->indexes[i]->columns, state->indexes[i]->n_columns);
		mem_free_strings(state->indexes[i]->used, state->indexes[i]->n_used);
		mem_free(state->indexes[i]->schema);
		mem_free(state->indexes[i]->name);
		mem_free(state->indexes[i]->label);
		mem_free(state->indexes[i]);
	}
	pg_names_release(&state->functions);
	pg_names_release(&state->domains);
	pg_names_release(&state->enums);
	mem_free(state->relations);
	mem_free(state->indexes);
	mem_free(state->held);
	mem_free(state->schema);
	mem_free(state->last_altered);
	mem_free(state);
}

bool pg_holds(const struct analysis_state *state, const char *object, enum pg_mode mode)
{
	for (size_t i = 0; i < state->n_held; i++)
		if (state->held[i].mode == mode && !strcmp(state->held[i].object, object))
			return true;
	return false;
}

char *pg_label(const struct analysis_state *state, const char *schema, const char *name)
{
	return label(schema_or_default(state, schema), name);
}
