/*
 * Lock waits made on purpose, whose length is known: one session holds a lock for a time, others
 * run into it. Each statement tells by the server's clock when it came and when it went on, its
 * client measures what it felt, and when the lock was let go is known too: a wait ended between
 * that moment and the one when the statement went on, which on a machine with fewer cores than
 * waiters is later. All connections are driven by one thread.
 */
#ifndef REHEARSE_TESTS_BENCH_WAITERS_H
#define REHEARSE_TESTS_BENCH_WAITERS_H

#include "adapters/engine.h"
#include "adapters/provider.h"
#include "tests/support/mariadb.h"
#include "tests/support/pg.h"

#define WAITERS_MAX 200

/* A kind of lock, and how to hold it and to run into it. */
struct lock_kind {
	const char *name, *engine;
	const char *hold, *release; /* NULL both: a statement that takes its time */
	const char *wait; /* tells when it came and when it went on, in us; or else `told` does */
	const char *told; /* asked afterwards in the same session; NULL: not needed */
	bool one_by_one;  /* each makes the next one wait */
	/* For sampling as people do it: a row for each session that waits. */
	const char *sample;
};
extern const struct lock_kind lock_kinds[];
extern const size_t n_lock_kinds;

/* Both servers, with tables to be locked. */
struct servers {
	struct test_pg pg;
	struct test_mariadb mariadb;
	struct replica_info pg_replica, mariadb_replica;
};
void servers_start(struct servers *s);
void servers_stop(struct servers *s);
void servers_prepare(const struct test_mariadb *m); /* the same tables in one more */
const struct replica_info *servers_replica(const struct servers *s, const char *engine);
const char *servers_dsn(const struct servers *s, const char *engine);
pid_t servers_pid(const struct servers *s, const char *engine);

struct waiter {
	struct db_conn *conn;
	uint64_t session;
	uint64_t due_us, sent_us;
	uint64_t came_us, went_on_us; /* wall clock, by the server */
	uint64_t felt_us;	      /* by the client */
	uint64_t least_us, most_us;   /* its wait: until the lock was free; until it went on */
	bool waits;
};

struct waiters {
	const struct lock_kind *kind;
	const struct db_adapter *db;
	struct db_conn *holder;
	uint64_t release_us; /* wall clock: the lock was held until then at least */
	struct waiter list[WAITERS_MAX];
	unsigned n;
};

void waiters_open(
	struct waiters *w, const struct servers *s, const struct lock_kind *kind, unsigned n);
/* One hold; they run into it one by one in its first part. Fills the times of all. */
void waiters_round(struct waiters *w, uint64_t hold_us);
void waiters_close(struct waiters *w);

#endif
