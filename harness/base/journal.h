/*
 * What a run has made that outlives a SIGKILL: directories, processes, settings of a server that is
 * another's. An entry is written before the thing is made and dropped after it is gone, so that
 * `rehearse doctor` can find and clear what a killed run left behind. One JSON file per run in
 * $XDG_STATE_HOME/rehearse/runs, mode 0600, naming the run's own pid and start time.
 * Not thread-safe: used by the main thread. No passwords of connections are ever put in.
 */
#ifndef REHEARSE_BASE_JOURNAL_H
#define REHEARSE_BASE_JOURNAL_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "harness/base/err.h"

enum journal_kind { JOURNAL_DIR, JOURNAL_PROCESS, JOURNAL_SETTING, JOURNAL_GOLDEN };

struct journal_entry {
	enum journal_kind kind;
	char *what;   /* directory path; program name; setting; golden copy: of what */
	char *where;  /* setting: its server's DSN without password; golden copy: how its server is
		       * stopped and started, on a line each; else NULL */
	char *engine; /* setting: the engine that knows how to put it back; else NULL */
	char *value;  /* setting: what the run gives it; else NULL */
	char *before; /* setting: what it was given before; NULL: nothing */
	pid_t pid;    /* process */
	uint64_t ticks; /* process: proc_start_ticks() */
};

struct journal;

int journal_open(struct journal **ret, struct err *err); /* a new file for this process */
int journal_dir(struct journal *j, const char *path, struct err *err);
int journal_process(struct journal *j, pid_t pid, const char *program, struct err *err);
/* Of kind JOURNAL_SETTING; all but the kind, pid and ticks is copied. */
int journal_setting(struct journal *j, const struct journal_entry *setting, struct err *err);
int journal_golden(struct journal *j, const char *data_dir, const char *stop, const char *start,
	struct err *err);
/* Takes an entry back; no error when there is none. `what` as given, or NULL with a pid. */
int journal_drop(struct journal *j, const char *what, pid_t pid, struct err *err);
/* Removes the file when nothing is left in it; NULL-safe. */
void journal_close(struct journal *j);

struct journal_leftover {
	char *file; /* the journal's own path */
	struct journal_entry *entries;
	size_t n;
};

/* Journals whose process is gone, caller frees with journal_free_leftovers(). */
int journal_leftovers(struct journal_leftover **ret, size_t *ret_n, struct err *err);
void journal_free_leftovers(struct journal_leftover *leftovers, size_t n);
/* Removes a journal's file, once its entries are cleared. */
int journal_forget(const char *file, struct err *err);

#endif
