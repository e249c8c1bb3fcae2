#include "harness/base/proc.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <inttypes.h>
#include <linux/close_range.h>
#include <poll.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness/base/cleanup.h"
#include "harness/base/clock.h"
#include "harness/base/fs.h"
#include "harness/base/interrupt.h"
#include "harness/base/mem.h"

#define POLL_STEP_US 20000
#define END_GRACE_US 5000000
#define LAST_READS 64 /* more than a pipe holds */
#define OPEN_STEP_MS 100
#define CLOSED_STEP_MS 2 /* a child that closed its pipes usually ends at once */

static const char *const default_path =
	"/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

char *proc_find(const char *name)
{
	const char *path = getenv("PATH");
	CLEANUP(cleanup_free) char *copy = mem_strdup(path ? path : default_path);
	char *save = NULL;

	if (strchr(name, '/'))
		return access(name, X_OK) == 0 ? mem_strdup(name) : NULL;
	for (char *dir = strtok_r(copy, ":", &save); dir; dir = strtok_r(NULL, ":", &save)) {
		char *full = mem_printf("%s/%s", dir, name);
		if (access(full, X_OK) == 0)
			return full;
		mem_free(full);
	}
	return NULL;
}

/* The child's environment: nothing of the caller's but PATH, so that no PGHOST strays in. */
static char **build_env(const struct proc_spec *spec)
{
	const char *path = getenv("PATH");
	const char *home = spec->user && spec->user->uid != geteuid() ? "/" : getenv("HOME");
	char **env = NULL;
	size_t n = 0, cap = 0;

	*MEM_PUSH(env, n, cap) = mem_printf("PATH=%s", path ? path : default_path);
	*MEM_PUSH(env, n, cap) = mem_strdup("LANG=C.UTF-8");
	*MEM_PUSH(env, n, cap) = mem_strdup("LC_MESSAGES=C");
	*MEM_PUSH(env, n, cap) = mem_strdup("TZ=UTC");
	*MEM_PUSH(env, n, cap) = mem_printf("HOME=%s", home ? home : "/");
	for (size_t i = 0; spec->env && spec->env[i]; i++)
		*MEM_PUSH(env, n, cap) = mem_strdup(spec->env[i]);
	(void)MEM_PUSH(env, n, cap);
	return env;
}

static void free_env(char **env)
{
	for (size_t i = 0; env[i]; i++)
		free(env[i]);
	free(env);
}

/* In the child, between fork and exec: async-signal-safe calls only. */
static void child(const struct proc_spec *spec, const char *program, char **env, const int fds[3],
	int report, pid_t parent)
{
	const struct proc_user *user = spec->user;
	sigset_t none;
	int code;

	for (int i = 0; i < 3; i++)
		if (dup2(fds[i], i) < 0)
			goto failed;
	if (user && user->uid != geteuid()) {
		if (setgroups(0, NULL) || setgid(user->gid) || setuid(user->uid))
			goto failed;
	}
	/* After setuid, which clears it. The parent may have died in between. */
	prctl(PR_SET_PDEATHSIG, spec->death_signal ? spec->death_signal : SIGINT);
	if (getppid() != parent)
		_exit(127);
	if (spec->dir ? chdir(spec->dir) : user ? chdir("/") : 0)
		goto failed;
	close_range(3, ~0u, CLOSE_RANGE_CLOEXEC); /* also what others opened carelessly */
	/* A Ctrl-C at the terminal reaches only the harness, which undoes in order. */
	setpgid(0, 0);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGPIPE, SIG_DFL);
	execve(program, (char *const *)spec->argv, env);
failed:
	code = errno;
	if (write(report, &code, sizeof(code)) < 0)
		_exit(126);
	_exit(127);
}

