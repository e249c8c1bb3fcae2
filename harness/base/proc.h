/*
 * Child processes. A child gets a minimal environment of its own, no inherited descriptors but
 * 0, 1 and 2, and, when asked, another user. It is asked to end when this process dies, however it
 * dies: by SIGINT, a fast shutdown for PostgreSQL, or by another signal for a server that ignores
 * that one. Spawn from the main thread: the kernel ties that signal to the thread that forked.
 */
#ifndef REHEARSE_BASE_PROC_H
#define REHEARSE_BASE_PROC_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "harness/base/err.h"
#include "harness/base/str.h"

struct proc_user {
	uid_t uid;
	gid_t gid;
	char name[64];
};

struct proc_spec {
	const char *const *argv; /* argv[0] is looked up in PATH unless it has a slash */
	const char *const *env;	 /* "NAME=value" added to PATH, LANG=C, TZ=UTC, HOME; may be NULL */
	const char *dir;	 /* working directory; NULL: "/" when user is set, else unchanged */
	const char *output;	 /* file that stdout and stderr are appended to; NULL: see calls */
	const struct proc_user *user; /* NULL: the caller */
	const char *input;	      /* file read on stdin; NULL: /dev/null */
	int death_signal;    /* sent when this process dies; 0: SIGINT */
	uint64_t timeout_us; /* proc_run only; 0: none. An interrupt ends it in any case. */
};

/* Starts and returns; output goes to spec->output or nowhere. The caller must wait or end it. */
int proc_start(const struct proc_spec *spec, pid_t *ret_pid, struct err *err);

/*
 * Starts, waits, and fails unless it exits 0; the error ends with its last line of stderr.
 * ret_out: what it wrote on stdout (NULL: dropped). On time-out or interrupt the child is ended.
 */
int proc_run(const struct proc_spec *spec, struct str *ret_out, struct err *err);

/*
 * Sends sig, waits up to timeout_us, then SIGKILL. Reaps a child; for a foreign pid waits until
 * it is gone. 0 when it is gone. pid 0 or less: nothing to do.
 */
int proc_end(pid_t pid, int sig, uint64_t timeout_us, struct err *err);
bool proc_alive(pid_t pid); /* reaps it when it is our child and has ended */

/* Reaps a child that has ended; *ret_code: its exit code, 128 + signal when one ended it. false: it
 * still runs. */
bool proc_ended(pid_t pid, int *ret_code);

/*
 * The start time of a live process in kernel ticks since boot, 0 when there is none: with the pid
 * it names a process for good, so that a recycled pid is never signalled.
 */
uint64_t proc_start_ticks(pid_t pid);

/*
 * Who servers run as: the caller, unless that is root; then `preferred` (say "postgres") if such
 * a user exists, else nobody.
 */
void proc_server_user(const char *preferred, struct proc_user *ret);

/* Absolute path of a program in PATH, or NULL; caller frees. */
char *proc_find(const char *name);

#endif
