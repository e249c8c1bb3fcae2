#include <stdio.h>
#include <string.h>

#include "harness/base/interrupt.h"
#include "harness/command/command.h"

static const char *command_name(int argc, char **argv)
{
	if (argc < 2 || !strcmp(argv[1], "--help") || !strcmp(argv[1], "-h"))
		return "help";
	return strcmp(argv[1], "--version") != 0 ? argv[1] : "version";
}

/* `rehearse run --help` asks for the help, not for a run. */
static int asks_for_help(int argc, char **argv)
{
	for (int i = 2; i < argc; i++)
		if (!strcmp(argv[i], "--help") || !strcmp(argv[i], "-h"))
			return 1;
	return 0;
}

int main(int argc, char **argv)
{
	const struct command *command = command_find(command_name(argc, argv));
	struct err err = {0};
	int code;

	interrupt_install();
	if (!command) {
		fprintf(stderr, "rehearse: no command '%s' (see 'rehearse help')\n", argv[1]);
		return EXIT_USAGE;
	}
	if (asks_for_help(argc, argv)) {
		fputs(command->help, stdout);
		return EXIT_APPROVE;
	}
	code = command->run(argc > 1 ? argc - 1 : argc, argc > 1 ? argv + 1 : argv, &err);
	if (code >= 0)
		return code;
	fprintf(stderr, "rehearse: %s\n", err.text);
	return command_exit_code(&err);
}
