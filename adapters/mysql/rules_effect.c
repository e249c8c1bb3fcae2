/*
 * What the servers do with a clause of ALTER TABLE: the algorithm and the lock, by product and
 * version, as their documentation says and as it was measured on MariaDB 10.5, 10.11, 11.8 and
 * MySQL 9.7. What the server itself answers before a rehearsal goes before this.
 */
#include <stdlib.h>
#include <string.h>

#include "adapters/mysql/rules.h"
#include "harness/base/mem.h"

/* From here on MariaDB copies while writers go on. */
#define ONLINE_COPY 110200
#define MYSQL_INSTANT_ANYWHERE 80029

const char *my_algorithm_name(enum my_algorithm algorithm)
{
	static const char *const names[] = {[MY_INSTANT] = "instant",
		[MY_INPLACE] = "inplace",
		[MY_REBUILD] = "rebuild",
		[MY_COPY] = "copy"};

	return names[algorithm];
}

#define INSTANT                                 \
	{                                       \
		MY_INSTANT, MY_LOCK_NONE, false \
	}
#define INPLACE                                 \
	{                                       \
		MY_INPLACE, MY_LOCK_NONE, false \
	}
#define REBUILD                                 \
	{                                       \
		MY_REBUILD, MY_LOCK_NONE, false \
	}
#define COPY                                   \
	{                                      \
		MY_COPY, MY_LOCK_SHARED, false \
	}
#define UNKNOWN                               \
	{                                     \
		MY_COPY, MY_LOCK_SHARED, true \
	}
static const struct my_effect instant = INSTANT, inplace = INPLACE, rebuild = REBUILD, copy = COPY,
			      unknown = UNKNOWN,
			      rebuild_shared = {MY_REBUILD, MY_LOCK_SHARED, false};

static const struct {
	const char *kind;
	struct my_effect mariadb, mysql;
} effects[] = {
	{"ADD INDEX", INPLACE, INPLACE},
	{"ADD UNIQUE INDEX", INPLACE, INPLACE},
	{"ADD FULLTEXT INDEX", {MY_INPLACE, MY_LOCK_SHARED, false},
		{MY_INPLACE, MY_LOCK_SHARED, false}},
	{"ADD SPATIAL INDEX", {MY_INPLACE, MY_LOCK_SHARED, false},
		{MY_INPLACE, MY_LOCK_SHARED, false}},
	{"ADD PRIMARY KEY", REBUILD, REBUILD},
	{"ADD FOREIGN KEY", COPY, COPY},
	{"ADD CHECK", COPY, COPY},
	{"ADD PARTITION", INPLACE, INPLACE},
	{"ADD SYSTEM VERSIONING", COPY, COPY},
	{"DROP SYSTEM VERSIONING", COPY, COPY},
	{"ALTER INDEX", INSTANT, INSTANT},
	{"ALTER CHECK", COPY, COPY},
	{"ALTER COLUMN SET DEFAULT", INSTANT, INSTANT},
	{"ALTER COLUMN DROP DEFAULT", INSTANT, INSTANT},
	{"ALTER COLUMN SET VISIBLE", INSTANT, INSTANT},
	{"ALTER COLUMN SET INVISIBLE", INSTANT, INSTANT},
	{"RENAME COLUMN", INSTANT, INSTANT},
	{"RENAME INDEX", INSTANT, INPLACE},
	{"RENAME", INSTANT, INSTANT},
	{"DROP INDEX", INPLACE, INPLACE},
	{"DROP PRIMARY KEY", COPY, COPY},
	{"DROP FOREIGN KEY", INPLACE, INPLACE},
	{"DROP CONSTRAINT", INPLACE, INPLACE},
	{"DROP CHECK", INPLACE, INPLACE},
	{"DROP PARTITION", INPLACE, INPLACE},
	{"TRUNCATE PARTITION", INPLACE, INPLACE},
	{"EXCHANGE PARTITION", INPLACE, INPLACE},
	{"CONVERT PARTITION", INPLACE, INPLACE},
	{"CONVERT TABLE", INPLACE, INPLACE},
	{"COALESCE PARTITION", COPY, COPY},
	{"REORGANIZE PARTITION", COPY, COPY},
	{"REBUILD PARTITION", COPY, COPY},
	{"PARTITION BY", COPY, COPY},
	{"REMOVE PARTITIONING", COPY, COPY},
	{"CONVERT TO CHARACTER SET", COPY, COPY},
	{"DEFAULT CHARACTER SET", INSTANT, INPLACE},
	{"DEFAULT COLLATE", INSTANT, INPLACE},
	{"ORDER BY", COPY, COPY},
	{"FORCE", REBUILD, REBUILD},
	{"ROW_FORMAT", REBUILD, REBUILD},
	{"KEY_BLOCK_SIZE", REBUILD, REBUILD},
	{"AUTO_INCREMENT", INPLACE, INPLACE},
	{"COMMENT", INSTANT, INPLACE},
};

static bool checks_off(const struct my_check *c)
{
	return c->state->no_foreign_key_checks;
}

