/* For the suites of the MariaDB observer: one server, clients that know how long they waited, and
 * what an observer told. Included by one file per program. */
#ifndef REHEARSE_TESTS_MYSQL_RIG_H
#define REHEARSE_TESTS_MYSQL_RIG_H

#include <pthread.h>
#include <string.h>

#include "adapters/mysql/client.h"
#include "adapters/mysql/observer.h"
#include "harness/base/clock.h"
#include "harness/base/mem.h"
#include "tests/support/mariadb.h"
#include "tests/support/suite.h"

#define SETTLE_US 60000 /* for sessions to be where they should be */
#define RIG __attribute__((unused)) static

RIG const struct db_adapter *const db = &mysql_db;
RIG const struct observer_ops *const ops = &mysql_observer;
RIG struct test_mariadb server;
RIG struct replica_info replica;

RIG void rig_start_with(const struct server_setting *settings, size_t n)
{
	test_mariadb_start(&server, settings, n);
	replica = (struct replica_info){.dsn = server.dsn,
		.database = (char *)"test",
		.version_number = server.programs.flavour.version};
}

RIG void rig_start(void)
{
	rig_start_with(NULL, 0);
}

RIG void rig_stop(void)
{
	test_mariadb_stop(&server);
}

RIG struct db_conn *rig_session(const char *application)
{
	struct db_target target = {
		.dsn = server.dsn, .database = "test", .application = application};
	struct db_conn *conn;
	struct err err = {0};

	ck_ok(db_connect(db, &target, &conn, &err), err);
	return conn;
}

RIG void rig_run(struct db_conn *conn, const char *sql)
{
	struct err err = {0};

	ck_assert_msg(db_exec(db, conn, sql, &err) == 0, "%s: %s", sql, err.text);
}

RIG void rig_once(const char *sql)
{
	struct db_conn *conn = rig_session("setup");

	rig_run(conn, sql);
	db->close(conn);
}

/* ---- clients ---- */

struct client {
	struct db_conn *conn;
	const char *sql;
	pthread_t thread;
	uint64_t id;
	uint64_t free_us; /* what it takes when nothing is in the way */
	uint64_t took_us; /* what the client felt, less that */
	char code[16];	  /* of its error; "" none */
};

RIG void *client_run(void *arg)
{
	struct client *c = arg;
	uint64_t start = clock_us();

	db_run(db, c->conn, c->sql, NULL, NULL);
	c->took_us = clock_us() - start;
	c->took_us -= c->took_us > c->free_us ? c->free_us : c->took_us;
	memcpy(c->code, db->result(c->conn)->error.code, sizeof(c->code));
	return NULL;
}

RIG void client_go(struct client *c)
{
	ck_assert_int_eq(pthread_create(&c->thread, NULL, client_run, c), 0);
}

RIG void client_open(struct client *c, const char *application, const char *sql)
{
	*c = (struct client){.conn = rig_session(application), .sql = sql};
	c->id = db->session_id(c->conn);
}

RIG void client_start(struct client *c, const char *application, const char *sql)
{
	client_open(c, application, sql);
	client_go(c);
}

RIG void client_end(struct client *c)
{
	pthread_join(c->thread, NULL);
}

RIG void all_go(struct client *clients, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		client_go(&clients[i]);
}

RIG void all_end(struct client *clients, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		client_end(&clients[i]);
}

/* ---- what was told ---- */

struct told {
	struct wait_event *list;
	size_t n, cap;
};

RIG void keep(void *ctx, struct wait_event *event)
{
	struct told *told = ctx;

	*MEM_PUSH(told->list, told->n, told->cap) = *event;
}

RIG void told_release(struct told *told)
{
	for (size_t i = 0; i < told->n; i++)
		wait_event_release(&told->list[i]);
	mem_free(told->list);
	*told = (struct told){0};
}

RIG const struct wait_event *told_find(const struct told *told, const struct client *client)
{
	for (size_t i = 0; i < told->n; i++)
		if (told->list[i].session == client->id)
			return &told->list[i];
	ck_abort_msg("no wait of '%s' was told", client->sql);
}

RIG bool rig_has(const uint64_t *list, size_t n, const struct db_conn *conn)
{
	for (size_t i = 0; i < n; i++)
		if (list[i] == db->session_id(conn))
			return true;
	return false;
}

RIG struct observer *rig_observe(const char *name, uint64_t min_wait_us)
{
	struct observer_config config = {
		.replica = &replica, .min_wait_us = min_wait_us, .source = name};
	struct observer *o;
	struct err err = {0};

	ck_ok(ops->open(&config, &o, &err), err);
	return o;
}

RIG void rig_poll(struct observer *o, struct told *told, uint64_t us)
{
	uint64_t end = clock_us() + us;
	struct err err = {0};

	do {
		ck_ok(ops->poll(o, keep, told, &err), err);
		clock_sleep_us(20000);
	} while (clock_us() < end);
}

RIG void rig_finish(struct observer *o, struct told *told)
{
	struct err err = {0};

	ck_ok(ops->finish(o, keep, told, &err), err);
	ops->close(o);
}

#endif
