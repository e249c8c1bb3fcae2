/*
 * What a command's sessions do, as the server tells it: they log in as an account of their own, of
 * which the slow log has every statement in full, with the values of prepared ones; statements'
 * events of performance_schema tell how each ended; metadata locks and the tables' storage are
 * sampled.
 */
#ifndef REHEARSE_ADAPTERS_MYSQL_OBSERVER_FOREIGN_H
#define REHEARSE_ADAPTERS_MYSQL_OBSERVER_FOREIGN_H

#include <pthread.h>
#include <stdatomic.h>

#include "adapters/mysql/observer_facts.h"
#include "adapters/mysql/observer_rowlog.h"

/* A statement of the slow log, between the thread that reads it and the migration's. */
struct my_foreign_row {
	uint64_t session, start_us, end_us;
	char *sql;
	char *object;		/* what it is about; NULL: nothing, or not looked at yet */
	uint64_t thread, event; /* that told it, where the log did not; 0: the log did */
};

struct my_foreign_rows {
	struct my_foreign_row *list;
	size_t n, cap;
};

/* How a statement ended. */
struct my_foreign_event {
	uint64_t thread, event, session; /* session 0: it is gone */
	uint64_t start_us, end_us;
	uint64_t affected, read, copies;
	bool builds, rebuilds; /* InnoDB built indexes; and it was the table's rows */
	char code[16], *error;
	char *text; /* as it was sent; "": not told */
	bool told, is_prepare, executes;
	bool added; /* as a row, for the log has none of it */
};

struct my_foreign_lock {
	uint64_t session;
	char *object, *mode;
	uint64_t before_us, seen_us; /* the sample before, the first that has it */
	uint64_t latest_us, gone_us; /* the last that has it; the first that has not, 0: none */
	bool told;		     /* belongs to a statement already */
};

struct my_foreign_session {
	uint64_t session, thread; /* thread 0: not known */
	bool in_transaction, no_autocommit, tables_locked;
};

/* The tables' storage at a moment, and what had been written to the logs. */
struct my_foreign_point {
	uint64_t begin_us, end_us;
	bool has_tables;
	struct my_table_set tables;
	struct my_counters counters;
};

#define MY_FOREIGN_PAST 64

struct my_foreign {
	atomic_bool open;
	atomic_bool failed;	  /* the log could not be read */
	_Atomic uint64_t read_us; /* all that was in the log then was told */

	pthread_mutex_t mutex;
	struct my_foreign_rows queue; /* under mutex */

	/* The migration's thread. */
	struct my_timer_clock clock; /* of statements' events */
	char *limit;		     /* long_query_time as it was */
	char *dir;		     /* of the clients' option file; NULL: none */
	uint64_t youngest_ps, sampled_us;
	uint64_t ddl, ended, read; /* statements that the server counts; as the ring was read */
	bool busy;		   /* a session is at a statement */
	struct my_foreign_rows waiting;
	struct my_foreign_row past[MY_FOREIGN_PAST]; /* the latest, without their text */
	size_t n_past;
	struct my_foreign_event *events;
	size_t n_events, cap_events;
	struct my_told *seen; /* events that may be read again */
	size_t n_seen, cap_seen;
	struct my_foreign_lock *locks;
	size_t n_locks, cap_locks;
	struct my_foreign_session *sessions;
	size_t n_sessions, cap_sessions;
	struct my_foreign_point *points; /* by time */
	size_t n_points, cap_points;
};

struct observer;

void my_foreign_init(struct my_foreign *f);
/* Takes the account away, too. */
void my_foreign_release(struct my_foreign *f, struct observer_session *s);
/* The watching thread: as my_told_sink; after each look. */
void my_foreign_row(void *foreign, const struct my_told_statement *statement);
void my_foreign_was_read(struct my_foreign *f, const struct my_row_log *log);

/* observer_foreign_open.c: makes the server tell; the account; by what a client uses it. */
int my_foreign_open(struct observer *o, char ***ret_env, struct err *err);
int my_foreign_check(const char *dsn, struct err *err);

/* observer_foreign_sample.c */
int my_foreign_sample(struct observer *o, const struct foreign_sink *sink, struct err *err);
/* Told to the sink when it is new. */
struct my_foreign_session *my_foreign_session(
	struct my_foreign *f, uint64_t session, const struct foreign_sink *sink);
/* Fills the statement's facts. */
int my_foreign_facts(struct observer *o, struct foreign_statement *s,
	const struct my_foreign_event *event, struct err *err);
void my_foreign_forget(struct my_foreign *f, uint64_t before_us);

/* observer_foreign_words.c */
/* After the statement, whether its session keeps what it has locked. */
bool my_foreign_follow(struct my_foreign_session *s, const char *sql, bool ended_well);
/* Whether such a statement can take a metadata lock of that mode. */
bool my_foreign_can_lock(const char *sql, const char *mode);

/* observer_foreign_events.c */
int my_foreign_read_events(struct observer *o, struct err *err);
/* Those that the log, which was read until then, should have and has not. */
void my_foreign_add_unlogged(struct observer *o, uint64_t read_us);
void my_foreign_forget_events(struct my_foreign *f); /* what is told */
void my_foreign_event_release(struct my_foreign_event *e);
/* The statement's; NULL: it is not there (yet). */
struct my_foreign_event *my_foreign_find(struct my_foreign *f, const struct my_foreign_row *row);

/* observer_foreign.c: takes the row's texts over; struct observer_ops */
void my_foreign_add(struct observer *o, struct my_foreign_row row);
int my_foreign_poll(struct observer *o, const struct foreign_sink *sink, struct err *err);
int my_foreign_finish(struct observer *o, const struct foreign_sink *sink, struct err *err);

#endif
