#include "adapters/postgres/control.h"

#include <string.h>

#include "adapters/postgres/postgres.h"
#include "harness/base/cleanup.h"
#include "harness/base/clock.h"
#include "harness/base/interrupt.h"
#include "harness/base/units.h"

#define WAIT_STEP_US 10000

int pg_control_open(const char *dsn, const char *database, struct db_conn **ret, struct err *err)
{
	/* A database may hide a catalog's name behind one of its own, or cut every statement short.
	 */
	const struct db_target target = {.dsn = dsn,
		.database = database,
		.application = "rehearse",
		.init_sql = "SET search_path = pg_catalog; SET statement_timeout = 0; "
			    "SET lock_timeout = 0; SET idle_in_transaction_session_timeout = 0; "
			    "SET standard_conforming_strings = on"};

	return db_connect(&postgres_db, &target, ret, err);
}

void pg_control_close(struct db_conn **conn)
{
	postgres_db.close(*conn);
	*conn = NULL;
}

int pg_control_exec(struct db_conn *conn, const char *sql, struct err *err)
{
	return db_exec(&postgres_db, conn, sql, err);
}

int pg_control_text(struct db_conn *conn, const char *sql, char **ret, struct err *err)
{
	return db_text(&postgres_db, conn, sql, ret, err);
}

int pg_control_true(struct db_conn *conn, const char *sql, bool *ret, struct err *err)
{
	CLEANUP(cleanup_free) char *text = NULL;

	if (db_text(&postgres_db, conn, sql, &text, err))
		return -1;
	*ret = strcmp(text, "t") == 0;
	return 0;
}

int pg_control_number(struct db_conn *conn, const char *sql, int64_t *ret, struct err *err)
{
	return db_number(&postgres_db, conn, sql, ret, err);
}

int pg_control_rows(struct db_conn *conn, const char *sql, unsigned *ret_rows, struct err *err)
{
	if (db_exec(&postgres_db, conn, sql, err))
		return -1;
	*ret_rows = postgres_db.result(conn)->rows;
	return 0;
}

const char *pg_control_value(struct db_conn *conn, unsigned row, unsigned column)
{
	const char *value = postgres_db.value(conn, row, column);

	return value ? value : "";
}

static char *quote(const char *text, char mark)
{
	CLEANUP(cleanup_str) struct str out = {0};

	str_add_char(&out, mark);
	for (; *text; text++) {
		if (*text == mark)
			str_add_char(&out, mark);
		str_add_char(&out, *text);
	}
	str_add_char(&out, mark);
	return str_take(&out);
}

char *pg_quote_name(const char *name)
{
	return quote(name, '"');
}

char *pg_quote_literal(const char *text)
{
	return quote(text, '\'');
}

int pg_control_wait(struct db_conn *conn, const char *sql, uint64_t timeout_us, const char *what,
	struct err *err)
{
	uint64_t deadline = clock_us() + timeout_us;
	char limit[UNITS_TEXT];
	bool done = false;

	for (;;) {
		if (interrupt_check(err) || pg_control_true(conn, sql, &done, err))
			return -1;
		if (done)
			return 0;
		if (clock_us() >= deadline)
			return err_set(err, ERR_FAILED, "%s within %s", what,
				units_duration_text(timeout_us, limit));
		clock_sleep_us(WAIT_STEP_US);
	}
}
