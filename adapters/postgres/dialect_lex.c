#include "adapters/postgres/dialect_lex.h"

#include <string.h>
#include <strings.h>

static bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f' || c == '\v';
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool starts_word(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || (c & 0x80);
}

static size_t line_comment(const char *text, size_t len, size_t at)
{
	while (at < len && text[at] != '\n' && text[at] != '\r')
		at++;
	return at;
}

static size_t block_comment(const char *text, size_t len, size_t at)
{
	unsigned depth = 0;

	while (at + 1 < len) {
		if (text[at] == '/' && text[at + 1] == '*') {
			depth++;
			at += 2;
		} else if (text[at] == '*' && text[at + 1] == '/') {
			at += 2;
			if (--depth == 0)
				return at;
		} else {
			at++;
		}
	}
	return len;
}

/* From the opening quote to behind the closing one; a doubled quote does not close. */
static size_t quoted(const char *text, size_t len, size_t at, char quote, bool escapes)
{
	for (at++; at < len; at++) {
		if (escapes && text[at] == '\\' && at + 1 < len) {
			at++;
		} else if (text[at] == quote) {
			if (at + 1 >= len || text[at + 1] != quote)
				return at + 1;
			at++;
		}
	}
	return len;
}

/* 'a' <newline> 'b' is one string, and keeps the escapes of its first part. */
static size_t string(const char *text, size_t len, size_t at, bool escapes)
{
	for (;;) {
		size_t end = quoted(text, len, at, '\'', escapes);
		bool newline = false;

		for (at = end; at < len;) {
			if (is_space(text[at])) {
				newline = newline || text[at] == '\n' || text[at] == '\r';
				at++;
			} else if (text[at] == '-' && at + 1 < len && text[at + 1] == '-') {
				at = line_comment(text, len, at);
			} else {
				break;
			}
		}
		if (at >= len || text[at] != '\'' || !newline)
			return end;
	}
}

/* The end of a dollar-quoted string, or 0 when the dollar sign opens none. */
static size_t dollar(const char *text, size_t len, size_t at)
{
	size_t body = at + 1, tag;

	if (body < len && starts_word(text[body]))
		while (body < len && (starts_word(text[body]) || is_digit(text[body])))
			body++;
	if (body >= len || text[body] != '$')
		return 0;
	tag = ++body - at;
	for (; body + tag <= len; body++) {
		const char *next = memchr(text + body, '$', len - tag + 1 - body);

		if (!next)
			break;
		body = (size_t)(next - text);
		if (!memcmp(next, text + at, tag))
			return body + tag;
	}
	return len;
}

static size_t number(const char *text, size_t len, size_t at)
{
	while (at < len && (is_digit(text[at]) || text[at] == '.'))
		at++;
	if (at < len && (text[at] == 'e' || text[at] == 'E')) {
		size_t digits = at + 1;

		if (digits < len && (text[digits] == '+' || text[digits] == '-'))
			digits++;
		if (digits < len && is_digit(text[digits]))
			for (at = digits; at < len && is_digit(text[at]);)
				at++;
	}
	return at;
}

static void word(const char *text, size_t len, size_t at, struct pg_token *ret)
{
	char c = text[at] | 0x20;
	char next = at + 1 < len ? text[at + 1] : '\0';

	ret->kind = PG_STRING;
	if (next == '\'' && strchr("ebxn", c)) {
		ret->end = string(text, len, at + 1, c == 'e');
		return;
	}
	if (c == 'u' && next == '&' && at + 2 < len && text[at + 2] == '\'') {
		ret->end = string(text, len, at + 2, false);
		return;
	}
	if (c == 'u' && next == '&' && at + 2 < len && text[at + 2] == '"') {
		ret->kind = PG_QUOTED;
		ret->end = quoted(text, len, at + 2, '"', false);
		return;
	}
	ret->kind = PG_WORD;
	while (at < len && (starts_word(text[at]) || is_digit(text[at]) || text[at] == '$'))
		at++;
	ret->end = at;
}

static void punctuation(char c, struct pg_token *ret)
{
	ret->kind = c == ';' ? PG_SEMICOLON : c == '(' ? PG_OPEN : c == ')' ? PG_CLOSE : PG_OTHER;
	if (c == '\\')
		ret->kind = PG_BACKSLASH;
	ret->end = ret->start + 1;
}

void pg_lex(const char *text, size_t len, size_t at, struct pg_token *ret)
{
	char c, next;

	while (at < len && is_space(text[at]))
		at++;
	*ret = (struct pg_token){PG_END, at, at};
	if (at >= len)
		return;
	c = text[at];
	next = at + 1 < len ? text[at + 1] : '\0';
	if (c == '-' && next == '-') {
		*ret = (struct pg_token){PG_COMMENT, at, line_comment(text, len, at)};
	} else if (c == '/' && next == '*') {
		*ret = (struct pg_token){PG_COMMENT, at, block_comment(text, len, at)};
	} else if (c == '\'') {
		*ret = (struct pg_token){PG_STRING, at, string(text, len, at, false)};
	} else if (c == '"') {
		*ret = (struct pg_token){PG_QUOTED, at, quoted(text, len, at, '"', false)};
	} else if (starts_word(c)) {
		word(text, len, at, ret);
	} else if (is_digit(c) || (c == '.' && is_digit(next))) {
		*ret = (struct pg_token){PG_NUMBER, at, number(text, len, at)};
	} else if (c == '$' && is_digit(next)) {
		for (at++; at < len && is_digit(text[at]);)
			at++;
		*ret = (struct pg_token){PG_OTHER, ret->start, at};
	} else if (c == '$' && (at = dollar(text, len, at))) {
		*ret = (struct pg_token){PG_STRING, ret->start, at};
	} else {
		punctuation(c, ret);
	}
}

void pg_lex_solid(const char *text, size_t len, size_t at, struct pg_token *ret)
{
	do {
		pg_lex(text, len, at, ret);
		at = ret->end;
	} while (ret->kind == PG_COMMENT);
}

bool pg_token_is(const char *text, const struct pg_token *token, const char *word)
{
	size_t n = strlen(word);

	return token->kind == PG_WORD && token->end - token->start == n &&
		!strncasecmp(text + token->start, word, n);
}
