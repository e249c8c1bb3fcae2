#include "adapters/mysql/control.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "adapters/mysql/client.h"
#include "harness/base/cleanup.h"
#include "harness/base/mem.h"

int my_control_open(const char *dsn, const char *database, struct db_conn **ret, struct err *err)
{
	const struct db_target target = {.dsn = dsn,
		.database = database,
		.application = "rehearse",
		.init_sql = "SET SESSION sql_mode = '', lock_wait_timeout = 60, "
			    "innodb_lock_wait_timeout = 60, wait_timeout = 28800; "
			    "/*M!50000 SET SESSION max_statement_time = 0 */"
			    "/*!80003 SET SESSION max_execution_time = 0, "
			    "information_schema_stats_expiry = 0 */"};

	return db_connect(&mysql_db, &target, ret, err);
}

void my_control_close(struct db_conn **conn)
{
	mysql_db.close(*conn);
	*conn = NULL;
}

int my_control_exec(struct db_conn *conn, const char *sql, struct err *err)
{
	return db_exec(&mysql_db, conn, sql, err);
}

int my_control_text(struct db_conn *conn, const char *sql, char **ret, struct err *err)
{
	return db_text(&mysql_db, conn, sql, ret, err);
}

int my_control_true(struct db_conn *conn, const char *sql, bool *ret, struct err *err)
{
	CLEANUP(cleanup_free) char *text = NULL;

	if (db_text(&mysql_db, conn, sql, &text, err))
		return -1;
	*ret = strcmp(text, "1") == 0;
	return 0;
}

int my_control_number(struct db_conn *conn, const char *sql, int64_t *ret, struct err *err)
{
	return db_number(&mysql_db, conn, sql, ret, err);
}

int my_control_rows(struct db_conn *conn, const char *sql, unsigned *ret_rows, struct err *err)
{
	if (db_exec(&mysql_db, conn, sql, err))
		return -1;
	*ret_rows = mysql_db.result(conn)->rows;
	return 0;
}

const char *my_control_value(struct db_conn *conn, unsigned row, unsigned column)
{
	const char *value = mysql_db.value(conn, row, column);

	return value ? value : "";
}

const char *my_control_named(struct db_conn *conn, unsigned row, const char *column)
{
	unsigned n = mysql_db.result(conn)->columns;

	for (unsigned i = 0; i < n; i++) {
		const char *name = mysql_db.column(conn, i);

		if (name && strcasecmp(name, column) == 0)
			return my_control_value(conn, row, i);
	}
	return "";
}

int my_control_list(struct db_conn *conn, const char *sql, char **ret, struct err *err)
{
	CLEANUP(cleanup_str) struct str out = {0};
	unsigned rows = 0;

	if (my_control_rows(conn, sql, &rows, err))
		return -1;
	for (unsigned i = 0; i < rows; i++)
		str_addf(&out, "%s%s", i ? ", " : "", my_control_value(conn, i, 0));
	*ret = str_take(&out);
	return 0;
}

int my_control_variable(struct db_conn *conn, const char *name, char **ret, struct err *err)
{
	CLEANUP(cleanup_free)
	char *sql = mem_printf("SHOW GLOBAL VARIABLES WHERE Variable_name = '%s'", name);
	unsigned rows = 0;

	if (my_control_rows(conn, sql, &rows, err))
		return -1;
	*ret = mem_strdup(rows ? my_control_value(conn, 0, 1) : "");
	return 0;
}

bool my_control_on(const char *value)
{
	return strcasecmp(value, "ON") == 0 || strcmp(value, "1") == 0 ||
		strcasecmp(value, "YES") == 0;
}

static char *quote(const char *text, char mark, bool backslashes)
{
	CLEANUP(cleanup_str) struct str out = {0};

	str_add_char(&out, mark);
	for (; *text; text++) {
		if (*text == mark || (backslashes && *text == '\\'))
			str_add_char(&out, *text);
		str_add_char(&out, *text);
	}
	str_add_char(&out, mark);
	return str_take(&out);
}

char *my_quote_name(const char *name)
{
	return quote(name, '`', false);
}

char *my_quote_literal(const char *text)
{
	return quote(text, '\'', true);
}
