/*
 * The observer against the truth: clients that know how long they waited, because they measure it
 * themselves, on a real server.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/base/cleanup.h"
#include "harness/base/mem.h"
#include "tests/support/rig.h"
#include "tests/support/suite.h"

#define CLIENTS_MAX 20

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

/* What the clients know: they wait from when they send until the lock is gone. */
static void make_truth(const struct truth *t, struct observer *o, struct told *told,
	struct client *clients, struct db_conn *holder)
{
	rig_run(holder, "BEGIN; LOCK TABLE a IN ACCESS EXCLUSIVE MODE");
	clients_go(clients, t->clients);
	rig_poll(o, told, t->hold_us);
	rig_run(holder, "COMMIT");
	clients_end(clients, t->clients);
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
	ck_assert(rig_has(e->holders, e->n_holders, holder));
}

START_TEST(waits_are_told_as_the_clients_felt_them)
{
	const struct truth *t = &truths[_i];
	struct client clients[CLIENTS_MAX];
	struct db_conn *holder = rig_session("holder");
	struct told told = {0};
	struct observer *o;

	rig_fresh_tables();
	for (unsigned i = 0; i < t->clients; i++)
		client_open(&clients[i], "app", "/*tx:look up*/ SELECT v FROM a WHERE id = 1");
	for (int i = 0; i < 2; i++) { /* fills their caches */
		clients_go(clients, t->clients);
		clients_end(clients, t->clients);
	}
	for (unsigned i = 0; i < t->clients; i++)
		clients[i].free_us = clients[i].took_us;
	o = rig_observe(t->source, 10000);
	ck_assert_str_eq(ops->source(o)->name, t->source);
	ck_assert(ops->source(o)->exact == t->exact);
	make_truth(t, o, &told, clients, holder);
	rig_poll(o, &told, 100000);
	rig_finish(o, &told);
	for (unsigned i = 0; i < t->clients && i < told.n; i++)
		check_event(t, &told.list[i], holder);
	told_as_felt(&told, clients, t->clients, t->comment, t->total_off, t->max_off_us);
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
	struct db_conn *reader = rig_session("reader");
	struct client alter, select;
	struct told told = {0};
	const struct wait_event *e;
	struct observer *o;

	rig_fresh_tables();
	o = rig_observe(sources[_i], 10000);
	rig_run(reader, "BEGIN; SELECT count(*) FROM a");
	client_start(&alter, "migration", "ALTER TABLE a ADD COLUMN n int");
	rig_poll(o, &told, SETTLE_US * 2);
	client_start(&select, "app", "/*tx:read*/ SELECT v FROM a WHERE id = 1");
	rig_poll(o, &told, SETTLE_US * 4);
	ck_assert_uint_eq(ops->waiting_now(o), 2);
	rig_run(reader, "COMMIT");
	client_end(&alter);
	client_end(&select);
	rig_poll(o, &told, 100000);
	rig_finish(o, &told);

	ck_assert_uint_eq(told.n, 2);
	e = told_find(&told, &alter);
	ck_assert(rig_has(e->holders, e->n_holders, reader));
	ck_assert_str_eq(e->mode, "AccessExclusiveLock");
	ck_assert_ptr_null(e->tag);
	e = told_find(&told, &select);
	ck_assert(rig_has(e->ahead, e->n_ahead, alter.conn));
	ck_assert_msg(!rig_has(e->holders, e->n_holders, reader),
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
	struct db_conn *holder = rig_session("app");
	struct client one, two;
	struct told told = {0};
	struct observer *o;
	bool tuple = false, transaction = false;

	rig_fresh_tables();
	o = rig_observe("log-file", 10000);
	rig_run(holder, "BEGIN; UPDATE a SET v = 0 WHERE id = 7");
	client_start(&one, "app", "/*tx:pay*/ UPDATE a SET v = 1 WHERE id = 7");
	rig_poll(o, &told, SETTLE_US);
	client_start(&two, "app", "/*tx:pay*/ UPDATE a SET v = 2 WHERE id = 7");
	rig_poll(o, &told, SETTLE_US * 2);
	rig_run(holder, "COMMIT");
	client_end(&one);
	client_end(&two);
	rig_finish(o, &told);
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
	struct db_conn *old = rig_session("app");
	struct client build;
	struct told told = {0};
	struct observer *o;

	rig_fresh_tables();
	o = rig_observe("log-file", 10000);
	rig_run(old, "BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT 1 FROM b");
	client_start(&build, "migration", "CREATE INDEX CONCURRENTLY a_v ON a (v)");
	rig_poll(o, &told, SETTLE_US * 5);
	rig_run(old, "COMMIT");
	client_end(&build);
	rig_finish(o, &told);
	ck_assert_uint_ge(told.n, 1);
	ck_assert_int_eq(strncmp(told.list[0].object, "virtual transaction ", 20), 0);
	ck_assert(rig_has(told.list[0].holders, told.list[0].n_holders, old));
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
	struct db_conn *holder = rig_session("holder"), *control = rig_session("control");
	CLEANUP(cleanup_free) char *kill = NULL;
	struct client clients[5];
	struct told told = {0};
	struct observer *o;

	rig_fresh_tables();
	o = rig_observe("log-file", 10000);
	rig_run(holder, "BEGIN; LOCK TABLE a");
	for (int i = 0; i < 5; i++)
		client_start(&clients[i], "app", cases[i].sql);
	rig_poll(o, &told, SETTLE_US * 4);
	kill = mem_printf(
		"SELECT pg_terminate_backend(%" PRIu64 ")", db->session_id(clients[2].conn));
	rig_run(control, kill);
	rig_poll(o, &told, 3500000);
	rig_finish(o, &told);

	ck_assert_uint_eq(told.n, 5);
	for (int i = 0; i < 5; i++) {
		const struct wait_event *e = told_find(&told, &clients[i]);

		ck_assert_msg(e->outcome == cases[i].outcome, "%s: %s", cases[i].sql,
			wait_outcome_name(e->outcome));
		ck_assert(e->exact == (i != 3));
	}
	ck_assert_uint_ge(told_find(&told, &clients[0])->duration_us, 145000);
	rig_run(holder, "COMMIT");
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

	rig_fresh_tables();
	o = rig_observe("log-file", 10000);
	for (int i = 0; i < 2; i++)
		client_start(&clients[i], "app", scripts[i]);
	rig_poll(o, &told, 600000);
	for (int i = 0; i < 2; i++)
		client_end(&clients[i]);
	rig_finish(o, &told);
	for (size_t i = 0; i < told.n; i++)
		deadlocks += told.list[i].outcome == WAIT_DEADLOCK;
	ck_assert_uint_eq(deadlocks, 1);
	told_release(&told);
	for (int i = 0; i < 2; i++)
		db->close(clients[i].conn);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("observer");
	TCase *tc = tcase_create("waits");

	tcase_set_timeout(tc, SUITE_TIMEOUT_S);
	tcase_add_unchecked_fixture(tc, rig_start_pg, rig_stop);
	tcase_add_loop_test(
		tc, waits_are_told_as_the_clients_felt_them, 0, sizeof(truths) / sizeof(truths[0]));
	tcase_add_loop_test(tc, who_stands_behind_a_queued_alter_has_it_ahead, 0, 3);
	tcase_add_test(tc, row_waits_name_the_row_and_the_transaction);
	tcase_add_test(tc, a_concurrent_build_waits_for_virtual_transactions);
	tcase_add_test(tc, waits_that_end_badly_tell_how);
	tcase_add_test(tc, a_deadlock_is_told_with_its_outcome);
	suite_add_tcase(suite, tc);
	return suite_run(suite);
}
