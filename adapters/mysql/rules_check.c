/* Which rules a statement breaks. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "adapters/mysql/rules.h"
#include "harness/base/cleanup.h"
#include "harness/base/mem.h"

/* In the message @ stands for the object. */
static void hit_plainly(struct my_check *c, enum my_rule rule, const char *object, size_t token,
	const char *message)
{
	const char *at = strchr(message, '@');

	my_hit(c, rule, object, token, "%.*s%s%s", (int)(at - message), message, object, at + 1);
}

/* ---- clauses of ALTER TABLE ---- */

static void check_type(struct my_check *c, const struct my_clause *clause)
{
	const struct my_field *from = my_column_find(c->table, clause->name);
	const struct my_field *to = &clause->definition.column;
	unsigned long before, after;

	if (!from || !from->type || !to->type || clause->effect.algorithm != MY_COPY)
		return;
	before = strtoul(from->arguments, NULL, 10);
	after = strtoul(to->arguments, NULL, 10);
	if (!strcmp(from->type, to->type) && after && after < before)
		my_hit(c, MY_RULE_SHRINK, clause->name, clause->first,
			"%s goes from %s(%s) to %s(%s)", clause->name, from->type, from->arguments,
			to->type, to->arguments);
	else if (!strcmp(from->type, to->type) && !strcmp(from->type, "varchar"))
		my_hit(c, MY_RULE_VARCHAR, clause->name, clause->first,
			"%s goes from varchar(%s) to varchar(%s), past 255 bytes", clause->name,
			from->arguments, to->arguments);
	else if (!strcmp(from->type, to->type) &&
		(!strcmp(from->type, "enum") || !strcmp(from->type, "set")))
		my_hit(c, MY_RULE_ENUM_REORDERED, clause->name, clause->first,
			"the values of %s are moved or removed", clause->name);
	else
		my_hit(c, MY_RULE_TYPE, clause->name, clause->first,
			"%s goes from %s to %s: the table is copied", clause->name, from->type,
			to->type);
}

static void check_modify(struct my_check *c, const struct my_clause *clause)
{
	const struct my_field *from = my_column_find(c->table, clause->name);
	const struct my_definition *d = &clause->definition;

	check_type(c, clause);
	if (from && from->type && !from->not_null && d->column.not_null)
		my_hit(c, MY_RULE_NOT_NULL, clause->name, clause->first,
			"%s becomes NOT NULL: the table is rebuilt", clause->name);
	if (d->first || d->after)
		my_hit(c, MY_RULE_COLUMN_MOVED, clause->name, clause->first, "%s is moved",
			clause->name);
}

static void check_renamed(struct my_check *c, const struct my_clause *clause)
{
	if (clause->new_name && strcasecmp(clause->name, clause->new_name) != 0)
		my_hit(c, MY_RULE_RENAME_COLUMN, clause->name, clause->first,
			"%s becomes %s: queries that name it fail with 1054", clause->name,
			clause->new_name);
}

static void check_add(struct my_check *c, const struct my_clause *clause)
{
	const struct my_definition *d = &clause->definition;
	const struct my_field *column = &d->column;

	if (column->not_null && !column->has_default && !column->auto_increment &&
		!column->generated)
		my_hit(c, MY_RULE_REQUIRED, clause->name, clause->first,
			"%s is NOT NULL and has no default", clause->name);
	if (d->first || d->after)
		my_hit(c, MY_RULE_COLUMN_MOVED, clause->name, clause->first, "%s is not the last",
			clause->name);
	if (d->check && clause->effect.algorithm == MY_COPY)
		my_hit(c, MY_RULE_CHECK, clause->name, clause->first, "the CHECK of %s is a copy",
			clause->name);
	if (d->unique)
		my_hit(c, MY_RULE_UNIQUE, clause->name, clause->first,
			"%s is UNIQUE: its default in two rows is a duplicate", clause->name);
}

static void check_engine(struct my_check *c, const struct my_clause *clause)
{
	if (clause->effect.algorithm == MY_COPY)
		my_hit(c, MY_RULE_ENGINE, c->table->name, clause->first,
			"the storage engine of %s is changed", c->table->name);
}

static void check_foreign_key(struct my_check *c, const struct my_clause *clause)
{
	my_hit(c, c->state->no_foreign_key_checks ? MY_RULE_CHECKS_OFF : MY_RULE_FOREIGN_KEY,
		c->table->name, clause->first,
		c->state->no_foreign_key_checks ? "the rows of %s are not checked"
						: "%s is copied to check its rows",
		c->table->name);
}

