/* Two columns, or two names, side by side until no old version of the application is left. */
#include <string.h>

#include "adapters/postgres/dialect_text.h"
#include "adapters/postgres/dialect_tree.h"
#include "adapters/postgres/rules.h"
#include "adapters/postgres/suggest.h"
#include "harness/base/cleanup.h"
#include "harness/base/mem.h"

/*
 * A backfill's transactions update as many pages as take about 10 ms, so that its row locks are
 * short, whatever machine it runs on. Behind each comes a pause as long as itself: half of a core
 * is left to everybody else.
 */
#define FIRST_PAGES "4"
#define MOST_PAGES "64"

/* Ranges of ctid are read directly from 14 on; before, each page's rows are named. */
static const char *page_condition(const struct pg_suggest *s)
{
	return s->state->target.version >= 140000
		? "ctid >= format('(%s,0)', page)::tid\n"
		  "                AND ctid < format('(%s,0)', page + step)::tid"
		: "ctid = ANY (ARRAY(SELECT format('(%s,%s)', p, n)::tid\n"
		  "                FROM generate_series(page, page + step - 1) p,\n"
		  "                    generate_series(1, 291) n))";
}

/* Until no row is left: rows that are written meanwhile may move behind the pass. */
static void add_backfill(struct pg_suggest *s, const char *set, const char *missing)
{
	CLEANUP(cleanup_free) char *table = pg_sql_literal(s->label);

	pg_step_alone(s, "Fill @ in the rows that are there, in short transactions",
		"-- Not one statement but many, so the time-out of one does not fit.\n"
		"SET statement_timeout = 0;\n"
		"DO $backfill$\n"
		"DECLARE\n"
		"    pages bigint;\n"
		"    page bigint;\n"
		"    step integer := " FIRST_PAGES ";\n"
		"    began timestamptz;\n"
		"    took interval;\n"
		"BEGIN\n"
		"    LOOP\n"
		"        pages := pg_relation_size(%s) / current_setting('block_size')::bigint;\n"
		"        page := 0;\n"
		"        WHILE page <= pages LOOP\n"
		"            began := clock_timestamp();\n"
		"            UPDATE %s SET %s\n"
		"            WHERE %s\n"
		"                AND %s;\n"
		"            COMMIT;\n"
		"            page := page + step;\n"
		"            took := clock_timestamp() - began;\n"
		"            IF took > interval '10 ms' THEN\n"
		"                step := greatest(1, step / 2);\n"
		"            ELSIF took < interval '4 ms' THEN\n"
		"                step := least(" MOST_PAGES ", step * 2);\n"
		"            END IF;\n"
		"            PERFORM pg_sleep_for(took);\n"
		"        END LOOP;\n"
		"        EXIT WHEN NOT EXISTS (SELECT FROM %s WHERE %s);\n"
		"        COMMIT;\n"
		"    END LOOP;\n"
		"END\n"
		"$backfill$;\n"
		"RESET statement_timeout;",
		table, s->label, set, page_condition(s), missing, s->label, missing);
}

void pg_suggest_fill(struct pg_suggest *s, const char *column, const char *type,
	const char *expression, bool not_null)
{
	CLEANUP(cleanup_free) char *name = pg_written_name(column);
	CLEANUP(cleanup_free) char *set = mem_printf("%s = %s", name, expression);
	CLEANUP(cleanup_free) char *missing = mem_printf("%s IS NULL", name);

	s->what = name;
	pg_step(s, "Add @ empty: no row is written", "ALTER TABLE %s ADD COLUMN %s %s;", s->label,
		name, type);
	pg_step(s, "Give @ its default in new rows",
		"ALTER TABLE %s ALTER COLUMN %s SET DEFAULT %s;", s->label, name, expression);
	add_backfill(s, set, missing);
	if (not_null)
		pg_suggest_not_null(s, column);
}

/* `forward` is the new column's value, as an expression over NEW. */
static void add_trigger(struct pg_suggest *s, const char *function, const char *body)
{
	pg_step(s, "Keep @ and the old column alike",
		"CREATE FUNCTION %s() RETURNS trigger LANGUAGE plpgsql AS $sync$\n"
		"BEGIN\n"
		"%s"
		"    RETURN NEW;\n"
		"END\n"
		"$sync$;\n"
		"CREATE TRIGGER %s BEFORE INSERT OR UPDATE ON %s\n"
		"    FOR EACH ROW EXECUTE FUNCTION %s();",
		function, body, function, s->label, function);
}

