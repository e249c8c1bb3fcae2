/*
 * The observer against the truth: clients that know how long they waited, because they measure it
 * themselves, on a real server.
 */
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "adapters/postgres/postgres.h"
#include "harness/base/cleanup.h"
#include "harness/base/clock.h"
#include "harness/base/mem.h"
#include "tests/support/pg.h"
#include "tests/support/suite.h"

#define CLIENTS_MAX 20
#define SETTLE_US 60000 /* for sessions to be where they should be */

static const struct db_adapter *const db = &postgres_db;
static struct test_pg pg;
static struct replica_info replica;

static void start_server(void)
{
	test_pg_start(&pg, NULL, 0);
	replica = (struct replica_info){.dsn = pg.dsn,
		.database = (char *)"postgres",
		.log_dir = pg.server.log_dir,
		.version_number = pg.programs.version};
}

static void stop_server(void)
{
	test_pg_stop(&pg);
}

/* ---- sessions and what they saw ---- */

static struct db_conn *session(const char *application)
{
	struct db_target target = {.dsn = pg.dsn, .application = application};
	struct db_conn *conn;
	struct err err = {0};

	ck_ok(db_connect(db, &target, &conn, &err), err);
	return conn;
}

static void run_sql(struct db_conn *conn, const char *sql)
{
	struct err err = {0};

	ck_ok(db_exec(db, conn, sql, &err), err);
}

struct client {
	struct db_conn *conn;
	const char *sql;
	pthread_t thread;
	uint64_t pid;
	uint64_t free_us; /* what it takes when nothing is in the way */
	uint64_t took_us; /* what the client felt, less that */
};

static void *client_run(void *arg)
{
	struct client *c = arg;
	uint64_t start = clock_us();

	db_run(db, c->conn, c->sql, NULL, NULL);
	c->took_us = clock_us() - start;
	c->took_us -= c->took_us > c->free_us ? c->free_us : c->took_us;
	return NULL;
}

static void client_go(struct client *c)
{
	ck_assert_int_eq(pthread_create(&c->thread, NULL, client_run, c), 0);
}

static void client_start(struct client *c, const char *application, const char *sql)
{
	*c = (struct client){.conn = session(application), .sql = sql};
	c->pid = db->session_id(c->conn);
	client_go(c);
}

static void client_end(struct client *c)
{
	pthread_join(c->thread, NULL);
}

/* ---- what the observer told ---- */

struct told {
	struct wait_event *list;
	size_t n, cap;
};

static void keep(void *ctx, struct wait_event *event)
{
	struct told *told = ctx;

	*MEM_PUSH(told->list, told->n, told->cap) = *event;
}

static void told_release(struct told *told)
{
	for (size_t i = 0; i < told->n; i++)
		wait_event_release(&told->list[i]);
	mem_free(told->list);
	*told = (struct told){0};
}

static struct observer *observe(const char *name, uint64_t min_wait_us)
{
	struct observer_config config = {
		.replica = &replica, .min_wait_us = min_wait_us, .source = name};
	struct observer *o;
	struct err err = {0};

	ck_ok(postgres_observer.open(&config, &o, &err), err);
	return o;
}

static void poll_for(struct observer *o, struct told *told, uint64_t us)
{
	uint64_t end = clock_us() + us;
	struct err err = {0};

	do {
		ck_ok(postgres_observer.poll(o, keep, told, &err), err);
		clock_sleep_us(20000);
	} while (clock_us() < end);
}

static void finish(struct observer *o, struct told *told)
{
	struct err err = {0};

	ck_ok(postgres_observer.finish(o, keep, told, &err), err);
	postgres_observer.close(o);
}

static const struct wait_event *find(const struct told *told, const struct client *client)
{
	for (size_t i = 0; i < told->n; i++)
		if (told->list[i].session == client->pid)
			return &told->list[i];
	ck_abort_msg("no wait of '%s' was told", client->sql);
}

static bool has(const uint64_t *list, size_t n, const struct db_conn *conn)
{
	for (size_t i = 0; i < n; i++)
		if (list[i] == db->session_id(conn))
			return true;
	return false;
}

