#include "harness/report/draw.h"

#include <stdint.h>
#include <string.h>

#include "harness/base/cleanup.h"
#include "harness/base/mem.h"

#define REPLACEMENT "\xef\xbf\xbd"

struct range {
	uint32_t first, last;
};

/* What a terminal obeys, or a reader cannot see: C0 and C1, soft hyphen, marks of direction and
 * joining, separators, variation selectors, byte order mark, tags. */
static const struct range unsafe[] = {{0x00, 0x1f}, {0x7f, 0x9f}, {0xad, 0xad}, {0x61c, 0x61c},
	{0x180e, 0x180e}, {0x200b, 0x200f}, {0x2028, 0x202e}, {0x2060, 0x206f}, {0xfe00, 0xfe0f},
	{0xfeff, 0xfeff}, {0xfff0, 0xfffb}, {0xe0000, 0xe0fff}};

static const struct range wide[] = {{0x1100, 0x115f}, {0x2e80, 0x303e}, {0x3041, 0xa4cf},
	{0xac00, 0xd7a3}, {0xf900, 0xfaff}, {0xfe30, 0xfe6f}, {0xff00, 0xff60}, {0xffe0, 0xffe6},
	{0x1f300, 0x1f64f}, {0x1f680, 0x1f6ff}, {0x1f900, 0x1f9ff}, {0x20000, 0x3fffd}};

static const struct range combining[] = {{0x300, 0x36f}, {0x483, 0x489}, {0x591, 0x5bd},
	{0x610, 0x61a}, {0x64b, 0x65f}, {0x1ab0, 0x1aff}, {0x1dc0, 0x1dff}, {0x20d0, 0x20ff},
	{0xfe20, 0xfe2f}};

#define WITHIN(ranges, c) within((ranges), sizeof(ranges) / sizeof((ranges)[0]), (c))

static bool within(const struct range *ranges, size_t n, uint32_t c)
{
	for (size_t i = 0; i < n; i++) {
		if (c >= ranges[i].first && c <= ranges[i].last)
			return true;
	}
	return false;
}

/* Bytes of the character at s, and the character; 0 when it is not well-formed UTF-8. */
static size_t decode(const char *text, uint32_t *ret)
{
	static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
	const unsigned char *s = (const unsigned char *)text;
	size_t n = *s < 0x80 ? 1
		: *s < 0xc0  ? 0
		: *s < 0xe0  ? 2
		: *s < 0xf0  ? 3
		: *s < 0xf8  ? 4
			     : 0;
	uint32_t c = n == 1 ? *s : n == 2 ? *s & 0x1f : n == 3 ? *s & 0x0f : *s & 0x07;

	for (size_t i = 1; i < n; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return 0;
		c = c << 6 | (s[i] & 0x3f);
	}
	if (n == 0 || c < least[n] || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
		return 0;
	*ret = c;
	return n;
}

char *draw_clean(const char *text)
{
	struct str out = {0};

	for (const char *s = text ? text : ""; *s;) {
		uint32_t c = 0;
		size_t n = decode(s, &c);

		if (n == 1 && strchr("\t\n\v\f\r", (int)c)) {
			if (out.len && out.data[out.len - 1] != ' ')
				str_add_char(&out, ' ');
		} else if (n == 0 || WITHIN(unsafe, c)) {
			str_add(&out, REPLACEMENT);
		} else {
			str_add_n(&out, s, n);
		}
		s += n ? n : 1;
	}
	return str_take(&out);
}

static unsigned columns_of(uint32_t c)
{
	return WITHIN(combining, c) ? 0 : WITHIN(wide, c) ? 2 : 1;
}

unsigned draw_columns(const char *text)
{
	unsigned columns = 0;

	while (*text) {
		uint32_t c = 0;
		size_t n = decode(text, &c);

		columns += n ? columns_of(c) : 1;
		text += n ? n : 1;
	}
	return columns;
}

static void add_toned(const struct canvas *c, enum tone tone, const char *bytes, size_t n)
{
	static const char *const codes[] = {"", "1", "2", "1;32", "1;31", "1;33"};
	bool coloured = c->colour && tone != TONE_PLAIN && n;

	if (coloured)
		str_addf(c->out, "\x1b[%sm", codes[tone]);
	str_add_n(c->out, bytes, n);
	if (coloured)
		str_add(c->out, "\x1b[0m");
}

void draw_text(const struct canvas *c, enum tone tone, const char *text)
{
	CLEANUP(cleanup_free) char *clean = draw_clean(text);

	add_toned(c, tone, clean, strlen(clean));
}

void draw_end(const struct canvas *c)
{
	while (c->out->len && c->out->data[c->out->len - 1] == ' ')
		c->out->data[--c->out->len] = '\0';
	str_add_char(c->out, '\n');
}

void draw_spaces(const struct canvas *c, unsigned n)
{
	while (n--)
		str_add_char(c->out, ' ');
}

void draw_heading(const struct canvas *c, const char *text)
{
	CLEANUP(cleanup_str) struct str rule = {0};
	unsigned used = draw_columns(text) + 1;

	str_add_char(c->out, '\n');
	add_toned(c, TONE_STRONG, text, strlen(text));
	str_add_char(&rule, ' ');
	for (unsigned i = used; i < c->width; i++)
		str_add(&rule, "─");
	add_toned(c, TONE_FAINT, str_text(&rule), rule.len);
	draw_end(c);
}

/* The space in `2.00 s` or `84 %` holds a figure and its unit together. */
static bool before_unit(const char *text, size_t space)
{
	return space > 0 && text[space - 1] >= '0' && text[space - 1] <= '9' &&
		strcspn(text + space + 1, " ,;:)") <= 3;
}

/* Bytes of text that fit into `room` columns: up to the last space, or cut in a long word. */
static size_t fitting(const char *text, unsigned room)
{
	size_t at = 0, space = 0;
	unsigned columns = 0;

	while (text[at]) {
		uint32_t c = 0;
		size_t n = decode(text + at, &c);

		if (text[at] == ' ' && !before_unit(text, at))
			space = at;
		columns += n ? columns_of(c) : 1;
		if (columns > room)
			return space ? space : at ? at : n ? n : 1;
		at += n ? n : 1;
	}
	return at;
}

static void wrap(const struct canvas *c, unsigned hang, const char *clean)
{
	unsigned room = c->width > hang + 20 ? c->width - hang : 20;

	while (*clean) {
		size_t n = fitting(clean, room);

		str_add_n(c->out, clean, n);
		draw_end(c);
		clean += n;
		while (*clean == ' ')
			clean++;
		if (*clean)
			draw_spaces(c, hang);
	}
}

void draw_wrapped(const struct canvas *c, unsigned hang, const char *text)
{
	CLEANUP(cleanup_free) char *clean = draw_clean(text);

	if (*clean)
		wrap(c, hang, clean);
	else
		draw_end(c);
}

void draw_paragraph(const struct canvas *c, unsigned indent, const char *label, enum tone tone,
	unsigned hang, const char *text)
{
	CLEANUP(cleanup_free) char *clean = draw_clean(text);
	CLEANUP(cleanup_free) char *name = draw_clean(label);
	unsigned used = indent + draw_columns(name);

	draw_spaces(c, indent);
	add_toned(c, tone, name, strlen(name));
	if (!*clean) {
		draw_end(c);
		return;
	}
	draw_spaces(c, used < hang ? hang - used : *name ? 1 : 0);
	wrap(c, hang, clean);
}
