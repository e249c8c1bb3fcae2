/*
 * Files that hold the way up and the way down, told apart by comments. Private to harness/formats.
 */
#ifndef REHEARSE_FORMATS_LINES_H
#define REHEARSE_FORMATS_LINES_H

#include <stdbool.h>
#include <stddef.h>

struct line {
	const char *text; /* in the file, without the line's end */
	size_t len;
	unsigned n; /* from 1 */
};

/* The next line: begin with a zeroed one. */
bool next_line(const char *text, size_t len, struct line *line);
bool line_is_blank(const struct line *line);   /* nothing but blanks */
bool line_is_comment(const struct line *line); /* "--" and what follows */

/* What stands behind "-- MARK" on a line, without blanks around it; false: another line. */
struct words {
	const char *text;
	size_t len;
};
bool line_directive(const struct line *line, const char *mark, struct words *ret);
/* Whether it is this word, in any case. */
bool words_are(const struct words *w, const char *text);
/* Takes the first word off; false: none is left. */
bool words_next(struct words *w, struct words *ret);

/* The first line with such a directive; 0: none. */
unsigned find_directive(const char *text, size_t len, const char *mark);

/* Turns the line in `copy` of `text` into spaces. */
void blank_line(char *copy, const char *text, const struct line *line);

#endif
