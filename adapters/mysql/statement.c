/* Prepared statements: by the binary protocol, or by PREPARE and EXECUTE where the client library
 * cannot do the former without blocking. */
#include "adapters/mysql/conn.h"

#include <stdio.h>
#include <string.h>

#include "adapters/mysql/dialect_lex.h"
#include "harness/base/mem.h"

#define VALUE_LEAST 64 /* bytes that are set aside for a parameter */

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

static void forget(struct my_statement *s)
{
	for (unsigned i = 0; s->values && i < s->n_params; i++)
		mem_free(s->values[i].text);
	MEM_FREE(s->values);
	MEM_FREE(s->sql);
	s->bound = false;
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
	forget(s);
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

static void keep_value(struct my_statement *s, unsigned i, const struct db_param *param)
{
	struct my_value *value = &s->values[i];

	value->is_null = !param->text;
	value->len = param->text ? param->len : 0;
	if (value->len > value->cap || !value->text) {
		value->cap = value->len > VALUE_LEAST ? value->len : VALUE_LEAST;
		value->text = mem_resize(value->text, value->cap, 1);
		s->bound = false;
	}
	if (value->len)
		memcpy(value->text, param->text, value->len);
}

static int bind_values(struct my_statement *s)
{
	MYSQL_BIND *binds = mem_zalloc(s->n_params * sizeof(*binds));
	int failed;

	for (unsigned i = 0; i < s->n_params; i++)
		binds[i] = (MYSQL_BIND){.buffer_type = MYSQL_TYPE_STRING,
			.buffer = s->values[i].text,
			.buffer_length = s->values[i].cap,
			.length = &s->values[i].len,
			.is_null = &s->values[i].is_null};
	failed = mysql_stmt_bind_param(s->stmt, binds) ? -1 : 0; /* copies them */
	mem_free(binds);
	s->bound = !failed;
	return failed;
}

static int bind_params(struct my_statement *s, const struct db_param *params)
{
	if (!s->n_params)
		return 0;
	if (!s->values)
		s->values = mem_zalloc(s->n_params * sizeof(*s->values));
	for (unsigned i = 0; i < s->n_params; i++)
		keep_value(s, i, &params[i]);
	return s->bound ? 0 : bind_values(s);
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
	if (bind_params(s, params))
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
		forget(&conn->statements[i]);
	}
	mem_free(conn->statements);
}
