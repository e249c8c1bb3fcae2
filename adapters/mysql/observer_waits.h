/*
 * Waits for metadata and table locks, put together from three views of them: samples of
 * events_waits_current (who waits now, for what), of metadata_locks and table_handles (who is in
 * the way), and the history ring (exactly when it began and ended). Talks to no server.
 */
#ifndef REHEARSE_ADAPTERS_MYSQL_OBSERVER_WAITS_H
#define REHEARSE_ADAPTERS_MYSQL_OBSERVER_WAITS_H

#include "adapters/mysql/observer_session.h"

struct my_sessions {
	uint64_t *list;
	size_t n, cap;
};
void my_sessions_add(struct my_sessions *s, uint64_t session);
bool my_sessions_has(const struct my_sessions *s, uint64_t session);

/* A row of events_waits_current or of the ring; strings are the caller's. */
struct my_wait_row {
	uint64_t thread, event, instance;
	bool table;			/* a table lock, else a metadata lock */
	uint64_t start_us, duration_us; /* wall; so far, in a sample */
	const char *type, *schema, *name, *operation;
};

/* A row of metadata_locks, or of table_handles. */
struct my_lock_row {
	uint64_t thread, instance;
	uint64_t event; /* the owner's, when it took or asked for it: tells one tenure from the next
			 */
	bool table, granted;
	const char *type, *schema, *name, *mode;
};

/* A lock that was in somebody's way. */
struct my_blocker {
	uint64_t thread, instance, event;
};

/* A wait that was seen while it lasted. */
struct my_open_wait {
	uint64_t thread, event, instance, session;
	bool table, told_who, in_sample;
	bool placed; /* the tables of locks had its instance */
	char *type, *schema, *name;
	char *mode, *tag, *application; /* NULL: not known yet */
	uint64_t start_us, seen_us;
	uint64_t gone_us;		   /* 0: it waits */
	struct my_sessions holders, ahead; /* sessions in the way */
	struct my_blocker *blockers;
	size_t n_blockers, cap_blockers;
	bool deduced;	     /* the holder is, by what else was known */
	bool refused;	     /* it ended while what was in its way still was: it got no lock */
	bool maybe_refused;  /* ... while the deduced holder was still there */
	bool judged;	     /* how it ended is known */
	uint64_t suspect_us; /* when it first looked refused */
	bool ended;	     /* the ring has told its time; it waits to be judged */
	uint64_t ended_start_us, duration_us;
};

/* A migration statement, for short waits that no sample caught. */
struct my_statement_span {
	uint64_t session, begin_us, end_us; /* end 0: it runs */
	char *object;			    /* "schema.table" */
};

struct my_waits {
	struct my_open_wait *open;
	size_t n, cap;
	const struct my_threads *threads;
	const uint64_t *own; /* threads that are never told of */
	size_t n_own;
	struct my_statement_span *spans;
	size_t n_spans, cap_spans;
	void (*sink)(void *ctx, struct wait_event *event);
	void *ctx;
};

void my_waits_release(struct my_waits *w);
void my_waits_restart(struct my_waits *w); /* forgets what was seen */
bool my_waits_own(const struct my_waits *w, uint64_t thread);

/* One sample: begin, each row, end. Waits that are missing from it are gone. */
void my_waits_sample(struct my_waits *w);
struct my_open_wait *my_waits_seen(
	struct my_waits *w, const struct my_wait_row *row, uint64_t now_us);
void my_waits_sampled(struct my_waits *w, uint64_t now_us);
/* Some wait has nobody in its way yet, or has just ended: the locks are worth a look. */
bool my_waits_unclear(const struct my_waits *w);
unsigned my_waits_count(const struct my_waits *w); /* that wait now */
/* All locks at one moment. */
void my_waits_locks(struct my_waits *w, const struct my_lock_row *rows, size_t n, uint64_t now_us);

/* A row of the ring: hands the event to the sink, at once or when it is known how it ended. */
void my_waits_ended(struct my_waits *w, const struct my_wait_row *row);
/* Hands over those of which that is known by now. */
void my_waits_settle(struct my_waits *w, uint64_t now_us);
bool my_waits_unsettled(const struct my_waits *w);
/* A wait whose end was seen in samples only; nothing is told of one that is too short. */
void my_waits_end(
	struct my_waits *w, struct my_open_wait *o, uint64_t duration_us, uint64_t min_wait_us);
/* Forgets waits that have been gone for so long that the ring cannot have been late with them: they
 * were shorter than is looked for. */
void my_waits_forget(struct my_waits *w, uint64_t before_us);
/* What still waits, as WAIT_UNFINISHED. */
void my_waits_finish(struct my_waits *w, uint64_t now_us);

/* Events of other sources go through here too: attributes short waits to a statement. */
void my_waits_tell(struct my_waits *w, struct wait_event *event);

#endif
