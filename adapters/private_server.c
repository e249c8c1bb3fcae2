#include "adapters/private_server.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "harness/base/cleanup.h"
#include "harness/base/clock.h"
#include "harness/base/fs.h"
#include "harness/base/interrupt.h"
#include "harness/base/mem.h"

#define STOP_TIMEOUT_US 30000000
#define READY_STEP_US 5000

int private_server_open(struct private_server *s, const char *user, const char *dir,
	const char *socket, struct journal *journal, struct err *err)
{
	struct sockaddr_un address;

	*s = (struct private_server){.journal = journal};
	if (strlen(dir) + 1 + strlen(socket) + 1 > sizeof(address.sun_path))
		return err_set(err, ERR_FAILED,
			"cannot put a server's socket into '%s': the path is too long (set TMPDIR "
			"to a shorter one)",
			dir);
	proc_server_user(user, &s->user);
	s->dir = mem_strdup(dir);
	s->data_dir = fs_join(dir, "data");
	s->log_dir = fs_join(dir, "log");
	if (fs_mkdirs(s->dir, 0700, err) || fs_mkdirs(s->log_dir, 0700, err))
		return -1;
	if (chmod(s->dir, 0700))
		return err_set(err, ERR_FAILED, "cannot close '%s' to others", dir);
	if (geteuid() == 0 && fs_chown_tree(s->dir, s->user.uid, s->user.gid, err))
		return -1;
	return 0;
}

void private_server_release(struct private_server *s)
{
	free(s->dir);
	free(s->data_dir);
	free(s->log_dir);
	*s = (struct private_server){0};
}

int private_server_run(const struct private_server *s, const char *program, const char *const *argv,
	const char *const *env, const char *input, struct str *ret_out, struct err *err)
{
	const char **args = NULL;
	size_t n = 0, cap = 0;
	int result;

	*MEM_PUSH(args, n, cap) = program;
	for (size_t i = 1; argv[i]; i++)
		*MEM_PUSH(args, n, cap) = argv[i];
	(void)MEM_PUSH(args, n, cap);
	result = proc_run(
		&(struct proc_spec){
			.argv = args, .env = env, .user = &s->user, .dir = s->dir, .input = input},
		ret_out, err);
	free(args);
	return result;
}

int private_server_write(
	const struct private_server *s, const char *name, const char *text, struct err *err)
{
	CLEANUP(cleanup_free) char *path = fs_join(s->dir, name);

	if (fs_write(path, text, strlen(text), 0600, err))
		return -1;
	if (geteuid() == 0 && chown(path, s->user.uid, s->user.gid))
		return err_set(err, ERR_FAILED, "cannot give away '%s'", path);
	return 0;
}

/* ---- the process ---- */

static int wait_until_ready(
	struct private_server *s, const struct private_start *how, struct err *err)
{
	uint64_t deadline = clock_us() + how->timeout_us;

	while (!how->ready(how->ctx)) {
		if (!private_server_alive(s)) {
			CLEANUP(cleanup_free) char *words = how->last_words(how->ctx);

			return err_set(err, ERR_FAILED, "the server in '%s' did not start: %s",
				s->dir, words ? words : "it left no message");
		}
		if (interrupt_check(err))
			return -1;
		if (clock_us() >= deadline)
			return err_set(err, ERR_FAILED, "the server in '%s' was not ready in time",
				s->dir);
		clock_sleep_us(READY_STEP_US);
	}
	return 0;
}

int private_server_begin(struct private_server *s, const struct private_start *how, struct err *err)
{
	CLEANUP(cleanup_free) char *output = fs_join(s->dir, how->output);
	struct proc_spec spec = {.argv = how->argv,
		.dir = s->dir,
		.output = output,
		.user = &s->user,
		.death_signal = how->stop_signal};

	if (proc_start(&spec, &s->pid, err))
		return -1;
	if (s->journal && journal_process(s->journal, s->pid, how->name, err)) {
		proc_end(s->pid, how->quit_signal, STOP_TIMEOUT_US, NULL);
		s->pid = 0;
		return -1;
	}
	return 0;
}

int private_server_wait(struct private_server *s, const struct private_start *how, struct err *err)
{
	if (!wait_until_ready(s, how, err))
		return 0;
	private_server_end(s, how->stop_signal, NULL);
	return -1;
}

int private_server_end(struct private_server *s, int sig, struct err *err)
{
	pid_t pid = s->pid;

	if (pid <= 0)
		return 0;
	if (proc_end(pid, sig, STOP_TIMEOUT_US, err))
		return -1;
	s->pid = 0;
	return s->journal ? journal_drop(s->journal, NULL, pid, err) : 0;
}

bool private_server_alive(const struct private_server *s)
{
	return s->pid > 0 && proc_alive(s->pid);
}

/* ---- what it said ---- */

char *private_server_last_words(const struct private_server *s, const char *const *names,
	const char *const *words, const char **ret_word)
{
	for (; *names; names++) {
		CLEANUP(cleanup_free) char *path = fs_join(s->dir, *names);
		char *text = NULL, *last = NULL;
		size_t len = 0;

		if (fs_read(path, 0, &text, &len, NULL))
			continue;
		for (size_t i = 0; words[i]; i++)
			for (char *p = text; (p = strstr(p, words[i])); p++)
				last = !last || p > last ? p : last;
		if (last) {
			*strchrnul(last, '\n') = '\0';
			*ret_word = last;
			return text;
		}
		free(text);
	}
	return NULL;
}