static void fresh_tables(void)
{
	struct db_conn *conn = session("setup");

	run_sql(conn,
		"DROP TABLE IF EXISTS a, b, renamed, made;"
		"CREATE TABLE a (id int PRIMARY KEY, v int);"
		"INSERT INTO a SELECT g, g FROM generate_series(1, 100) g;"
		"CREATE TABLE b (id int)");
	db->close(conn);
}

/* ---- ground truth ---- */

static const struct truth {
	const char *comment, *source;
	uint64_t hold_us;
	unsigned clients;
	double total_off; /* allowed, as a share */
	uint64_t max_off_us;
	bool exact;
} truths[] = {
	{"a short hold, log directory", "log-file", 50000, 20, 0.05, 10000, true},
	{"half a second, log directory", "log-file", 500000, 20, 0.05, 10000, true},
	{"a second and a half, log directory", "log-file", 1500000, 20, 0.05, 10000, true},
	{"a short hold, log through SQL", "log-sql", 50000, 20, 0.05, 10000, true},
	{"half a second, log through SQL", "log-sql", 500000, 20, 0.05, 10000, true},
	{"half a second, sampled", "sampling", 500000, 20, 0.10, 60000, false},
	{"a second and a half, sampled", "sampling", 1500000, 20, 0.05, 60000, false},
};

static void all_at_once(struct client *clients, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		client_go(&clients[i]);
	for (unsigned i = 0; i < n; i++)
		client_end(&clients[i]);
}

/* What the clients know: they wait from when they send until the lock is gone. */
static void make_truth(const struct truth *t, struct observer *o, struct told *told,
	struct client *clients, struct db_conn *holder)
{
	run_sql(holder, "BEGIN; LOCK TABLE a IN ACCESS EXCLUSIVE MODE");
	for (unsigned i = 0; i < t->clients; i++)
		client_go(&clients[i]);
	poll_for(o, told, t->hold_us);
	run_sql(holder, "COMMIT");
	for (unsigned i = 0; i < t->clients; i++)
		client_end(&clients[i]);
}

static void check_event(
	const struct truth *t, const struct wait_event *e, const struct db_conn *holder)
{
	ck_assert_str_eq(e->object, "public.a");
	ck_assert_str_eq(e->mode, "AccessShareLock");
	ck_assert_str_eq(e->tag, "look up");
	ck_assert_str_eq(e->application, "app");
	ck_assert_int_eq(e->outcome, WAIT_ACQUIRED);
	ck_assert(e->exact == t->exact);
	ck_assert(has(e->holders, e->n_holders, holder));
}

static void compare(const struct truth *t, const struct told *told, const struct client *clients,
	const struct db_conn *holder)
{
	uint64_t felt = 0, felt_max = 0, seen = 0, seen_max = 0;

	ck_assert_msg(
		told->n == t->clients, "%s: %zu waits of %u", t->comment, told->n, t->clients);
	for (unsigned i = 0; i < t->clients; i++) {
		const struct wait_event *e = find(told, &clients[i]);

		check_event(t, e, holder);
		felt += clients[i].took_us;
		seen += e->duration_us;
		felt_max = clients[i].took_us > felt_max ? clients[i].took_us : felt_max;
		seen_max = e->duration_us > seen_max ? e->duration_us : seen_max;
	}
	printf("%-36s felt %" PRIu64 " us, told %" PRIu64 " us; at most %" PRIu64 ", %" PRIu64 "\n",
		t->comment, felt, seen, felt_max, seen_max);
	ck_assert_msg((double)seen >= (double)felt * (1 - t->total_off) &&
			(double)seen <= (double)felt * (1 + t->total_off),
		"%s: felt %" PRIu64 " us in all, told %" PRIu64, t->comment, felt, seen);
	ck_assert_msg(seen_max + t->max_off_us >= felt_max && seen_max <= felt_max + t->max_off_us,
		"%s: felt %" PRIu64 " us at most, told %" PRIu64, t->comment, felt_max, seen_max);
}

