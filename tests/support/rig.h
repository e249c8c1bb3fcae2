/*
 * For suites of the observers: one server of either engine, clients that run a statement in threads
 * of their own and measure what they feel, the waits that an observer told, what statements did.
 */
#ifndef REHEARSE_TESTS_RIG_H
#define REHEARSE_TESTS_RIG_H

#include <pthread.h>

#include "adapters/db.h"
#include "adapters/observer.h"
#include "tests/support/mariadb.h"
#include "tests/support/pg.h"

#define SETTLE_US 60000 /* for sessions to be where they should be */

/* Of the engine that was started. */
extern const struct db_adapter *db;
extern const struct observer_ops *ops;
extern struct replica_info replica;

extern struct test_pg pg;
extern struct test_mariadb server;

/* Fixtures; one server at a time. */
void rig_start_pg(void);
void rig_start_pg_with(const struct server_setting *settings, size_t n);
void rig_start_mariadb(void);
void rig_start_mariadb_with(const struct server_setting *settings, size_t n);
void rig_stop(void);

struct db_conn *rig_session(const char *application);
void rig_run(struct db_conn *conn, const char *sql);
void rig_once(const char *sql); /* in a session of its own */

/* PostgreSQL: a (id, v) with 100 rows, b (id). */
void rig_fresh_tables(void);

/* ---- clients ---- */

struct client {
	struct db_conn *conn;
	const char *sql;
	pthread_t thread;
	uint64_t id;	  /* of its session */
	uint64_t free_us; /* what it takes when nothing is in the way */
	uint64_t took_us; /* what the client felt, less that */
	char code[16];	  /* of its error; "" none */
};

void client_open(struct client *c, const char *application, const char *sql);
void client_start(struct client *c, const char *application, const char *sql); /* opens and goes */
void client_go(struct client *c); /* again, on the same connection */
void client_end(struct client *c);
void clients_go(struct client *clients, unsigned n);
void clients_end(struct client *clients, unsigned n);

/* ---- what an observer told ---- */

struct told {
	struct wait_event *list;
	size_t n, cap;
};

void told_keep(void *told, struct wait_event *event); /* for poll() and finish() */
void told_release(struct told *told);
/* Fails the test when there is none. */
const struct wait_event *told_find(const struct told *told, const struct client *client);
/* One wait of each client; together as long as the clients felt, but for the share `total_off`, and
 * the longest but for max_off_us. */
void told_as_felt(const struct told *told, const struct client *clients, unsigned n,
	const char *comment, double total_off, uint64_t max_off_us);
bool rig_has(const uint64_t *list, size_t n, const struct db_conn *conn);

struct observer *rig_observe(const char *name, uint64_t min_wait_us);
void rig_poll(struct observer *o, struct told *told, uint64_t us);
void rig_finish(struct observer *o, struct told *told); /* and closes */

/* ---- what statements did ---- */

/* Runs the statement under the observer's eyes, as a runner would: its error is to be `code`, ""
 * for none. What the transaction holds is looked at when the statement leaves one open. */
struct statement_facts rig_facts(
	struct observer *o, struct db_conn *conn, const char *sql, const char *code);
/* NULL: it took no such lock. */
const struct fact_lock *facts_lock(
	const struct statement_facts *f, const char *object, const char *mode);
bool facts_name(char *const *list, size_t n, const char *text);

#endif
