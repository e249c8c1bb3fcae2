/*
 * The MariaDB observer against the truth: clients that know how long they waited, because they
 * measure it themselves, on a real server.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/base/clock.h"
#include "harness/base/mem.h"
#include "tests/support/rig.h"
#include "tests/support/suite.h"

#define CLIENTS_MAX 20
#define N(list) (sizeof(list) / sizeof((list)[0]))

static void start_server(void)
{
	rig_start_mariadb();
	rig_once("CREATE TABLE m (id INT PRIMARY KEY, v INT) ENGINE=MyISAM");
	rig_once("INSERT INTO m SELECT seq, seq FROM seq_1_to_100");
}

static void fresh_tables(void)
{
	struct db_conn *conn = rig_session("setup");

	rig_run(conn, "DROP TABLE IF EXISTS a, b");
	rig_run(conn, "CREATE TABLE a (id INT PRIMARY KEY, v INT) ENGINE=InnoDB");
	rig_run(conn, "INSERT INTO a SELECT seq, seq FROM seq_1_to_100");
	rig_run(conn, "CREATE TABLE b (id INT PRIMARY KEY, v INT) ENGINE=InnoDB");
	db->close(conn);
}

/* ---- ground truth ---- */

#define METADATA \
	"LOCK TABLES a WRITE", "UNLOCK TABLES", "/*tx:look up*/ SELECT v FROM a WHERE id = 1"
#define ROW                                                 \
	"BEGIN; UPDATE a SET v = 0 WHERE id = 1", "COMMIT", \
		"/*tx:look up*/ UPDATE a SET v = 1 WHERE id = 1"
#define TABLE_LOCK NULL, NULL, "/*tx:look up*/ UPDATE m SET v = 1 WHERE id = 7"

static const struct truth {
	const char *comment, *source, *hold, *release, *wait;
	const char *object, *mode; /* mode: its beginning */
	uint64_t hold_us;
	unsigned clients;
	double total_off; /* allowed, as a share */
	uint64_t max_off_us;
	bool exact;
	bool after; /* the clients connect after the observation began */
} truths[] = {
	{"metadata, 50 ms", "performance-schema", METADATA, "test.a", "SHARED_READ", 50000, 20,
		0.10, 12000, true, false},
	{"metadata, half a second", "performance-schema", METADATA, "test.a", "SHARED_READ", 500000,
		20, 0.03, 12000, true, false},
	{"metadata, a second and a half", "performance-schema", METADATA, "test.a", "SHARED_READ",
		1500000, 20, 0.03, 12000, true, false},
	{"table, half a second", "performance-schema", TABLE_LOCK, "test.m", "write", 500000, 20,
		0.05, 25000, true, false},
	{"table, a second and a half", "performance-schema", TABLE_LOCK, "test.m", "write", 1500000,
		8, 0.05, 25000, true, false},
	{"row, 30 ms, of a new session", "performance-schema", ROW, "row of test.a", "X", 30000, 1,
		0.15, 6000, true, true},
	{"row, half a second, of new sessions", "performance-schema", ROW, "row of test.a", "X",
		500000, 5, 0.03, 12000, true, true},
	{"row, half a second", "performance-schema", ROW, "row of test.a", "X", 500000, 1, 0.15,
		60000, false, false},
	{"row, a second and a half", "performance-schema", ROW, "row of test.a", "X", 1500000, 5,
		0.08, 80000, false, false},
	{"metadata, half a second, states", "processlist", METADATA, "test.a",
		"Waiting for table metadata lock", 500000, 20, 0.12, 80000, false, false},
	{"table, half a second, states", "processlist", TABLE_LOCK, "test.m",
		"Waiting for table level lock", 500000, 8, 0.12, 80000, false, false},
};

/* A MyISAM table is held by a statement that takes its time. */
static void hold(const struct truth *t, struct client *holder)
{
	char *sql;

	if (t->hold) {
		rig_run(holder->conn, t->hold);
		return;
	}
	sql = mem_printf("SELECT SLEEP(%f) FROM m WHERE id < 2", (double)t->hold_us / 1e6);
	holder->sql = sql;
	client_go(holder);
	clock_sleep_us(10000);
}

static void release(const struct truth *t, struct client *holder)
{
	if (t->hold) {
		rig_run(holder->conn, t->release);
		return;
	}
	client_end(holder);
	mem_free((char *)holder->sql);
}

