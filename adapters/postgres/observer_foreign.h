/*
 * What a command's sessions do, as the server's log tells it: they log in as a role of their own,
 * for which the server logs every statement, and event triggers tell locks and rewrites.
 */
#ifndef REHEARSE_ADAPTERS_POSTGRES_OBSERVER_FOREIGN_H
#define REHEARSE_ADAPTERS_POSTGRES_OBSERVER_FOREIGN_H

#include <pthread.h>
#include <stdatomic.h>

#include "adapters/observer.h"
#include "adapters/postgres/loglines.h"

enum foreign_kind { FOREIGN_STATEMENT, FOREIGN_ERROR, FOREIGN_LOCK, FOREIGN_REWRITE, FOREIGN_END };

/* A line of the log, between the thread that reads it and the migration's. */
struct foreign_line {
	enum foreign_kind kind;
	uint64_t pid, at_us, duration_us;
	char code[16];
	char *text; /* the statement; the lock or the relation; NULL */
	char *error;
};

struct foreign_lines {
	struct foreign_line *list;
	size_t n, cap;
};

/* A lock of one of the sessions, as samples or its own triggers told it. */
struct foreign_lock {
	uint64_t pid;
	uint64_t xact_us; /* start of its transaction */
	uint32_t relation;
	char mode[32];
	char *name;	   /* NULL: only sampled */
	uint64_t first_us; /* first seen */
	uint64_t since_us; /* the sample before, in which it was not */
	uint64_t query_us; /* start of the statement that ran when it was first sampled */
	bool by_query;	   /* and that one takes locks */
	bool told;	   /* belongs to a statement already */
	bool triggered;	   /* told by the session itself */
	bool told_again;   /* so within the statement that now ends */
};

struct foreign_session {
	uint64_t pid;
	uint64_t query_us; /* start of its present or last statement, as sampled */
	uint64_t end_us;   /* of the last statement that was told */
	bool in_transaction;
};

struct foreign_wal {
	uint64_t at_us, place;
};

struct observer_foreign {
	atomic_bool open;

	pthread_mutex_t mutex;
	struct foreign_lines queue; /* under mutex */

	/* The migration's thread. */
	uint64_t opened_us;
	uint64_t sampled_us; /* the sample before */
	struct foreign_session *sessions;
	size_t n_sessions, cap_sessions;
	struct foreign_lock *locks;
	size_t n_locks, cap_locks;
	uint32_t *rewritten; /* by the statement that now runs */
	size_t n_rewritten, cap_rewritten;
	struct foreign_wal *wal; /* one for each sample */
	size_t n_wal, cap_wal;
	struct foreign_lines waiting; /* for the next sample */
	bool ended;		      /* the mark of foreign_finish() was read */
};

void foreign_init(struct observer_foreign *f);
void foreign_release(struct observer_foreign *f);
/* The log's thread. offset_us: from the server's clock to ours. */
void foreign_record(
	struct observer_foreign *f, const struct log_record *record, uint64_t offset_us);

/* observer_foreign_locks.c */
int foreign_sample(struct observer *o, const struct foreign_sink *sink, struct err *err);
/* Told to the sink when it is new. */
struct foreign_session *foreign_session(
	struct observer_foreign *f, uint64_t pid, const struct foreign_sink *sink);
/* "16384 AccessExclusiveLock 1700000000000000 public.a" */
void foreign_lock_line(
	struct observer_foreign *f, const struct foreign_line *line, uint64_t offset_us);
/* `later`: the lines that follow the statement's. */
void foreign_take_locks(
	struct observer *o, struct foreign_statement *s, const struct foreign_lines *later);
void foreign_release_locks(struct observer_foreign *f, uint64_t pid);
/* Whether the statement begins with one of the words; they end with NULL. */
bool foreign_begins(const char *sql, const char *const *words);

/* struct observer_ops */
int foreign_open(struct observer *o, char ***ret_env, struct err *err);
int foreign_poll(struct observer *o, const struct foreign_sink *sink, struct err *err);
int foreign_finish(struct observer *o, const struct foreign_sink *sink, struct err *err);

#endif
