/* Masking: a statement on one line, without its literals and comments. */
#include <string.h>

#include "adapters/mysql/dialect_lex.h"
#include "adapters/mysql/dialect_pieces.h"
#include "adapters/mysql/dialect_text.h"
#include "harness/base/str.h"

/* varchar(255), decimal(10, 2): the numbers of a type are part of the schema, not data. */
static bool takes_size(const char *sql, const struct my_token *word)
{
	static const char *const types[] = {"char", "varchar", "character", "varying", "nchar",
		"nvarchar", "binary", "varbinary", "bit", "tinyint", "smallint", "mediumint", "int",
		"integer", "bigint", "decimal", "dec", "numeric", "fixed", "float", "double",
		"precision", "real", "year", "timestamp", "datetime", "time", "text", "blob",
		"current_timestamp", "now"};

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (my_token_is(sql, word, types[i]))
			return true;
	return false;
}

/* What follows a command of the client may be a password. */
static bool mask_command(const char *sql, size_t len, struct str *out)
{
	const char *name = NULL;
	enum my_action action = my_command_named(sql, len, &name);

	if (len > 1 && sql[0] == '\\') {
		str_addf(out, "\\%c", sql[1] > ' ' && (unsigned char)sql[1] < 0x7F ? sql[1] : '?');
		return true;
	}
	if (action == MY_ACT_NONE || action == MY_ACT_USE)
		return false;
	str_add(out, name);
	return true;
}

struct masker {
	const char *sql;
	struct my_token before;
	bool size; /* inside the parentheses of a type */
	struct str out;
};

static void add(struct masker *m, const struct my_token *t)
{
	if (m->out.len && t->start > m->before.end)
		str_add_char(&m->out, ' ');
	if (my_token_char(m->sql, t, '('))
		m->size = m->before.kind == MY_WORD && takes_size(m->sql, &m->before);
	else if (my_token_char(m->sql, t, ')'))
		m->size = false;
	if (t->kind == MY_STRING || (t->kind == MY_NUMBER && !m->size))
		str_add_char(&m->out, '?');
	else
		str_add_n(&m->out, m->sql + t->start, t->end - t->start);
	m->before = *t;
}

/*
 * Where a string ends may hang on sql_mode, which the text alone does not tell: both readings go
 * side by side, and where they part the rest is one literal.
 */
char *my_mask(const char *sql, size_t len)
{
	struct my_lexer lexer = {.text = sql, .len = len};
	struct my_lexer other = {.text = sql, .len = len, .mode = {.no_backslash = true}};
	struct masker m = {.sql = sql, .before = {.kind = MY_END}};
	struct my_token token, alike;

	if (mask_command(sql, len, &m.out))
		return str_take(&m.out);
	for (;;) {
		my_lex(&lexer, &token);
		my_lex(&other, &alike);
		if (token.kind == MY_END)
			break;
		if (token.end != alike.end) {
			alike = token;
			alike.kind = MY_STRING;
			add(&m, &alike);
			str_add(&m.out, " …");
			break;
		}
		if (token.kind != MY_COMMENT)
			add(&m, &token);
	}
	/* A quoted name may hold anything. */
	for (size_t i = 0; i < m.out.len; i++)
		if ((unsigned char)m.out.data[i] < ' ')
			m.out.data[i] = ' ';
	return str_take(&m.out);
}
