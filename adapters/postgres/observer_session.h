/*
 * A connection of the observer's own, with its statements prepared, and the names of relations.
 * One thread at a time, like any connection.
 */
#ifndef REHEARSE_ADAPTERS_POSTGRES_OBSERVER_SESSION_H
#define REHEARSE_ADAPTERS_POSTGRES_OBSERVER_SESSION_H

#include "adapters/observer.h"
#include "adapters/postgres/postgres.h"

#define OBSERVER_APPLICATION "rehearse-observer"

enum observer_query {
	OBSERVER_RELATIONS,
	OBSERVER_NAMES,
	OBSERVER_NAME,
	OBSERVER_LOCKS,
	OBSERVER_HOLDERS,
	OBSERVER_WAITING,
	OBSERVER_SAMPLE,
	OBSERVER_LOGFILE,
	OBSERVER_LOGREAD,
	OBSERVER_WAL,
	OBSERVER_QUERY,
	OBSERVER_LEFTOVERS,
	OBSERVER_FOREIGN,
	OBSERVER_QUERIES,
};

struct observer_session {
	struct db_conn *conn;
	uint64_t pid;
	bool prepared[OBSERVER_QUERIES];
};

int observer_session_open(
	struct observer_session *s, const struct replica_info *replica, struct err *err);
void observer_session_release(struct observer_session *s);
/* Runs one of the queries with text parameters; read the answer with observer_value(). */
int observer_ask(struct observer_session *s, enum observer_query query, const char *const *params,
	unsigned n_params, struct err *err);
/* With one number. */
int observer_ask_number(
	struct observer_session *s, enum observer_query query, uint64_t number, struct err *err);
unsigned observer_rows(const struct observer_session *s);
const char *observer_value(const struct observer_session *s, unsigned row, unsigned column);
uint64_t observer_value_number(const struct observer_session *s, unsigned row, unsigned column);

/* ---- names of relations, by OID; a name stays known when its relation is dropped or renamed ----
 */

struct relation_names {
	uint32_t *oids; /* open addressing; 0: free */
	char **names;
	size_t n, slots;
};

int relation_names_load(struct relation_names *n, struct observer_session *s, struct err *err);
/* The first name that was known; looked up when there is none; NULL when nobody knows. */
const char *relation_names_find(struct relation_names *n, struct observer_session *s, uint32_t oid);
void relation_names_put(struct relation_names *n, uint32_t oid, const char *name);
void relation_names_release(struct relation_names *n);

#endif