START_TEST(waits_are_told_as_the_clients_felt_them)
{
	const struct truth *t = &truths[_i];
	struct client clients[CLIENTS_MAX];
	struct db_conn *holder = session("holder");
	struct told told = {0};
	struct observer *o;

	fresh_tables();
	for (unsigned i = 0; i < t->clients; i++) {
		clients[i] = (struct client){.conn = session("app"),
			.sql = "/*tx:look up*/ SELECT v FROM a WHERE id = 1"};
		clients[i].pid = db->session_id(clients[i].conn);
	}
	all_at_once(clients, t->clients); /* fills their caches */
	all_at_once(clients, t->clients);
	for (unsigned i = 0; i < t->clients; i++)
		clients[i].free_us = clients[i].took_us;
	o = observe(t->source, 10000);
	ck_assert_str_eq(postgres_observer.source(o)->name, t->source);
	ck_assert(postgres_observer.source(o)->exact == t->exact);
	make_truth(t, o, &told, clients, holder);
	poll_for(o, &told, 100000);
	finish(o, &told);
	compare(t, &told, clients, holder);
	told_release(&told);
	for (unsigned i = 0; i < t->clients; i++)
		db->close(clients[i].conn);
	db->close(holder);
}
END_TEST

/* ---- who waits behind whom ---- */

START_TEST(who_stands_behind_a_queued_alter_has_it_ahead)
{
	static const char *const sources[] = {"log-file", "log-sql", "sampling"};
	struct db_conn *reader = session("reader");
	struct client alter, select;
	struct told told = {0};
	const struct wait_event *e;
	struct observer *o;

	fresh_tables();
	o = observe(sources[_i], 10000);
	run_sql(reader, "BEGIN; SELECT count(*) FROM a");
	client_start(&alter, "migration", "ALTER TABLE a ADD COLUMN n int");
	poll_for(o, &told, SETTLE_US * 2);
	client_start(&select, "app", "/*tx:read*/ SELECT v FROM a WHERE id = 1");
	poll_for(o, &told, SETTLE_US * 4);
	ck_assert_uint_eq(postgres_observer.waiting_now(o), 2);
	run_sql(reader, "COMMIT");
	client_end(&alter);
	client_end(&select);
	poll_for(o, &told, 100000);
	finish(o, &told);

	ck_assert_uint_eq(told.n, 2);
	e = find(&told, &alter);
	ck_assert(has(e->holders, e->n_holders, reader));
	ck_assert_str_eq(e->mode, "AccessExclusiveLock");
	ck_assert_ptr_null(e->tag);
	e = find(&told, &select);
	ck_assert(has(e->ahead, e->n_ahead, alter.conn));
	ck_assert_msg(!has(e->holders, e->n_holders, reader),
		"a reader's lock is in no other reader's way");
	ck_assert_str_eq(e->tag, "read");
	told_release(&told);
	db->close(reader);
	db->close(alter.conn);
	db->close(select.conn);
}
END_TEST

START_TEST(row_waits_name_the_row_and_the_transaction)
{
	struct db_conn *holder = session("app");
	struct client one, two;
	struct told told = {0};
	struct observer *o;
	bool tuple = false, transaction = false;

	fresh_tables();
	o = observe("log-file", 10000);
	run_sql(holder, "BEGIN; UPDATE a SET v = 0 WHERE id = 7");
	client_start(&one, "app", "/*tx:pay*/ UPDATE a SET v = 1 WHERE id = 7");
	poll_for(o, &told, SETTLE_US);
	client_start(&two, "app", "/*tx:pay*/ UPDATE a SET v = 2 WHERE id = 7");
	poll_for(o, &told, SETTLE_US * 2);
	run_sql(holder, "COMMIT");
	client_end(&one);
	client_end(&two);
	finish(o, &told);
	for (size_t i = 0; i < told.n; i++) {
		tuple |= strcmp(told.list[i].object, "tuple of public.a") == 0;
		transaction |= strncmp(told.list[i].object, "transaction ", 12) == 0;
		ck_assert_str_eq(told.list[i].tag, "pay");
	}
	ck_assert(tuple);
	ck_assert(transaction);
	told_release(&told);
	db->close(holder);
	db->close(one.conn);
	db->close(two.conn);
}
END_TEST