static void check_event(
	const struct truth *t, const struct wait_event *e, const struct client *holder)
{
	ck_assert_str_eq(e->object, t->object);
	ck_assert_msg(!strncmp(e->mode, t->mode, strlen(t->mode)), "%s: %s", t->comment, e->mode);
	ck_assert_msg(e->tag && !strcmp(e->tag, "look up"), "%s: tag %s", t->comment,
		e->tag ? e->tag : "none");
	ck_assert_int_eq(e->outcome, WAIT_ACQUIRED);
	ck_assert(e->exact == t->exact);
	if (strcmp(t->source, "performance-schema") != 0)
		return;
	ck_assert_str_eq(e->application, "app");
	/* Those for one row queue behind each other, and behind the holder; the log tells who let
	 * each of them in. */
	ck_assert_uint_ge(e->n_holders, 1);
	ck_assert_msg(t->after || rig_has(e->holders, e->n_holders, holder->conn),
		"%s: not by the holder", t->comment);
}

static void open_clients(const struct truth *t, struct client *clients)
{
	for (unsigned i = 0; i < t->clients; i++)
		client_open(&clients[i], "app", t->wait);
	clients_go(clients, t->clients); /* fills their caches */
	clients_end(clients, t->clients);
}

START_TEST(waits_are_told_as_the_clients_felt_them)
{
	const struct truth *t = &truths[_i];
	struct client clients[CLIENTS_MAX], holder;
	struct told told = {0};
	struct observer *o;

	/* Nothing tells who lets go of a row there. */
	if (t->after &&
		(!server.programs.flavour.mariadb || server.programs.flavour.version < 100600))
		return;
	fresh_tables();
	/* As it was before an earlier test observed. */
	rig_once("SET GLOBAL long_query_time = 10");
	client_open(&holder, "holder", NULL);
	if (!t->after)
		open_clients(t, clients);
	o = rig_observe(t->source, 10000);
	if (t->after)
		open_clients(t, clients);
	printf("%s: %s; blind to: %s\n", ops->source(o)->name, ops->source(o)->detail,
		ops->source(o)->blind_to);
	hold(t, &holder);
	clients_go(clients, t->clients);
	rig_poll(o, &told, t->hold_us);
	release(t, &holder);
	clients_end(clients, t->clients);
	rig_poll(o, &told, 300000);
	rig_finish(o, &told);
	for (unsigned i = 0; i < t->clients && i < told.n; i++)
		check_event(t, &told.list[i], &holder);
	told_as_felt(&told, clients, t->clients, t->comment, t->total_off, t->max_off_us);
	told_release(&told);
	for (unsigned i = 0; i < t->clients; i++)
		db->close(clients[i].conn);
	db->close(holder.conn);
}
END_TEST

/* ---- who waits behind whom ---- */