/* Clauses for which one rule says all. */
static const struct {
	const char *kind;
	enum my_rule rule;
	const char *message;
} plain[] = {
	{"ADD INDEX", MY_RULE_INDEX_BUILD, "an index is built on @"},
	{"ADD UNIQUE INDEX", MY_RULE_UNIQUE, "a unique index is built on @"},
	{"ADD CHECK", MY_RULE_CHECK, "@ is copied for a CHECK"},
	{"DROP INDEX", MY_RULE_INDEX_DROPPED, "an index of @ is dropped"},
	{"CONVERT TO CHARACTER SET", MY_RULE_CHARSET, "@ is converted"},
	{"PARTITION BY", MY_RULE_PARTITION, "@ is partitioned: every row is copied"},
	{"REMOVE PARTITIONING", MY_RULE_PARTITION, "the partitions of @ are joined"},
	{"REORGANIZE PARTITION", MY_RULE_PARTITION, "partitions of @ are written anew"},
	{"COALESCE PARTITION", MY_RULE_PARTITION, "partitions of @ are written anew"},
	{"RENAME", MY_RULE_RENAME_TABLE, "@ is renamed"},
	{"ALTER COLUMN DROP DEFAULT", MY_RULE_DEFAULT_DROPPED, "a default of @ is dropped"},
};

static const struct {
	const char *kind;
	void (*check)(struct my_check *c, const struct my_clause *clause);
} clauses[] = {
	{"ADD COLUMN", check_add},
	{"MODIFY COLUMN", check_modify},
	{"CHANGE COLUMN", check_modify},
	{"CHANGE COLUMN", check_renamed},
	{"RENAME COLUMN", check_renamed},
	{"ENGINE", check_engine},
	{"ADD FOREIGN KEY", check_foreign_key},
};

static void check_clause(struct my_check *c, const struct my_clause *clause)
{
	for (size_t i = 0; i < sizeof(clauses) / sizeof(clauses[0]); i++)
		if (!strcmp(clause->kind, clauses[i].kind))
			clauses[i].check(c, clause);
	for (size_t i = 0; i < sizeof(plain) / sizeof(plain[0]); i++)
		if (!strcmp(clause->kind, plain[i].kind))
			hit_plainly(
				c, plain[i].rule, c->table->name, clause->first, plain[i].message);
	if (!strcmp(clause->kind, "DROP COLUMN"))
		my_hit(c, MY_RULE_DROP_COLUMN, clause->name, clause->first,
			"%s is dropped: queries that name it fail with 1054", clause->name);
}

/* ---- the whole ---- */

static void check_algorithm(struct my_check *c)
{
	const char *name = c->table->name;
	bool writers_wait = c->effect.lock != MY_LOCK_NONE;

	if (c->effect.unknown)
		my_hit(c, MY_RULE_UNPROVEN, name, 0, "the text does not tell how %s is changed",
			name);
	else if (c->effect.algorithm == MY_COPY)
		my_hit(c, writers_wait ? MY_RULE_COPY : MY_RULE_COPY_ONLINE, name, 0,
			"%s is copied%s", name, writers_wait ? " while writers wait" : "");
	else if (writers_wait)
		my_hit(c, MY_RULE_REBUILD_SHARED, name, 0, "writers of %s wait while it runs",
			name);
	else if (c->effect.algorithm == MY_REBUILD)
		my_hit(c, MY_RULE_REBUILD, name, 0, "every row of %s is written anew", name);
}

/* Clauses that would be instant or an index build by themselves. */
static void check_together(struct my_check *c)
{
	enum my_algorithm worst = MY_INSTANT;

	for (size_t i = 0; i < c->n_clauses; i++)
		if (c->clauses[i].effect.algorithm > worst)
			worst = c->clauses[i].effect.algorithm;
	if (!c->table->myisam && c->effect.algorithm == MY_REBUILD && worst < MY_REBUILD)
		my_hit(c, MY_RULE_INSTANT_LOST, c->table->name, 0,
			"%s is rebuilt, which neither clause alone would do", c->table->name);
}

static void check_asked(struct my_check *c)
{
	const char *name = c->table->name;

	if (c->algorithm_asked && !strcmp(c->algorithm_asked, "COPY") &&
		c->effect.algorithm != MY_COPY)
		my_hit(c, MY_RULE_ASKED_COPY, name, 0, "%s is copied since the statement says so",
			name);
	if (c->lock_asked &&
		(!strcmp(c->lock_asked, "SHARED") || !strcmp(c->lock_asked, "EXCLUSIVE")))
		my_hit(c, MY_RULE_ASKED_LOCK, name, 0, "LOCK=%s on %s", c->lock_asked, name);
	if (!c->algorithm_asked && c->n_clauses)
		my_hit(c, MY_RULE_NOT_ASKED, name, 0, "no ALGORITHM is asked for");
}

void my_check_alter(struct my_check *c)
{
	struct analysis_state *state = c->state;
	bool writes = c->effect.algorithm >= MY_REBUILD && !c->effect.unknown;

	for (size_t i = 0; i < c->n_clauses; i++)
		check_clause(c, &c->clauses[i]);
	check_algorithm(c);
	check_together(c);
	check_asked(c);
	if (writes && state->last_altered && !strcmp(state->last_altered, c->table->name))
		my_hit(c, MY_RULE_AGAIN, c->table->name, 0, "%s is written once more",
			c->table->name);
	MEM_FREE(state->last_altered);
	if (writes)
		state->last_altered = mem_strdup(c->table->name);
}

