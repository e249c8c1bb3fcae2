/* The parts of lint_fix(): what they share. */
#ifndef REHEARSE_LINT_FIX_PARTS_H
#define REHEARSE_LINT_FIX_PARTS_H

#include "harness/lint/edit.h"

/* A file that is being fixed. */
struct fixing {
	struct lint *l;
	struct lint_fixes *fixes;
	struct format_file *source;
	char *raw; /* its bytes, with the changes made so far */
	size_t raw_len;
	struct edits edits;
	bool writable, changed;
	bool timeouts_off; /* by what was put in, and not set again yet */
};

/* Rewrites the file's statements where that can be done in place. */
void fix_statements(struct fixing *x, const struct lint_file *f);
void fix_keep(struct fixing *x, const struct lint_file *f, unsigned line, const char *reason);

#endif
