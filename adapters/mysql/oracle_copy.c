/* Copies of tables in the scratch schema, with a few rows and their foreign keys. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "adapters/mysql/client.h"
#include "adapters/mysql/oracle.h"
#include "embed.h"
#include "harness/base/cleanup.h"
#include "harness/base/mem.h"

#define ROWS "3" /* some rows show whether rows are copied */

int my_oracle_run(struct oracle *o, const char *sql, struct err *err)
{
	return mo_ask(&o->session, sql, err);
}

bool my_oracle_can(struct oracle *o, const char *format, ...)
{
	char *sql = NULL;
	va_list args;
	bool can;

	va_start(args, format);
	if (vasprintf(&sql, format, args) < 0)
		sql = NULL;
	va_end(args);
	can = sql && mo_can(&o->session, sql);
	free(sql);
	return can;
}

/* Text as a literal that no sql_mode reads otherwise. */
static void add_bytes(struct str *out, const char *text)
{
	str_add(out, "x'");
	for (; *text; text++)
		str_addf(out, "%02x", (unsigned char)*text);
	str_add_char(out, '\'');
}

static void add_table(struct str *out, const char *schema, const char *table)
{
	my_target_quote(out, schema);
	str_add_char(out, '.');
	my_target_quote(out, table);
}

static bool is_copied(const struct oracle *o, const char *table)
{
	for (size_t i = 0; i < o->n_copied; i++)
		if (!strcmp(o->copied[i], table))
			return true;
	return false;
}

/* Columns that take values, quoted and listed. */
static int list_columns(
	struct oracle *o, const char *schema, const char *table, struct str *out, struct err *err)
{
	CLEANUP(cleanup_str) struct str sql = {0};

	str_add(&sql,
		"SELECT COLUMN_NAME FROM information_schema.COLUMNS"
		" WHERE COALESCE(GENERATION_EXPRESSION, '') = ''"
		" AND EXTRA NOT LIKE '%STORED GENERATED%' AND TABLE_SCHEMA = ");
	add_bytes(&sql, schema);
	str_add(&sql, " AND TABLE_NAME = ");
	add_bytes(&sql, table);
	str_add(&sql, " ORDER BY ORDINAL_POSITION");
	if (my_oracle_run(o, str_text(&sql), err))
		return -1;
	for (unsigned i = 0; i < mo_rows(&o->session); i++) {
		if (i)
			str_add(out, ", ");
		my_target_quote(out, mo_text(&o->session, i, 0));
	}
	return 0;
}

/* INSERT IGNORE INTO copy (columns) SELECT columns FROM table, and what follows. A copy without
 * rows is still a copy: errors are not told. */
static int fill(
	struct oracle *o, const char *schema, const char *table, const char *rest, struct err *err)
{
	CLEANUP(cleanup_str) struct str columns = {0};
	CLEANUP(cleanup_str) struct str sql = {0};

	if (list_columns(o, schema, table, &columns, err))
		return -1;
	str_add(&sql, "INSERT IGNORE INTO ");
	add_table(&sql, ORACLE_SCHEMA, table);
	str_addf(&sql, " (%s) SELECT %s FROM ", str_text(&columns), str_text(&columns));
	add_table(&sql, schema, table);
	str_add(&sql, rest);
	if (columns.len)
		mo_can(&o->session, str_text(&sql));
	return 0;
}

static int fill_some(struct oracle *o, const char *schema, const char *table, struct err *err)
{
	CLEANUP(cleanup_str) struct str sql = {0};

	if (fill(o, schema, table, " LIMIT " ROWS, err))
		return -1;
	if (mysql_db.result(o->session.conn)->affected)
		return 0;
	str_add(&sql, "INSERT IGNORE INTO ");
	add_table(&sql, ORACLE_SCHEMA, table);
	str_add(&sql, " () VALUES ()");
	mo_can(&o->session, str_text(&sql));
	return 0;
}

/* *ret false: it is not there, or no base table. */
static int make(struct oracle *o, const char *schema, const char *table, bool *ret, struct err *err)
{
	CLEANUP(cleanup_str) struct str sql = {0};

	*ret = is_copied(o, table);
	if (*ret)
		return 0;
	str_add(&sql, "CREATE TABLE ");
	add_table(&sql, ORACLE_SCHEMA, table);
	str_add(&sql, " LIKE ");
	add_table(&sql, schema, table);
	if (!mo_can(&o->session, str_text(&sql)))
		return 0;
	*MEM_PUSH(o->copied, o->n_copied, o->cap_copied) = mem_strdup(table);
	*ret = true;
	return fill_some(o, schema, table, err);
}

