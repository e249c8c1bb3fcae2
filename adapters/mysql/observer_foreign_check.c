/* Whether a server that its owner gives up could tell what a command does. */
#include <string.h>

#include "adapters/mysql/control.h"
#include "adapters/mysql/observer_foreign.h"
#include "harness/base/cleanup.h"
#include "harness/base/mem.h"

static const struct {
	const char *variable, *why;
} needed[] = {
	{"performance_schema", "start it with performance_schema=ON"},
	{"performance_schema_events_statements_history_long_size",
		"start it with performance_schema_events_statements_history_long_size=10000"},
	{"performance_schema_events_stages_history_long_size",
		"start it with performance_schema_events_stages_history_long_size=1000"},
};

static int refuse(struct err *err, const char *what)
{
	return err_set(err, ERR_UNSUPPORTED,
		"migration.command: the replica could not tell what a command does: %s", what);
}

/* It is to make an account that may do all. */
static int check_rights(struct db_conn *conn, struct err *err)
{
	unsigned rows;

	if (my_control_rows(conn, "SHOW GRANTS", &rows, err))
		return -1;
	for (unsigned i = 0; i < rows; i++) {
		const char *grant = my_control_value(conn, i, 0);

		if (strstr(grant, " ON *.* TO ") && strstr(grant, "WITH GRANT OPTION") &&
			(strstr(grant, "ALL PRIVILEGES") || strstr(grant, "CREATE USER")))
			return 0;
	}
	return refuse(
		err, "replica.standby is to name an account with all rights and GRANT OPTION");
}

int my_foreign_check(const char *dsn, struct err *err)
{
	CLEANUP(my_control_close) struct db_conn *conn = NULL;

	if (my_control_open(dsn, NULL, &conn, err))
		return -1;
	for (size_t i = 0; i < sizeof(needed) / sizeof(needed[0]); i++) {
		CLEANUP(cleanup_free) char *value = NULL;

		if (my_control_variable(conn, needed[i].variable, &value, err))
			return -1;
		if (!strcmp(value, "0") || !strcasecmp(value, "OFF") || !*value)
			return refuse(err, needed[i].why);
	}
	return check_rights(conn, err);
}
