/* The words that the commands share: a scenario, or a source and migration files. */
#ifndef REHEARSE_COMMAND_OPTIONS_H
#define REHEARSE_COMMAND_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>

#include "harness/base/err.h"
#include "harness/scenario/scenario.h"

struct options {
	const char *scenario; /* path; NULL in the short form */
	char **files;	      /* what is left of argv: migration files, a result; borrowed */
	size_t n_files;
	struct scenario_override *overrides;
	size_t n_overrides, cap_overrides;
	bool small, quiet, verbose, clean, compare;
	const char *output; /* directory (run) or file (report) */
	const char *format;
	/* apply */
	char *target; /* DSN */
	const char *result, *unrehearsed, *in_doubt;
	bool dry_run;
};

/* Reads argv; passwords in --source and --standby are wiped from argv itself. ERR_USAGE. */
int options_parse(int argc, char **argv, struct options *ret, struct err *err);
void options_release(struct options *o);

/* The scenario that the words describe; `command` is named when there are none. */
int options_scenario(
	const struct options *o, const char *command, struct scenario *ret, struct err *err);

#endif