/* ---- other statements ---- */

static bool has_word(const struct my_check *c, const char *words)
{
	struct my_tokens w = *c->w;

	for (w.at = 0; w.at < w.n; w.at++)
		if (my_at(&w, words))
			return true;
	return false;
}

static bool is(const struct my_check *c, const char *kind)
{
	return !strncmp(c->s->kind, kind, strlen(kind));
}

/* A table that was there before: the first of those that the statement names. */
static const char *old_table(const struct my_check *c, size_t from)
{
	for (size_t i = from; i < c->s->n_relations; i++) {
		const struct my_shape *table = my_table_find(c->state, c->s->relations[i]);

		if (!table || !my_is_new(c, table))
			return c->s->relations[i];
	}
	return NULL;
}

static const struct {
	const char *kind;
	enum my_rule rule;
	const char *message;
} statements[] = {
	{"DROP TABLE", MY_RULE_DROP_TABLE, "@ is dropped"},
	{"RENAME TABLE", MY_RULE_RENAME_TABLE, "@ is renamed"},
	{"TRUNCATE", MY_RULE_TRUNCATE, "@ is emptied"},
	{"OPTIMIZE", MY_RULE_MAINTENANCE, "@ is rebuilt"},
	{"REPAIR", MY_RULE_MAINTENANCE, "@ is locked while it is repaired"},
	{"LOCK TABLES", MY_RULE_LOCK_TABLES, "@ is locked"},
	{"CREATE TRIGGER", MY_RULE_TRIGGER, "a trigger on @"},
	{"FLUSH TABLES", MY_RULE_LOCK_TABLES, "@ is flushed under a lock"},
};

static void check_data(struct my_check *c)
{
	const char *table = old_table(c, 0);
	bool bounded = has_word(c, "where") || has_word(c, "limit");

	if (table && is(c, "UPDATE") && !bounded)
		my_hit(c, MY_RULE_UPDATE_ALL, table, 0, "every row of %s is locked", table);
	if (table && is(c, "DELETE") && !bounded)
		my_hit(c, MY_RULE_DELETE_ALL, table, 0, "every row of %s is locked", table);
	if ((is(c, "INSERT") || is(c, "REPLACE") || is(c, "CREATE TABLE")) &&
		has_word(c, "select") && old_table(c, is(c, "CREATE TABLE") ? 0 : 1))
		my_hit(c, MY_RULE_SELECT_LOCKS, old_table(c, is(c, "CREATE TABLE") ? 0 : 1), 0,
			"rows of %s are locked while they are read",
			old_table(c, is(c, "CREATE TABLE") ? 0 : 1));
}

static void check_session(struct my_check *c)
{
	if (!is(c, "SET"))
		return;
	if (has_word(c, "global") || has_word(c, "persist"))
		my_hit(c, MY_RULE_GLOBAL, NULL, 0, "a setting of the whole server is changed");
	if (has_word(c, "sql_log_bin"))
		my_hit(c, MY_RULE_BINLOG_OFF, NULL, 0, "what follows may reach no replica");
}

static void check_unknown(struct my_check *c)
{
	static const char *const code[] = {"CALL", "EXECUTE", "BEGIN NOT ATOMIC", "IF", "CASE",
		"LOOP", "WHILE", "REPEAT", "FOR"};

	for (size_t i = 0; i < sizeof(code) / sizeof(code[0]); i++)
		if (!strcmp(c->s->kind, code[i]) || (i == 1 && is(c, "EXECUTE"))) {
			c->ret->unknown = true;
			my_hit(c, MY_RULE_UNKNOWN_CODE, NULL, 0,
				"%s: what it runs is not in the text", code[i]);
			return;
		}
	if (c->s->flags & SQL_CLIENT) {
		my_hit(c, MY_RULE_CLIENT, NULL, 0, "'%s' is for the client program", c->s->kind);
	} else if (c->s->flags & SQL_UNKNOWN) {
		c->ret->unknown = true;
		my_hit(c, MY_RULE_NOT_UNDERSTOOD, NULL, 0, "this is not understood");
	}
}

void my_check_statement(struct my_check *c)
{
	const char *table = old_table(c, 0);

	for (size_t i = 0; i < sizeof(statements) / sizeof(statements[0]); i++)
		if (table && is(c, statements[i].kind))
			hit_plainly(c, statements[i].rule, table, 0, statements[i].message);
	if (is(c, "DROP DATABASE"))
		my_hit(c, MY_RULE_DROP_DATABASE, c->s->object, 0, "a database is dropped");
	check_data(c);
	check_session(c);
	check_unknown(c);
	if ((c->s->flags & SQL_DDL) && c->state->has_data)
		my_hit(c, MY_RULE_COMMITS, NULL, 0,
			"it commits the data that was changed before it");
	if (c->ret->n_locks && !c->context->lock_timeout_set && !c->state->lock_timeout)
		my_hit(c, MY_RULE_LOCK_TIMEOUT, table, 0,
			"it waits for its lock without an end, and everybody behind it");
}
