/* CREATE and DROP. */
#include <string.h>

#include "adapters/mysql/dialect_words.h"
#include "harness/base/cleanup.h"
#include "harness/base/mem.h"

void my_skip_modifiers(struct my_tokens *w)
{
	static const char *const plain[] = {
		"or replace", "online", "offline", "ignore", "aggregate", NULL};

	for (;;) {
		if (my_next_listed(w, plain))
			continue;
		if (my_next(w, "definer") && my_next_char(w, '='))
			my_skip_account(w);
		else if (my_next(w, "sql security"))
			w->at++;
		else if (my_at(w, "algorithm") && my_token_char(w->text, my_peek(w, 1), '='))
			w->at += 3;
		else
			return;
	}
}

/* Takes a relation that the statement itself creates off the list. */
static void forget_relation(struct sql_statement *s, const char *name)
{
	for (size_t i = 0; i < s->n_relations; i++)
		if (!strcmp(s->relations[i], name)) {
			mem_free(s->relations[i]);
			memmove(&s->relations[i], &s->relations[i + 1],
				(s->n_relations - i - 1) * sizeof(*s->relations));
			s->n_relations--;
			return;
		}
}

static void create_table(struct my_tokens *w, struct sql_statement *s)
{
	CLEANUP(cleanup_str) struct str name = {0}, other = {0};
	size_t start;

	my_next(w, "if not exists");
	if (!my_next_name(w, 2, &name))
		return;
	my_set_object(s, str_text(&name));
	start = w->at;
	my_next_char(w, '(');
	if (my_next(w, "like") && my_next_name(w, 2, &other)) {
		my_add_kind(s, "LIKE");
		my_add_relation(s, str_text(&other));
		return;
	}
	w->at = start;
	my_collect_references(w, s);
	/* A query may follow, or be the first thing in parentheses. */
	for (w->at = start; w->at < w->n; w->at++) {
		bool cte = my_at(w, "with") && !my_token_is(w->text, my_peek(w, 1), "system");

		if (my_at(w, "select") || cte) {
			my_add_kind(s, "AS");
			my_collect_query(w, s);
		} else if (my_next(w, "union")) {
			my_next_char(w, '=');
			if (my_next_char(w, '('))
				my_read_tables(w, s);
		}
	}
	forget_relation(s, str_text(&name));
}

static void create_view(struct my_tokens *w, struct sql_statement *s)
{
	my_next(w, "if not exists");
	my_read_object(w, s);
	my_collect_query(w, s);
	if (s->object)
		forget_relation(s, s->object);
}

static void create_index(struct my_tokens *w, struct sql_statement *s)
{
	CLEANUP(cleanup_str) struct str table = {0};

	my_next(w, "if not exists");
	my_read_object(w, s);
	while (w->at < w->n && !my_next(w, "on"))
		w->at++;
	if (my_next_name(w, 2, &table))
		my_add_relation(s, str_text(&table));
}

static void create_trigger(struct my_tokens *w, struct sql_statement *s)
{
	CLEANUP(cleanup_str) struct str table = {0};

	my_next(w, "if not exists");
	my_read_object(w, s);
	while (w->at < w->n && !my_next(w, "on"))
		w->at++;
	if (my_next_name(w, 2, &table))
		my_add_relation(s, str_text(&table));
}

static void create_other(struct my_tokens *w, struct sql_statement *s)
{
	my_next(w, "if not exists");
	my_read_object(w, s);
}

static void drop_tables(struct my_tokens *w, struct sql_statement *s)
{
	my_next(w, "if exists");
	my_read_tables(w, s);
}

static void drop_index(struct my_tokens *w, struct sql_statement *s)
{
	CLEANUP(cleanup_str) struct str table = {0};

	my_next(w, "if exists");
	my_read_object(w, s);
	if (my_next(w, "on") && my_next_name(w, 2, &table))
		my_add_relation(s, str_text(&table));
}

static void drop_other(struct my_tokens *w, struct sql_statement *s)
{
	my_next(w, "if exists");
	my_read_object(w, s);
}

typedef void reader(struct my_tokens *w, struct sql_statement *s);

static const struct object {
	const char *words;
	const char *kind; /* NULL: the words */
	reader *create, *drop;
} objects[] = {
	{"TABLE", NULL, create_table, drop_tables},
	{"TABLES", "TABLE", NULL, drop_tables},
	{"TEMPORARY TABLE", NULL, create_table, drop_tables},
	{"TEMPORARY TABLES", "TEMPORARY TABLE", NULL, drop_tables},
	{"TEMPORARY SEQUENCE", NULL, create_other, drop_other},
	{"VIEW", NULL, create_view, drop_tables},
	{"INDEX", NULL, create_index, drop_index},
	{"UNIQUE INDEX", NULL, create_index, NULL},
	{"FULLTEXT INDEX", NULL, create_index, NULL},
	{"SPATIAL INDEX", NULL, create_index, NULL},
	{"UNIQUE", "UNIQUE INDEX", create_index, NULL},
	{"VECTOR INDEX", NULL, create_index, NULL},
	{"TRIGGER", NULL, create_trigger, drop_other},
	{"PROCEDURE", NULL, create_other, drop_other},
	{"FUNCTION", NULL, create_other, drop_other},
	{"PACKAGE BODY", NULL, create_other, drop_other},
	{"PACKAGE", NULL, create_other, drop_other},
	{"EVENT", NULL, create_other, drop_other},
	{"DATABASE", NULL, create_other, drop_other},
	{"SCHEMA", "DATABASE", create_other, drop_other},
	{"SEQUENCE", NULL, create_other, drop_other},
	{"USER", NULL, NULL, NULL},
	{"ROLE", NULL, NULL, NULL},
	{"SERVER", NULL, create_other, drop_other},
	{"UNDO TABLESPACE", NULL, create_other, drop_other},
	{"TABLESPACE", NULL, create_other, drop_other},
	{"LOGFILE GROUP", NULL, create_other, drop_other},
	{"RESOURCE GROUP", NULL, create_other, drop_other},
	{"SPATIAL REFERENCE SYSTEM", NULL, NULL, NULL},
};

static void read_object(struct my_tokens *w, struct sql_statement *s, bool create)
{
	my_skip_modifiers(w);
	for (size_t i = 0; i < sizeof(objects) / sizeof(objects[0]); i++) {
		const struct object *o = &objects[i];
		reader *read = create ? o->create : o->drop;

		if (!my_next(w, o->words))
			continue;
		my_add_kind(s, o->kind ? o->kind : o->words);
		if (read)
			read(w, s);
		return;
	}
}

void my_read_create(struct my_tokens *w, struct sql_statement *s)
{
	read_object(w, s, true);
}

void my_read_drop(struct my_tokens *w, struct sql_statement *s)
{
	read_object(w, s, false);
}