static bool has_virtual(const struct my_shape *table)
{
	for (size_t i = 0; i < table->n_columns; i++)
		if (table->columns[i].generated && !table->columns[i].stored)
			return true;
	return false;
}

static struct my_effect add_column(const struct my_check *c, const struct my_definition *d)
{
	bool mariadb = c->state->mariadb;

	if (c->table->fulltext)
		return mariadb ? rebuild_shared : copy;
	if (d->column.generated)
		return d->column.stored ? copy : instant;
	if ((d->check && !mariadb) || d->computed)
		return copy;
	/* A virtual column is known by its place. */
	if (mariadb && (d->first || d->after) && has_virtual(c->table))
		return copy;
	if (d->references && !checks_off(c))
		return copy;
	if (d->column.auto_increment || d->primary)
		return rebuild_shared;
	if (d->unique)
		return rebuild;
	if (!mariadb && (d->first || d->after) && c->state->target.version < MYSQL_INSTANT_ANYWHERE)
		return rebuild;
	return instant;
}

static struct my_effect drop_column(const struct my_check *c, const struct my_clause *clause)
{
	const struct my_field *column = my_column_find(c->table, clause->name);
	const struct my_indexed *indexed;

	if (c->table->fulltext)
		return c->state->mariadb ? rebuild_shared : copy;
	/* MySQL drops a virtual column at once only by itself. */
	if (column && column->generated && !c->state->mariadb && c->n_clauses > 1)
		return copy;
	if (column && column->generated)
		return column->stored ? rebuild : instant;
	if (!c->state->mariadb && c->state->target.version < MYSQL_INSTANT_ANYWHERE)
		return rebuild;
	/* An index of it alone goes with it, at once on MariaDB; one that it shares is built anew,
	 * and the table as well. */
	indexed = my_table_indexes(c->table, clause->name);
	return indexed && (indexed->joint || !c->state->mariadb) ? rebuild : instant;
}

/* ---- MODIFY and CHANGE COLUMN ---- */

/* Bytes of a character, at most; the servers' default since 8.0 and 11.x is four. */
static unsigned bytes_per_character(const struct my_field *column, const struct my_shape *table)
{
	static const struct {
		const char *charset;
		unsigned bytes;
	} sets[] = {{"utf8mb4", 4}, {"utf8mb3", 3}, {"utf8", 3}, {"latin1", 1}, {"ascii", 1},
		{"binary", 1}, {"ucs2", 2}, {"utf16", 4}, {"utf32", 4}};
	const char *charset = column->charset ? column->charset : table->charset;

	for (size_t i = 0; charset && i < sizeof(sets) / sizeof(sets[0]); i++)
		/* A collation's name begins with its character set's. */
		if (!strncmp(charset, sets[i].charset, strlen(sets[i].charset)) &&
			(charset[strlen(sets[i].charset)] == '\0' ||
				charset[strlen(sets[i].charset)] == '_'))
			return sets[i].bytes;
	return 4;
}

/* The length of a value is kept in one byte or in two; the rows are only right for one of them. */
static struct my_effect widen(
	const struct my_check *c, const struct my_field *from, const struct my_field *to)
{
	unsigned width = bytes_per_character(from, c->table);
	unsigned long before = strtoul(from->arguments, NULL, 10) * width;
	unsigned long after = strtoul(to->arguments, NULL, 10) * width;

	if (after < before)
		return copy;
	if ((before > 255) == (after > 255))
		return c->state->mariadb ? instant : inplace;
	/* Rows that were never longer than 127 bytes read alike either way. */
	return c->state->mariadb && before < 128 ? instant : copy;
}

/* The list of values with more at its end. */
static bool values_appended(const struct my_field *from, const struct my_field *to)
{
	size_t n = strlen(from->arguments);

	return !strncmp(from->arguments, to->arguments, n) &&
		(!to->arguments[n] || to->arguments[n] == ',');
}

static unsigned long count_values(const char *list)
{
	unsigned long n = 1;

	for (bool quoted = false; *list; list++) {
		quoted ^= *list == '\'';
		n += *list == ',' && !quoted;
	}
	return n;
}

/* Values are stored in as many bytes as their number needs. */
static bool same_width(const struct my_field *from, const struct my_field *to)
{
	unsigned long before = count_values(from->arguments), after = count_values(to->arguments);

	if (!strcmp(from->type, "enum"))
		return (before > 255) == (after > 255);
	return (before + 7) / 8 == (after + 7) / 8;
}

/* The numbers of integers only say how they are shown. */
static bool same_type(const struct my_field *from, const struct my_field *to)
{
	return !strcmp(from->type, to->type) && from->is_unsigned == to->is_unsigned &&
		(strstr(from->type, "int") || !strcmp(from->arguments, to->arguments));
}