START_TEST(who_stands_behind_a_queued_alter_has_it_ahead)
{
	struct db_conn *reader = rig_session("reader");
	struct client alter, select;
	struct told told = {0};
	const struct wait_event *e;
	struct observer *o;

	fresh_tables();
	o = rig_observe("performance-schema", 10000);
	rig_run(reader, "BEGIN; SELECT COUNT(*) FROM a");
	client_start(&alter, "migration", "ALTER TABLE a ADD COLUMN n INT");
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
	ck_assert_str_eq(e->mode, "EXCLUSIVE");
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

/* performance_schema still calls its lock SHARED_UPGRADABLE, which is in no writer's way. */
START_TEST(writers_behind_a_copying_alter_have_it_as_holder)
{
	struct client alter, write;
	struct told told = {0};
	const struct wait_event *e;
	struct observer *o;

	fresh_tables();
	rig_once("INSERT INTO b SELECT seq, seq FROM seq_1_to_400000");
	o = rig_observe("performance-schema", 10000);
	client_start(&alter, "migration", "ALTER TABLE b MODIFY v BIGINT, ALGORITHM=COPY");
	rig_poll(o, &told, SETTLE_US);
	client_start(&write, "app", "/*tx:write*/ UPDATE b SET v = 1 WHERE id = 1");
	client_end(&alter);
	client_end(&write);
	rig_poll(o, &told, 100000);
	rig_finish(o, &told);
	e = told_find(&told, &write);
	ck_assert(rig_has(e->holders, e->n_holders, alter.conn));
	ck_assert_str_eq(e->mode, "SHARED_WRITE");
	ck_assert_int_eq(e->outcome, WAIT_ACQUIRED);
	told_release(&told);
	db->close(alter.conn);
	db->close(write.conn);
}
END_TEST

START_TEST(readers_of_a_table_behind_a_waiting_writer_have_it_ahead)
{
	struct client slow, write, read;
	struct told told = {0};
	const struct wait_event *e;
	struct observer *o;

	o = rig_observe("performance-schema", 10000);
	client_start(&slow, "report", "SELECT SLEEP(0.6) FROM m WHERE id < 2");
	rig_poll(o, &told, SETTLE_US);
	client_start(&write, "app", "/*tx:write*/ UPDATE m SET v = 2 WHERE id = 3");
	rig_poll(o, &told, SETTLE_US);
	client_start(&read, "app", "/*tx:read*/ SELECT v FROM m WHERE id = 4");
	client_end(&slow);
	client_end(&write);
	client_end(&read);
	rig_poll(o, &told, 100000);
	rig_finish(o, &told);
	e = told_find(&told, &write);
	ck_assert(rig_has(e->holders, e->n_holders, slow.conn));
	e = told_find(&told, &read);
	ck_assert(rig_has(e->ahead, e->n_ahead, write.conn));
	ck_assert(!rig_has(e->holders, e->n_holders, slow.conn));
	ck_assert_str_eq(e->mode, "read normal");
	told_release(&told);
	db->close(slow.conn);
	db->close(write.conn);
	db->close(read.conn);
}
END_TEST

/* Shorter than a look at the locks, but the observer knows that the migration was at that table. */
START_TEST(short_waits_during_a_statement_go_to_the_migration)
{
	struct db_conn *migration = rig_session("migration");
	struct statement_facts facts;
	struct client read;
	struct told told = {0};
	const struct wait_event *e;
	struct observer *o;
	struct err err = {0};

	fresh_tables();
	o = rig_observe("processlist", 10000);
	ck_ok(ops->statement_begin(o, db->session_id(migration), "LOCK TABLES a WRITE", &err), err);
	rig_run(migration, "LOCK TABLES a WRITE");
	client_start(&read, "app", "SELECT v FROM test.a WHERE id = 1");
	rig_poll(o, &told, SETTLE_US * 3);
	rig_run(migration, "UNLOCK TABLES");
	client_end(&read);
	ck_ok(ops->statement_end(o, &facts, &err), err);
	rig_poll(o, &told, 100000);
	rig_finish(o, &told);
	e = told_find(&told, &read);
	ck_assert(rig_has(e->holders, e->n_holders, migration));
	statement_facts_release(&facts);
	told_release(&told);
	db->close(migration);
	db->close(read.conn);
}
END_TEST

/* performance_schema has no text of them, and applications prepare most of what they run. */
START_TEST(prepared_statements_are_told_with_their_tags)
{
	struct db_conn *holder = rig_session("holder"), *conn = rig_session("app");
	struct db_param id = {.text = "1", .len = 1};
	struct told told = {0};
	struct observer *o;
	struct err err = {0};

	fresh_tables();
	ck_ok(db_prepare(db, conn, 0, "/*tx:look up*/ SELECT v FROM a WHERE id = ?", 1, &err), err);
	ck_ok(db_execute(db, conn, 0, &id, 1, &err), err);
	o = rig_observe("performance-schema", 10000);
	rig_run(holder, "LOCK TABLES a WRITE");
	ck_assert_int_eq(db->execute_start(conn, 0, &id, 1), 0);
	for (int i = 0; i < 10; i++) {
		db->step(conn);
		rig_poll(o, &told, 20000);
	}
	rig_run(holder, "UNLOCK TABLES");
	while (db->step(conn) == DB_AGAIN)
		clock_sleep_us(1000);
	rig_poll(o, &told, 100000);
	rig_finish(o, &told);
	ck_assert_uint_eq(told.n, 1);
	ck_assert_msg(told.list[0].tag && !strcmp(told.list[0].tag, "look up"), "no tag");
	told_release(&told);
	db->close(holder);
	db->close(conn);
}
END_TEST

/* ---- how waits end ---- */

START_TEST(waits_that_end_badly_tell_how)
{
	static const struct {
		const char *setting, *sql;
		enum wait_outcome outcome;
		const char *code;
	} cases[] = {
		{"SET lock_wait_timeout = 1", "SELECT 0 FROM a", WAIT_TIMED_OUT, "1205"},
		{"SET @x = 1 /*M! , max_statement_time = 0.3 */ /*!80000 , max_execution_time = "
		 "300 */",
			"SELECT 1 FROM a", WAIT_CANCELLED, "1969 3024"},
		{"SET lock_wait_timeout = 2", "ALTER TABLE a ADD COLUMN z INT", WAIT_TIMED_OUT,
			"1205"},
		{"SET @x = 1", "SELECT 3 FROM a", WAIT_UNFINISHED, ""},
	};
	struct db_conn *holder = rig_session("holder");
	struct client clients[N(cases)];
	struct told told = {0};
	struct observer *o;

	fresh_tables();
	o = rig_observe("performance-schema", 10000);
	rig_run(holder, "LOCK TABLES a WRITE");
	for (size_t i = 0; i < N(cases); i++) {
		client_open(&clients[i], "app", cases[i].sql);
		rig_run(clients[i].conn, cases[i].setting);
		client_go(&clients[i]);
	}
	rig_poll(o, &told, 2600000);
	rig_finish(o, &told);
	rig_run(holder, "UNLOCK TABLES");
	ck_assert_uint_eq(told.n, N(cases));
	for (size_t i = 0; i < N(cases); i++) {
		const struct wait_event *e = told_find(&told, &clients[i]);

		client_end(&clients[i]);
		ck_assert_msg(e->outcome == cases[i].outcome, "%s: %s", cases[i].sql,
			wait_outcome_name(e->outcome));
		ck_assert_msg(strstr(cases[i].code, clients[i].code) &&
				!*clients[i].code == !*cases[i].code,
			"%s: %s", cases[i].sql, clients[i].code);
		db->close(clients[i].conn);
	}
	told_release(&told);
	db->close(holder);
}
END_TEST

START_TEST(a_row_lock_timeout_is_told_as_such)
{
	struct db_conn *holder = rig_session("holder");
	struct client write;
	struct told told = {0};
	struct observer *o;

	fresh_tables();
	o = rig_observe("performance-schema", 10000);
	rig_run(holder, "BEGIN; UPDATE a SET v = 1 WHERE id = 5");
	client_open(&write, "app", "/*tx:pay*/ UPDATE a SET v = 2 WHERE id = 5");
	rig_run(write.conn, "SET innodb_lock_wait_timeout = 1");
	client_go(&write);
	rig_poll(o, &told, 1800000);
	rig_finish(o, &told);
	client_end(&write);
	ck_assert_str_eq(write.code, "1205");
	ck_assert_int_eq(told_find(&told, &write)->outcome, WAIT_TIMED_OUT);
	rig_run(holder, "COMMIT");
	told_release(&told);
	db->close(holder);
	db->close(write.conn);
}
END_TEST

/* A reads, an ALTER queues, A writes: the server ends A's transaction at once. No counter and no
 * event tells: the client does. */
START_TEST(a_deadlock_with_a_queued_alter_is_the_clients_to_count)
{
	struct db_conn *conn = rig_session("app");
	struct client alter;
	struct told told = {0};
	struct observer *o;
	struct err err = {0};

	fresh_tables();
	o = rig_observe("performance-schema", 10000);
	rig_run(conn, "BEGIN; SELECT COUNT(*) FROM a");
	client_start(&alter, "migration", "ALTER TABLE a ADD COLUMN n INT");
	rig_poll(o, &told, SETTLE_US * 2);
	ck_assert_int_eq(db_run(db, conn, "UPDATE a SET v = 9 WHERE id = 1", NULL, &err), 0);
	ck_assert_str_eq(db->result(conn)->error.code, "1213");
	ck_assert_int_eq(db->result(conn)->error.class, DB_CLASS_CONTENTION);
	client_end(&alter);
	rig_poll(o, &told, 100000);
	rig_finish(o, &told);
	ck_assert(rig_has(
		told_find(&told, &alter)->holders, told_find(&told, &alter)->n_holders, conn));
	told_release(&told);
	db->close(conn);
	db->close(alter.conn);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("mysql_observer");
	TCase *tc = tcase_create("waits");

	tcase_set_timeout(tc, SUITE_TIMEOUT_S);
	tcase_add_unchecked_fixture(tc, start_server, rig_stop);
	tcase_add_loop_test(tc, waits_are_told_as_the_clients_felt_them, 0, N(truths));
	tcase_add_test(tc, who_stands_behind_a_queued_alter_has_it_ahead);
	tcase_add_test(tc, writers_behind_a_copying_alter_have_it_as_holder);
	tcase_add_test(tc, readers_of_a_table_behind_a_waiting_writer_have_it_ahead);
	tcase_add_test(tc, short_waits_during_a_statement_go_to_the_migration);
	tcase_add_test(tc, prepared_statements_are_told_with_their_tags);
	tcase_add_test(tc, waits_that_end_badly_tell_how);
	tcase_add_test(tc, a_row_lock_timeout_is_told_as_such);
	tcase_add_test(tc, a_deadlock_with_a_queued_alter_is_the_clients_to_count);
	suite_add_tcase(suite, tc);
	return suite_run(suite);
}
