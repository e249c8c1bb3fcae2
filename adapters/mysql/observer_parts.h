/* The parts of the MariaDB and MySQL observer; each is defined in the file named beside it. */
#ifndef REHEARSE_ADAPTERS_MYSQL_OBSERVER_PARTS_H
#define REHEARSE_ADAPTERS_MYSQL_OBSERVER_PARTS_H

#include <pthread.h>
#include <stdatomic.h>

#include "adapters/mysql/observer_facts.h"
#include "adapters/mysql/observer_foreign.h"
#include "adapters/mysql/observer_ring.h"
#include "adapters/mysql/observer_rows.h"
#include "adapters/mysql/oracle.h"

#define OBSERVER_OWN 8 /* sessions of the observer's own */

enum observer_kind { OBSERVER_EVENTS, OBSERVER_PROCESSLIST };

/*
 * Everything that asks the server about waits happens on one thread with one connection: the
 * samples are to be close together, and poll() is to be quick. What it finds goes into a queue.
 */
struct observer {
	const struct replica_info *replica;
	enum observer_kind kind;
	struct observe_source source;
	_Atomic uint64_t min_wait_us;

	/* The watching thread's. */
	struct observer_session session;
	struct my_threads threads;
	struct my_timer_clock clock;
	struct my_waits waits;
	struct my_row_waits rows;
	struct my_ring ring;
	uint64_t own_threads[OBSERVER_OWN], own_sessions[OBSERVER_OWN];
	size_t n_own;
	uint64_t now_us, locks_us, threads_us;
	uint64_t locks_cost_us;
	bool table_locks; /* the server tells them as events, too */
	bool has_time_ms; /* processlist only */

	pthread_t thread;
	bool running;
	atomic_bool quit;
	atomic_uint waiting;

	/* Between the threads. */
	pthread_mutex_t lock;
	pthread_cond_t wake;
	struct wait_event *queue;
	size_t n_queue, cap_queue;
	bool broken;
	struct err reason;
	struct my_statement_span *spans; /* the migration's statements, latest last */
	size_t n_spans, cap_spans;

	/* The migration's side: another thread. */
	struct observer_facts facts;
	struct oracle oracle;

	struct my_foreign foreign; /* both */
};

/* observer_source.c: sets the server up and picks what works. */
int my_observer_choose(struct observer *o, const struct observer_config *config, struct err *err);
/* A session that is never to be reported. */
void my_observer_own(struct observer *o, const struct observer_session *s);

/* At the end: what went unseen, as far as counters tell. */
void my_observer_say_missed(struct observer *o);

/* observer_watch.c: one look; the thread that looks again and again. */
void my_observer_watch_init(struct observer *o); /* mutex, queue */
void my_observer_rows_init(struct observer *o);	 /* what they borrow */
int my_observer_look(struct observer *o, bool last, struct err *err);
int my_observer_watch(struct observer *o, struct err *err); /* starts the thread */
void my_observer_unwatch(struct observer *o);		    /* ends it */
void my_observer_watch_release(struct observer *o);
/* Takes what is queued. -1: the thread broke. */
int my_observer_take(struct observer *o, void (*sink)(void *ctx, struct wait_event *event),
	void *ctx, struct err *err);
/* A migration statement on `object` begins; ends. */
void my_observer_span_begin(struct observer *o, uint64_t session, const char *object);
void my_observer_span_end(struct observer *o);
/* A statement of any session; end_us 0: it runs. What was said of it before is made exact. */
void my_observer_span(struct observer *o, uint64_t session, const char *object, uint64_t begin_us,
	uint64_t end_us);

/* observer_events.c: performance_schema. */
int my_observer_look_events(struct observer *o, bool last, struct err *err);
/* observer_processlist.c: where that is off. */
int my_observer_open_processlist(struct observer *o, struct err *err);
int my_observer_look_processlist(struct observer *o, struct err *err);

/* observer_proof.c: holds of 50 ms, made on purpose; says in source.detail how they were told.
 * -1: the source does not tell them. */
int my_observer_prove(struct observer *o, struct err *err);

#endif