static struct my_effect change_type(
	const struct my_check *c, const struct my_field *from, const struct my_definition *d)
{
	const struct my_field *to = &d->column;

	if (from->generated || to->generated)
		return copy;
	if (d->has_charset && (!from->charset || strcmp(from->charset, to->charset) != 0))
		return copy;
	if (same_type(from, to))
		return instant;
	if (strcmp(from->type, to->type) != 0)
		return copy;
	if (!strcmp(from->type, "varchar") || !strcmp(from->type, "varbinary"))
		return widen(c, from, to);
	if ((!strcmp(from->type, "enum") || !strcmp(from->type, "set")) &&
		values_appended(from, to) && same_width(from, to))
		return instant;
	return copy;
}

static struct my_effect worse(struct my_effect a, struct my_effect b)
{
	struct my_effect sum = a.algorithm >= b.algorithm ? a : b;

	sum.lock = a.lock > b.lock ? a.lock : b.lock;
	sum.unknown = a.unknown || b.unknown;
	return sum;
}

static struct my_effect modify_column(const struct my_check *c, const struct my_clause *clause)
{
	const struct my_definition *d = &clause->definition;
	const struct my_field *from = my_column_find(c->table, clause->name);
	struct my_effect effect;

	if (!from || !from->type || !d->column.type)
		return unknown;
	effect = change_type(c, from, d);
	if (from->not_null != d->column.not_null)
		effect = worse(effect, rebuild);
	if (d->first || d->after)
		effect = worse(effect, c->state->mariadb ? instant : rebuild);
	if (d->column.auto_increment && !from->auto_increment)
		effect = worse(effect, copy);
	return effect;
}

static struct my_effect change_engine(const struct my_check *c, const struct my_clause *clause)
{
	struct my_tokens w = *c->w;

	w.at = clause->first + 1;
	my_next_char(&w, '=');
	if (c->table->known && !c->table->myisam && my_at(&w, "innodb"))
		return rebuild;
	return copy;
}

struct my_effect my_clause_effect(const struct my_check *c, const struct my_clause *clause)
{
	const char *kind = clause->kind;

	if (!strcmp(kind, "ADD COLUMN"))
		return add_column(c, &clause->definition);
	if (!strcmp(kind, "DROP COLUMN"))
		return drop_column(c, clause);
	if (!strcmp(kind, "MODIFY COLUMN") || !strcmp(kind, "CHANGE COLUMN"))
		return modify_column(c, clause);
	if (!strcmp(kind, "ENGINE"))
		return change_engine(c, clause);
	if (!strcmp(kind, "ADD FOREIGN KEY") && checks_off(c))
		return c->state->mariadb ? instant : inplace;
	/* The first one of a table needs a hidden column. */
	if (!strcmp(kind, "ADD FULLTEXT INDEX") && !c->table->fulltext)
		return rebuild_shared;
	for (size_t i = 0; i < sizeof(effects) / sizeof(effects[0]); i++)
		if (!strcmp(kind, effects[i].kind))
			return c->state->mariadb ? effects[i].mariadb : effects[i].mysql;
	return unknown;
}

static bool has_kind(const struct my_check *c, const char *kind)
{
	for (size_t i = 0; i < c->n_clauses; i++)
		if (!strcmp(c->clauses[i].kind, kind))
			return true;
	return false;
}

/* MyISAM knows only the catalog's changes, and COPY. */
static struct my_effect on_myisam(struct my_effect effect)
{
	return effect.algorithm == MY_INSTANT ? effect : copy;
}

/* These are instant on every engine: no row knows of them. */
static bool catalog_only(const char *kind)
{
	return !strncmp(kind, "ALTER COLUMN", 12) || !strcmp(kind, "RENAME") ||
		!strcmp(kind, "COMMENT") || !strcmp(kind, "RENAME COLUMN") ||
		!strcmp(kind, "DEFAULT CHARACTER SET") || !strcmp(kind, "DEFAULT COLLATE");
}

struct my_effect my_whole_effect(const struct my_check *c)
{
	struct my_effect whole = instant;
	bool columns = false, builds = false;

	for (size_t i = 0; i < c->n_clauses; i++) {
		struct my_effect effect = c->clauses[i].effect;

		if (c->table->myisam && !catalog_only(c->clauses[i].kind))
			effect = on_myisam(copy);
		columns = columns || !strcmp(c->clauses[i].kind, "ADD COLUMN") ||
			!strcmp(c->clauses[i].kind, "DROP COLUMN");
		builds = builds || effect.algorithm == MY_INPLACE;
		whole = worse(whole, effect);
	}
	/* A new key in place of the old one is one rebuild. */
	if (has_kind(c, "DROP PRIMARY KEY") && has_kind(c, "ADD PRIMARY KEY") &&
		whole.algorithm == MY_COPY && !c->table->myisam)
		whole = rebuild;
	/* Together they are neither instant nor in place. */
	if (columns && builds && whole.algorithm < MY_REBUILD)
		whole = worse(whole, rebuild);
	if (whole.algorithm == MY_COPY && whole.lock == MY_LOCK_SHARED && c->state->mariadb &&
		c->state->target.version >= ONLINE_COPY && !c->table->myisam && !whole.unknown)
		whole.lock = MY_LOCK_NONE;
	return whole;
}
