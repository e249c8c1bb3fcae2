/* ALTER TABLE: each of its commands by itself, in the form that does not hold the others up. */
#include <stdio.h>
#include <string.h>

#include "adapters/postgres/dialect_lex.h"
#include "adapters/postgres/dialect_tree.h"
#include "adapters/postgres/rules.h"
#include "adapters/postgres/suggest.h"
#include "harness/base/cleanup.h"
#include "harness/base/mem.h"

struct piece { /* the text of one command */
	const char *text;
	size_t len;
	size_t offset; /* into the statement */
};

struct pieces {
	struct piece *items;
	size_t n, cap;
};

/* Where the first command begins: behind ALTER TABLE [IF EXISTS] [ONLY] name [*]. */
static size_t behind_name(const struct pg_suggest *s)
{
	static const char *const words[] = {"alter", "table", "if", "exists", "only"};
	struct pg_token token = {0};
	bool dot = true;

	for (pg_lex_solid(s->text, s->len, 0, &token); token.kind == PG_WORD;
		pg_lex_solid(s->text, s->len, token.end, &token)) {
		size_t i = 0;

		while (i < sizeof(words) / sizeof(words[0]) &&
			!pg_token_is(s->text, &token, words[i]))
			i++;
		if (i == sizeof(words) / sizeof(words[0]))
			break;
	}
	/* A name, then any number of a dot and a name. */
	while (dot) {
		struct pg_token next;

		pg_lex_solid(s->text, s->len, token.end, &next);
		dot = next.kind == PG_OTHER && s->text[next.start] == '.';
		if (dot)
			pg_lex_solid(s->text, s->len, next.end, &token);
		else if (next.kind == PG_OTHER && s->text[next.start] == '*')
			token = next;
	}
	return token.end;
}

static void cut(struct pieces *p, const struct pg_suggest *s, size_t start, size_t end)
{
	struct pg_token token;

	pg_lex_solid(s->text, end, start, &token);
	start = token.start;
	while (end > start && strchr(" \t\r\n", s->text[end - 1]))
		end--;
	*MEM_PUSH(p->items, p->n, p->cap) =
		(struct piece){.text = s->text + start, .len = end - start, .offset = start};
}

/* At the commas that are in no brackets. */
static void split(const struct pg_suggest *s, struct pieces *ret)
{
	size_t start = behind_name(s);
	struct pg_token token;
	int depth = 0;

	for (pg_lex_solid(s->text, s->len, start, &token); token.kind != PG_END;
		pg_lex_solid(s->text, s->len, token.end, &token)) {
		char c = s->text[token.start];

		depth += token.kind == PG_OPEN || (token.kind == PG_OTHER && c == '[');
		depth -= token.kind == PG_CLOSE || (token.kind == PG_OTHER && c == ']');
		if (token.kind == PG_OTHER && c == ',' && !depth) {
			cut(ret, s, start, token.start);
			start = token.end;
		}
	}
	cut(ret, s, start, s->len);
}

/* ---- constraints ---- */

static char *columns_joined(const json_t *list, const char *between, bool written)
{
	struct str out = {0};
	json_t *element;
	size_t i;

	json_array_foreach((json_t *)list, i, element)
	{
		str_add(&out, i ? between : "");
		if (written)
			pg_add_name(&out, pg_string(element));
		else
			str_add(&out, pg_string(element));
	}
	return str_take(&out);
}

static bool other_column(const json_t *node, void *arg)
{
	const char **name = arg;
	const char *found = pg_last_name(json_object_get(node, "fields"));

	if (*name && strcmp(*name, found))
		return true;
	*name = found;
	return false;
}

/* The only column that a CHECK reads; "" when it reads several. */
static const char *checked_column(const json_t *constraint)
{
	const char *name = NULL;

	if (pg_walk(json_object_get(constraint, "raw_expr"), "ColumnRef", other_column, &name) ||
		!name)
		return "";
	return name;
}

