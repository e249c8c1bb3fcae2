/* The parts of lint_run(): what they share. */
#ifndef REHEARSE_LINT_PARTS_H
#define REHEARSE_LINT_PARTS_H

#include "harness/lint/lint.h"

/* Rules about files, by name, so that a typing error does not compile. */
enum file_rule {
	FILE_HEADER_MISSING,
	FILE_HEADER_WRONG,
	FILE_HEADER_CAREFUL,
	FILE_DIRECTIVE_WRONG,
	FILE_ALLOW_WITHOUT_REASON,
	FILE_ALLOW_UNKNOWN,
	FILE_ALLOW_UNUSED,
	FILE_STATEMENT_UNKNOWN,
};

/* ---- findings.c ---- */
struct lint_finding *finding_add(struct lint *l, const struct lint_rule *rule,
	const struct lint_file *f, size_t offset, size_t len, const char *format, ...)
	__attribute__((format(printf, 6, 7))); /* valid until the next one */
void finding_add_hit(struct lint *l, const struct lint_file *f, const struct lint_statement *s,
	const struct rule_hit *hit);
/* Marks what the files' comments allow; comments that allowed nothing become findings. */
void findings_allow(struct lint *l, struct lint_file *f, size_t first);
void findings_sort(struct lint *l, size_t first); /* those from the first one on, by place */

/* ---- directives.c ---- */
/* Reads the comments of the file; what is wrong with them becomes findings. */
void directives_read(struct lint *l, struct lint_file *f);
void directives_release(struct lint_directives *d);
void header_check(struct lint *l, const struct lint_file *f);

/* ---- walk.c ---- */
void walk_file(struct lint *l, struct lint_file *f, struct analysis_state *state);

#endif
