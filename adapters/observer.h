/*
 * The contract of an observer: how a server tells lock waits as events, and what a statement did.
 * Used on a replica that is already disposable: it may change the server's settings there, never
 * elsewhere. All times are wall-clock microseconds of the harness's clock (the adapter corrects for
 * the server's own clock).
 */
#ifndef REHEARSE_ADAPTERS_OBSERVER_H
#define REHEARSE_ADAPTERS_OBSERVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "adapters/provider.h"
#include "harness/base/err.h"

enum wait_outcome {
	WAIT_ACQUIRED,
	WAIT_TIMED_OUT, /* by the lock time-out */
	WAIT_CANCELLED, /* by a statement time-out or a cancel */
	WAIT_DEADLOCK,
	WAIT_FAILED,	 /* another error, or the session ended */
	WAIT_UNFINISHED, /* still waiting when the observation ended */
};
const char *wait_outcome_name(enum wait_outcome outcome); /* "acquired", "timed-out", ... */

/* One wait of one session for one lock. Strings live until wait_event_release(). */
struct wait_event {
	uint64_t start_us;
	uint64_t duration_us;
	char *object;	  /* "public.appointment", "transaction 1234", "tuple of public.a" */
	char *mode;	  /* the server's own word: "AccessExclusiveLock", "SHARED_WRITE" */
	uint64_t session; /* the waiter: db_adapter.session_id() */
	/* NAME when the waiting statement began with the comment tx:NAME; or NULL */
	char *tag;
	char *application; /* as the server knows the session; NULL unknown */
	uint64_t *holders; /* sessions that held the lock in a conflicting mode */
	size_t n_holders;
	uint64_t *ahead; /* sessions that queued before it in a conflicting mode */
	size_t n_ahead;
	enum wait_outcome outcome;
	bool exact; /* false: from samples or estimates */
};
void wait_event_release(struct wait_event *event);

/* How waits are told on this very server; in every report. */
struct observe_source {
	char name[32];	      /* "log-file", "log-sql", "sampling" */
	char detail[160];     /* "jsonlog, deadlock_timeout 10ms" */
	char blind_to[384];   /* what it cannot see, in a sentence; "" nothing known */
	uint64_t min_wait_us; /* the shortest wait that is seen whole */
	bool exact;
};

/* A lock that a migration statement held, and for how long. */
struct fact_lock {
	char *object; /* "public.appointment" */
	char *mode;
	uint64_t acquired_us; /* wall */
	uint64_t hold_us;     /* until released */
	bool new_object;      /* created by this very migration: nobody else can want it yet */
	bool blocks_reads, blocks_writes; /* whom this mode makes wait */
};

/* What one migration statement was seen to do. */
struct statement_facts {
	struct fact_lock *locks; /* newly taken by this statement */
	size_t n_locks;
	char **rewritten; /* relations that existed before and whose storage was replaced */
	size_t n_rewritten;
	char **scanned; /* user tables read sequentially by the migration's session */
	size_t n_scanned;
	uint64_t wal_bytes; /* written for this statement */
	bool wal_exact;	    /* false: all sessions' WAL in that time */
	char algorithm[32]; /* MySQL family: instant, inplace, rebuild, copy; "" elsewhere */
};
void statement_facts_release(struct statement_facts *facts);

/* What the server itself says, before the rehearsal, that it will do with a statement. */
struct prediction {
	char algorithm[32]; /* instant, inplace, rebuild, copy; "" not told */
	char lock[16];	    /* the mildest accepted: none, shared, exclusive; "" not told */
	char note[160];	    /* in a few words what a reader should know beside it; "" nothing */
};

/* A statement of a session that the harness does not drive: of a migration that a command runs. */
struct foreign_statement {
	uint64_t session;
	uint64_t start_us, end_us; /* wall */
	char *sql;
	char code[16]; /* "" it went well */
	char *error;   /* "" it went well */
	/* The session keeps what it has locked, though no BEGIN of its says so: it has switched
	 * autocommit off, or locked tables by name. */
	bool holds;
	/* Its locks with hold_us 0, for the caller knows when transactions end, or what it is known
	 * to be; rewrites; WAL of all sessions. Scans are not told where the server does not tell
	 * them. */
	struct statement_facts facts;
};
void foreign_statement_release(struct foreign_statement *s);

/* Who is told; called from within the call that it was given to. */
struct foreign_sink {
	void *ctx;
	void (*session)(void *ctx, uint64_t session); /* once for each, as soon as it is seen */
	void (*statement)(void *ctx, const struct foreign_statement *s); /* when it has ended */
};

/* Something that a migration left in a state that needs work. */
struct leftover {
	char kind[32]; /* "invalid-index", "unvalidated-constraint" */
	char *object;  /* "public.appointment_starts_idx" */
	char *table;   /* "public.appointment" */
	bool existed_before;
};