/* Its own, or the one that the server would choose. */
static char *constraint_name(
	const struct pg_suggest *s, const json_t *constraint, const char *list, const char *word)
{
	const char *table = pg_text(json_object_get(s->node, "relation"), "relname");
	CLEANUP(cleanup_free) char *columns = NULL;

	if (*pg_text(constraint, "conname"))
		return pg_written_name(pg_text(constraint, "conname"));
	columns = pg_is(constraint, "contype", "CONSTR_CHECK")
		? mem_strdup(checked_column(constraint))
		: columns_joined(json_object_get(constraint, list), "_", false);
	return pg_made_name(table, columns, word);
}

static bool suggest_validated(
	struct pg_suggest *s, const json_t *constraint, const struct piece *piece)
{
	bool foreign = pg_is(constraint, "contype", "CONSTR_FOREIGN");
	CLEANUP(cleanup_free) char *name = NULL;
	CLEANUP(cleanup_free) char *made = NULL;

	if (pg_true(constraint, "skip_validation") ||
		(foreign && s->table && s->table->kind == 'p'))
		return false;
	name = constraint_name(s, constraint, "fk_attrs", foreign ? "fkey" : "check");
	if (!*pg_text(constraint, "conname"))
		made = mem_printf("CONSTRAINT %s ", name);
	/* "ADD" is the piece's first word. */
	s->what = name;
	pg_step(s, "Add @ for new rows only: the locks last a moment",
		"ALTER TABLE %s ADD %s%.*s NOT VALID;", s->label, made ? made : "",
		(int)piece->len - 4, piece->text + 4);
	pg_step_alone(s, "Check the old rows against @ beside the traffic",
		"ALTER TABLE %s VALIDATE CONSTRAINT %s;", s->label, name)
		->no_transaction = false;
	return true;
}

static bool suggest_key(struct pg_suggest *s, const json_t *constraint)
{
	bool primary = pg_is(constraint, "contype", "CONSTR_PRIMARY");
	const json_t *keys = json_object_get(constraint, "keys");
	CLEANUP(cleanup_free) char *name = NULL;
	CLEANUP(cleanup_free) char *columns = NULL;
	json_t *key;
	size_t i;

	if (*pg_text(constraint, "indexname") || json_object_get(constraint, "including") ||
		json_object_get(constraint, "options") || *pg_text(constraint, "indexspace") ||
		pg_true(constraint, "nulls_not_distinct") || pg_true(constraint, "deferrable") ||
		(s->table && s->table->kind == 'p'))
		return false;
	name = primary && !*pg_text(constraint, "conname")
		? pg_made_name(pg_text(json_object_get(s->node, "relation"), "relname"), "", "pkey")
		: constraint_name(s, constraint, "keys", "key");
	columns = columns_joined(keys, ", ", true);
	json_array_foreach((json_t *)keys, i,
		key) if (primary && !(s->table && pg_proves_not_null(s->table, pg_string(key))))
		pg_suggest_not_null(s, pg_string(key));
	s->what = name;
	pg_step_alone(s, "Build the index of @ beside the traffic",
		"CREATE UNIQUE INDEX CONCURRENTLY %s ON %s (%s);", name, s->label, columns);
	pg_step(s, "Make @ the key: nothing is built",
		"ALTER TABLE %s ADD CONSTRAINT %s %s USING INDEX %s;", s->label, name,
		primary ? "PRIMARY KEY" : "UNIQUE", name);
	return true;
}

static bool suggest_constraint(
	struct pg_suggest *s, const json_t *command, const struct piece *piece)
{
	const json_t *constraint = json_object_get(json_object_get(command, "def"), "Constraint");

	if (pg_is(constraint, "contype", "CONSTR_FOREIGN") ||
		pg_is(constraint, "contype", "CONSTR_CHECK"))
		return suggest_validated(s, constraint, piece);
	if (pg_is(constraint, "contype", "CONSTR_UNIQUE") ||
		pg_is(constraint, "contype", "CONSTR_PRIMARY"))
		return suggest_key(s, constraint);
	return false;
}

