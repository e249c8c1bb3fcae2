/*
 * A second table of the wanted form beside the first. Triggers carry over every change, batches the
 * rows that are there, and one RENAME TABLE puts it into the place of the first: nobody waits for a
 * copy, and the application need not know.
 */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "adapters/mysql/dialect_text.h"
#include "adapters/mysql/suggest.h"
#include "embed.h"
#include "harness/base/cleanup.h"
#include "harness/base/mem.h"

bool my_can_copy(const struct my_suggest *s)
{
	const struct my_shape *table = s->c->table;

	return table->known && !table->foreign && table->n_key && table->n_columns;
}

static bool in_key(const struct my_shape *table, const char *column)
{
	for (size_t i = 0; i < table->n_key; i++)
		if (!strcasecmp(table->key[i], column))
			return true;
	return false;
}

/* A row of either table is found by the other's key, so that must stay what it is. */
static bool can_modify(const struct my_suggest *s, const struct my_clause *clause)
{
	const struct my_definition *d = &clause->definition;
	const struct my_field *from = my_column_find(s->c->table, clause->name);

	if (!from || !from->type || !d->column.type || d->primary || d->unique ||
		from->generated != d->column.generated || d->references)
		return false;
	return !in_key(s->c->table, clause->name) ||
		(strstr(from->type, "int") && strstr(d->column.type, "int"));
}

/* One that must be given would be missed when a row is copied. */
static bool can_add(const struct my_definition *d)
{
	const struct my_field *column = &d->column;

	return column->type && !d->primary && !d->unique && !d->references &&
		!column->auto_increment &&
		(!column->not_null || column->has_default || column->generated);
}

bool my_can_copy_with(const struct my_suggest *s, const struct my_clause *clause)
{
	static const char *const kinds[] = {"ADD INDEX", "ADD FULLTEXT INDEX", "ADD SPATIAL INDEX",
		"ADD CHECK", "ALTER COLUMN SET DEFAULT", "ALTER COLUMN DROP DEFAULT",
		"RENAME INDEX", "DROP INDEX", "PARTITION BY", "REMOVE PARTITIONING",
		"CONVERT TO CHARACTER SET", "DEFAULT CHARACTER SET", "DEFAULT COLLATE", "ENGINE",
		"FORCE", "ROW_FORMAT", "KEY_BLOCK_SIZE", "COMMENT"};
	CLEANUP(cleanup_free) char *text = my_tokens_text(s->c, clause->first, clause->end);

	if (!strcmp(clause->kind, "ADD COLUMN"))
		return clause->name && can_add(&clause->definition) && !strstr(text, ", ");
	if (!strcmp(clause->kind, "MODIFY COLUMN") || !strcmp(clause->kind, "CHANGE COLUMN"))
		return clause->name && can_modify(s, clause);
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (!strcmp(clause->kind, kinds[i]))
			return !strcasestr(text, "`primary`");
	return false;
}

/* ---- lists of columns ---- */

static char *columns(const struct my_shape *table, const char *before, size_t *ret_n)
{
	struct str out = {0};
	size_t n = 0;

	for (size_t i = 0; i < table->n_columns; i++)
		if (!table->columns[i].generated)
			str_addf(&out, "%s%s%s", n++ ? ", " : "", before, table->columns[i].name);
	if (ret_n)
		*ret_n = n;
	return str_take(&out);
}

static char *key_is(const struct my_shape *table, const char *left, const char *right)
{
	struct str out = {0};

	for (size_t i = 0; i < table->n_key; i++)
		str_addf(&out, "%s%s%s = %s%s", i ? " AND " : "", left, table->key[i], right,
			table->key[i]);
	return str_take(&out);
}

/* ---- the steps ---- */

