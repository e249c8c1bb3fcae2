/* A line of the source with a mark below the place that is meant. */
#include "harness/lint/excerpt.h"

#include <string.h>

#include "harness/base/cleanup.h"
#include "harness/base/mem.h"

#define TAB 4
#define ELLIPSIS "…"

char *excerpt_text(const char *text, size_t len)
{
	struct str out = {0};
	CLEANUP(cleanup_free) char *raw = NULL;

	for (size_t i = 0; i < len; i++) {
		if (text[i] != '\t') {
			str_add_char(&out, text[i] ? text[i] : ' ');
			continue;
		}
		do
			str_add_char(&out, ' ');
		while (out.len % TAB);
	}
	raw = str_take(&out);
	return draw_clean(raw);
}

/* Bytes of the longest beginning of text that takes at most so many columns. */
static size_t head(const char *text, unsigned columns)
{
	size_t n = 0;

	while (text[n]) {
		size_t next = n + 1;
		CLEANUP(cleanup_free) char *part = NULL;

		while ((text[next] & 0xC0) == 0x80)
			next++;
		part = mem_strndup(text, next);
		if (draw_columns(part) > columns)
			break;
		n = next;
	}
	return n;
}

/* The end of text that takes at most so many columns. */
static const char *tail(const char *text, unsigned columns)
{
	while (draw_columns(text) > columns) {
		text++;
		while ((*text & 0xC0) == 0x80)
			text++;
	}
	return text;
}

static void draw_gutter(const struct canvas *c, unsigned line, unsigned width)
{
	CLEANUP(cleanup_free)
	char *text = line ? mem_printf("%*u │ ", (int)width, line)
			  : mem_printf("%*s │ ", (int)width, "");

	draw_text(c, TONE_FAINT, text);
}

void draw_excerpt(const struct canvas *c, unsigned indent, enum tone tone, unsigned line,
	const char *text, size_t len, size_t mark, size_t mark_len)
{
	size_t end = mark + mark_len < len ? mark + mark_len : len;
	CLEANUP(cleanup_free) char *before = excerpt_text(text, mark < len ? mark : len);
	CLEANUP(cleanup_free) char *to_mark_end = excerpt_text(text, end);
	CLEANUP(cleanup_free) char *all = excerpt_text(text, len);
	unsigned number = 3, room = c->width - indent - number - 3;
	unsigned start = draw_columns(before), stop = draw_columns(to_mark_end);
	const char *shown = all;
	bool cut = start > room * 2 / 3;

	/* The place is in view, whatever stands before it. */
	if (cut) {
		shown = tail(all, draw_columns(all) - start + room / 4);
		stop -= start - room / 4 - 1;
		start = room / 4 + 1;
	}
	draw_spaces(c, indent);
	draw_gutter(c, line, number);
	if (cut)
		draw_text(c, TONE_FAINT, ELLIPSIS);
	room -= cut;
	if (draw_columns(shown) > room) {
		CLEANUP(cleanup_free) char *part = mem_strndup(shown, head(shown, room - 1));

		draw_text(c, TONE_PLAIN, part);
		draw_text(c, TONE_FAINT, ELLIPSIS);
	} else {
		draw_text(c, TONE_PLAIN, shown);
	}
	draw_end(c);
	draw_spaces(c, indent);
	draw_gutter(c, 0, number);
	draw_spaces(c, start);
	CLEANUP(cleanup_str) struct str carets = {0};

	do
		str_add_char(&carets, '^');
	while (++start < stop && start < room);
	draw_text(c, tone, str_text(&carets));
	draw_end(c);
}
