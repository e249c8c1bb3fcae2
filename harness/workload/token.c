#include "harness/workload/token.h"

#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static bool is_word(char c)
{
	return isalnum((unsigned char)c) || c == '_' || (unsigned char)c >= 0x80;
}

static const char *skip_space(const char *p, const char *end)
{
	for (;;) {
		while (p < end && isspace((unsigned char)*p))
			p++;
		if (p < end && *p == '\\') { /* a line that is continued */
			const char *q = p + 1;

			if (q < end && *q == '\r')
				q++;
			if (q == end || *q == '\n') {
				p = q;
				continue;
			}
		}
		return p;
	}
}

static const char *skip_digits(const char *p, const char *end)
{
	while (p < end && isdigit((unsigned char)*p))
		p++;
	return p;
}

static int read_number(const char **at, const char *end, struct token *ret, struct err *err)
{
	const char *start = *at, *p = skip_digits(start, end), *q;
	bool whole = true;
	char buf[512];

	if (p < end && *p == '.') {
		whole = false;
		p = skip_digits(p + 1, end);
	}
	if (p < end && (*p == 'e' || *p == 'E')) {
		q = p + 1;
		if (q < end && (*q == '+' || *q == '-'))
			q++;
		if (q < end && isdigit((unsigned char)*q)) {
			whole = false;
			p = skip_digits(q, end);
		}
	}
	ret->len = (size_t)(p - start);
	if (ret->len >= sizeof(buf))
		return err_set(err, ERR_USAGE, "a number is too long");
	snprintf(buf, sizeof(buf), "%.*s", (int)ret->len, start);
	*at = p;
	ret->kind = TOKEN_NUMBER;
	errno = 0;
	ret->value = whole ? value_int(strtoll(buf, NULL, 10)) : value_double(strtod(buf, NULL));
	if (whole && errno && strcmp(buf, "9223372036854775808") == 0)
		ret->kind = TOKEN_MIN_INT;
	else if (errno == ERANGE && (whole || ret->value.d != 0))
		return err_set(err, ERR_USAGE, "%s constant overflow at '%s'",
			whole ? "bigint" : "double", buf);
	return 0;
}

static void read_word(const char **at, const char *end, struct token *ret)
{
	static const struct {
		const char *word;
		enum token_kind kind;
	} words[] = {{"and", TOKEN_AND}, {"or", TOKEN_OR}, {"not", TOKEN_NOT}, {"is", TOKEN_IS},
		{"isnull", TOKEN_ISNULL}, {"notnull", TOKEN_NOTNULL}, {"case", TOKEN_CASE},
		{"when", TOKEN_WHEN}, {"then", TOKEN_THEN}, {"else", TOKEN_ELSE},
		{"end", TOKEN_CASE_END}, {"true", TOKEN_CONSTANT}, {"false", TOKEN_CONSTANT},
		{"null", TOKEN_CONSTANT}};
	const char *p = *at;

	while (p < end && is_word(*p))
		p++;
	ret->kind = TOKEN_NAME;
	ret->len = (size_t)(p - *at);
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strlen(words[i].word) == ret->len &&
			strncasecmp(words[i].word, *at, ret->len) == 0)
			ret->kind = words[i].kind;
	if (ret->kind == TOKEN_CONSTANT)
		ret->value = (**at == 'n' || **at == 'N') ? value_null()
							  : value_bool(**at == 't' || **at == 'T');
	*at = p;
}

static enum token_kind pair(char a, char b)
{
	if (a == '<' && b == '=')
		return TOKEN_LE;
	if (a == '>' && b == '=')
		return TOKEN_GE;
	if ((a == '<' && b == '>') || (a == '!' && b == '='))
		return TOKEN_NE;
	if (a == '<' && b == '<')
		return TOKEN_LSHIFT;
	if (a == '>' && b == '>')
		return TOKEN_RSHIFT;
	return TOKEN_END;
}

static int read_operator(const char **at, const char *end, struct token *ret, struct err *err)
{
	char c = **at;

	ret->kind = *at + 1 < end ? pair(c, (*at)[1]) : TOKEN_END;
	if (ret->kind != TOKEN_END) {
		ret->len = 2;
		*at += 2;
		return 0;
	}
	if (!strchr("+-*/%=<>|&#~(),", c))
		return err_set(err, ERR_USAGE, "unexpected character '%c' in an expression", c);
	ret->kind = TOKEN_CHAR;
	ret->c = c;
	ret->len = 1;
	*at += 1;
	return 0;
}

int token_next(const char **at, const char *end, struct token *ret, struct err *err)
{
	const char *p = *at = skip_space(*at, end);

	*ret = (struct token){.kind = TOKEN_END, .text = p};
	if (p == end)
		return 0;
	if (isdigit((unsigned char)*p) ||
		(*p == '.' && p + 1 < end && isdigit((unsigned char)p[1])))
		return read_number(at, end, ret, err);
	if (*p == ':' && p + 1 < end && is_word(p[1])) {
		*at = p + 1;
		while (*at < end && is_word(**at))
			++*at;
		ret->kind = TOKEN_VARIABLE;
		ret->text = p + 1;
		ret->len = (size_t)(*at - p) - 1;
		return 0;
	}
	if (isalpha((unsigned char)*p) || *p == '_' || (unsigned char)*p >= 0x80) {
		read_word(at, end, ret);
		return 0;
	}
	return read_operator(at, end, ret, err);
}