START_TEST(a_concurrent_build_waits_for_virtual_transactions)
{
	struct db_conn *old = session("app");
	struct client build;
	struct told told = {0};
	struct observer *o;

	fresh_tables();
	o = observe("log-file", 10000);
	run_sql(old, "BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT 1 FROM b");
	client_start(&build, "migration", "CREATE INDEX CONCURRENTLY a_v ON a (v)");
	poll_for(o, &told, SETTLE_US * 5);
	run_sql(old, "COMMIT");
	client_end(&build);
	finish(o, &told);
	ck_assert_uint_ge(told.n, 1);
	ck_assert_int_eq(strncmp(told.list[0].object, "virtual transaction ", 20), 0);
	ck_assert(has(told.list[0].holders, told.list[0].n_holders, old));
	told_release(&told);
	db->close(old);
	db->close(build.conn);
}
END_TEST

/* ---- how waits end ---- */

START_TEST(waits_that_end_badly_tell_how)
{
	static const struct {
		const char *sql;
		enum wait_outcome outcome;
	} cases[] = {
		{"SET lock_timeout = '150ms'; SELECT 0 FROM a", WAIT_TIMED_OUT},
		{"SET statement_timeout = '150ms'; SELECT 1 FROM a", WAIT_CANCELLED},
		{"SELECT 2 FROM a", WAIT_FAILED}, /* its session is ended */
		{"SET lock_timeout = '150ms'; DO $$ BEGIN LOCK TABLE a; EXCEPTION WHEN OTHERS THEN "
		 "NULL; END $$",
			WAIT_FAILED}, /* the log has no end of it */
		{"SELECT 4 FROM a", WAIT_UNFINISHED},
	};
	struct db_conn *holder = session("holder"), *control = session("control");
	CLEANUP(cleanup_free) char *kill = NULL;
	struct client clients[5];
	struct told told = {0};
	struct observer *o;

	fresh_tables();
	o = observe("log-file", 10000);
	run_sql(holder, "BEGIN; LOCK TABLE a");
	for (int i = 0; i < 5; i++)
		client_start(&clients[i], "app", cases[i].sql);
	poll_for(o, &told, SETTLE_US * 4);
	kill = mem_printf(
		"SELECT pg_terminate_backend(%" PRIu64 ")", db->session_id(clients[2].conn));
	run_sql(control, kill);
	poll_for(o, &told, 3500000);
	finish(o, &told);

	ck_assert_uint_eq(told.n, 5);
	for (int i = 0; i < 5; i++) {
		const struct wait_event *e = find(&told, &clients[i]);

		ck_assert_msg(e->outcome == cases[i].outcome, "%s: %s", cases[i].sql,
			wait_outcome_name(e->outcome));
		ck_assert(e->exact == (i != 3));
	}
	ck_assert_uint_ge(find(&told, &clients[0])->duration_us, 145000);
	run_sql(holder, "COMMIT");
	for (int i = 0; i < 5; i++) {
		client_end(&clients[i]);
		db->close(clients[i].conn);
	}
	told_release(&told);
	db->close(holder);
	db->close(control);
}
END_TEST

START_TEST(a_deadlock_is_told_with_its_outcome)
{
	static const char *const scripts[] = {
		"BEGIN; UPDATE a SET v = 0 WHERE id = 1; SELECT pg_sleep(0.3);"
		" UPDATE a SET v = 0 WHERE id = 2; COMMIT",
		"BEGIN; UPDATE a SET v = 0 WHERE id = 2; SELECT pg_sleep(0.3);"
		" UPDATE a SET v = 0 WHERE id = 1; COMMIT"};
	struct client clients[2];
	struct told told = {0};
	struct observer *o;
	unsigned deadlocks = 0;

	fresh_tables();
	o = observe("log-file", 10000);
	for (int i = 0; i < 2; i++)
		client_start(&clients[i], "app", scripts[i]);
	poll_for(o, &told, 600000);
	for (int i = 0; i < 2; i++)
		client_end(&clients[i]);
	finish(o, &told);
	for (size_t i = 0; i < told.n; i++)
		deadlocks += told.list[i].outcome == WAIT_DEADLOCK;
	ck_assert_uint_eq(deadlocks, 1);
	told_release(&told);
	for (int i = 0; i < 2; i++)
		db->close(clients[i].conn);
}
END_TEST

