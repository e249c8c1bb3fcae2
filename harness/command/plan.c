#include <stdio.h>

#include "harness/base/cleanup.h"
#include "harness/command/command.h"
#include "harness/command/options.h"
#include "harness/rehearsal/rehearsal.h"

const char command_plan_help[] =
	"usage: rehearse plan SCENARIO [options]\n"
	"       rehearse plan --source DSN MIGRATION... [options]\n"
	"\n"
	"Says all that 'rehearse run' with the same words would do, step by step, and touches\n"
	"nothing. Options as for 'run'.\n";

int command_plan(int argc, char **argv, struct err *err)
{
	CLEANUP(cleanup_str) struct str text = {0};
	struct options o;
	struct scenario s;
	int failed;

	if (options_parse(argc, argv, &o, err))
		return -1;
	if (options_scenario(&o, "plan", &s, err)) {
		options_release(&o);
		return -1;
	}
	failed = rehearsal_plan(&s, &text, err);
	if (!failed)
		fputs(str_text(&text), stdout);
	scenario_release(&s);
	options_release(&o);
	return failed ? -1 : EXIT_APPROVE;
}