/* ---- foreign keys ---- */

struct key {
	char *name, *table, *columns, *other, *other_columns, *update, *delete;
};

static void release_key(struct key *k)
{
	mem_free(k->name);
	mem_free(k->table);
	mem_free(k->columns);
	mem_free(k->other);
	mem_free(k->other_columns);
	mem_free(k->update);
	mem_free(k->delete);
}

static int read_keys(struct oracle *o, const char *schema, const char *table, struct key **ret,
	size_t *ret_n, struct err *err)
{
	CLEANUP(cleanup_str) struct str sql = {0};
	size_t cap = 0;

	str_add(&sql, sql_mysql_oracle_foreign_keys);
	str_add(&sql, " AND k.TABLE_SCHEMA = ");
	add_bytes(&sql, schema);
	str_add(&sql, " AND ");
	add_bytes(&sql, table);
	str_add(&sql,
		" IN (k.TABLE_NAME, k.REFERENCED_TABLE_NAME)"
		" GROUP BY k.CONSTRAINT_NAME, k.TABLE_NAME, k.REFERENCED_TABLE_NAME");
	if (my_oracle_run(o, str_text(&sql), err))
		return -1;
	for (unsigned i = 0; i < mo_rows(&o->session); i++)
		*MEM_PUSH(*ret, *ret_n, cap) =
			(struct key){.name = mem_strdup(mo_text(&o->session, i, 0)),
				.table = mem_strdup(mo_text(&o->session, i, 1)),
				.columns = mem_strdup(mo_text(&o->session, i, 2)),
				.other = mem_strdup(mo_text(&o->session, i, 3)),
				.other_columns = mem_strdup(mo_text(&o->session, i, 4)),
				.update = mem_strdup(mo_text(&o->session, i, 5)),
				.delete = mem_strdup(mo_text(&o->session, i, 6))};
	return 0;
}

/* The rows that the copy's few rows point to: a copy of rows checks them. */
static int fill_parents(struct oracle *o, const char *schema, const struct key *k, struct err *err)
{
	CLEANUP(cleanup_str) struct str rest = {0};

	str_addf(&rest, " WHERE (%s) IN (SELECT %s FROM ", k->other_columns, k->columns);
	add_table(&rest, ORACLE_SCHEMA, k->table);
	str_add(&rest, ")");
	return fill(o, schema, k->other, str_text(&rest), err);
}

static void add_key(struct oracle *o, const struct key *k)
{
	CLEANUP(cleanup_str) struct str sql = {0};

	str_add(&sql, "ALTER TABLE ");
	add_table(&sql, ORACLE_SCHEMA, k->table);
	str_add(&sql, " ADD CONSTRAINT ");
	my_target_quote(&sql, k->name);
	str_addf(&sql, " FOREIGN KEY (%s) REFERENCES ", k->columns);
	add_table(&sql, ORACLE_SCHEMA, k->other);
	str_addf(&sql, " (%s) ON UPDATE %s ON DELETE %s", k->other_columns, k->update, k->delete);
	/* Twice is an error, and no harm. */
	mo_can(&o->session, str_text(&sql));
}

static int link_keys(struct oracle *o, const char *schema, const char *table, struct err *err)
{
	struct key *keys = NULL;
	size_t n = 0;
	int result = read_keys(o, schema, table, &keys, &n, err);
	bool made;

	for (size_t i = 0; i < n && !result; i++) {
		const struct key *k = &keys[i];

		result = make(o, schema, k->table, &made, err);
		if (!result && made)
			result = make(o, schema, k->other, &made, err);
		if (!result && made)
			result = fill_parents(o, schema, k, err);
		if (!result && made)
			add_key(o, k);
	}
	for (size_t i = 0; i < n; i++)
		release_key(&keys[i]);
	mem_free(keys);
	return result;
}

int my_oracle_copy(
	struct oracle *o, const char *schema, const char *table, bool *ret, struct err *err)
{
	bool known = is_copied(o, table);
	int result;

	/* Zero dates, zero keys and rows whose parents are missing are copied as they are. */
	if (my_oracle_run(o,
		    "SET SESSION sql_mode = 'NO_AUTO_VALUE_ON_ZERO', foreign_key_checks = 0", err))
		return -1;
	result = make(o, schema, table, ret, err);
	if (!result && *ret && !known)
		result = link_keys(o, schema, table, err);
	if (my_oracle_run(o, o->settings, result ? NULL : err))
		return -1;
	return result;
}
