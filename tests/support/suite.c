#include "tests/support/suite.h"

#include <stdlib.h>

/* Before main(): Check reads it whenever a test case is made. */
__attribute__((constructor)) static void allow_time(void)
{
	setenv("CK_DEFAULT_TIMEOUT", "120", 0);
}

int suite_run(Suite *suite)
{
	SRunner *runner = srunner_create(suite);
	int failed;

	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
