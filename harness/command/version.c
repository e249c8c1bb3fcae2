#include <stdio.h>

#include "adapters/engine.h"
#include "harness/command/command.h"

const char command_version_help[] =
	"usage: rehearse version\n\nPrints the version and the engines that are built in.\n";

int command_version(int argc, char **argv, struct err *err)
{
	(void)argv;
	if (argc > 1)
		return err_set(err, ERR_USAGE, "'version' takes no words");
	printf("rehearse %s\n", REHEARSE_VERSION);
	for (const struct engine *const *e = engine_all(); *e; e++) {
		printf("engine %s (%s), providers", (*e)->name, (*e)->dialect->parser_version);
		for (const struct provider *const *p = (*e)->providers; *p; p++)
			printf(" %s", (*p)->name);
		printf("\n");
	}
	return EXIT_APPROVE;
}
