#include "harness/workload/generate.h"

#include <ctype.h>
#include <string.h>

#include "harness/base/cleanup.h"
#include "harness/base/mem.h"

#define TABLES_MAX 8
#define WEIGHT_READ 8
#define WEIGHT_UPDATE 2

/* A name as the catalog has it: quotes off, folded where there were none. */
static char *folded(const char *name)
{
	struct str s = {0};
	char quote = '\0';

	for (; *name; name++) {
		if (quote && *name == quote && name[1] == quote)
			str_add_char(&s, *name++);
		else if (quote == *name)
			quote = '\0';
		else if (!quote && (*name == '"' || *name == '`'))
			quote = *name;
		else
			str_add_char(&s, quote ? *name : (char)tolower((unsigned char)*name));
	}
	return str_take(&s);
}

/* An unqualified name matches in any schema. */
static bool names_table(const char *written, const char *schema_table)
{
	CLEANUP(cleanup_free) char *name = folded(written);
	const char *dot = strchr(schema_table, '.');

	return strcmp(name, schema_table) == 0 || (dot && strcmp(name, dot + 1) == 0);
}

static bool named(const struct workload *w, const char *schema_table)
{
	for (size_t i = 0; i < w->config->n_tables; i++)
		if (names_table(w->config->tables[i], schema_table))
			return true;
	return false;
}

static int add_script(struct workload *w, const struct script_context *context, const char *verb,
	const char *plain, unsigned weight, const char *text, struct err *err)
{
	CLEANUP(cleanup_free) char *name = mem_printf("%s %s", verb, plain);
	CLEANUP(cleanup_free) char *file = mem_printf("generated '%s'", name);
	struct script script;

	if (script_parse(text, strlen(text), file, name, context, &script, err))
		return -1;
	script.weight = weight;
	script.read_only = weight == WEIGHT_READ;
	*MEM_PUSH(w->scripts, w->n_scripts, w->cap_scripts) = script;
	return 0;
}

static int add_table(struct workload *w, const struct script_context *context,
	const struct db_adapter *db, const struct db_conn *conn, unsigned row, struct str *covers,
	struct err *err)
{
	const char *table = db->value(conn, row, 0), *key = db->value(conn, row, 1);
	const char *changes = db->value(conn, row, 2), *plain = db->value(conn, row, 4);
	CLEANUP(cleanup_free)
	char *read = mem_printf("\\sample k %s.%s\nSELECT %s FROM %s WHERE %s = :k;\n", table, key,
		db->value(conn, row, 5), table, key);
	CLEANUP(cleanup_free) char *update = NULL;

	str_addf(covers, "%s%s", covers->len ? ", " : "", plain);
	if (add_script(w, context, "read", plain, WEIGHT_READ, read, err))
		return -1;
	if (!changes)
		return 0;
	update = mem_printf("\\sample k %s.%s\nUPDATE %s SET %s WHERE %s = :k;\n", table, key,
		table, changes, key);
	return add_script(w, context, "update", plain, WEIGHT_UPDATE, update, err);
}

static int add_tables(struct workload *w, struct db_conn *conn,
	const struct script_context *context, struct str *covers, struct err *err)
{
	const struct db_adapter *db = w->db;
	unsigned rows = db->result(conn)->rows, n = 0;

	/* Those of the migration first, then the largest. */
	for (int pass = 0; pass < 2; pass++) {
		for (unsigned i = 0; i < rows && n < TABLES_MAX; i++) {
			if (!db->value(conn, i, 1) || named(w, db->value(conn, i, 4)) != !pass)
				continue;
			if (add_table(w, context, db, conn, i, covers, err))
				return -1;
			n++;
		}
	}
	return 0;
}

int generate_scripts(struct workload *w, struct db_conn *conn, const struct script_context *context,
	struct err *err)
{
	CLEANUP(cleanup_str) struct str covers = {0};

	if (db_exec(w->db, conn, w->config->engine->dialect->list_tables, err))
		return err_prefix(err, "cannot list tables to generate a workload from");
	if (add_tables(w, conn, context, &covers, err))
		return -1;
	if (w->n_scripts == 0)
		return err_set(err, ERR_FAILED,
			"no workload can be generated: no table has a single-column primary key; "
			"give transactions in workload.scripts");
	w->generated = mem_printf("generated from the schema: %s", str_text(&covers));
	return 0;
}
