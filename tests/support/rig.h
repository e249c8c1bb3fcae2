/*
 * For suites of the observer: one server, clients that run a statement in threads of their own and
 * measure what they feel, and the waits that an observer told.
 */
#ifndef REHEARSE_TESTS_RIG_H
#define REHEARSE_TESTS_RIG_H

#include <pthread.h>

#include "adapters/postgres/postgres.h"
#include "tests/support/pg.h"

#define SETTLE_US 60000 /* for sessions to be where they should be */

extern const struct db_adapter *const db;
extern struct test_pg pg;
extern struct replica_info replica;

void rig_start(void);
void rig_stop(void);
struct db_conn *rig_session(const char *application);
void rig_run(struct db_conn *conn, const char *sql);
void rig_fresh_tables(void); /* a (id, v) with 100 rows, b (id) */

struct client {
	struct db_conn *conn;
	const char *sql;
	pthread_t thread;
	uint64_t pid;
	uint64_t free_us; /* what it takes when nothing is in the way */
	uint64_t took_us; /* what the client felt, less that */
};

void client_start(struct client *c, const char *application, const char *sql);
void client_go(struct client *c); /* again, on the same connection */
void client_end(struct client *c);

struct told {
	struct wait_event *list;
	size_t n, cap;
};

void told_release(struct told *told);
const struct wait_event *told_find(const struct told *told, const struct client *client);
bool rig_has(const uint64_t *list, size_t n, const struct db_conn *conn);

struct observer *rig_observe(const char *name, uint64_t min_wait_us);
void rig_poll(struct observer *o, struct told *told, uint64_t us);
void rig_finish(struct observer *o, struct told *told);

#endif
