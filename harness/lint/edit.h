/* Changes to a file's text, gathered first and made at once. */
#ifndef REHEARSE_LINT_EDIT_H
#define REHEARSE_LINT_EDIT_H

#include "harness/lint/fix.h"

struct edit {
	size_t offset, len; /* what is taken out */
	char *text;	    /* what is put in */
};

struct edits {
	struct edit *items;
	size_t n, cap;
};

void edits_add(struct edits *e, size_t offset, size_t len, char *text); /* takes text over */
void edits_release(struct edits *e);
/* The text with all edits made; caller frees. Edits are in order and do not overlap. */
char *edits_apply(const struct edits *e, const char *text, size_t len, size_t *ret_len);
/* Tells them as changes of whole lines of `text`. */
void edits_tell(const struct edits *e, const char *path, const char *text, size_t len,
	struct lint_fixes *fixes);

#endif
