/* The words of `rehearse lint`. */
#ifndef REHEARSE_COMMAND_LINT_OPTIONS_H
#define REHEARSE_COMMAND_LINT_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>

#include "harness/lint/lint.h"
#include "harness/lint/output.h"

struct lint_options {
	struct lint_config config;
	const struct lint_output *format;
	const char *output; /* file; NULL: stdout */
	char *source;	    /* DSN of the server that is asked for its version; NULL: none */
	bool server_named, version_named, quiet, verbose, fix;
	const char *const *paths; /* what is left of argv */
	size_t n_paths;
	struct server_setting *placeholders;
	size_t n_placeholders, cap_placeholders;
};

int lint_options_parse(int argc, char **argv, struct lint_options *ret, struct err *err);
void lint_options_release(struct lint_options *o);

#endif