void pg_suggest_not_null(struct pg_suggest *s, const char *column)
{
	const char *table = pg_text(json_object_get(s->node, "relation"), "relname");
	CLEANUP(cleanup_free) char *check = pg_made_name(table, column, "not_null");
	CLEANUP(cleanup_free) char *name = pg_written_name(column);

	s->what = check;
	pg_step(s, "Add @ for new rows only: the lock lasts a moment",
		"ALTER TABLE %s ADD CONSTRAINT %s CHECK (%s IS NOT NULL) NOT VALID;", s->label,
		check, name);
	pg_step_alone(s, "Check the old rows against @ beside the traffic",
		"ALTER TABLE %s VALIDATE CONSTRAINT %s;", s->label, check)
		->no_transaction = false;
	pg_step(s, "Set NOT NULL, which @ proves: nothing is scanned",
		"ALTER TABLE %s ALTER COLUMN %s SET NOT NULL;", s->label, name);
	pg_step(s, "Drop @, which has done its work", "ALTER TABLE %s DROP CONSTRAINT %s;",
		s->label, check);
}

static bool suggest_set_not_null(
	struct pg_suggest *s, const json_t *command, const struct piece *piece)
{
	const char *column = pg_text(command, "name");

	(void)piece;
	/* Before 12 the server scans all the same. */
	if (s->state->target.version < 120000 || (s->table && pg_proves_not_null(s->table, column)))
		return false;
	pg_suggest_not_null(s, column);
	return true;
}

/* ---- columns ---- */

/* The statement's text from a node's location up to the next of the constraints, or the piece's
 * end. */
static char *text_between(
	const struct pg_suggest *s, size_t start, size_t end, const json_t *constraints)
{
	json_t *element;
	size_t i;

	json_array_foreach((json_t *)constraints, i, element)
	{
		long at = pg_location(json_object_get(element, "Constraint"));

		if (at > (long)start && at < (long)end)
			end = (size_t)at;
	}
	while (end > start && strchr(" \t\r\n", s->text[end - 1]))
		end--;
	return mem_strndup(s->text + start, end - start);
}

static bool only_default_and_null(const json_t *constraints)
{
	static const char *const known[] = {"CONSTR_DEFAULT", "CONSTR_NOTNULL", "CONSTR_NULL"};
	json_t *element;
	size_t i;

	json_array_foreach((json_t *)constraints, i, element)
	{
		const json_t *constraint = json_object_get(element, "Constraint");
		bool ok = false;

		for (size_t k = 0; k < sizeof(known) / sizeof(known[0]); k++)
			ok = ok || pg_is(constraint, "contype", known[k]);
		if (!ok)
			return false;
	}
	return true;
}

static bool suggest_add_column(
	struct pg_suggest *s, const json_t *command, const struct piece *piece)
{
	const json_t *column = json_object_get(json_object_get(command, "def"), "ColumnDef");
	const json_t *constraints = json_object_get(column, "constraints");
	const json_t *value = pg_constraint_of(column, "CONSTR_DEFAULT");
	long type_at = pg_location(json_object_get(column, "typeName"));
	long default_at = pg_location(value);
	CLEANUP(cleanup_free) char *type = NULL;
	CLEANUP(cleanup_free) char *expression = NULL;
	const char *function = NULL;
	size_t end = piece->offset + piece->len;

	if (type_at < 0 || default_at < 0 || !only_default_and_null(constraints) ||
		(s->table && s->table->kind == 'p') ||
		pg_volatility(s->state, json_object_get(value, "raw_expr"), &function) <
			PG_VOLATILE)
		return false;
	type = text_between(s, (size_t)type_at, end, constraints);
	/* Behind the word DEFAULT. */
	expression = text_between(s, (size_t)default_at + 8, end, constraints);
	pg_suggest_fill(s, pg_text(column, "colname"), type, expression,
		pg_constraint_of(column, "CONSTR_NOTNULL"));
	return true;
}

/* Where the word USING stands outside of brackets; `end` when nowhere. */
static size_t find_using(const struct pg_suggest *s, size_t start, size_t end)
{
	struct pg_token token;
	int depth = 0;

	for (pg_lex_solid(s->text, end, start, &token); token.kind != PG_END;
		pg_lex_solid(s->text, end, token.end, &token)) {
		depth += token.kind == PG_OPEN;
		depth -= token.kind == PG_CLOSE;
		if (!depth && token.kind == PG_WORD && pg_token_is(s->text, &token, "using"))
			return token.start;
	}
	return end;
}

