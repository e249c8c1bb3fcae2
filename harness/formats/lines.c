#include "harness/formats/lines.h"

#include <string.h>
#include <strings.h>

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\f' || c == '\v';
}

bool next_line(const char *text, size_t len, struct line *line)
{
	const char *end = text + len, *at = line->text ? line->text + line->len + 1 : text;
	const char *stop;

	if (at >= end)
		return false;
	stop = memchr(at, '\n', (size_t)(end - at));
	*line = (struct line){at, (size_t)((stop ? stop : end) - at), line->n + 1};
	return true;
}

static struct words trimmed(const char *text, size_t len)
{
	while (len && is_blank(*text))
		text++, len--;
	while (len && is_blank(text[len - 1]))
		len--;
	return (struct words){text, len};
}

bool line_is_blank(const struct line *line)
{
	return !trimmed(line->text, line->len).len;
}

bool line_is_comment(const struct line *line)
{
	struct words w = trimmed(line->text, line->len);

	return w.len >= 2 && !memcmp(w.text, "--", 2);
}

bool line_directive(const struct line *line, const char *mark, struct words *ret)
{
	struct words w = trimmed(line->text, line->len);
	size_t n = strlen(mark);

	if (w.len < 2 || memcmp(w.text, "--", 2))
		return false;
	w = trimmed(w.text + 2, w.len - 2);
	if (w.len < n || strncasecmp(w.text, mark, n))
		return false;
	/* "+gooseberry" is no directive, "migrate:up" is one. */
	if (mark[n - 1] != ':' && w.len > n && !is_blank(w.text[n]))
		return false;
	*ret = trimmed(w.text + n, w.len - n);
	return true;
}

bool words_are(const struct words *w, const char *text)
{
	return w->len == strlen(text) && !strncasecmp(w->text, text, w->len);
}

bool words_next(struct words *w, struct words *ret)
{
	size_t n = 0;

	*w = trimmed(w->text, w->len);
	while (n < w->len && !is_blank(w->text[n]))
		n++;
	*ret = (struct words){w->text, n};
	*w = trimmed(w->text + n, w->len - n);
	return n > 0;
}

unsigned find_directive(const char *text, size_t len, const char *mark)
{
	struct line line = {0};
	struct words words;

	while (next_line(text, len, &line))
		if (line_directive(&line, mark, &words))
			return line.n;
	return 0;
}

void blank_line(char *copy, const char *text, const struct line *line)
{
	char *at = copy + (line->text - text);

	for (size_t i = 0; i < line->len; i++)
		if (at[i] != '\r')
			at[i] = ' ';
}
