/* What lint found, in the forms that people and their tools read. */
#ifndef REHEARSE_LINT_OUTPUT_H
#define REHEARSE_LINT_OUTPUT_H

#include "harness/base/str.h"
#include "harness/lint/lint.h"

struct lint_output_options {
	bool colour;
	bool verbose;		 /* text: every statement with its class and locks */
	bool quiet;		 /* text: no notes */
	unsigned width;		 /* columns; 0: 100 */
	const char *server_note; /* text: how the target was chosen; NULL: it was named */
};

struct lint_output {
	const char *name; /* "text", "json", "sarif", "junit", "github", "gitlab" */
	void (*render)(
		const struct lint *l, const struct lint_output_options *options, struct str *out);
};
extern const struct lint_output lint_outputs[];		      /* ends with a NULL name */
const struct lint_output *lint_output_find(const char *name); /* NULL: there is none */

/* What is counted in every form. Files that are not told do not count. */
struct lint_counts {
	size_t files, statements;
	size_t classes[SQL_CLASS_EXPAND_CONTRACT + 1];
	size_t levels[RULE_ERROR + 1]; /* of findings that are not allowed */
	size_t allowed;
};
void lint_count(const struct lint *l, struct lint_counts *ret);
/* The finding's remedy: its own SQL, or the rule's words. */
const char *lint_remedy(const struct lint_finding *finding);

/* All rules as a table; one in full, for each engine that has one of that name. */
void lint_rules_text(const struct lint_output_options *options, struct str *out);
void lint_rule_text(const char *id, const struct lint_output_options *options, struct str *out);
void lint_rules_json(const char *id, struct str *out); /* a list; NULL: of all */

/* Published: what --format json writes. */
#define LINT_SCHEMA_ID "urn:rehearse:lint:1"
#define LINT_FORMAT 1
const char *lint_schema(void);

#endif