/* Whichever of the two a version of the application writes, the other follows. What comes from the
 * old column must not go back there: a backfill would change it. */
static void add_sync(struct pg_suggest *s, const char *function, const char *old_name,
	const char *new_name, const char *forward)
{
	CLEANUP(cleanup_free)
	char *body = mem_printf(
		"    IF TG_OP = 'INSERT' AND NEW.%s IS NULL THEN\n"
		"        NEW.%s := %s;\n"
		"    ELSIF TG_OP = 'UPDATE' AND NEW.%s IS NOT DISTINCT FROM OLD.%s THEN\n"
		"        NEW.%s := %s;\n"
		"    ELSIF NEW.%s IS DISTINCT FROM %s THEN\n"
		"        NEW.%s := NEW.%s;\n"
		"    END IF;\n",
		new_name, new_name, forward, new_name, new_name, new_name, forward, new_name,
		forward, old_name, new_name);

	add_trigger(s, function, body);
}

/* Nobody can tell the way back of an expression: the old column is the application's to write. */
static void add_sync_one_way(struct pg_suggest *s, const char *function, const char *old_name,
	const char *new_name, const char *forward)
{
	CLEANUP(cleanup_free)
	char *body = mem_printf("    IF TG_OP = 'INSERT' AND NEW.%s IS NULL THEN\n"
				"        NEW.%s := %s;\n"
				"    ELSIF TG_OP = 'UPDATE' AND NEW.%s IS DISTINCT FROM OLD.%s\n"
				"            AND NEW.%s IS NOT DISTINCT FROM OLD.%s THEN\n"
				"        NEW.%s := %s;\n"
				"    END IF;\n",
		new_name, new_name, forward, old_name, old_name, new_name, new_name, new_name,
		forward);

	add_trigger(s, function, body);
}

static void add_contract(struct pg_suggest *s, const char *function, const char *old_name)
{
	pg_step_later(s, "Drop what @ replaces, with what kept both alike",
		"DROP TRIGGER %s ON %s;\n"
		"DROP FUNCTION %s();\n"
		"ALTER TABLE %s DROP COLUMN %s;",
		function, s->label, function, s->label, old_name);
}

static bool is_not_null(const struct pg_suggest *s, const char *column)
{
	const struct pg_column *known = s->table ? pg_find_column(s->table, column) : NULL;

	return known && known->not_null;
}

struct pair {
	const char *column, *second; /* names, plain */
	const char *forward;	     /* the second's value, over NEW */
	const char *plain;	     /* the same over the table's row */
	bool one_way;
};

static void add_second_column(struct pg_suggest *s, const struct pair *p)
{
	CLEANUP(cleanup_free) char *old_name = pg_written_name(p->column);
	CLEANUP(cleanup_free) char *new_name = pg_written_name(p->second);
	CLEANUP(cleanup_free)
	char *function = pg_made_name(
		pg_text(json_object_get(s->node, "relation"), "relname"), p->second, "sync");
	CLEANUP(cleanup_free) char *set = mem_printf("%s = %s", new_name, p->plain);
	CLEANUP(cleanup_free)
	char *missing = mem_printf("%s IS DISTINCT FROM %s", new_name, p->plain);

	s->what = new_name;
	if (p->one_way)
		add_sync_one_way(s, function, old_name, new_name, p->forward);
	else
		add_sync(s, function, old_name, new_name, p->forward);
	add_backfill(s, set, missing);
	if (is_not_null(s, p->column))
		pg_suggest_not_null(s, p->second);
	s->what = new_name;
	add_contract(s, function, old_name);
	mem_free(s->ret->application);
	s->ret->application = mem_printf(p->one_way
			? "reads %s.%s, and writes it beside %s, from which it follows by itself"
			: "reads and writes %s.%s in place of %s; both hold the same meanwhile",
		s->label, new_name, old_name);
}