static int open_fds(const struct proc_spec *spec, int out, int fds[3], struct err *err)
{
	fds[0] = open(spec->input ? spec->input : "/dev/null", O_RDONLY | O_CLOEXEC);
	if (fds[0] < 0)
		return err_set(
			err, ERR_FAILED, "cannot open '%s': %s", spec->input, strerror(errno));
	if (out >= 0)
		fds[1] = fcntl(out, F_DUPFD_CLOEXEC, 3);
	else if (spec->output)
		fds[1] = open(spec->output, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	else
		fds[1] = open("/dev/null", O_WRONLY | O_CLOEXEC);
	if (fds[1] < 0)
		return err_set(err, ERR_FAILED, "cannot open '%s': %s",
			spec->output ? spec->output : "/dev/null", strerror(errno));
	return 0;
}

static int spawn(const struct proc_spec *spec, int out, int errs, pid_t *ret_pid, struct err *err)
{
	CLEANUP(cleanup_free) char *program = proc_find(spec->argv[0]);
	CLEANUP(cleanup_fd) int in_fd = -1;
	CLEANUP(cleanup_fd) int out_fd = -1;
	int fds[3] = {-1, -1, -1}, report[2], code = 0, failed;
	pid_t parent = getpid(), pid;
	char **volatile env; /* on the stack: in a child whose exec failed nothing else holds it */
	ssize_t n;

	if (!program)
		return err_set(err, ERR_FAILED, "cannot run '%s': not found", spec->argv[0]);
	failed = open_fds(spec, out, fds, err);
	in_fd = fds[0];
	out_fd = fds[1];
	if (failed)
		return -1;
	fds[2] = errs >= 0 ? errs : fds[1];
	if (pipe2(report, O_CLOEXEC))
		return err_set(err, ERR_FAILED, "cannot open a pipe: %s", strerror(errno));
	env = build_env(spec);
	pid = fork();
	if (pid == 0)
		child(spec, program, env, fds, report[1], parent);
	close(report[1]);
	free_env(env);
	do
		n = pid < 0 ? 0 : read(report[0], &code, sizeof(code));
	while (n < 0 && errno == EINTR);
	close(report[0]);
	if (pid < 0)
		return err_set(err, ERR_FAILED, "cannot fork: %s", strerror(errno));
	if (n > 0) {
		waitpid(pid, NULL, 0);
		return err_set(err, ERR_FAILED, "cannot run '%s': %s", program, strerror(code));
	}
	*ret_pid = pid;
	return 0;
}

int proc_start(const struct proc_spec *spec, pid_t *ret_pid, struct err *err)
{
	return spawn(spec, -1, -1, ret_pid, err);
}

/* Reads what there is. False when nothing came within wait_ms. */
static bool read_pipes(struct pollfd fds[2], struct str *ret_out, struct str *ret_err, int wait_ms)
{
	char chunk[16384];

	/* Not the interrupt's own descriptor: held back during undo, it would spin. */
	if (poll(fds, 2, wait_ms) <= 0)
		return false;
	for (int i = 0; i < 2; i++) {
		ssize_t n;

		if (fds[i].fd < 0 || !fds[i].revents)
			continue;
		n = read(fds[i].fd, chunk, sizeof(chunk));
		if (n > 0 && (i == 1 || ret_out))
			str_add_n(i ? ret_err : ret_out, chunk, (size_t)n);
		else if (n == 0 || (n < 0 && errno != EINTR && errno != EAGAIN))
			fds[i].fd = -1;
	}
	return true;
}

/*
 * Reads both pipes until the child has ended. It may close them and live on, and a child of its own
 * may outlive it and keep them open: neither may hang the wait. 0, or -1 when it must be ended.
 */
static int drain(pid_t pid, struct pollfd fds[2], struct str *ret_out, struct str *ret_err,
	uint64_t deadline, const char *name, int *ret_status, struct err *err)
{
	pid_t ended;

	while ((ended = waitpid(pid, ret_status, WNOHANG)) != pid) {
		bool closed = fds[0].fd < 0 && fds[1].fd < 0;

		if (ended < 0 && errno == ECHILD)
			return err_set(err, ERR_FAILED, "how '%s' ended is not known", name);
		if (interrupt_check(err))
			return -1;
		if (deadline && clock_us() >= deadline)
			return err_set(err, ERR_FAILED, "'%s' took too long and was ended", name);
		read_pipes(fds, ret_out, ret_err, closed ? CLOSED_STEP_MS : OPEN_STEP_MS);
	}
	/* What it wrote last; bounded, since whoever still holds a pipe may go on writing. */
	for (int i = 0; i < LAST_READS && read_pipes(fds, ret_out, ret_err, 0); i++)
		;
	return 0;
}

/* The line that says why: the last one with an error in it, else the last. */
static const char *reason(struct str *text)
{
	char *found = NULL, *save = NULL;
	bool error = false;

	for (char *line = text->data ? strtok_r(text->data, "\r\n", &save) : NULL; line;
		line = strtok_r(NULL, "\r\n", &save)) {
		bool here = strcasestr(line, "error") || strcasestr(line, "fatal");

		if (here || !error)
			found = line;
		error |= here;
	}
	return found ? found : "it gave no reason";
}

int proc_run(const struct proc_spec *spec, struct str *ret_out, struct err *err)
{
	CLEANUP(cleanup_str) struct str errors = {0};
	int out[2], errs[2], status = 0, failed;
	uint64_t deadline = spec->timeout_us ? clock_us() + spec->timeout_us : 0;
	pid_t pid;

	str_init(&errors, 65536);
	if (pipe2(out, O_CLOEXEC))
		return err_set(err, ERR_FAILED, "cannot open a pipe: %s", strerror(errno));
	if (pipe2(errs, O_CLOEXEC)) {
		close(out[0]);
		close(out[1]);
		return err_set(err, ERR_FAILED, "cannot open a pipe: %s", strerror(errno));
	}
	failed = spawn(spec, out[1], errs[1], &pid, err);
	close(out[1]);
	close(errs[1]);
	if (!failed) {
		struct pollfd fds[2] = {
			{.fd = out[0], .events = POLLIN}, {.fd = errs[0], .events = POLLIN}};

		failed = drain(pid, fds, ret_out, &errors, deadline, spec->argv[0], &status, err);
		if (failed) {
			kill(-pid, SIGTERM); /* it leads a group: what it started goes with it */
			proc_end(pid, SIGTERM, END_GRACE_US, NULL);
			kill(-pid, SIGKILL);
		}
	}
	close(out[0]);
	close(errs[0]);
	if (failed)
		return -1;
	if (WIFSIGNALED(status))
		return err_set(err, ERR_FAILED, "'%s' was ended by signal '%s'", spec->argv[0],
			strsignal(WTERMSIG(status)));
	if (WEXITSTATUS(status))
		return err_set(err, ERR_FAILED, "'%s' failed with exit code %d: %s", spec->argv[0],
			WEXITSTATUS(status), reason(&errors));
	return 0;
}

bool proc_alive(pid_t pid)
{
	if (pid <= 0)
		return false;
	if (waitpid(pid, NULL, WNOHANG) == pid)
		return false;
	return proc_start_ticks(pid) != 0;
}

int proc_end(pid_t pid, int sig, uint64_t timeout_us, struct err *err)
{
	uint64_t deadline = clock_us() + timeout_us;

	if (pid <= 0)
		return 0;
	kill(pid, sig);
	while (proc_alive(pid)) {
		if (clock_us() >= deadline) {
			kill(pid, SIGKILL);
			break;
		}
		usleep(POLL_STEP_US);
	}
	deadline = clock_us() + END_GRACE_US;
	while (proc_alive(pid)) {
		if (clock_us() >= deadline)
			return err_set(err, ERR_FAILED, "cannot end process %d", (int)pid);
		usleep(POLL_STEP_US);
	}
	return 0;
}

bool proc_ended(pid_t pid, int *ret_code)
{
	int status = 0;
	pid_t got = waitpid(pid, &status, WNOHANG);

	if (!got || (got < 0 && errno == EINTR))
		return false;
	*ret_code = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
	return true;
}

uint64_t proc_start_ticks(pid_t pid)
{
	CLEANUP(cleanup_free) char *path = mem_printf("/proc/%d/stat", (int)pid);
	CLEANUP(cleanup_free) char *text = NULL;
	uint64_t ticks = 0;
	char state = 0, *p;

	if (pid <= 0 || fs_read(path, 0, &text, NULL, NULL))
		return 0;
	p = strrchr(text, ')'); /* the name may hold anything, parentheses too */
	if (!p ||
		sscanf(p + 1,
			" %c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d %*d "
			"%*d %*d %*d %" SCNu64,
			&state, &ticks) != 2)
		return 0;
	return state == 'Z' || state == 'X' ? 0 : ticks;
}

void proc_server_user(const char *preferred, struct proc_user *ret)
{
	const struct passwd *pw;

	if (geteuid() != 0)
		pw = getpwuid(geteuid());
	else if (!(pw = getpwnam(preferred)))
		pw = getpwnam("nobody");
	*ret = (struct proc_user){.uid = pw ? pw->pw_uid
			: geteuid()	    ? geteuid()
					    : 65534,
		.gid = pw	    ? pw->pw_gid
			: geteuid() ? getegid()
				    : 65534};
	snprintf(ret->name, sizeof(ret->name), "%s", pw ? pw->pw_name : "rehearse");
}
