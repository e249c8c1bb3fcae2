/* One clause of ALTER TABLE at a time: names that change, columns that go, values that differ for
 * each row, foreign keys. */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "adapters/mysql/suggest.h"
#include "embed.h"
#include "harness/base/cleanup.h"
#include "harness/base/mem.h"

/* Drops a column at once, with which a second one can go in a short moment. */
#define MYSQL_INSTANT_DROP 80029

static void set_application(struct my_suggest *s, char *text)
{
	mem_free(s->ret->application);
	s->ret->application = text;
}

/* "x = a", with the columns kept that the server would set to the time of the backfill. */
static char *backfill(const struct my_suggest *s, const char *set, const char *missing)
{
	const struct my_shape *table = s->c->table;
	struct str out = {0};

	str_addf(&out, "UPDATE %s SET %s", s->label, set);
	for (size_t i = 0; i < table->n_columns; i++)
		if (table->columns[i].on_update)
			str_addf(&out, ", %s = %s", table->columns[i].name, table->columns[i].name);
	str_addf(&out, "\n        WHERE {range}\n            AND %s", missing);
	return str_take(&out);
}

/* ---- another name ---- */

static void add_sync(struct my_suggest *s, const char *first, const char *second)
{
	CLEANUP(cleanup_free) char *insert = my_made_name(s, "_", "_sync_insert");
	CLEANUP(cleanup_free) char *update = my_made_name(s, "_", "_sync_update");
	CLEANUP(cleanup_free)
	char *sql = MY_FILLED(sql_mysql_suggest_sync, {"insert", insert}, {"update", update},
		{"table", s->label}, {"first", first}, {"second", second});

	sql[strlen(sql) - 1] = '\0';
	suggest_step(s->ret, second, SUGGEST_AT_ONCE, "Keep @ and the old column alike", "%s", sql);
}

/* The old column takes the new name, with its place, its keys and all: the second one goes. */
static void add_rename_end(
	struct my_suggest *s, const char *first, const char *second, const char *index)
{
	CLEANUP(cleanup_free) char *insert = my_made_name(s, "_", "_sync_insert");
	CLEANUP(cleanup_free) char *update = my_made_name(s, "_", "_sync_update");

	if (index)
		suggest_step(s->ret, second, SUGGEST_LATER, "Drop the index that stood in on @",
			"ALTER TABLE %s DROP INDEX %s, ALGORITHM=INPLACE, LOCK=NONE;", s->label,
			index);
	suggest_step(s->ret, second, SUGGEST_LATER,
		"Let the old column take the name @, in one short moment",
		"LOCK TABLES %s WRITE;\n"
		"DROP TRIGGER %s;\nDROP TRIGGER %s;\n"
		"ALTER TABLE %s DROP COLUMN %s, RENAME COLUMN %s TO %s, ALGORITHM=INSTANT;\n"
		"UNLOCK TABLES;",
		s->label, insert, update, s->label, second, first, second);
}

bool my_suggest_rename_column(struct my_suggest *s, const struct my_clause *clause)
{
	const struct analysis_state *state = s->c->state;
	const struct my_shape *table = s->c->table;
	const struct my_field *from = my_column_find(table, clause->name);
	const char *second = clause->new_name;
	CLEANUP(cleanup_free) char *set = NULL;
	CLEANUP(cleanup_free) char *missing = NULL;
	CLEANUP(cleanup_free) char *work = NULL;
	CLEANUP(cleanup_free) char *index = NULL;
	bool indexed;

	if (!from || !from->written || from->generated || from->auto_increment || !table->n_key ||
		table->myisam || table->fulltext || clause->effect.algorithm != MY_INSTANT ||
		(!state->mariadb && state->target.version < MYSQL_INSTANT_DROP))
		return false;
	indexed = my_table_indexes(table, clause->name) && !strstr(from->type, "text") &&
		!strstr(from->type, "blob");
	suggest_step(s->ret, second, SUGGEST_AT_ONCE, "Add @ beside the old column",
		"ALTER TABLE %s ADD COLUMN %s %s NULL, ALGORITHM=INSTANT;", s->label, second,
		from->written);
	add_sync(s, clause->name, second);
	set = mem_printf("%s = %s", second, clause->name);
	missing = mem_printf("%s IS NULL AND %s IS NOT NULL", second, clause->name);
	work = backfill(s, set, missing);
	my_step_batches(
		s, second, "Fill @ in the rows that are there, in short transactions", work);
	if (indexed) {
		index = my_made_name(s, "_", "_sync");
		/* Names of indexes have no schema. */
		memmove(index, index + strlen(s->schema), strlen(index + strlen(s->schema)) + 1);
		suggest_step(s->ret, second, SUGGEST_BESIDE, "Build an index on @ meanwhile",
			"ALTER TABLE %s ADD INDEX %s (%s), ALGORITHM=INPLACE, LOCK=NONE;", s->label,
			index, second);
	}
	add_rename_end(s, clause->name, second, index);
	set_application(s,
		mem_printf("reads and writes %s.%s in place of %s; both hold the same meanwhile",
			s->label, second, clause->name));
	return true;
}