void pg_suggest_type(
	struct pg_suggest *s, const char *column, const char *type, const char *expression)
{
	CLEANUP(cleanup_free) char *second = mem_printf("%.55s_new", column);
	CLEANUP(cleanup_free) char *old_name = pg_written_name(column);
	CLEANUP(cleanup_free) char *new_name = pg_written_name(second);
	/* An expression names columns as they stand in a row. */
	CLEANUP(cleanup_free)
	char *forward = expression
		? mem_printf("(SELECT %s FROM (SELECT (NEW).*) AS %s)", expression,
			  pg_text(json_object_get(s->node, "relation"), "relname"))
		: mem_printf("NEW.%s::%s", old_name, type);
	CLEANUP(cleanup_free)
	char *plain =
		expression ? mem_printf("(%s)", expression) : mem_printf("%s::%s", old_name, type);
	struct pair pair = {column, second, forward, plain, expression};

	s->what = new_name;
	pg_step(s, "Add @ in the new type beside the old column",
		"ALTER TABLE %s ADD COLUMN %s %s;", s->label, new_name, type);
	add_second_column(s, &pair);
}

/* ---- renames ---- */

/* The type as the text gave it, or looked up when it runs. */
static void add_column_like(struct pg_suggest *s, const char *column, const char *second)
{
	const struct pg_column *known = s->table ? pg_find_column(s->table, column) : NULL;
	CLEANUP(cleanup_free) char *name = pg_written_name(second);
	CLEANUP(cleanup_free) char *type = NULL;
	CLEANUP(cleanup_free) char *table = pg_sql_literal(s->label);
	CLEANUP(cleanup_free) char *old_text = pg_sql_literal(column);
	CLEANUP(cleanup_free) char *new_text = pg_sql_literal(second);

	s->what = name;
	if (known && known->type.name) {
		type = pg_type_text(&known->type);
		pg_step(s, "Add @ beside the old column", "ALTER TABLE %s ADD COLUMN %s %s;",
			s->label, name, type);
		return;
	}
	pg_step(s, "Add @ beside the old column, with its type",
		"DO $$\n"
		"BEGIN\n"
		"    EXECUTE (SELECT format('ALTER TABLE %%s ADD COLUMN %%I %%s', "
		"attrelid::regclass,\n"
		"            %s, format_type(atttypid, atttypmod))\n"
		"        FROM pg_attribute\n"
		"        WHERE attrelid = %s::regclass AND attname = %s);\n"
		"END\n"
		"$$;",
		new_text, table, old_text);
}

static bool rename_column(struct pg_suggest *s)
{
	const char *column = pg_text(s->node, "subname");
	const char *second = pg_text(s->node, "newname");
	CLEANUP(cleanup_free) char *name = pg_written_name(column);
	CLEANUP(cleanup_free) char *forward = mem_printf("NEW.%s", name);
	struct pair pair = {column, second, forward, name, false};

	if (s->table && s->table->kind != 'r')
		return false;
	add_column_like(s, column, second);
	add_second_column(s, &pair);
	return true;
}

static bool rename_table(struct pg_suggest *s)
{
	const json_t *relation = json_object_get(s->node, "relation");
	const char *schema = pg_text(relation, "schemaname");
	CLEANUP(cleanup_free) char *name = pg_written_name(pg_text(s->node, "newname"));
	CLEANUP(cleanup_free) char *in_schema = pg_written_name(schema);
	CLEANUP(cleanup_free)
	char *new_label = *schema ? mem_printf("%s.%s", in_schema, name) : mem_strdup(name);

	s->what = new_label;
	pg_step(s, "Rename to @; the old name stays, as a view that can be written",
		"ALTER TABLE %s RENAME TO %s;\n"
		"-- Grant on the view what the table's users have.\n"
		"CREATE VIEW %s AS SELECT * FROM %s;",
		s->label, name, s->label, new_label);
	pg_step_later(s, "Drop the old name", "DROP VIEW %s;", s->label);
	mem_free(s->ret->application);
	s->ret->application = mem_printf("says %s in place of %s", new_label, s->label);
	return true;
}

bool pg_suggest_rename(struct pg_suggest *s)
{
	if (!pg_is(s->node, "relationType", "OBJECT_TABLE") &&
		!pg_is(s->node, "renameType", "OBJECT_TABLE"))
		return false;
	if (pg_is(s->node, "renameType", "OBJECT_COLUMN"))
		return rename_column(s);
	return pg_is(s->node, "renameType", "OBJECT_TABLE") && rename_table(s);
}
