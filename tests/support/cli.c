#include "tests/support/cli.h"

#include <check.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness/base/clock.h"
#include "harness/base/fs.h"
#include "harness/base/mem.h"
#include "tests/support/suite.h"

#define PROGRESS_TIMEOUT_US 120000000

static char *make_dir(const char *root, const char *name, mode_t mode)
{
	char *path = fs_join(root, name);

	ck_assert_int_eq(mkdir(path, mode), 0);
	ck_assert_int_eq(chmod(path, mode), 0);
	return path;
}

void cli_init(struct cli *c)
{
	struct err err = {0};

	*c = (struct cli){0};
	ck_ok(fs_temp_dir(&c->root, &err), err);
	ck_assert_int_eq(chmod(c->root, 0755), 0);
	c->tmp = make_dir(c->root, "t", 0777);
	c->state = make_dir(c->root, "state", 0700);
	c->output = fs_join(c->root, "output");
}

void cli_release(struct cli *c)
{
	struct err err = {0};

	ck_ok(fs_remove_tree(c->root, &err), err);
	free(c->root);
	free(c->tmp);
	free(c->state);
	free(c->output);
}

static void child(const struct cli *c, const struct cli_run *run, const char *const *words)
{
	const char *build = getenv("REHEARSE_BUILD");
	char *program = mem_printf("%s/rehearse", build ? build : "build");
	const char *argv[64] = {program};
	char *here = realpath("build", NULL);
	char *cache = mem_printf("%s/test-cache", here ? here : "");
	int out = open(run->out_file, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	int errs = open(run->err_file, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	for (size_t i = 0; words[i] && i < 62; i++)
		argv[i + 1] = words[i];
	setpgid(0, 0);
	setenv("TMPDIR", c->tmp, 1);
	setenv("XDG_STATE_HOME", c->state, 1);
	setenv("XDG_CACHE_HOME", cache, 1);
	unsetenv("PGPASSWORD");
	if (c->extra_env)
		putenv(mem_strdup(c->extra_env));
	dup2(open("/dev/null", O_RDONLY), 0);
	dup2(out, 1);
	dup2(errs, 2);
	execv(program, (char *const *)argv);
	_exit(127);
}

void cli_start(struct cli *c, struct cli_run *ret, const char *const *words)
{
	*ret = (struct cli_run){
		.out_file = fs_join(c->root, "stdout"), .err_file = fs_join(c->root, "stderr")};
	unlink(ret->err_file);
	ret->pid = fork();
	ck_assert_int_ge(ret->pid, 0);
	if (ret->pid == 0)
		child(c, ret, words);
}

void cli_wait(struct cli_run *run)
{
	struct err err = {0};
	int status = 0;

	ck_assert_int_eq(waitpid(run->pid, &status, 0), run->pid);
	run->code = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
	ck_ok(fs_read(run->out_file, 0, &run->out, NULL, &err), err);
	ck_ok(fs_read(run->err_file, 0, &run->err, NULL, &err), err);
}

void cli_run(struct cli *c, struct cli_run *ret, const char *const *words)
{
	cli_start(c, ret, words);
	cli_wait(ret);
}

void cli_expect_progress(const struct cli_run *run, const char *text)
{
	uint64_t deadline = clock_us() + PROGRESS_TIMEOUT_US;
	char *seen = NULL;

	while (clock_us() < deadline) {
		MEM_FREE(seen);
		if (!fs_read(run->err_file, 0, &seen, NULL, NULL) && strstr(seen, text)) {
			free(seen);
			return;
		}
		clock_sleep_us(50000);
	}
	ck_abort_msg("'%s' never came; stderr: %s", text, seen ? seen : "");
}

void cli_run_release(struct cli_run *run)
{
	free(run->out);
	free(run->err);
	free(run->out_file);
	free(run->err_file);
}

char *cli_file(struct cli *c, const char *name, const char *text)
{
	char *path = fs_join(c->root, name);
	struct err err = {0};

	ck_ok(fs_write(path, text, strlen(text), 0644, &err), err);
	return path;
}

json_t *cli_result(const struct cli *c)
{
	char *path = fs_join(c->output, "result.json");
	json_error_t error;
	json_t *root = json_load_file(path, 0, &error);

	ck_assert_msg(root != NULL, "%s: %s", path, error.text);
	free(path);
	return root;
}

unsigned cli_entries(const char *dir)
{
	DIR *d = opendir(dir);
	struct dirent *e;
	unsigned n = 0;

	ck_assert_msg(d != NULL, "%s", dir);
	while ((e = readdir(d)))
		n += strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0;
	closedir(d);
	return n;
}

/* The first process whose command line has both, and their number. */
static unsigned processes(const char *dir, const char *part, pid_t *ret_first)
{
	DIR *d = opendir("/proc");
	struct dirent *e;
	unsigned n = 0;

	while ((e = readdir(d))) {
		char *path = mem_printf("/proc/%s/cmdline", e->d_name);
		char *text = NULL;
		size_t len = 0;

		if (e->d_name[0] >= '1' && e->d_name[0] <= '9' &&
			!fs_read(path, 0, &text, &len, NULL) &&
			memmem(text, len, dir, strlen(dir)) &&
			memmem(text, len, part, strlen(part)) && n++ == 0 && ret_first)
			*ret_first = (pid_t)strtol(e->d_name, NULL, 10);
		free(text);
		free(path);
	}
	closedir(d);
	return n;
}

unsigned cli_processes(const char *dir)
{
	return processes(dir, "", NULL);
}

pid_t cli_process(const char *dir, const char *part)
{
	pid_t pid = 0;

	processes(dir, part, &pid);
	ck_assert_msg(pid > 0, "no process of '%s' in '%s'", part, dir);
	return pid;
}
