#include <string.h>

#include "harness/command/command.h"

static const struct command commands[] = {
	{"run", command_run, "rehearse a migration and judge it", command_run_help},
	{"lint", command_lint, "tell what is wrong with migration files, from their text",
		command_lint_help},
	{"rules", command_rules, "the rules of lint, or all about one", command_rules_help},
	{"plan", command_plan, "say what a run would do; touches nothing", command_plan_help},
	{"suggest", command_suggest, "write the safe form of a migration", command_suggest_help},
	{"apply", command_apply, "apply an approved migration in production", command_apply_help},
	{"doctor", command_doctor, "check this machine and the servers; --clean clears leftovers",
		command_doctor_help},
	{"replica", command_replica, "keep copies of a fixture ready for rehearsals",
		command_replica_help},
	{"report", command_report, "draw a saved result again", command_report_help},
	{"version", command_version, "version and engines", command_version_help},
	{"help", command_help, "this list, or all about one command", command_help_help},
	{0},
};

const struct command *command_all(void)
{
	return commands;
}

const struct command *command_find(const char *name)
{
	for (const struct command *c = commands; c->name; c++)
		if (!strcmp(c->name, name))
			return c;
	return NULL;
}

int command_exit_code(const struct err *err)
{
	switch (err->kind) {
	case ERR_USAGE:
	case ERR_UNSUPPORTED:
		return EXIT_USAGE;
	case ERR_NONE:
	case ERR_REFUSED:
	case ERR_FAILED:
	case ERR_INTERRUPTED:
		break;
	}
	return EXIT_NOT_CARRIED_OUT;
}
