#include "tests/support/rig.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "adapters/mysql/client.h"
#include "adapters/mysql/observer.h"
#include "adapters/postgres/postgres.h"
#include "harness/base/clock.h"
#include "harness/base/mem.h"
#include "tests/support/suite.h"

const struct db_adapter *db;
const struct observer_ops *ops;
struct replica_info replica;
struct test_pg pg;
struct test_mariadb server;

static const char *rig_dsn;

void rig_start_pg_with(const struct server_setting *settings, size_t n)
{
	test_pg_start(&pg, settings, n);
	db = &postgres_db;
	ops = &postgres_observer;
	rig_dsn = pg.dsn;
	replica = (struct replica_info){.dsn = pg.dsn,
		.database = (char *)"postgres",
		.log_dir = pg.server.log_dir,
		.version_number = pg.programs.version};
}

void rig_start_pg(void)
{
	rig_start_pg_with(NULL, 0);
}

void rig_start_mariadb_with(const struct server_setting *settings, size_t n)
{
	test_mariadb_start(&server, settings, n);
	db = &mysql_db;
	ops = &mysql_observer;
	rig_dsn = server.dsn;
	replica = (struct replica_info){.dsn = server.dsn,
		.database = (char *)"test",
		.version_number = server.programs.flavour.version};
}

void rig_start_mariadb(void)
{
	rig_start_mariadb_with(NULL, 0);
}

void rig_stop(void)
{
	if (db == &postgres_db)
		test_pg_stop(&pg);
	else
		test_mariadb_stop(&server);
}

struct db_conn *rig_session(const char *application)
{
	struct db_target target = {
		.dsn = rig_dsn, .database = replica.database, .application = application};
	struct db_conn *conn;
	struct err err = {0};

	ck_ok(db_connect(db, &target, &conn, &err), err);
	return conn;
}

void rig_run(struct db_conn *conn, const char *sql)
{
	struct err err = {0};

	ck_assert_msg(db_exec(db, conn, sql, &err) == 0, "%s: %s", sql, err.text);
}

void rig_once(const char *sql)
{
	struct db_conn *conn = rig_session("setup");

	rig_run(conn, sql);
	db->close(conn);
}

void rig_fresh_tables(void)
{
	rig_once("DROP TABLE IF EXISTS a, b, renamed, made;"
		 "CREATE TABLE a (id int PRIMARY KEY, v int);"
		 "INSERT INTO a SELECT g, g FROM generate_series(1, 100) g;"
		 "CREATE TABLE b (id int)");
}

/* ---- clients ---- */

static void *client_run(void *arg)
{
	struct client *c = arg;
	uint64_t start = clock_us();

	db_run(db, c->conn, c->sql, NULL, NULL);
	c->took_us = clock_us() - start;
	c->took_us -= c->took_us > c->free_us ? c->free_us : c->took_us;
	memcpy(c->code, db->result(c->conn)->error.code, sizeof(c->code));
	return NULL;
}

void client_open(struct client *c, const char *application, const char *sql)
{
	*c = (struct client){.conn = rig_session(application), .sql = sql};
	c->id = db->session_id(c->conn);
}

void client_start(struct client *c, const char *application, const char *sql)
{
	client_open(c, application, sql);
	client_go(c);
}

void client_go(struct client *c)
{
	ck_assert_int_eq(pthread_create(&c->thread, NULL, client_run, c), 0);
}

void client_end(struct client *c)
{
	pthread_join(c->thread, NULL);
}

void clients_go(struct client *clients, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		client_go(&clients[i]);
}

void clients_end(struct client *clients, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		client_end(&clients[i]);
}

/* ---- what an observer told ---- */

void told_keep(void *told, struct wait_event *event)
{
	struct told *t = told;

	*MEM_PUSH(t->list, t->n, t->cap) = *event;
}

void told_release(struct told *told)
{
	for (size_t i = 0; i < told->n; i++)
		wait_event_release(&told->list[i]);
	mem_free(told->list);
	*told = (struct told){0};
}

