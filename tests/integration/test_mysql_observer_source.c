/* Where the MariaDB observer's waits come from: what is chosen, what it says of itself, what
 * happens when it breaks, and that nothing of it stays. */
#include <stdio.h>
#include <string.h>

#include "harness/base/cleanup.h"
#include "harness/base/clock.h"
#include "tests/support/rig.h"
#include "tests/support/suite.h"

static void fresh_schema(void)
{
	struct db_conn *conn = rig_session("setup");

	rig_run(conn, "DROP TABLE IF EXISTS t");
	rig_run(conn, "CREATE TABLE t (id INT PRIMARY KEY, n INT, KEY (n)) ENGINE=InnoDB");
	rig_run(conn, "INSERT INTO t SELECT seq, seq FROM seq_1_to_20000");
	db->close(conn);
}

/* ---- the observer leaves no traces, and can do without performance_schema ---- */

START_TEST(nothing_of_the_observer_stays)
{
	struct db_conn *conn = rig_session("check");
	struct observer *o = rig_observe("auto", 10000);
	struct err err = {0};
	int64_t n;

	ck_assert_msg(strstr(ops->source(o)->blind_to, "row-lock waits are estimates"), "%s",
		ops->source(o)->blind_to);
	if (server.programs.flavour.mariadb)
		ck_assert_msg(strstr(ops->source(o)->blind_to, "is not always known"), "%s",
			ops->source(o)->blind_to);
	ops->close(o);
	ck_ok(db_number(db, conn,
		      "SELECT (SELECT COUNT(*) FROM information_schema.SCHEMATA WHERE SCHEMA_NAME"
		      " LIKE 'rehearse%') + (SELECT COUNT(*) FROM mysql.plugin)",
		      &n, &err),
		err);
	ck_assert_int_eq(n, 0);
	db->close(conn);
}
END_TEST

static void start_without(void)
{
	static const struct server_setting settings[] = {
		{(char *)"performance_schema", (char *)"OFF"}};

	rig_start_mariadb_with(settings, 1);
	fresh_schema();
}

START_TEST(without_performance_schema_it_falls_back_and_says_so)
{
	struct observer_config config = {
		.replica = &replica, .min_wait_us = 10000, .source = "performance-schema"};
	struct db_conn *migration = rig_session("migration"), *holder = rig_session("holder");
	struct client read;
	struct told told = {0};
	struct statement_facts f;
	struct observer *o;
	struct err err = {0};

	ck_assert_int_eq(ops->open(&config, &o, &err), -1);
	ck_assert_msg(strstr(err.text, "performance_schema=ON"), "%s", err.text);
	o = rig_observe("auto", 10000);
	ck_assert_str_eq(ops->source(o)->name, "processlist");
	ck_assert(!ops->source(o)->exact);
	ck_assert_msg(strstr(ops->source(o)->detail, "performance_schema is off"), "%s",
		ops->source(o)->detail);
	ck_assert_str_ne(ops->source(o)->blind_to, "");
	rig_run(holder, "LOCK TABLES t WRITE");
	client_start(&read, "app", "/*tx:read*/ SELECT n FROM t WHERE id = 1");
	rig_poll(o, &told, 300000);
	rig_run(holder, "UNLOCK TABLES");
	client_end(&read);
	rig_poll(o, &told, 100000);
	ck_assert_uint_eq(told.n, 1);
	ck_assert_str_eq(told.list[0].object, "test.t");
	f = rig_facts(o, migration, "ALTER TABLE t MODIFY n BIGINT", "");
	ck_assert_str_eq(f.algorithm, "copy");
	/* MariaDB's plugin tells locks even so; MySQL has nothing else that does. */
	ck_assert_int_eq(
		facts_lock(&f, "test.t", "EXCLUSIVE") != NULL, server.programs.flavour.mariadb);
	statement_facts_release(&f);
	rig_finish(o, &told);
	told_release(&told);
	db->close(migration);
	db->close(holder);
	db->close(read.conn);
}
END_TEST

/* ---- the source ---- */