static bool suggest_type(struct pg_suggest *s, const json_t *command, const struct piece *piece)
{
	const json_t *def = json_object_get(json_object_get(command, "def"), "ColumnDef");
	long type_at = pg_location(json_object_get(def, "typeName"));
	size_t end = piece->offset + piece->len;
	struct pg_check c = {.state = s->state};
	CLEANUP(cleanup_free) char *type = NULL;
	CLEANUP(cleanup_free) char *expression = NULL;
	size_t using;

	if (type_at < 0 || (s->table && s->table->kind == 'p') ||
		(s->table && pg_type_change(&c, s->table, command) == PG_CHANGE_FREE))
		return false;
	using = find_using(s, (size_t)type_at, end);
	type = text_between(s, (size_t)type_at, using, NULL);
	if (using < end)
		expression = text_between(s, using + 6, end, NULL);
	pg_suggest_type(s, pg_text(command, "name"), type, expression);
	return true;
}

static bool suggest_drop_column(
	struct pg_suggest *s, const json_t *command, const struct piece *piece)
{
	CLEANUP(cleanup_free) char *name = pg_written_name(pg_text(command, "name"));

	s->what = name;
	pg_step(s, "Let new versions of the application leave @ out",
		"ALTER TABLE %s ALTER COLUMN %s DROP NOT NULL;", s->label, name);
	pg_step_later(s, "Drop @, which nobody names any more", "ALTER TABLE %s %.*s;", s->label,
		(int)piece->len, piece->text);
	mem_free(s->ret->application);
	s->ret->application =
		mem_printf("stops to name %s.%s, in INSERT and SELECT * too", s->label, name);
	return true;
}

static bool suggest_detach(struct pg_suggest *s, const json_t *command, const struct piece *piece)
{
	const json_t *def = json_object_get(json_object_get(command, "def"), "PartitionCmd");

	if (s->state->target.version < 140000 || pg_true(def, "concurrent"))
		return false;
	pg_step_alone(s, "Detach the partition beside the traffic",
		"ALTER TABLE %s %.*s CONCURRENTLY;", s->label, (int)piece->len, piece->text);
	return true;
}

static const struct {
	const char *subtype;
	bool (*suggest)(struct pg_suggest *s, const json_t *command, const struct piece *piece);
	bool mechanical;
} forms[] = {
	{"AT_AddConstraint", suggest_constraint, true},
	{"AT_SetNotNull", suggest_set_not_null, true},
	{"AT_AddColumn", suggest_add_column, false},
	{"AT_AlterColumnType", suggest_type, false},
	{"AT_DropColumn", suggest_drop_column, false},
	{"AT_DetachPartition", suggest_detach, true},
};

static bool suggest_one(struct pg_suggest *s, const json_t *command, const struct piece *piece)
{
	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++)
		if (pg_is(command, "subtype", forms[i].subtype) &&
			forms[i].suggest(s, command, piece)) {
			s->ret->mechanical = s->ret->mechanical && forms[i].mechanical;
			return true;
		}
	return false;
}

bool pg_suggest_alter(struct pg_suggest *s)
{
	const json_t *commands = json_object_get(s->node, "cmds");
	struct pieces pieces = {0};
	bool any = false;

	split(s, &pieces);
	s->ret->mechanical = true;
	for (size_t i = 0; i < pieces.n && pieces.n == json_array_size(commands); i++) {
		const json_t *command =
			json_object_get(json_array_get(commands, i), "AlterTableCmd");

		if (suggest_one(s, command, &pieces.items[i]))
			any = true;
		else
			pg_step(s, "ALTER TABLE, as it was written", "ALTER TABLE %s %.*s;",
				s->label, (int)pieces.items[i].len, pieces.items[i].text);
	}
	mem_free(pieces.items);
	return any;
}
