/* The renderers behind the table in output.c. */
#ifndef REHEARSE_LINT_RENDERERS_H
#define REHEARSE_LINT_RENDERERS_H

#include <jansson.h>

#include "harness/lint/output.h"

typedef void lint_renderer(
	const struct lint *l, const struct lint_output_options *options, struct str *out);
lint_renderer render_lint_text, render_lint_json, render_lint_sarif, render_lint_junit,
	render_lint_github, render_lint_gitlab;

/* Adds the value to `out`, indented, with a final newline, and drops it. */
void add_json(struct str *out, json_t *value);
json_t *rule_object(const struct lint_rule *rule);
/* A path as a relative URI reference, or a file: URI when it is absolute; caller frees. */
char *path_uri(const char *path);

#endif
