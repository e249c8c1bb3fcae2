/* Writes into the files what needs nobody's judgement: the header, and safe forms of statements. */
#ifndef REHEARSE_LINT_FIX_H
#define REHEARSE_LINT_FIX_H

#include "harness/lint/lint.h"
#include "harness/report/draw.h"

/* One place that was changed, in whole lines. */
struct lint_change {
	char *path;
	unsigned line;
	char *before, *after; /* without the last line's end; before is "" where lines came in */
};

/* A statement that has a safe form which cannot stand in its place. */
struct lint_kept {
	char *path;
	unsigned line;
	const char *reason; /* static */
};

struct lint_fixes {
	struct lint_change *changes;
	size_t n_changes, cap_changes;
	struct lint_kept *kept;
	size_t n_kept, cap_kept;
	size_t n_files; /* written */
};

/*
 * `l` was run with config.suggest. Statements that break a rule and whose safe form is mechanical
 * are rewritten, unless a comment allows them; time-outs that the file has set are taken off around
 * concurrent builds and set again; the header is written or made as careful as the file is. Then
 * the files are replaced, each in one step, and l tells of them as they are now. Fixing again
 * changes nothing.
 */
int lint_fix(struct lint *l, struct lint_fixes *ret, struct err *err);
void lint_fixes_release(struct lint_fixes *fixes);
void draw_fixes(const struct canvas *c, const struct lint_fixes *fixes);

#endif
