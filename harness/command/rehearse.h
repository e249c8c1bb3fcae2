/* What the commands that rehearse share. */
#ifndef REHEARSE_COMMAND_REHEARSE_H
#define REHEARSE_COMMAND_REHEARSE_H

#include "harness/command/options.h"
#include "harness/measure/result.h"

/* Rehearses with progress, saves result.json and report.md into dir, prints the report. r comes
 * initialised. */
int command_rehearse(const struct options *o, const struct scenario *s, const char *dir,
	struct result *r, struct err *err);
int command_verdict_exit(const struct result *r);

/* `run --compare`: the migration as it is, then as suggested; an exit code, or -1. Changes the
 * scenario's migration. */
int command_compare(const struct options *o, struct scenario *s, const char *dir, struct err *err);

#endif
