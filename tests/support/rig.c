#include "tests/support/rig.h"

#include <string.h>

#include "harness/base/clock.h"
#include "harness/base/mem.h"
#include "tests/support/suite.h"

const struct db_adapter *const db = &postgres_db;
struct test_pg pg;
struct replica_info replica;

void rig_start(void)
{
	test_pg_start(&pg, NULL, 0);
	replica = (struct replica_info){.dsn = pg.dsn,
		.database = (char *)"postgres",
		.log_dir = pg.server.log_dir,
		.version_number = pg.programs.version};
}

void rig_stop(void)
{
	test_pg_stop(&pg);
}

/* ---- sessions and what they saw ---- */

struct db_conn *rig_session(const char *application)
{
	struct db_target target = {.dsn = pg.dsn, .application = application};
	struct db_conn *conn;
	struct err err = {0};

	ck_ok(db_connect(db, &target, &conn, &err), err);
	return conn;
}

void rig_run(struct db_conn *conn, const char *sql)
{
	struct err err = {0};

	ck_ok(db_exec(db, conn, sql, &err), err);
}

static void *client_run(void *arg)
{
	struct client *c = arg;
	uint64_t start = clock_us();

	db_run(db, c->conn, c->sql, NULL, NULL);
	c->took_us = clock_us() - start;
	c->took_us -= c->took_us > c->free_us ? c->free_us : c->took_us;
	return NULL;
}

void client_go(struct client *c)
{
	ck_assert_int_eq(pthread_create(&c->thread, NULL, client_run, c), 0);
}

void client_start(struct client *c, const char *application, const char *sql)
{
	*c = (struct client){.conn = rig_session(application), .sql = sql};
	c->pid = db->session_id(c->conn);
	client_go(c);
}

void client_end(struct client *c)
{
	pthread_join(c->thread, NULL);
}

/* ---- what the observer told ---- */

static void keep(void *ctx, struct wait_event *event)
{
	struct told *told = ctx;

	*MEM_PUSH(told->list, told->n, told->cap) = *event;
}

void told_release(struct told *told)
{
	for (size_t i = 0; i < told->n; i++)
		wait_event_release(&told->list[i]);
	mem_free(told->list);
	*told = (struct told){0};
}

struct observer *rig_observe(const char *name, uint64_t min_wait_us)
{
	struct observer_config config = {
		.replica = &replica, .min_wait_us = min_wait_us, .source = name};
	struct observer *o;
	struct err err = {0};

	ck_ok(postgres_observer.open(&config, &o, &err), err);
	return o;
}

void rig_poll(struct observer *o, struct told *told, uint64_t us)
{
	uint64_t end = clock_us() + us;
	struct err err = {0};

	do {
		ck_ok(postgres_observer.poll(o, keep, told, &err), err);
		clock_sleep_us(20000);
	} while (clock_us() < end);
}

void rig_finish(struct observer *o, struct told *told)
{
	struct err err = {0};

	ck_ok(postgres_observer.finish(o, keep, told, &err), err);
	postgres_observer.close(o);
}

const struct wait_event *told_find(const struct told *told, const struct client *client)
{
	for (size_t i = 0; i < told->n; i++)
		if (told->list[i].session == client->pid)
			return &told->list[i];
	ck_abort_msg("no wait of '%s' was told", client->sql);
}

bool rig_has(const uint64_t *list, size_t n, const struct db_conn *conn)
{
	for (size_t i = 0; i < n; i++)
		if (list[i] == db->session_id(conn))
			return true;
	return false;
}

void rig_fresh_tables(void)
{
	struct db_conn *conn = rig_session("setup");

	rig_run(conn,
		"DROP TABLE IF EXISTS a, b, renamed, made;"
		"CREATE TABLE a (id int PRIMARY KEY, v int);"
		"INSERT INTO a SELECT g, g FROM generate_series(1, 100) g;"
		"CREATE TABLE b (id int)");
	db->close(conn);
}
