/*
 * What a migration statement does, watched from other sessions: its locks from pg_locks, by a
 * sampling thread while it runs and once before it commits; rewrites and scans from the catalogs
 * and counters before and after; WAL.
 */
#ifndef REHEARSE_ADAPTERS_POSTGRES_OBSERVER_FACTS_H
#define REHEARSE_ADAPTERS_POSTGRES_OBSERVER_FACTS_H

#include "adapters/observer_sampler.h"
#include "adapters/postgres/observer_relations.h"
#include "adapters/postgres/observer_session.h"

struct seen_lock {
	uint32_t relation;
	char mode[32];
	uint64_t acquired_us, last_us;
	bool whole;	/* held when statement_locks() looked, so until the transaction ends */
	bool in_latest; /* in the latest sample */
};

/* The locks of one statement; also those that were held before it. */
struct seen_locks {
	struct seen_lock *list;
	size_t n, cap;
};

/* Samples pg_locks for one session on a connection of its own. */
struct seen_sampler {
	struct lock_sampler sampler;
	struct observer_session session;
	struct seen_locks seen;
};

int seen_sampler_open(struct seen_sampler *s, const struct replica_info *replica, struct err *err);
void seen_sampler_release(struct seen_sampler *s);
/* Takes in the rows of OBSERVER_LOCKS that `session` has just been asked for. */
void seen_locks_take(struct seen_locks *seen, const struct observer_session *session,
	uint64_t at_us, uint64_t previous_us);
struct seen_lock *seen_locks_find(
	const struct seen_locks *seen, uint32_t relation, const char *mode);

struct leftover_mark {
	uint32_t oid;
};

struct query_wal {
	int64_t id;
	uint64_t bytes;
};

struct observer_facts {
	unsigned version; /* of the server: 150018 */
	struct observer_session session;
	struct seen_sampler sampled;
	struct relation_set at_open; /* the schema as it stood */
	struct relation_set before;  /* before the statement, as far as is known */
	struct relation_set own;     /* as the migration's session saw it after the statement */
	bool has_own;		     /* statement_own() was called for this statement */
	struct seen_locks earlier;   /* held before the statement */
	bool in_transaction;	     /* before the statement */
	uint64_t migration;	     /* the session */
	char *sql;		     /* the statement */
	uint64_t begin_us, wal_begin;
	bool locks_read;       /* statement_locks() was called */
	char *statistics;      /* query for WAL by statement; NULL: not available */
	struct query_wal *wal; /* before the statement */
	size_t n_wal;
	int64_t query_id;
	struct leftover_mark *marks; /* leftovers that were there at open() */
	size_t n_marks;
};

int observer_facts_open(
	struct observer_facts *f, const struct replica_info *replica, struct err *err);
void observer_facts_release(struct observer_facts *f);
int observer_facts_begin(
	struct observer_facts *f, uint64_t session, const char *sql, struct err *err);
int observer_facts_locks(struct observer_facts *f, struct err *err);
int observer_facts_own(struct observer_facts *f, struct db_conn *migration, struct err *err);
int observer_facts_end(struct observer_facts *f, struct statement_facts *ret, struct err *err);

/* observer_wal.c */
int observer_wal_open(struct observer_facts *f, struct err *err);
int observer_wal_begin(struct observer_facts *f, struct err *err);
void observer_wal_query(struct observer_facts *f); /* learns which statement has just run */
int observer_wal_end(struct observer_facts *f, struct statement_facts *ret, struct err *err);

/* observer_leftovers.c */
int observer_leftovers_open(struct observer_facts *f, struct err *err);
int observer_leftovers(
	struct observer_facts *f, struct leftover **ret, size_t *ret_n, struct err *err);

#endif
