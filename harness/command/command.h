/* The commands: one file each, thin over the library. Only commands print. */
#ifndef REHEARSE_COMMAND_COMMAND_H
#define REHEARSE_COMMAND_COMMAND_H

#include "harness/base/err.h"

enum exit_code {
	EXIT_APPROVE = 0,
	EXIT_REJECT = 1,
	EXIT_FINDINGS = 1, /* of lint */
	EXIT_USAGE = 2,
	EXIT_NOT_CARRIED_OUT = 3,
	EXIT_INCONCLUSIVE = 4,
};

/*
 * argv[0] is the command's name. Returns an enum exit_code, or -1 with err set, which main()
 * prints once and turns into an exit code.
 */
typedef int command_function(int argc, char **argv, struct err *err);

struct command {
	const char *name;
	command_function *run;
	const char *summary; /* one line */
	const char *help;    /* usage and options */
};

const struct command *command_all(void); /* ends with a NULL name */
const struct command *command_find(const char *name);

command_function command_run, command_plan, command_doctor, command_report, command_lint,
	command_rules, command_version, command_help, command_apply, command_suggest,
	command_replica;

extern const char command_run_help[], command_plan_help[], command_doctor_help[],
	command_report_help[], command_lint_help[], command_rules_help[], command_version_help[],
	command_help_help[], command_apply_help[], command_suggest_help[], command_replica_help[];

/* The exit code of an error kind. */
int command_exit_code(const struct err *err);

#endif
