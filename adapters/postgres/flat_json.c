#include "adapters/postgres/flat_json.h"

#include <ctype.h>
#include <string.h>

static void skip_space(struct flat_json *w)
{
	while (w->at < w->end && isspace((unsigned char)*w->at))
		w->at++;
}

static bool take(struct flat_json *w, char c)
{
	skip_space(w);
	if (w->at == w->end || *w->at != c)
		return false;
	w->at++;
	return true;
}

/* From behind the opening quote to behind the closing one. */
static bool take_string(struct flat_json *w, const char **ret, size_t *ret_len)
{
	const char *from = w->at, *quote = from;

	while ((quote = memchr(quote, '"', (size_t)(w->end - quote)))) {
		const char *back = quote;

		while (back > from && back[-1] == '\\')
			back--;
		if ((quote - back) % 2 == 0)
			break;
		quote++;
	}
	if (!quote)
		return false;
	*ret = from;
	*ret_len = (size_t)(quote - from);
	w->at = quote + 1;
	return true;
}

/* A number, true, false or null. */
static bool take_word(struct flat_json *w, const char **ret, size_t *ret_len)
{
	const char *from = w->at;

	while (w->at < w->end &&
		(isalnum((unsigned char)*w->at) || *w->at == '-' || *w->at == '+' || *w->at == '.'))
		w->at++;
	*ret = from;
	*ret_len = (size_t)(w->at - from);
	return w->at > from;
}

static bool take_member(struct flat_json *w, struct flat_member *ret)
{
	if (!take(w, '"') || !take_string(w, &ret->name, &ret->name_len) || !take(w, ':'))
		return false;
	return take(w, '"') ? take_string(w, &ret->value, &ret->value_len)
			    : take_word(w, &ret->value, &ret->value_len);
}

enum flat_step flat_json_next(struct flat_json *w, struct flat_member *ret)
{
	if (take(w, '}')) {
		skip_space(w);
		return w->at == w->end ? FLAT_END : FLAT_BROKEN;
	}
	if (!take(w, '{') && !take(w, ','))
		return FLAT_BROKEN;
	return take_member(w, ret) ? FLAT_MEMBER : FLAT_BROKEN;
}

/* ---- escapes ---- */

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = (char)tolower((unsigned char)c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The server writes only control characters that way: the basic plane is enough. */
static size_t add_code(const char *digits, size_t left, struct str *out)
{
	unsigned code = 0;

	if (left < 4)
		return left;
	for (int i = 0; i < 4; i++) {
		int digit = hex_digit(digits[i]);

		if (digit < 0)
			return 0;
		code = code << 4 | (unsigned)digit;
	}
	if (code >= 0x800) {
		str_add_char(out, (char)(0xe0 | code >> 12));
		str_add_char(out, (char)(0x80 | (code >> 6 & 0x3f)));
	} else if (code >= 0x80) {
		str_add_char(out, (char)(0xc0 | code >> 6));
	} else if (code) {
		str_add_char(out, (char)code);
	}
	if (code >= 0x80)
		str_add_char(out, (char)(0x80 | (code & 0x3f)));
	return 4;
}

/* `at` is behind a backslash; returns what follows the escape. */
static const char *add_escaped(const char *at, const char *end, struct str *out)
{
	static const char from[] = "bfnrt", to[] = "\b\f\n\r\t";
	const char *known = strchr(from, *at);

	if (*at == 'u')
		return at + 1 + add_code(at + 1, (size_t)(end - at - 1), out);
	str_add_char(out, known ? to[known - from] : *at);
	return at + 1;
}

void flat_json_text(const struct flat_member *m, struct str *out)
{
	const char *at = m->value, *end = at + m->value_len;

	while (at < end) {
		const char *escape = memchr(at, '\\', (size_t)(end - at));

		str_add_n(out, at, (size_t)((escape ? escape : end) - at));
		if (!escape || escape + 1 == end)
			return;
		at = add_escaped(escape + 1, end, out);
	}
}
