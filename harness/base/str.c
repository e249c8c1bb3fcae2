#include "harness/base/str.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "harness/base/mem.h"

void str_init(struct str *s, size_t max)
{
	*s = (struct str){.max = max};
}

void str_release(struct str *s)
{
	if (!s)
		return;
	mem_free(s->data);
	*s = (struct str){.max = s->max};
}

void str_clear(struct str *s)
{
	s->len = 0;
	s->cut = false;
	if (s->data)
		s->data[0] = '\0';
}

static size_t room(struct str *s, size_t n)
{
	size_t max = s->max ? s->max : STR_MAX_DEFAULT;

	if (n > max - s->len) {
		n = max - s->len;
		s->cut = true;
	}
	if (s->len + n + 1 > s->cap) {
		size_t cap = s->cap ? s->cap : 64;
		while (cap < s->len + n + 1)
			cap *= 2;
		s->data = mem_resize(s->data, cap, 1);
		s->cap = cap;
	}
	return n;
}

void str_add_n(struct str *s, const char *bytes, size_t n)
{
	n = room(s, n);
	if (n)
		memcpy(s->data + s->len, bytes, n);
	s->len += n;
	s->data[s->len] = '\0';
}

void str_add(struct str *s, const char *text)
{
	str_add_n(s, text, strlen(text));
}

void str_add_char(struct str *s, char c)
{
	str_add_n(s, &c, 1);
}

void str_addf(struct str *s, const char *format, ...)
{
	va_list args, again;
	int n;

	va_start(args, format);
	va_copy(again, args);
	n = vsnprintf(NULL, 0, format, args);
	va_end(args);
	if (n > 0) {
		char *text = mem_alloc((size_t)n + 1);

		vsnprintf(text, (size_t)n + 1, format, again);
		str_add_n(s, text, (size_t)n);
		mem_free(text);
	}
	va_end(again);
}

const char *str_text(const struct str *s)
{
	return s->data ? s->data : "";
}

char *str_take(struct str *s)
{
	char *data = s->data ? s->data : mem_strdup("");

	*s = (struct str){.max = s->max};
	return data;
}
