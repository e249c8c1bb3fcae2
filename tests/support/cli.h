/* Runs the built program as a user would, in surroundings of its own. */
#ifndef REHEARSE_TESTS_CLI_H
#define REHEARSE_TESTS_CLI_H

#include <jansson.h>
#include <stdbool.h>
#include <sys/types.h>

/* Directories of one suite; TMPDIR is where runs put their servers, so it must be empty after. */
struct cli {
	char *root;	       /* removed by cli_release() */
	char *tmp;	       /* TMPDIR */
	char *state;	       /* XDG_STATE_HOME */
	char *output;	       /* --output of runs that want one */
	const char *extra_env; /* "NAME=value" set in addition; NULL none */
};
void cli_init(struct cli *c);
void cli_release(struct cli *c);

struct cli_run {
	int code; /* exit code; 128 + signal when killed */
	char *out, *err;
	pid_t pid;
	char *out_file, *err_file;
};

/* Runs `rehearse WORDS...` to its end. The last word is NULL. */
void cli_run(struct cli *c, struct cli_run *ret, const char *const *words);
#define CLI(c, ret, ...) cli_run((c), (ret), (const char *const[]){__VA_ARGS__, NULL})

/* The same in two steps, for tests that interfere. */
void cli_start(struct cli *c, struct cli_run *ret, const char *const *words);
void cli_wait(struct cli_run *run);
/* Waits until the running program's stderr holds text; fails the test after 120 s. */
void cli_expect_progress(const struct cli_run *run, const char *text);
void cli_run_release(struct cli_run *run);

/* A file below root; caller frees. */
char *cli_file(struct cli *c, const char *name, const char *text);
/* OUTPUT/result.json; the test fails when it is not there. */
json_t *cli_result(const struct cli *c);

/* Number of entries in a directory: 0 for TMPDIR once a run has cleared up. */
unsigned cli_entries(const char *dir);
/* Live processes whose command line names the directory. */
unsigned cli_processes(const char *dir);
/* The one whose command line has `part`, too; the test fails when there is none. */
pid_t cli_process(const char *dir, const char *part);

#endif
