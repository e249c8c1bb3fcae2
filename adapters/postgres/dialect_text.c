#include "adapters/postgres/dialect_text.h"

#include <inttypes.h>
#include <string.h>

#include "adapters/dialect.h"
#include "adapters/postgres/dialect_lex.h"
#include "embed.h"
#include "harness/base/cleanup.h"
#include "harness/base/mem.h"
#include "harness/base/str.h"

static void add_timeout(struct str *out, const char *name, uint64_t us)
{
	if (us == DIALECT_KEEP)
		return;
	/* Rounded up: 0 would turn it off. */
	str_addf(out, "%sSET %s = %" PRIu64, out->len ? "; " : "", name, us / 1000 + !!(us % 1000));
}

char *pg_session_timeouts(uint64_t lock_us, uint64_t statement_us)
{
	struct str out = {0};

	add_timeout(&out, "lock_timeout", lock_us);
	add_timeout(&out, "statement_timeout", statement_us);
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

char *pg_sql_name(const char *name)
{
	struct str out = {0};

	add_quoted(&out, name, '"');
	return str_take(&out);
}

void pg_sql_add_literal(struct str *out, const char *text)
{
	/* Right whatever standard_conforming_strings says. */
	if (strchr(text, '\\')) {
		str_add(out, " E'");
		for (; *text; text++) {
			if (*text == '\'' || *text == '\\')
				str_add_char(out, *text);
			str_add_char(out, *text);
		}
		str_add_char(out, '\'');
	} else {
		add_quoted(out, text, '\'');
	}
}

char *pg_sql_literal(const char *text)
{
	struct str out = {0};

	pg_sql_add_literal(&out, text);
	return str_take(&out);
}

char *pg_sample(const char *table, const char *column, unsigned n)
{
	CLEANUP(cleanup_free) char *table_text = pg_sql_literal(table);
	CLEANUP(cleanup_free) char *column_text = pg_sql_literal(column);

	return mem_printf("SET LOCAL rehearse.sample_table = %s;\n"
			  "SET LOCAL rehearse.sample_column = %s;\n"
			  "SET LOCAL rehearse.sample_size = '%u';\n%s",
		table_text, column_text, n, sql_postgres_sample);
}

char *pg_disturbance(const char *kind, const char *table)
{
	if (!strcmp(kind, "idle_in_transaction"))
		return mem_printf("BEGIN; SELECT FROM %s LIMIT 1", table);
	if (!strcmp(kind, "long_snapshot"))
		return mem_strdup("BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT 1");
	if (!strcmp(kind, "dump"))
		return mem_strdup(sql_postgres_disturb_dump);
	return NULL;
}

char *pg_waiting(uint64_t session)
{
	return mem_printf("SELECT count(*) FROM pg_catalog.pg_locks WHERE NOT granted AND pid = "
			  "%" PRIu64,
		session);
}

/* varchar(255), numeric(10, 2): the numbers of a type are part of the schema, not data. */
static bool takes_size(const char *sql, const struct pg_token *word)
{
	static const char *const types[] = {"varchar", "char", "character", "varying", "numeric",
		"decimal", "bit", "timestamp", "timestamptz", "time", "timetz", "interval",
		"float"};

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (pg_token_is(sql, word, types[i]))
			return true;
	return false;
}

char *pg_mask(const char *sql, size_t len)
{
	struct str out = {0};
	struct pg_token token, before = {PG_END, 0, 0};
	bool size = false;

	for (pg_lex_solid(sql, len, 0, &token); token.kind != PG_END;
		before = token, pg_lex_solid(sql, len, token.end, &token)) {
		if (out.len && token.start > before.end)
			str_add_char(&out, ' ');
		/* What follows a psql command may be a password. */
		if (token.kind == PG_BACKSLASH) {
			pg_lex(sql, len, token.end, &token);
			str_addf(&out, "\\%.*s",
				token.kind == PG_WORD ? (int)(token.end - token.start) : 0,
				sql + token.start);
			break;
		}
		if (token.kind == PG_OPEN)
			size = before.kind == PG_WORD && takes_size(sql, &before);
		else if (token.kind == PG_CLOSE)
			size = false;
		if (token.kind == PG_STRING || (token.kind == PG_NUMBER && !size))
			str_add_char(&out, '?');
		else
			str_add_n(&out, sql + token.start, token.end - token.start);
	}
	/* A quoted name may hold anything. */
	for (size_t i = 0; i < out.len; i++)
		if ((unsigned char)out.data[i] < ' ')
			out.data[i] = ' ';
	return str_take(&out);
}
