#include "adapters/mysql/dialect_lex.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

bool my_is_space(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_word(char c)
{
	return isalnum((unsigned char)c) || c == '_' || c == '$' || (unsigned char)c >= 0x80;
}

static bool word_at(const struct my_lexer *l, size_t at)
{
	return at < l->len && is_word(l->text[at]);
}

static bool digit_at(const struct my_lexer *l, size_t at)
{
	return at < l->len && is_digit(l->text[at]);
}

size_t my_line_end(const char *text, size_t len, size_t at)
{
	const char *newline = memchr(text + at, '\n', len - at);

	return newline ? (size_t)(newline - text) : len;
}

bool my_line_comment(const char *text, size_t len, size_t at)
{
	if (text[at] == '#')
		return true;
	/* 5--1 is an expression: the dashes need a blank or control character behind them. */
	return len - at >= 2 && text[at] == '-' && text[at + 1] == '-' &&
		(len - at == 2 || (unsigned char)text[at + 2] <= ' ');
}

size_t my_cond_mark(const char *text, size_t len, size_t at)
{
	size_t start = at + 2, n = 0;
	unsigned long version = 0;

	if (len - at < 3 || text[at] != '/' || text[at + 1] != '*')
		return 0;
	if (text[start] == 'M')
		start++;
	if (start >= len || text[start] != '!')
		return 0;
	for (start++; n < 6 && start + n < len && is_digit(text[start + n]); n++)
		version = version * 10 + (unsigned long)(text[start + n] - '0');
	if (n < 5)
		return start - at;
	if (version == 99999 || version == 999999)
		return 0;
	return start + n - at;
}

size_t my_comment_end(const char *text, size_t len, size_t at, bool *open)
{
	const char *end = len - at < 4 ? NULL : memmem(text + at + 2, len - at - 2, "*/", 2);

	*open = !end;
	return end ? (size_t)(end - text) + 2 : len;
}

size_t my_quoted_end(const char *text, size_t len, size_t at, struct my_mode mode, bool *open)
{
	char quote = text[at];
	bool escapes = quote != '`' && !mode.no_backslash && !(quote == '"' && mode.ansi_quotes);

	*open = false;
	for (at++; at < len; at++) {
		if (text[at] == '\\' && escapes)
			at++;
		else if (text[at] == quote && at + 1 < len && text[at + 1] == quote)
			at++;
		else if (text[at] == quote)
			return at + 1;
	}
	*open = true;
	return len;
}

/* Behind digits at `at`: the end of an exponent, or `at` itself. */
static size_t exponent_end(const struct my_lexer *l, size_t at)
{
	size_t end = at;

	if (at >= l->len || (l->text[at] | 0x20) != 'e')
		return at;
	end++;
	if (end < l->len && (l->text[end] == '+' || l->text[end] == '-'))
		end++;
	if (!digit_at(l, end))
		return at;
	while (digit_at(l, end))
		end++;
	return end;
}

/* 0: a name that begins with a digit. */
static size_t number_end(const struct my_lexer *l, size_t at)
{
	size_t end = at;

	if (l->text[at] == '0' && at + 2 < l->len && strchr("xb", l->text[at + 1])) {
		for (end = at + 2; end < l->len && isxdigit((unsigned char)l->text[end]);)
			end++;
		if (end > at + 2 && !word_at(l, end))
			return end;
		end = at;
	}
	while (digit_at(l, end))
		end++;
	if (end < l->len && l->text[end] == '.' && !(end + 1 < l->len && l->text[end + 1] == '.'))
		for (end++; digit_at(l, end);)
			end++;
	else if (word_at(l, end))
		return exponent_end(l, end) > end && !word_at(l, exponent_end(l, end))
			? exponent_end(l, end)
			: 0;
	return exponent_end(l, end);
}

static size_t take_word(const struct my_lexer *l, struct my_token *token)
{
	size_t end = token->start;

	while (word_at(l, end))
		end++;
	/* N'text', X'4d', B'01' */
	if (end == token->start + 1 && end < l->len && l->text[end] == '\'' &&
		strchr("nNxXbB", l->text[token->start])) {
		token->kind = MY_STRING;
		return my_quoted_end(l->text, l->len, end, l->mode, &token->open);
	}
	token->kind = MY_WORD;
	return end;
}

static size_t take_number(const struct my_lexer *l, struct my_token *token)
{
	size_t end = number_end(l, token->start);

	token->kind = MY_NUMBER;
	return end ? end : take_word(l, token);
}

static size_t take_comment(struct my_lexer *l, struct my_token *token)
{
	size_t mark = my_cond_mark(l->text, l->len, token->start);

	token->kind = mark ? MY_COND_OPEN : MY_COMMENT;
	if (!mark)
		return my_comment_end(l->text, l->len, token->start, &token->open);
	l->in_cond = true;
	return token->start + mark;
}

static size_t take_other(struct my_lexer *l, struct my_token *token)
{
	const char *at = l->text + token->start;
	bool pair = token->start + 1 < l->len;

	if (pair && at[0] == '/' && at[1] == '*')
		return take_comment(l, token);
	if (pair && l->in_cond && at[0] == '*' && at[1] == '/') {
		l->in_cond = false;
		token->kind = MY_COND_CLOSE;
		return token->start + 2;
	}
	if (my_line_comment(l->text, l->len, token->start)) {
		token->kind = MY_COMMENT;
		return my_line_end(l->text, l->len, token->start);
	}
	token->kind = MY_OTHER;
	return token->start + 1;
}

void my_lex(struct my_lexer *l, struct my_token *ret)
{
	char c;

	while (l->at < l->len && my_is_space(l->text[l->at]))
		l->at++;
	*ret = (struct my_token){.kind = MY_END, .start = l->at, .end = l->at};
	if (l->at >= l->len)
		return;
	c = l->text[l->at];
	if (c == '\'' || c == '"' || c == '`') {
		ret->kind = c == '`' || (c == '"' && l->mode.ansi_quotes) ? MY_NAME : MY_STRING;
		ret->end = my_quoted_end(l->text, l->len, l->at, l->mode, &ret->open);
	} else if (is_digit(c) ||
		(c == '.' && digit_at(l, l->at + 1) && !(l->at && is_word(l->text[l->at - 1])))) {
		ret->end = take_number(l, ret);
	} else if (is_word(c)) {
		ret->end = take_word(l, ret);
	} else {
		ret->end = take_other(l, ret);
	}
	l->at = ret->end;
}

void my_lex_solid(struct my_lexer *l, struct my_token *ret)
{
	do
		my_lex(l, ret);
	while (ret->kind == MY_COMMENT || ret->kind == MY_COND_OPEN || ret->kind == MY_COND_CLOSE);
}

bool my_token_is(const char *text, const struct my_token *token, const char *word)
{
	size_t n = strlen(word);

	return token->kind == MY_WORD && token->end - token->start == n &&
		!strncasecmp(text + token->start, word, n);
}

bool my_token_char(const char *text, const struct my_token *token, char c)
{
	return token->kind == MY_OTHER && text[token->start] == c;
}