static void add_guard(struct my_suggest *s)
{
	CLEANUP(cleanup_free) char *table = my_sql_literal(s->table);
	CLEANUP(cleanup_free)
	char *own = mem_strndup(s->schema, *s->schema ? strlen(s->schema) - 1 : 0);
	CLEANUP(cleanup_free) char *literal = my_sql_literal(own);
	CLEANUP(cleanup_free) char *list = NULL;
	CLEANUP(cleanup_free) char *body = NULL;
	CLEANUP(cleanup_free) char *number = NULL;
	size_t n;

	list = columns(s->c->table, "", &n);
	number = mem_printf("%zu", n);
	body = MY_FILLED(sql_mysql_suggest_guard, {"schema", *own ? literal : "DATABASE()"},
		{"table", table}, {"columns", number});
	my_step_program(s, s->label, "See that @ is what was thought of", body);
}

static void add_triggers(struct my_suggest *s, const char *copy)
{
	const struct my_shape *table = s->c->table;
	CLEANUP(cleanup_free) char *insert = my_made_name(s, "_", "_insert");
	CLEANUP(cleanup_free) char *update = my_made_name(s, "_", "_update");
	CLEANUP(cleanup_free) char *delete = my_made_name(s, "_", "_delete");
	CLEANUP(cleanup_free) char *list = columns(table, "", NULL);
	CLEANUP(cleanup_free) char *values = columns(table, "NEW.", NULL);
	CLEANUP(cleanup_free) char *old_key = key_is(table, "", "OLD.");
	CLEANUP(cleanup_free) char *same_key = key_is(table, "OLD.", "NEW.");
	CLEANUP(cleanup_free)
	char *sql = MY_FILLED(sql_mysql_suggest_follow, {"insert", insert}, {"update", update},
		{"delete", delete}, {"table", s->label}, {"copy", copy}, {"columns", list},
		{"values", values}, {"old_key", old_key}, {"same_key", same_key});

	sql[strlen(sql) - 1] = '\0';
	suggest_step(s->ret, copy, SUGGEST_AT_ONCE, "Let @ follow every change", "%s", sql);
}

static void add_rows(struct my_suggest *s, const char *copy)
{
	const struct my_shape *table = s->c->table;
	CLEANUP(cleanup_free) char *list = columns(table, "", NULL);
	/* A row that is there already came by a trigger and is newer. */
	CLEANUP(cleanup_free)
	char *work = mem_printf("INSERT INTO %s (%s)\n"
				"        SELECT %s\n"
				"        FROM %s FORCE INDEX (PRIMARY)\n"
				"        WHERE {range} LOCK IN SHARE MODE\n"
				"        ON DUPLICATE KEY UPDATE %s.%s = %s.%s",
		copy, list, list, s->label, copy, table->key[0], copy, table->key[0]);
	CLEANUP(cleanup_free)
	char *count = MY_FILLED(sql_mysql_suggest_count, {"table", s->label}, {"copy", copy});

	my_step_batches(s, copy, "Copy the rows to @ in short transactions", work);
	/* Where counting locks the table, it would hold writers up. */
	if (!table->myisam)
		my_step_program(s, copy, "See that @ has every row", count);
}

void my_suggest_copy(struct my_suggest *s, const char *changes)
{
	CLEANUP(cleanup_free) char *copy = my_made_name(s, "_", "_new");
	CLEANUP(cleanup_free) char *old = my_made_name(s, "_", "_old");

	add_guard(s);
	if (*changes)
		suggest_step(s->ret, s->label, SUGGEST_AT_ONCE,
			"Make an empty table of the new form beside @",
			"-- To give up before the exchange: drop this table and the triggers.\n"
			"CREATE TABLE %s LIKE %s;\nALTER TABLE %s %s;",
			copy, s->label, copy, changes);
	else
		suggest_step(s->ret, s->label, SUGGEST_AT_ONCE, "Make an empty table beside @",
			"CREATE TABLE %s LIKE %s;", copy, s->label);
	add_triggers(s, copy);
	add_rows(s, copy);
	suggest_step(s->ret, s->label, SUGGEST_AT_ONCE, "Exchange @ for its copy",
		"RENAME TABLE %s TO %s, %s TO %s;", s->label, old, copy, s->label);
	suggest_step(
		s->ret, old, SUGGEST_AT_ONCE, "Drop @ with its triggers", "DROP TABLE %s;", old);
}