struct observer_config {
	const struct replica_info *replica;
	uint64_t min_wait_us; /* 10000 default; 1000 on request */
	const char *source;   /* "auto", or an observe_source name that is wanted */
};

struct observer; /* each adapter's own */
struct db_conn;	 /* adapters/db.h */

/*
 * The migration runner's side (statement_*) and the poll side are used from two threads at once,
 * one each; each side keeps connections of its own.
 */
struct observer_ops {
	/* Required. */

	/* Sets the server up, finds the best source that works (proved, where that is cheap, with a
	 * wait of its own), remembers the schema as it stands. Blocks. The observer's own sessions
	 * never show up as waiters or blockers. */
	int (*open)(const struct observer_config *config, struct observer **ret, struct err *err);
	const struct observe_source *(*source)(const struct observer *o);
	/* Hands every wait that ended since the last poll to `sink`, which takes the event over
	 * (and must release it). Called every 20 to 100 ms by one thread; returns within
	 * milliseconds. -1: the server is gone or the source broke. */
	int (*poll)(struct observer *o, void (*sink)(void *ctx, struct wait_event *event),
		void *ctx, struct err *err);
	unsigned (*waiting_now)(const struct observer *o); /* sessions in a wait, as last polled */
	/* Changes the shortest wait that is looked for, in mid-run. */
	int (*set_min_wait)(struct observer *o, uint64_t min_wait_us, struct err *err);
	/* Reads on until all waits that began are told: open ones as WAIT_UNFINISHED. Then
	 * close(). */
	int (*finish)(struct observer *o, void (*sink)(void *ctx, struct wait_event *event),
		void *ctx, struct err *err);
	void (*close)(struct observer *o); /* NULL-safe */

	/* Before a migration statement is sent: remembers what is to be compared. `session` is the
	 * migration's. `sql` and `kind` are the statement's. */
	int (*statement_begin)(
		struct observer *o, uint64_t session, const char *sql, struct err *err);
	/* After the statement ran, before the transaction ends (skipped when it ran outside
	 * one). */
	int (*statement_locks)(struct observer *o, struct err *err);
	/*
	 * Optional (may be NULL). After a statement that succeeded, after statement_locks(), before
	 * its transaction ends; for a statement that ran outside one, right after it. `migration`
	 * is the migration's own connection, idle: only its own session sees what is not committed
	 * yet and knows its own scans. Asks for catalogs and counters there, changes nothing. Where
	 * it is not called, rewrites in a transaction that stays open are not told, and scans less
	 * surely.
	 */
	int (*statement_own)(struct observer *o, struct db_conn *migration, struct err *err);
	/* After the statement, and its transaction where it has one of its own, ended. Locks that
	 * an open transaction still holds come with hold_us 0: the caller, who knows when the
	 * transaction ends, fills it. ret is initialised by the call. */
	int (*statement_end)(struct observer *o, struct statement_facts *ret, struct err *err);
	/*
	 * Optional (NULL where the engine has none). Asks the server what it would do with one
	 * statement, on copies that hold a few rows, in a scratch schema that is gone when the
	 * first statement_begin() returns; the tables themselves are only read. To be called for
	 * every statement, in order, before the first one runs; blocks. Statements that it cannot
	 * tell about, such as those on tables that the migration itself creates, leave ret empty.
	 * ret is initialised by the call. -1: the server did not answer as it should, and ret is
	 * empty.
	 */
	int (*predict)(
		struct observer *o, const char *sql, struct prediction *ret, struct err *err);
	/*
	 * Optional, all but foreign_check() or none. Makes the server tell what the sessions of a
	 * command do, or refuses (ERR_REFUSED) where it cannot. *ret_env: by what a client becomes
	 * one of them (DATABASE_URL and the variables of the engine's own clients),
	 * NULL-terminated; caller frees. Poll goes on, from its own thread.
	 */
	int (*foreign_open)(struct observer *o, char ***ret_env, struct err *err);
	/* Optional: whether a command's sessions could be told on a server that is not the
	 * harness's own, before anything is done to it; only reads. ERR_UNSUPPORTED says what is
	 * to be switched on there. NULL: on none. */
	int (*foreign_check)(const char *dsn, struct err *err);
	/* Tells what ended since the last call; to be called about every 20 ms, by the migration's
	 * thread. */
	int (*foreign_poll)(struct observer *o, const struct foreign_sink *sink, struct err *err);
	/* After the command has ended: tells the rest. */
	int (*foreign_finish)(struct observer *o, const struct foreign_sink *sink, struct err *err);
	/* What the migration left behind, against the state at open(). */
	int (*leftovers)(struct observer *o, struct leftover **ret, size_t *ret_n, struct err *err);
};
void leftovers_free(struct leftover *leftovers, size_t n);

#endif
