/*
 * Drawing on a terminal: wrapped paragraphs, tables, colours. Every text that comes in is made
 * harmless on its way out, so no caller can forget it.
 */
#ifndef REHEARSE_REPORT_DRAW_H
#define REHEARSE_REPORT_DRAW_H

#include <stdbool.h>
#include <stddef.h>

#include "harness/base/str.h"

enum tone { TONE_PLAIN, TONE_STRONG, TONE_FAINT, TONE_GOOD, TONE_BAD, TONE_WARN };

struct canvas {
	struct str *out;
	unsigned width; /* columns */
	bool colour;
};

/* One line of well-formed UTF-8 without control, direction or invisible characters: white space
 * becomes a space, the rest of these U+FFFD. Caller frees; NULL gives "". */
char *draw_clean(const char *text);
unsigned draw_columns(const char *text); /* of clean text, on a terminal */

/* Text in a tone, without a line's end. */
void draw_text(const struct canvas *c, enum tone tone, const char *text);
void draw_end(const struct canvas *c); /* the line's */
void draw_spaces(const struct canvas *c, unsigned n);
void draw_heading(const struct canvas *c, const char *text); /* after an empty line, with a rule */

/* `label` at column `indent`, then the text wrapped between column `hang` and the width. */
void draw_paragraph(const struct canvas *c, unsigned indent, const char *label, enum tone tone,
	unsigned hang, const char *text);

/* Goes on where the line is, which is column `hang`. */
void draw_wrapped(const struct canvas *c, unsigned hang, const char *text);

/* A table of texts; the first row is its head. Numbers are right-aligned. */
struct table {
	char **cells;
	size_t n, cap;
	size_t columns;
	size_t left; /* so many columns are left-aligned, the others right-aligned */
	bool prose;  /* the last column is prose: it may wrap */
};

void table_release(struct table *t);
void table_add(struct table *t, const char *text); /* the next cell, made harmless */
void table_addf(struct table *t, const char *format, ...) __attribute__((format(printf, 2, 3)));
void table_duration(struct table *t, unsigned long long us);
void table_count(struct table *t, unsigned long long n);
/* Turned on its side when it is too wide. */
void draw_table(const struct canvas *c, unsigned indent, const struct table *t);

#endif
