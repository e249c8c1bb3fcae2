#include "adapters/mysql/dialect_text.h"

#include <inttypes.h>
#include <string.h>

#include "adapters/dialect.h"
#include "embed.h"
#include "harness/base/mem.h"
#include "harness/base/str.h"

/* The server's maximum: a year. */
#define LOCK_MAX_S 31536000
#define EXECUTION_MAX_MS 4294967295

/*
 * Lock time-outs are whole seconds, at least one (0 would be NOWAIT), so they are rounded up.
 * MariaDB's max_statement_time ends every statement, in microseconds; MySQL has only
 * max_execution_time, which ends SELECTs. Each server passes the other's comment over.
 */
char *my_session_timeouts(uint64_t lock_us, uint64_t statement_us)
{
	struct str out = {0};
	uint64_t lock_s = lock_us / 1000000 + !!(lock_us % 1000000);
	uint64_t ms = statement_us / 1000 + !!(statement_us % 1000);

	if (!lock_us || lock_s > LOCK_MAX_S)
		lock_s = LOCK_MAX_S;
	if (ms > EXECUTION_MAX_MS)
		ms = EXECUTION_MAX_MS;
	if (lock_us != DIALECT_KEEP)
		str_addf(&out,
			"SET SESSION lock_wait_timeout = %" PRIu64
			", innodb_lock_wait_timeout = %" PRIu64,
			lock_s, lock_s);
	if (statement_us == DIALECT_KEEP)
		return str_take(&out);
	/* A server that knows neither must still find a statement here. */
	if (!out.len)
		str_add(&out, "SET @rehearse = NULL");
	str_addf(&out,
		" /*M!100100 , SESSION max_statement_time = %" PRIu64 ".%06" PRIu64 " */"
		" /*!80000 , SESSION max_execution_time = %" PRIu64 " */",
		statement_us / 1000000, statement_us % 1000000, ms);
	return str_take(&out);
}

static void add_quoted(struct str *out, const char *text, char quote)
{
	str_add_char(out, quote);
	for (; *text; text++) {
		if (*text == quote)
			str_add_char(out, quote);
		str_add_char(out, *text);
	}
	str_add_char(out, quote);
}

char *my_sql_name(const char *name)
{
	struct str out = {0};

	add_quoted(&out, name, '`');
	return str_take(&out);
}

void my_sql_add_literal(struct str *out, const char *text)
{
	/* A backslash means something else in each sql_mode; in hexadecimal it means nothing. */
	if (strchr(text, '\\')) {
		str_add(out, " _utf8mb4 X'");
		for (; *text; text++)
			str_addf(out, "%02X", (unsigned)(unsigned char)*text);
		str_add_char(out, '\'');
	} else {
		add_quoted(out, text, '\'');
	}
}

char *my_sql_literal(const char *text)
{
	struct str out = {0};

	my_sql_add_literal(&out, text);
	return str_take(&out);
}

char *my_disturbance(const char *kind, const char *table)
{
	/* A transaction holds the metadata lock of what it has read until it ends, on MyISAM too.
	 */
	if (!strcmp(kind, "idle_in_transaction"))
		return mem_printf("START TRANSACTION; SELECT 1 FROM %s LIMIT 1", table);
	if (!strcmp(kind, "long_snapshot"))
		return mem_strdup("SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ; "
				  "START TRANSACTION WITH CONSISTENT SNAPSHOT");
	if (!strcmp(kind, "dump"))
		return mem_strdup(sql_mysql_disturb_dump);
	return NULL;
}

char *my_waiting(uint64_t session)
{
	return mem_printf("SELECT COUNT(*) FROM information_schema.PROCESSLIST WHERE ID = %" PRIu64
			  " AND STATE LIKE 'Waiting for%%lock%%'",
		session);
}
