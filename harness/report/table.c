#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "harness/base/cleanup.h"
#include "harness/base/mem.h"
#include "harness/base/units.h"
#include "harness/report/draw.h"

#define GAP 2 /* spaces between columns */

void table_release(struct table *t)
{
	mem_free_strings(t->cells, t->n);
	t->cells = NULL;
	t->n = t->cap = 0;
}

void table_add(struct table *t, const char *text)
{
	*MEM_PUSH(t->cells, t->n, t->cap) = draw_clean(text);
}

void table_addf(struct table *t, const char *format, ...)
{
	CLEANUP(cleanup_free) char *text = NULL;
	va_list args;

	va_start(args, format);
	if (vasprintf(&text, format, args) < 0)
		text = NULL;
	va_end(args);
	table_add(t, text);
}

void table_duration(struct table *t, unsigned long long us)
{
	char buf[UNITS_TEXT];

	table_add(t, units_duration_text(us, buf));
}

void table_count(struct table *t, unsigned long long n)
{
	char buf[UNITS_TEXT];

	table_add(t, units_count_text(n, buf));
}

static unsigned column_width(const struct table *t, size_t column)
{
	unsigned width = 0;

	for (size_t i = column; i < t->n; i += t->columns) {
		unsigned w = draw_columns(t->cells[i]);

		width = w > width ? w : width;
	}
	return width;
}

static void draw_cell(const struct canvas *c, const struct table *t, size_t cell, unsigned width)
{
	const char *text = t->cells[cell];
	unsigned pad = width - draw_columns(text);
	bool right = cell % t->columns >= t->left;
	bool empty = !strcmp(text, "0") || !strcmp(text, "–");

	if (right)
		draw_spaces(c, pad);
	draw_text(c, cell < t->columns || empty ? TONE_FAINT : TONE_PLAIN, text);
	if (!right)
		draw_spaces(c, pad);
}

/* Each row as a block of `head  value` lines. */
static void draw_upright(const struct canvas *c, unsigned indent, const struct table *t)
{
	unsigned head = 0;

	for (size_t i = 0; i < t->columns; i++) {
		unsigned w = draw_columns(t->cells[i]);

		head = w > head ? w : head;
	}
	for (size_t i = t->columns; i < t->n; i++) {
		size_t column = i % t->columns;

		if (column == 0) {
			draw_spaces(c, indent);
			draw_wrapped(c, indent, t->cells[i]);
		} else if (*t->cells[i])
			draw_paragraph(c, indent + GAP, t->cells[column], TONE_FAINT,
				indent + GAP + head + GAP, t->cells[i]);
	}
}

/* Columns and rows change places: few rows of many figures fit a narrow terminal so. */
static void turn(const struct table *t, struct table *ret)
{
	size_t rows = t->n / t->columns;

	*ret = (struct table){.columns = rows, .left = 1};
	for (size_t column = 0; column < t->columns; column++) {
		for (size_t row = 0; row < rows; row++)
			table_add(ret, t->cells[row * t->columns + column]);
	}
}

static unsigned table_width(const struct table *t)
{
	unsigned width = 0;

	for (size_t i = 0; i < t->columns; i++)
		width += column_width(t, i) + (i ? GAP : 0);
	return width;
}

static void draw_rows(const struct canvas *c, unsigned indent, const struct table *t)
{
	unsigned at = indent;

	for (size_t i = 0; i < t->n; i++) {
		size_t column = i % t->columns;
		unsigned width = column_width(t, column);

		if (column == 0) {
			draw_spaces(c, indent);
			at = indent;
		}
		if (t->prose && column + 1 == t->columns) {
			draw_wrapped(c, at, t->cells[i]);
			continue;
		}
		draw_cell(c, t, i, width);
		if (column + 1 == t->columns)
			draw_end(c);
		else
			draw_spaces(c, GAP);
		at += width + GAP;
	}
}

void draw_table(const struct canvas *c, unsigned indent, const struct table *t)
{
	unsigned prose = t->prose ? column_width(t, t->columns - 1) : 0;
	unsigned width = indent + table_width(t) - (prose > 30 ? prose - 30 : 0);
	struct table turned;

	if (width <= c->width) {
		draw_rows(c, indent, t);
		return;
	}
	turn(t, &turned);
	if (!t->prose && indent + table_width(&turned) <= c->width)
		draw_rows(c, indent, &turned);
	else
		draw_upright(c, indent, t);
	table_release(&turned);
}