START_TEST(short_waits_are_left_out_and_the_limit_can_be_changed)
{
	struct db_conn *holder = rig_session("holder");
	struct client read;
	struct told told = {0};
	struct observer *o;
	struct err err = {0};

	fresh_schema();
	o = rig_observe("auto", 10000);
	ck_assert_str_eq(ops->source(o)->name, "performance-schema");
	ck_assert_uint_eq(ops->source(o)->min_wait_us, 10000);
	ck_ok(ops->set_min_wait(o, 400000, &err), err);
	rig_run(holder, "LOCK TABLES t WRITE");
	client_start(&read, "app", "SELECT n FROM t WHERE id = 1");
	rig_poll(o, &told, 100000);
	rig_run(holder, "UNLOCK TABLES");
	client_end(&read);
	rig_poll(o, &told, 200000);
	ck_assert_uint_eq(told.n, 0);
	rig_finish(o, &told);
	ck_assert_uint_eq(told.n, 0);
	told_release(&told);
	db->close(holder);
	db->close(read.conn);
}
END_TEST

START_TEST(a_lost_server_is_told)
{
	struct db_conn *conn = rig_session("control");
	struct observer *o = rig_observe("auto", 10000);
	CLEANUP(cleanup_free) char *kill = NULL;
	struct told told = {0};
	uint64_t end = clock_us() + 10000000;
	struct err err = {0};
	int failed = 0;

	ck_ok(db_text(db, conn,
		      "SELECT GROUP_CONCAT(CONCAT('KILL ', PROCESSLIST_ID) SEPARATOR ';')"
		      " FROM performance_schema.session_connect_attrs"
		      " WHERE ATTR_NAME = 'program_name' AND ATTR_VALUE = 'rehearse-observer'",
		      &kill, &err),
		err);
	rig_run(conn, kill);
	while (!failed && clock_us() < end) {
		failed = ops->poll(o, told_keep, &told, &err);
		clock_sleep_us(20000);
	}
	ck_assert_int_eq(failed, -1);
	ck_assert_str_ne(err.text, "");
	ck_assert_int_eq(ops->finish(o, told_keep, &told, &err), -1);
	ops->close(o);
	told_release(&told);
	db->close(conn);
}
END_TEST

/* ---- a ring that is too small ---- */

static void start_small(void)
{
	static const struct server_setting settings[] = {
		{(char *)"performance-schema-events-waits-history-long-size", (char *)"20"}};

	rig_start_mariadb_with(settings, 1);
	rig_once("CREATE TABLE m (id INT PRIMARY KEY, v INT) ENGINE=MyISAM");
}

START_TEST(events_that_fell_out_of_the_ring_are_confessed)
{
	struct db_conn *conn = rig_session("app");
	struct told told = {0};
	struct err err = {0};
	struct observer *o;

	o = rig_observe("auto", 10000);
	ck_assert(ops->source(o)->exact);
	for (int i = 0; i < 2000; i++)
		rig_run(conn, "SELECT v FROM m WHERE id = 1");
	rig_poll(o, &told, 100000);
	ck_ok(ops->finish(o, told_keep, &told, &err), err);
	ck_assert(!ops->source(o)->exact);
	ck_assert_msg(strstr(ops->source(o)->blind_to, "fell out of the server's ring"), "%s",
		ops->source(o)->blind_to);
	ops->close(o);
	told_release(&told);
	db->close(conn);
}
END_TEST

START_TEST(an_unknown_source_is_refused)
{
	struct observer_config config = {.replica = &replica, .min_wait_us = 10000, .source = "x"};
	struct observer *o;
	struct err err = {0};

	ck_assert_int_eq(ops->open(&config, &o, &err), -1);
	ck_assert_int_eq(err.kind, ERR_USAGE);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("mysql_observer_source");
	TCase *tc = tcase_create("source"), *without = tcase_create("without"),
	      *small = tcase_create("small ring");

	tcase_set_timeout(tc, SUITE_TIMEOUT_S);
	tcase_add_unchecked_fixture(tc, rig_start_mariadb, rig_stop);
	tcase_add_test(tc, nothing_of_the_observer_stays);
	tcase_add_test(tc, short_waits_are_left_out_and_the_limit_can_be_changed);
	tcase_add_test(tc, an_unknown_source_is_refused);
	tcase_add_test(tc, a_lost_server_is_told);
	suite_add_tcase(suite, tc);
	tcase_set_timeout(without, SUITE_TIMEOUT_S);
	tcase_add_unchecked_fixture(without, start_without, rig_stop);
	tcase_add_test(without, without_performance_schema_it_falls_back_and_says_so);
	suite_add_tcase(suite, without);
	tcase_set_timeout(small, SUITE_TIMEOUT_S);
	tcase_add_unchecked_fixture(small, start_small, rig_stop);
	tcase_add_test(small, events_that_fell_out_of_the_ring_are_confessed);
	suite_add_tcase(suite, small);
	return suite_run(suite);
}