bool my_suggest_rename_table(struct my_suggest *s, const char *new_label)
{
	CLEANUP(cleanup_free) char *view = my_made_name(s, "_", "_view");

	suggest_step(s->ret, new_label, SUGGEST_AT_ONCE, "Make the name @ a view of the table",
		"CREATE VIEW %s AS SELECT * FROM %s;", new_label, s->label);
	suggest_step(s->ret, new_label, SUGGEST_LATER, "Give the table the name @ itself",
		"RENAME TABLE %s TO %s, %s TO %s;\nDROP VIEW %s;", new_label, view, s->label,
		new_label, view);
	set_application(s, mem_printf("says %s in place of %s", new_label, s->label));
	return true;
}

/* ---- a column that goes ---- */

/* What an INSERT may leave out from now on: a value that the type has, NULL where none is known. */
static const char *any_value(const struct my_field *column)
{
	static const struct {
		const char *type, *value;
	} values[] = {{"int", "0"}, {"decimal", "0"}, {"double", "0"}, {"float", "0"},
		{"varchar", "''"}, {"char", "''"}};

	if (!column->type || !column->not_null || column->has_default || column->auto_increment ||
		column->generated)
		return NULL;
	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++)
		if (strstr(column->type, values[i].type))
			return values[i].value;
	return NULL;
}

bool my_suggest_drop_column(struct my_suggest *s, const struct my_clause *clause)
{
	const struct my_field *column = my_column_find(s->c->table, clause->name);
	const char *value = column ? any_value(column) : NULL;
	struct my_effect effect = clause->effect;
	CLEANUP(cleanup_free) char *text = my_tokens_text(s->c, clause->first, clause->end);

	/* Its indexes go with it, which is quick but not instant. */
	if (effect.algorithm == MY_INSTANT && my_table_indexes(s->c->table, clause->name))
		effect.algorithm = MY_INPLACE;
	if (value)
		suggest_step(s->ret, clause->name, SUGGEST_AT_ONCE,
			"Let new versions of the application leave @ out",
			"ALTER TABLE %s ALTER COLUMN %s SET DEFAULT %s;", s->label, clause->name,
			value);
	suggest_step(s->ret, clause->name, SUGGEST_LATER, "Drop @, which nobody names any more",
		"ALTER TABLE %s %s%s;", s->label, text, my_manner(s, &effect));
	set_application(s,
		mem_printf(
			"stops to name %s.%s, in INSERT and SELECT * too", s->label, clause->name));
	return true;
}

/* ---- a default that differs for each row ---- */

bool my_suggest_fill(struct my_suggest *s, const struct my_clause *clause)
{
	const struct my_definition *d = &clause->definition;
	static const struct my_effect beside = {.algorithm = MY_REBUILD};
	CLEANUP(cleanup_free) char *set = NULL;
	CLEANUP(cleanup_free) char *missing = NULL;
	CLEANUP(cleanup_free) char *work = NULL;
	CLEANUP(cleanup_free) char *rest = NULL;
	size_t first = clause->first + 1;

	if (!s->c->table->n_key || !d->default_sql || s->c->table->myisam || d->unique ||
		d->primary || d->references || d->check)
		return false;
	first += my_token_is(s->c->text, &s->c->w->tokens[first], "column");
	rest = my_tokens_text(s->c, first, clause->end);
	suggest_step(s->ret, clause->name, SUGGEST_AT_ONCE, "Add @ empty: no row is written",
		"ALTER TABLE %s ADD COLUMN %s %s NULL, ALGORITHM=INSTANT;", s->label, clause->name,
		d->column.written);
	suggest_step(s->ret, clause->name, SUGGEST_AT_ONCE, "Give @ its default in new rows",
		"ALTER TABLE %s ALTER COLUMN %s SET DEFAULT %s%s%s;", s->label, clause->name,
		*d->default_sql == '(' ? "" : "(", d->default_sql,
		*d->default_sql == '(' ? "" : ")");
	set = mem_printf("%s = %s", clause->name, d->default_sql);
	missing = mem_printf("%s IS NULL", clause->name);
	work = backfill(s, set, missing);
	my_step_batches(
		s, clause->name, "Fill @ in the rows that are there, in short transactions", work);
	suggest_step(s->ret, clause->name, SUGGEST_BESIDE, "Make @ what it was to be",
		MY_STRICT "ALTER TABLE %s MODIFY COLUMN %s%s;" MY_STRICT_END, s->label, rest,
		my_manner(s, &beside));
	return true;
}

