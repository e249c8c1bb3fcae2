/* A connection of the observer's own, and who the server's threads are. One thread at a time. */
#ifndef REHEARSE_ADAPTERS_MYSQL_OBSERVER_SESSION_H
#define REHEARSE_ADAPTERS_MYSQL_OBSERVER_SESSION_H

#include "adapters/db.h"
#include "adapters/observer.h"

/* What the observer's own sessions are called; none of them is ever told of. */
#define OBSERVER_APPLICATION "rehearse-observer"

struct observer_session {
	struct db_conn *conn;
	uint64_t id; /* CONNECTION_ID() */
};

int my_session_open(
	struct observer_session *s, const struct replica_info *replica, struct err *err);
/* Under another name: one that is told of. */
int my_session_open_as(struct observer_session *s, const struct replica_info *replica,
	const char *application, struct err *err);
void my_session_release(struct observer_session *s);
int mo_ask(struct observer_session *s, const char *sql, struct err *err);
unsigned mo_rows(const struct observer_session *s);
/* "" for NULL. */
const char *mo_text(const struct observer_session *s, unsigned row, unsigned column);
uint64_t mo_number(const struct observer_session *s, unsigned row, unsigned column);
/* Picoseconds as microseconds. */
uint64_t mo_timer(const struct observer_session *s, unsigned row, unsigned column);
/* True when the query can be asked at all: for features, which are tried and not guessed. */
bool mo_can(struct observer_session *s, const char *sql);

/* NAME when the text begins with the comment tx:NAME; else NULL. Caller frees. */
char *mo_tag(const char *sql);

/* ---- threads of performance_schema; a thread stays known when its session is gone ---- */

struct my_thread {
	uint64_t thread, session; /* session 0: a background thread */
	char *application;	  /* NULL: unknown */
};

struct my_threads {
	struct my_thread *list; /* by thread, ascending */
	size_t n, cap;
};

int my_threads_load(struct my_threads *t, struct observer_session *s, struct err *err);
const struct my_thread *my_threads_find(const struct my_threads *t, uint64_t thread);
/* 0: unknown. */
uint64_t my_threads_of_session(const struct my_threads *t, uint64_t session);
void my_threads_release(struct my_threads *t);

#endif
