/*
 * What the engines' private servers have in common: a directory of its own that only the server's
 * unprivileged user and root can enter, a Unix socket in it, a process that is journalled, waited
 * for until it answers, and ended.
 */
#ifndef REHEARSE_ADAPTERS_PRIVATE_SERVER_H
#define REHEARSE_ADAPTERS_PRIVATE_SERVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "harness/base/err.h"
#include "harness/base/journal.h"
#include "harness/base/proc.h"
#include "harness/base/str.h"

/* Members, so that an engine's struct can hold them under their own names: s->dir, s->base.dir. */
#define PRIVATE_SERVER_MEMBERS                           \
	char *dir, *data_dir, *log_dir;                  \
	struct proc_user user;                           \
	pid_t pid;		/* 0 when not running */ \
	struct journal *journal /* borrowed, may be NULL */

struct private_server {
	PRIVATE_SERVER_MEMBERS;
};

/* Makes `dir` (absolute) with its log directory and gives it to `user`, or to who stands in for it.
 * Fails when the path of `socket` in it would be longer than a socket's may be. The members are
 * set in any case. */
int private_server_open(struct private_server *s, const char *user, const char *dir,
	const char *socket, struct journal *journal, struct err *err);
/* Frees the members; the server must have been ended. */
void private_server_release(struct private_server *s);

/* Runs a program as the server's user, in its directory; argv[0] is replaced by `program`. */
int private_server_run(const struct private_server *s, const char *program, const char *const *argv,
	const char *const *env, const char *input, struct str *ret_out, struct err *err);
/* Writes DIR/name, readable by the server's user alone. */
int private_server_write(
	const struct private_server *s, const char *name, const char *text, struct err *err);

struct private_start {
	const char *const *argv; /* argv[0] is the program's path */
	const char *name;	 /* in the journal */
	const char *output;	 /* DIR/output: what it says before it has a log of its own */
	int quit_signal;	 /* ends it at once, when it cannot be journalled */
	int stop_signal;	 /* ends it in order; the kernel sends it when this process dies */
	bool (*ready)(const void *ctx);
	char *(*last_words)(const void *ctx); /* why it did not start; caller frees */
	const void *ctx;
	uint64_t timeout_us;
};
/* Starts it and returns at once; `argv` is not needed any more. */
int private_server_begin(
	struct private_server *s, const struct private_start *how, struct err *err);
/* Waits until it is ready or dies; the error has its last words, and it is ended. */
int private_server_wait(struct private_server *s, const struct private_start *how, struct err *err);
/* Sends `sig`, then SIGKILL after 30 s. No error when not running. */
int private_server_end(struct private_server *s, int sig, struct err *err);
bool private_server_alive(const struct private_server *s);

/* The first of DIR's files `names` that has one of `words` in it, up to the end of the last line
 * that does (both lists end with NULL); caller frees. NULL: there is none. `ret_word` points to the
 * word in that line. */
char *private_server_last_words(const struct private_server *s, const char *const *names,
	const char *const *words, const char **ret_word);

#endif