/* ---- foreign keys ---- */

/* The names in the parentheses that begin here. */
static size_t next_names(struct my_tokens *w, struct str *names, size_t max)
{
	size_t n = 0;

	if (!my_next_char(w, '('))
		return 0;
	while (n < max && my_next_name(w, 1, &names[n])) {
		n++;
		if (!my_next_char(w, ','))
			break;
	}
	return my_next_char(w, ')') ? n : 0;
}

enum { KEY_MAX = 16 };
struct reference {
	struct str child[KEY_MAX], other[KEY_MAX], parent;
	size_t n;
};

static bool read_reference(
	const struct my_suggest *s, const struct my_clause *clause, struct reference *ret)
{
	struct my_tokens w = *s->c->w;

	w.at = clause->first;
	while (w.at < clause->end && !my_next(&w, "foreign key"))
		w.at++;
	while (w.at < clause->end && !my_at_char(&w, '('))
		w.at++;
	ret->n = next_names(&w, ret->child, KEY_MAX);
	return ret->n && my_next(&w, "references") && my_next_name(&w, 2, &ret->parent) &&
		next_names(&w, ret->other, KEY_MAX) == ret->n;
}

static void release_reference(struct reference *r)
{
	for (size_t i = 0; i < KEY_MAX; i++) {
		str_release(&r->child[i]);
		str_release(&r->other[i]);
	}
	str_release(&r->parent);
}

static void add_orphans(
	struct my_suggest *s, const struct reference *r, const char *title, const char *message)
{
	CLEANUP(cleanup_str) struct str join = {0};
	CLEANUP(cleanup_str) struct str given = {0};
	CLEANUP(cleanup_free)
	char *missing = mem_printf("parent.%s IS NULL", str_text(&r->other[0]));
	CLEANUP(cleanup_free) char *body = NULL;

	for (size_t i = 0; i < r->n; i++) {
		str_addf(&join, "%sparent.%s = child.%s", i ? " AND " : "", str_text(&r->other[i]),
			str_text(&r->child[i]));
		str_addf(
			&given, "%schild.%s IS NOT NULL", i ? " AND " : "", str_text(&r->child[i]));
	}
	body = MY_FILLED(sql_mysql_suggest_orphans, {"table", s->label},
		{"parent", str_text(&r->parent)}, {"join", str_text(&join)},
		{"given", str_text(&given)}, {"missing", missing}, {"message", message});
	my_step_program(s, s->label, title, body);
}

bool my_suggest_foreign_key(struct my_suggest *s, const struct my_clause *clause)
{
	static const struct my_effect beside = {.algorithm = MY_INPLACE};
	CLEANUP(cleanup_free) char *text = my_tokens_text(s->c, clause->first, clause->end);
	struct reference r = {0};
	bool understood = read_reference(s, clause, &r);

	if (understood) {
		add_orphans(s, &r, "See that no row of @ breaks the key",
			"rows break the foreign key: put them right first");
		suggest_step(s->ret, s->label, SUGGEST_BESIDE, "Add the foreign key of @ unchecked",
			"SET SESSION foreign_key_checks = 0;\n"
			"ALTER TABLE %s %s%s;\n"
			"SET SESSION foreign_key_checks = 1;",
			s->label, text, my_manner(s, &beside));
		add_orphans(s, &r, "See that no row of @ came in between",
			"rows that break the foreign key came in between: put them right");
	}
	release_reference(&r);
	return understood;
}
