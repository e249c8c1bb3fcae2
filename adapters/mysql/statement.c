/* Prepared statements: by the binary protocol, or by PREPARE and EXECUTE where the client library
 * cannot do the former without blocking. */
#include "adapters/mysql/conn.h"

#include <stdio.h>
#include <string.h>

#include "adapters/mysql/dialect_lex.h"
#include "harness/base/mem.h"

static int misuse(struct db_conn *conn, const char *text)
{
	my_conn_error(conn, DB_CLASS_OTHER, "misuse", text);
	return -1;
}

static struct my_statement *reserve(struct db_conn *conn, unsigned id)
{
	if (id >= conn->n_statements) {
		unsigned n = id + 1;

		conn->statements = mem_resize(conn->statements, n, sizeof(*conn->statements));
		memset(conn->statements + conn->n_statements, 0,
			(n - conn->n_statements) * sizeof(*conn->statements));
		conn->n_statements = n;
	}
	return &conn->statements[id];
}

static void add_number(struct str *text, const char *before, unsigned number)
{
	char digits[16];

	snprintf(digits, sizeof(digits), "%u", number);
	str_add(text, before);
	str_add(text, digits);
}

/* A literal under every sql_mode: hexadecimal, with the character set that the session speaks. */
static void add_literal(struct str *text, const struct db_param *param)
{
	static const char digits[] = "0123456789abcdef";

	if (!param->text) {
		str_add(text, "NULL");
		return;
	}
	str_add(text, "_utf8mb4 X'");
	for (size_t i = 0; i < param->len; i++) {
		unsigned char c = (unsigned char)param->text[i];

		str_add_char(text, digits[c >> 4]);
		str_add_char(text, digits[c & 15]);
	}
	str_add_char(text, '\'');
}

/* Where a LIMIT counts rows, MySQL takes no text: a bit for each of the first 64 parameters. */
static uint64_t find_counts(const char *sql)
{
	struct my_lexer lexer = {.text = sql, .len = strlen(sql)};
	struct my_token token;
	uint64_t counts = 0;
	unsigned n = 0;
	bool limit = false;

	for (my_lex_solid(&lexer, &token); token.kind != MY_END; my_lex_solid(&lexer, &token)) {
		bool param = my_token_char(sql, &token, '?');

		if (param && limit && n < 64)
			counts |= (uint64_t)1 << n;
		n += param;
		limit = my_token_is(sql, &token, "LIMIT") ||
			(limit &&
				(param || token.kind == MY_NUMBER ||
					my_token_char(sql, &token, ',') ||
					my_token_is(sql, &token, "OFFSET")));
	}
	return counts;
}

int my_prepare_start(struct db_conn *conn, unsigned id, const char *sql, unsigned n_params)
{
	struct my_statement *s;

	if (my_conn_ready_to_start(conn))
		return -1;
	s = reserve(conn, id);
	mem_free(s->sql);
	s->sql = mem_strdup(sql);
	s->n_params = n_params;
	s->n_columns = 0;
	s->counts = conn->by_text ? find_counts(sql) : 0;
	conn->running = s;
	str_clear(&conn->text);
	if (conn->by_text) {
		const struct db_param text = {sql, strlen(sql)};

		str_add(&conn->text, "SET @rehearse_sql = ");
		add_literal(&conn->text, &text);
		add_number(&conn->text, "; PREPARE r", id);
		str_add(&conn->text, " FROM @rehearse_sql");
		my_conn_begin(conn, MY_CONN_RUNNING, MY_CALL_QUERY);
		return 0;
	}
	if (!s->stmt)
		s->stmt = mysql_stmt_init(conn->lib.mysql);
	conn->lib.stmt = s->stmt;
	str_add(&conn->text, sql);
	my_conn_begin(conn, MY_CONN_RUNNING, MY_CALL_PREPARE);
	return 0;
}

/* ---- executing ---- */

static int bind_params(
	struct db_conn *conn, struct my_statement *s, const struct db_param *params, unsigned n)
{
	static MY_LIBRARY_FLAG null = 1;

	if (n > conn->cap_binds) {
		conn->binds = mem_resize(conn->binds, n, sizeof(*conn->binds));
		conn->cap_binds = n;
	}
	for (unsigned i = 0; i < n; i++)
		conn->binds[i] = (MYSQL_BIND){.buffer_type = MYSQL_TYPE_STRING,
			.buffer = (void *)params[i].text,
			.buffer_length = params[i].len,
			.is_null = params[i].text ? NULL : &null};
	return n && mysql_stmt_bind_param(s->stmt, conn->binds) ? -1 : 0;
}

static bool is_count(const struct my_statement *s, unsigned i, const struct db_param *param)
{
	return i < 64 && s->counts >> i & 1 && param->text && param->len &&
		strspn(param->text, "0123456789") == param->len;
}

/* The values as user variables of the session, then EXECUTE with them. */
static void write_execute(
	struct db_conn *conn, unsigned id, const struct db_param *params, unsigned n)
{
	const struct my_statement *s = &conn->statements[id];

	str_clear(&conn->text);
	for (unsigned i = 0; i < n; i++) {
		add_number(&conn->text, i ? ", @rehearse_" : "SET @rehearse_", i);
		str_add(&conn->text, " = ");
		if (is_count(s, i, &params[i]))
			str_add(&conn->text, params[i].text);
		else
			add_literal(&conn->text, &params[i]);
	}
	add_number(&conn->text, n ? "; EXECUTE r" : "EXECUTE r", id);
	for (unsigned i = 0; i < n; i++)
		add_number(&conn->text, i ? ", @rehearse_" : " USING @rehearse_", i);
}

int my_execute_start(
	struct db_conn *conn, unsigned id, const struct db_param *params, unsigned n_params)
{
	struct my_statement *s;

	if (my_conn_ready_to_start(conn))
		return -1;
	if (id >= conn->n_statements || !conn->statements[id].sql)
		return misuse(conn, "the statement is not prepared");
	s = &conn->statements[id];
	if (n_params != s->n_params)
		return misuse(conn, "the statement has another number of parameters");
	conn->running = s;
	if (conn->by_text) {
		write_execute(conn, id, params, n_params);
		my_conn_begin(conn, MY_CONN_RUNNING, MY_CALL_QUERY);
		return 0;
	}
	conn->lib.stmt = s->stmt;
	if (bind_params(conn, s, params, n_params))
		return misuse(conn, mysql_stmt_error(s->stmt));
	my_conn_begin(conn, MY_CONN_RUNNING, MY_CALL_EXECUTE);
	return 0;
}

bool my_statement_fits(struct db_conn *conn, unsigned columns)
{
	struct my_statement *s = conn->running;

	if (!s->n_columns)
		s->n_columns = columns;
	return s->n_columns == columns;
}

void my_statements_release(struct db_conn *conn)
{
	for (unsigned i = 0; i < conn->n_statements; i++) {
		/* Only memory by now. */
		if (conn->statements[i].stmt)
			mysql_stmt_close(conn->statements[i].stmt);
		mem_free(conn->statements[i].sql);
	}
	mem_free(conn->statements);
}
