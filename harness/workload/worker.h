/*
 * One worker: a thread with an epoll loop, its share of the pool, its share of the arrivals.
 * Nothing in the path of a transaction allocates, formats a message or takes a lock.
 */
#ifndef REHEARSE_WORKLOAD_WORKER_H
#define REHEARSE_WORKLOAD_WORKER_H

#include <pthread.h>
#include <stdatomic.h>

#include "harness/workload/schedule.h"
#include "harness/workload/script.h"
#include "harness/workload/stats.h"
#include "harness/workload/workload.h"

struct arrival {
	uint64_t intended_us; /* clock_us() */
	uint64_t number;      /* seeds its random numbers */
	uint32_t second;      /* of its phase */
	uint16_t type;
	uint8_t phase;
};

enum session_state {
	SESSION_CLOSED, /* until due_us, then opened again */
	SESSION_CONNECTING,
	SESSION_IDLE,
	SESSION_TIMEOUTS, /* sets the time-outs of the transaction to come */
	SESSION_PREPARING,
	SESSION_EXECUTING,
	SESSION_SLEEPING, /* until due_us */
	SESSION_ROLLBACK, /* the transaction has failed and is counted */
};

struct kept { /* a text that \gset keeps */
	char *data;
	size_t cap;
};

struct gset_map { /* columns of a statement's result to slots */
	unsigned *slots;
	unsigned columns; /* 0: not known yet */
};

struct session {
	struct worker *worker;
	struct db_conn *conn;
	enum session_state state;
	int fd;
	unsigned interest; /* DB_WANT_* that epoll watches */
	unsigned number;   /* client_id */
	uint64_t due_us, backoff_us;
	uint64_t statement_timeout_us; /* in force */

	const struct script *script;
	const struct command *command;
	unsigned pc;
	bool retried;
	struct arrival arrival;
	uint64_t sent_us; /* the first statement; 0 not yet */
	struct rng rng;

	/* By slot. */
	struct value *variables;
	struct kept *kept;
	/* By statement. */
	unsigned *prepared; /* id on the server plus 1; 0: not prepared */
	unsigned next_id;
	struct gset_map *gset;
	/* By parameter. */
	struct db_param *params;
	char (*formats)[VALUE_FORMAT_MAX];
	struct str text;
};

struct worker {
	struct workload *workload;
	unsigned number;
	pthread_t thread;
	bool running;
	int epoll, wake;

	struct session *sessions;
	unsigned n_sessions;
	struct session **idle; /* a stack: the connection used last is used next */
	unsigned n_idle;
	uint64_t next_timer_us; /* no later than the first due_us; UINT64_MAX none */
	uint64_t ended_us;	/* when the transaction of this event was completed; 0: none was */

	struct schedule schedule;
	struct scheduled next;
	struct arrival *ring;		      /* arrivals that wait for a connection */
	size_t ring_cap, ring_head, ring_len; /* cap is a power of two */
	uint64_t closed_number;		      /* closed loop: transactions begun */
	bool stopping;

	struct stats stats;
	/* Written by this worker only, read by any thread. */
	_Atomic uint64_t arrived, completed, failed, pool_timeouts, queued;
};

struct workload {
	const struct workload_config *config;
	const struct db_adapter *db;
	struct script *scripts;
	size_t n_scripts, cap_scripts;
	unsigned *weights;
	struct sample_set samples;
	unsigned n_statements, most_slots, most_params;
	char *generated;     /* what a generated workload covers; NULL: scripts were given */
	char **timeouts_sql; /* by type: sets that type's statement time-out */
	uint64_t *timeouts_us;
	struct worker *workers;
	unsigned n_workers;
	bool started, stopped;
	uint64_t origin_us, stopped_us;
	_Atomic uint64_t since_us[PHASE_COUNT];	  /* start of each phase; 0 not begun */
	_Atomic uint64_t stop_us, drain_until_us; /* 0: not asked */
};

/* ---- worker.c ---- */

void worker_init(struct worker *w, struct workload *workload, unsigned number);
int worker_open(struct worker *w, struct err *err); /* its sessions, blocking */
int worker_start(struct worker *w, struct err *err);
void worker_wake(struct worker *w);
void worker_release(struct worker *w); /* joins */

/* The connection can take the next transaction. */
void worker_idle(struct worker *w, struct session *s);
/* It was lost while it waited for one. */
void worker_not_idle(struct worker *w, struct session *s);
void worker_timer(struct worker *w, uint64_t due_us);

/* ---- count.c ---- */

void worker_arrived(struct worker *w, const struct arrival *a);
void worker_gave_up(struct worker *w, const struct arrival *a); /* found no connection in time */
/* For sessions: the transaction on `s` has ended; the connection may still have to be tidied up. */
void worker_completed(struct worker *w, struct session *s);
void worker_failed(struct worker *w, struct session *s, const struct db_error *e);

/* ---- session.c ---- */

void session_init(struct session *s, struct worker *w, unsigned number);
void session_release(struct session *s);
int session_connect(struct session *s, struct err *err); /* blocking */
void session_begin(struct session *s, uint64_t now_us);	 /* what stands in s->arrival */
void session_event(struct session *s);			 /* its descriptor is ready */
void session_due(struct session *s);			 /* its timer has come */
bool session_busy(
	const struct session *s); /* holds a transaction that is neither completed nor failed */

/* ---- command.c: what a session does for one command; 0, or -1 with *e set ---- */

int command_start(struct session *s, struct db_error *e);   /* s->command is SQL; sends it */
int command_execute(struct session *s, struct db_error *e); /* once it is prepared */
int command_gset(struct session *s, struct db_error *e);
int command_eval(struct session *s, struct value *ret, struct db_error *e);

#endif
