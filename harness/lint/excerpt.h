/* A line of a source with carets below the place that is meant, for a terminal. */
#ifndef REHEARSE_LINT_EXCERPT_H
#define REHEARSE_LINT_EXCERPT_H

#include "harness/report/draw.h"

/* A piece of source for a terminal, its tabs as blanks; caller frees. */
char *excerpt_text(const char *text, size_t len);
/* `mark` and `mark_len` are bytes into the line's text, which is `len` bytes long. Long lines are
 * cut so that the place is in view. */
void draw_excerpt(const struct canvas *c, unsigned indent, enum tone tone, unsigned line,
	const char *text, size_t len, size_t mark, size_t mark_len);

#endif
