#include <stdio.h>

#include "harness/command/command.h"

const char command_help_help[] =
	"usage: rehearse help [COMMAND]\n\nSays what the commands do, or all about one.\n";

int command_help(int argc, char **argv, struct err *err)
{
	const struct command *command;

	if (argc > 2)
		return err_set(err, ERR_USAGE, "'help' takes one command at most");
	if (argc == 2 && *argv[1] != '-') {
		command = command_find(argv[1]);
		if (!command)
			return err_set(
				err, ERR_USAGE, "no command '%s' (see 'rehearse help')", argv[1]);
		fputs(command->help, stdout);
		return EXIT_APPROVE;
	}
	puts("rehearse: runs a schema migration under traffic on a disposable replica, and says\n"
	     "approve, reject or inconclusive before production sees it.\n");
	for (command = command_all(); command->name; command++)
		printf("  rehearse %-9s %s\n", command->name, command->summary);
	puts("\n'rehearse help COMMAND' tells more.");
	return EXIT_APPROVE;
}