/* ---- names, settings, the log itself ---- */

START_TEST(relations_are_named_though_they_came_or_went_meanwhile)
{
	static const struct {
		const char *before, *lock, *wait, *after, *name;
	} cases[] = {
		{"CREATE TABLE made (id int)", "LOCK TABLE made", "SELECT 1 FROM made", "",
			"public.made"},
		{"ALTER TABLE b RENAME TO renamed", "LOCK TABLE renamed", "SELECT 1 FROM renamed",
			"", "public.b"},
		{"", "LOCK TABLE a", "SELECT 1 FROM a", "DROP TABLE a", "public.a"},
	};
	struct db_conn *holder = session("holder");
	struct client waiter;
	struct told told = {0};
	struct observer *o;

	fresh_tables();
	o = observe("log-file", 10000);
	run_sql(holder, cases[_i].before);
	run_sql(holder, "BEGIN");
	run_sql(holder, cases[_i].lock);
	client_start(&waiter, "app", cases[_i].wait);
	poll_for(o, &told, SETTLE_US * 2);
	run_sql(holder, cases[_i].after);
	run_sql(holder, "COMMIT");
	client_end(&waiter);
	finish(o, &told);
	ck_assert_uint_eq(told.n, 1);
	ck_assert_str_eq(told.list[0].object, cases[_i].name);
	told_release(&told);
	db->close(holder);
	db->close(waiter.conn);
}
END_TEST

START_TEST(the_shortest_wait_can_be_changed_in_mid_run)
{
	struct db_conn *holder = session("holder");
	struct client waiter;
	struct told told = {0};
	struct observer *o;
	struct err err = {0};

	fresh_tables();
	o = observe("log-file", 1000);
	ck_assert_uint_eq(postgres_observer.source(o)->min_wait_us, 1000);
	ck_ok(postgres_observer.set_min_wait(o, 2000000, &err), err);
	ck_assert_uint_eq(postgres_observer.source(o)->min_wait_us, 2000000);
	run_sql(holder, "BEGIN; LOCK TABLE a");
	client_start(&waiter, "app", "SELECT 1 FROM a");
	poll_for(o, &told, 300000);
	run_sql(holder, "COMMIT");
	client_end(&waiter);
	finish(o, &told);
	ck_assert_uint_eq(told.n, 0);
	told_release(&told);
	db->close(holder);
	db->close(waiter.conn);
}
END_TEST

START_TEST(a_log_that_is_emptied_or_moved_is_followed)
{
	static const char *const sources[] = {"log-file", "log-file", "log-sql"};
	CLEANUP(cleanup_free)
	char *path = mem_printf(
		"%s/server.%s", pg.server.log_dir, pg.programs.version >= 150000 ? "json" : "csv");
	CLEANUP(cleanup_free) char *moved = mem_printf("%s.old", path);
	struct db_conn *holder = session("holder");
	struct client waiter;
	struct told told = {0};
	struct observer *o;

	fresh_tables();
	o = observe(sources[_i], 10000);
	if (_i == 1) {
		ck_assert_int_eq(rename(path, moved), 0);
		run_sql(holder, "SELECT pg_rotate_logfile()");
	} else {
		ck_assert_int_eq(truncate(path, 0), 0);
	}
	poll_for(o, &told, 300000);
	run_sql(holder, "BEGIN; LOCK TABLE a");
	client_start(&waiter, "app", "SELECT 1 FROM a");
	poll_for(o, &told, 100000);
	run_sql(holder, "COMMIT");
	client_end(&waiter);
	finish(o, &told);
	ck_assert_uint_eq(told.n, 1);
	told_release(&told);
	db->close(holder);
	db->close(waiter.conn);
}
END_TEST

