#include <stdio.h>
#include <string.h>

#include "harness/base/cleanup.h"
#include "harness/command/command.h"
#include "harness/command/progress.h"
#include "harness/lint/output.h"

const char command_rules_help[] =
	"usage: rehearse rules [RULE] [--json]\n"
	"\n"
	"Lists the rules of 'rehearse lint', or explains one: what it detects, why that harms,\n"
	"what to write instead, for which servers, and where their documentation tells more.\n"
	"\n"
	"  --json   the same as JSON\n";

static int check(const char *id, struct err *err)
{
	const char *nearest = lint_rule_nearest(id);

	if (lint_rule_find(NULL, id))
		return 0;
	if (nearest)
		return err_set(err, ERR_USAGE, "no rule '%s': did you mean '%s'?", id, nearest);
	return err_set(err, ERR_USAGE, "no rule '%s' (see 'rehearse rules')", id);
}

int command_rules(int argc, char **argv, struct err *err)
{
	CLEANUP(cleanup_str) struct str out = {0};
	struct lint_output_options options = {
		.colour = progress_colour(stdout), .width = progress_width(stdout)};
	const char *id = NULL;
	bool json = false;

	for (int i = 1; i < argc; i++) {
		if (!strcmp(argv[i], "--json"))
			json = true;
		else if (*argv[i] == '-')
			return err_set(err, ERR_USAGE,
				"unknown option '%s' (see 'rehearse help rules')", argv[i]);
		else if (id)
			return err_set(err, ERR_USAGE, "'rules' takes one rule at most");
		else
			id = argv[i];
	}
	if (id && check(id, err))
		return -1;
	if (json)
		lint_rules_json(id, &out);
	else if (id)
		lint_rule_text(id, &options, &out);
	else
		lint_rules_text(&options, &out);
	fwrite(str_text(&out), 1, out.len, stdout);
	return EXIT_APPROVE;
}