const struct wait_event *told_find(const struct told *told, const struct client *client)
{
	for (size_t i = 0; i < told->n; i++)
		if (told->list[i].session == client->id)
			return &told->list[i];
	ck_abort_msg("no wait of '%s' was told", client->sql);
}

void told_as_felt(const struct told *told, const struct client *clients, unsigned n,
	const char *comment, double total_off, uint64_t max_off_us)
{
	uint64_t felt = 0, felt_max = 0, seen = 0, seen_max = 0;

	ck_assert_msg(told->n == n, "%s: %zu waits of %u", comment, told->n, n);
	for (unsigned i = 0; i < n; i++) {
		uint64_t us = told_find(told, &clients[i])->duration_us;

		felt += clients[i].took_us;
		seen += us;
		felt_max = clients[i].took_us > felt_max ? clients[i].took_us : felt_max;
		seen_max = us > seen_max ? us : seen_max;
	}
	printf("%-36s felt %" PRIu64 " us, told %" PRIu64 " us; at most %" PRIu64 ", %" PRIu64 "\n",
		comment, felt, seen, felt_max, seen_max);
	ck_assert_msg((double)seen >= (double)felt * (1 - total_off) &&
			(double)seen <= (double)felt * (1 + total_off),
		"%s: felt %" PRIu64 " us in all, told %" PRIu64, comment, felt, seen);
	ck_assert_msg(seen_max + max_off_us >= felt_max && seen_max <= felt_max + max_off_us,
		"%s: felt %" PRIu64 " us at most, told %" PRIu64, comment, felt_max, seen_max);
}

bool rig_has(const uint64_t *list, size_t n, const struct db_conn *conn)
{
	for (size_t i = 0; i < n; i++)
		if (list[i] == db->session_id(conn))
			return true;
	return false;
}

struct observer *rig_observe(const char *name, uint64_t min_wait_us)
{
	struct observer_config config = {
		.replica = &replica, .min_wait_us = min_wait_us, .source = name};
	struct observer *o;
	struct err err = {0};

	ck_ok(ops->open(&config, &o, &err), err);
	return o;
}

void rig_poll(struct observer *o, struct told *told, uint64_t us)
{
	uint64_t end = clock_us() + us;
	struct err err = {0};

	do {
		ck_ok(ops->poll(o, told_keep, told, &err), err);
		clock_sleep_us(20000);
	} while (clock_us() < end);
}

void rig_finish(struct observer *o, struct told *told)
{
	struct err err = {0};

	ck_ok(ops->finish(o, told_keep, told, &err), err);
	ops->close(o);
}

/* ---- what statements did ---- */

struct statement_facts rig_facts(
	struct observer *o, struct db_conn *conn, const char *sql, const char *code)
{
	struct statement_facts facts;
	struct err err = {0};

	ck_ok(ops->statement_begin(o, db->session_id(conn), sql, &err), err);
	ck_assert_int_eq(db_run(db, conn, sql, NULL, &err), 0);
	ck_assert_msg(!strcmp(db->result(conn)->error.code, code), "%s: %s", sql,
		db->result(conn)->error.text);
	if (!*code && db->in_transaction(conn))
		ck_ok(ops->statement_locks(o, &err), err);
	if (!*code)
		ck_ok(ops->statement_own(o, conn, &err), err);
	ck_ok(ops->statement_end(o, &facts, &err), err);
	return facts;
}

const struct fact_lock *facts_lock(
	const struct statement_facts *f, const char *object, const char *mode)
{
	for (size_t i = 0; i < f->n_locks; i++)
		if (!strcmp(f->locks[i].object, object) && !strcmp(f->locks[i].mode, mode))
			return &f->locks[i];
	return NULL;
}

bool facts_name(char *const *list, size_t n, const char *text)
{
	for (size_t i = 0; i < n; i++)
		if (!strcmp(list[i], text))
			return true;
	return false;
}