START_TEST(what_is_left_behind_is_told_apart_from_what_was_there)
{
	struct db_conn *conn = session("migration");
	struct leftover *list;
	struct observer *o;
	struct err err = {0};
	size_t n;

	fresh_tables();
	run_sql(conn, "ALTER TABLE a ADD CONSTRAINT old CHECK (v > -1) NOT VALID");
	o = observe("log-file", 10000);
	run_sql(conn, "ALTER TABLE a ADD CONSTRAINT new CHECK (v > -2) NOT VALID");
	run_sql(conn, "INSERT INTO b VALUES (1), (1)");
	db_run(db, conn, "CREATE UNIQUE INDEX CONCURRENTLY b_id ON b (id)", NULL, NULL);
	ck_ok(postgres_observer.leftovers(o, &list, &n, &err), err);
	ck_assert_uint_eq(n, 3);
	ck_assert_str_eq(list[0].kind, "invalid-index");
	ck_assert_str_eq(list[0].object, "public.b_id");
	ck_assert_str_eq(list[0].table, "public.b");
	ck_assert(!list[0].existed_before);
	ck_assert_str_eq(list[1].object, "public.new");
	ck_assert(!list[1].existed_before);
	ck_assert_str_eq(list[2].kind, "unvalidated-constraint");
	ck_assert_str_eq(list[2].table, "public.a");
	ck_assert(list[2].existed_before);
	leftovers_free(list, n);
	postgres_observer.close(o);
	db->close(conn);
}
END_TEST

START_TEST(without_a_log_directory_the_log_is_read_through_sql)
{
	struct replica_info kept = replica;
	struct observer *o;

	replica.log_dir = NULL;
	o = observe("auto", 10000);
	ck_assert_str_eq(postgres_observer.source(o)->name, "log-sql");
	postgres_observer.close(o);
	replica = kept;
}
END_TEST

START_TEST(a_role_without_rights_still_samples_and_says_so)
{
	struct replica_info kept = replica;
	CLEANUP(cleanup_free)
	char *dsn = mem_printf(
		"host=%s port=%d user=plain dbname=postgres", pg.server.dir, PG_SERVER_PORT);
	struct db_conn *conn = session("setup");
	const struct observe_source *source;
	struct observer *o;

	run_sql(conn, "DROP ROLE IF EXISTS plain; CREATE ROLE plain LOGIN");
	replica.dsn = dsn;
	o = observe("auto", 10000);
	source = postgres_observer.source(o);
	ck_assert_str_eq(source->name, "sampling");
	ck_assert(!source->exact);
	ck_assert_uint_gt(strlen(source->blind_to), 0);
	ck_assert_msg(strstr(source->detail, "permission denied") != NULL, "%s", source->detail);
	postgres_observer.close(o);
	replica = kept;
	db->close(conn);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("observer");
	TCase *tc = tcase_create("waits");

	tcase_set_timeout(tc, SUITE_TIMEOUT_S);
	tcase_add_unchecked_fixture(tc, start_server, stop_server);
	tcase_add_loop_test(
		tc, waits_are_told_as_the_clients_felt_them, 0, sizeof(truths) / sizeof(truths[0]));
	tcase_add_loop_test(tc, who_stands_behind_a_queued_alter_has_it_ahead, 0, 3);
	tcase_add_test(tc, row_waits_name_the_row_and_the_transaction);
	tcase_add_test(tc, a_concurrent_build_waits_for_virtual_transactions);
	tcase_add_test(tc, waits_that_end_badly_tell_how);
	tcase_add_test(tc, a_deadlock_is_told_with_its_outcome);
	tcase_add_loop_test(tc, relations_are_named_though_they_came_or_went_meanwhile, 0, 3);
	tcase_add_test(tc, the_shortest_wait_can_be_changed_in_mid_run);
	tcase_add_loop_test(tc, a_log_that_is_emptied_or_moved_is_followed, 0, 3);
	tcase_add_test(tc, what_is_left_behind_is_told_apart_from_what_was_there);
	tcase_add_test(tc, without_a_log_directory_the_log_is_read_through_sql);
	tcase_add_test(tc, a_role_without_rights_still_samples_and_says_so);
	suite_add_tcase(suite, tc);
	return suite_run(suite);
}
