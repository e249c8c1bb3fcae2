#include "tests/support/suite.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness/base/clock.h"
#include "harness/base/fs.h"
#include "harness/base/mem.h"

#define REMOVE_ATTEMPTS 100

/* All that the suite makes lies in one directory, and goes with it however the suite ends. */
static char dir[512];
static pid_t owner;

/* What a test that failed had mounted; deepest last, so that the file is read again after each. */
static bool unmount_one(void)
{
	char line[4096], path[4096];
	bool found = false;
	FILE *f = fopen("/proc/self/mounts", "r");

	while (f && !found && fgets(line, sizeof(line), f))
		found = sscanf(line, "%*s %4095s", path) == 1 && !strncmp(path, dir, strlen(dir));
	if (f)
		fclose(f);
	return found && umount2(path, MNT_DETACH) == 0;
}

/* Servers of a test that failed die with it, but not at once. */
static void remove_all(void)
{
	struct err err = {0};

	if (getpid() != owner)
		return; /* a test that ends */
	while (unmount_one())
		;
	for (int i = 0; i < REMOVE_ATTEMPTS && fs_remove_tree(dir, &err); i++) {
		err_clear(&err);
		clock_sleep_us(100000);
	}
}

static void on_signal(int sig)
{
	int status;
	pid_t pid = getpid() == owner ? fork() : -1;

	if (pid == 0) {
		execlp("rm", "rm", "-rf", dir, (char *)NULL);
		_exit(127);
	}
	if (pid > 0)
		waitpid(pid, &status, 0);
	signal(sig, SIG_DFL);
	raise(sig);
}

/* Before main(): Check reads the time-out whenever a test case is made. */
__attribute__((constructor)) static void prepare(void)
{
	const char *base = getenv("TMPDIR");

	setenv("CK_DEFAULT_TIMEOUT", "120", 0);
	snprintf(
		dir, sizeof(dir), "%s/rehearse-suite-XXXXXX", base && *base == '/' ? base : "/tmp");
	if (!mkdtemp(dir) || chmod(dir, 01777)) {
		perror(dir);
		exit(EXIT_FAILURE);
	}
	owner = getpid();
	setenv("TMPDIR", dir, 1);
	atexit(remove_all);
	signal(SIGINT, on_signal);
	signal(SIGTERM, on_signal);
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
