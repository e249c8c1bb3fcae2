/* The clauses of an ALTER TABLE, and what they change. */
#include <ctype.h>
#include <string.h>

#include "adapters/mysql/rules.h"
#include "harness/base/cleanup.h"
#include "harness/base/mem.h"

static char *upper_word(struct my_tokens *w)
{
	const struct my_token *t;
	char *word;

	my_next_char(w, '=');
	t = my_peek(w, 0);
	word = mem_strndup(w->text + t->start, t->end - t->start);
	for (char *p = word; *p; p++)
		*p = (char)toupper((unsigned char)*p);
	w->at++;
	return word;
}

/* ALGORITHM=, LOCK=, WAIT n: how, not what. */
static bool next_manner(struct my_check *c)
{
	struct my_tokens *w = c->w;
	char **slot = my_at(w, "algorithm") ? &c->algorithm_asked
		: my_at(w, "lock")	    ? &c->lock_asked
					    : NULL;

	if (slot) {
		w->at++;
		mem_free(*slot);
		*slot = upper_word(w);
		return true;
	}
	if (my_next(w, "nowait"))
		return true;
	if (!my_next(w, "wait"))
		return false;
	w->at++;
	return true;
}

static char *next_column(struct my_tokens *w)
{
	static const char *const conditions[] = {"if not exists", "if exists", NULL};
	struct str name = {0};

	my_next(w, "column");
	my_next_listed(w, conditions);
	my_next_name(w, 1, &name);
	return str_take(&name);
}

/* ADD [COLUMN] (a int, b int): the first stands for them all. */
static void read_column(struct my_check *c, struct my_clause *clause)
{
	struct my_tokens *w = c->w;

	w->at++; /* ADD, MODIFY, CHANGE, DROP, RENAME, ALTER */
	if (!strcmp(clause->kind, "ADD COLUMN")) {
		my_next(w, "column");
		my_next_char(w, '(');
	}
	clause->name = next_column(w);
	if (!strcmp(clause->kind, "CHANGE COLUMN")) {
		clause->new_name = next_column(w);
	} else if (!strcmp(clause->kind, "RENAME COLUMN")) {
		my_next(w, "to");
		clause->new_name = next_column(w);
		return;
	}
	if (!strncmp(clause->kind, "DROP", 4) || !strncmp(clause->kind, "ALTER", 5))
		return;
	my_read_definition(w, &clause->definition);
}

static bool is_column(const char *kind)
{
	static const char *const kinds[] = {
		"ADD COLUMN", "MODIFY COLUMN", "CHANGE COLUMN", "DROP COLUMN", "RENAME COLUMN"};

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (!strcmp(kind, kinds[i]))
			return true;
	return !strncmp(kind, "ALTER COLUMN", 12);
}

static void skip_clause(struct my_tokens *w)
{
	while (w->at < w->n && !my_at_char(w, ',')) {
		if (my_at_char(w, '('))
			my_skip_parens(w);
		else
			w->at++;
	}
}

void my_read_clauses(struct my_check *c)
{
	struct my_tokens *w = c->w;
	size_t cap = 0;

	while (w->at < w->n) {
		struct sql_statement kind = {0};
		struct my_clause *clause;

		if (my_next_char(w, ',') || next_manner(c))
			continue;
		my_read_clause(w, &kind);
		clause = MEM_PUSH(c->clauses, c->n_clauses, cap);
		*clause = (struct my_clause){.first = w->at};
		memcpy(clause->kind, kind.kind, sizeof(clause->kind));
		if (is_column(clause->kind))
			read_column(c, clause);
		w->at = clause->first;
		skip_clause(w);
		clause->end = w->at;
	}
}

void my_clauses_release(struct my_check *c)
{
	for (size_t i = 0; i < c->n_clauses; i++) {
		mem_free(c->clauses[i].name);
		mem_free(c->clauses[i].new_name);
		my_definition_release(&c->clauses[i].definition);
	}
	mem_free(c->clauses);
	mem_free(c->algorithm_asked);
	mem_free(c->lock_asked);
}

/* ---- what the table is afterwards ---- */

static void learn_index(struct my_check *c, const struct my_clause *clause)
{
	struct my_tokens w = *c->w;
	CLEANUP(cleanup_str) struct str name = {0};
	char **columns = NULL;
	size_t n = 0, cap = 0;

	for (w.at = clause->first; w.at < clause->end && !my_at_char(&w, '(');)
		w.at++;
	w.at++;
	while (w.at < clause->end && my_next_name(&w, 1, &name)) {
		*MEM_PUSH(columns, n, cap) = mem_strdup(str_text(&name));
		str_clear(&name);
		while (w.at < clause->end && !my_next_char(&w, ','))
			w.at++;
	}
	for (size_t i = 0; i < n; i++)
		my_table_index(c->table, columns[i], n > 1);
	mem_free_strings(columns, n);
}

static void learn_one(struct my_check *c, struct my_clause *clause)
{
	struct my_shape *table = c->table;

	if (!strcmp(clause->kind, "ADD COLUMN") || !strcmp(clause->kind, "MODIFY COLUMN")) {
		my_column_define(my_column_get(table, clause->name), &clause->definition.column);
	} else if (!strcmp(clause->kind, "CHANGE COLUMN") && clause->new_name) {
		my_column_drop(table, clause->name);
		my_column_define(
			my_column_get(table, clause->new_name), &clause->definition.column);
	} else if (!strcmp(clause->kind, "DROP COLUMN")) {
		my_column_drop(table, clause->name);
	} else if (!strcmp(clause->kind, "RENAME COLUMN") && clause->new_name) {
		struct my_field *column = my_column_find(table, clause->name);

		if (column) {
			mem_free(column->name);
			column->name = mem_strdup(clause->new_name);
		}
	} else if (!strcmp(clause->kind, "ADD FOREIGN KEY")) {
		table->foreign = true;
	} else if (!strcmp(clause->kind, "ADD FULLTEXT INDEX")) {
		table->fulltext = true;
	} else if (!strncmp(clause->kind, "ADD", 3) &&
		(strstr(clause->kind, "INDEX") || strstr(clause->kind, "KEY"))) {
		learn_index(c, clause);
	}
}

void my_learn_clauses(struct my_check *c)
{
	for (size_t i = 0; i < c->n_clauses; i++)
		learn_one(c, &c->clauses[i]);
}
