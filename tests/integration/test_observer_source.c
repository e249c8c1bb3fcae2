/* Where the observer reads, how it names things, what it says of itself. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "harness/base/cleanup.h"
#include "harness/base/mem.h"
#include "tests/support/rig.h"
#include "tests/support/suite.h"

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
	struct db_conn *holder = rig_session("holder");
	struct client waiter;
	struct told told = {0};
	struct observer *o;

	rig_fresh_tables();
	o = rig_observe("log-file", 10000);
	rig_run(holder, cases[_i].before);
	rig_run(holder, "BEGIN");
	rig_run(holder, cases[_i].lock);
	client_start(&waiter, "app", cases[_i].wait);
	rig_poll(o, &told, SETTLE_US * 2);
	rig_run(holder, cases[_i].after);
	rig_run(holder, "COMMIT");
	client_end(&waiter);
	rig_finish(o, &told);
	ck_assert_uint_eq(told.n, 1);
	ck_assert_str_eq(told.list[0].object, cases[_i].name);
	told_release(&told);
	db->close(holder);
	db->close(waiter.conn);
}
END_TEST

START_TEST(the_shortest_wait_can_be_changed_in_mid_run)
{
	struct db_conn *holder = rig_session("holder");
	struct client waiter;
	struct told told = {0};
	struct observer *o;
	struct err err = {0};

	rig_fresh_tables();
	o = rig_observe("log-file", 1000);
	ck_assert_uint_eq(ops->source(o)->min_wait_us, 1000);
	ck_ok(ops->set_min_wait(o, 2000000, &err), err);
	ck_assert_uint_eq(ops->source(o)->min_wait_us, 2000000);
	rig_run(holder, "BEGIN; LOCK TABLE a");
	client_start(&waiter, "app", "SELECT 1 FROM a");
	rig_poll(o, &told, 300000);
	rig_run(holder, "COMMIT");
	client_end(&waiter);
	rig_finish(o, &told);
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
	struct db_conn *holder = rig_session("holder");
	struct client waiter;
	struct told told = {0};
	struct observer *o;

	rig_fresh_tables();
	o = rig_observe(sources[_i], 10000);
	if (_i == 1) {
		ck_assert_int_eq(rename(path, moved), 0);
		rig_run(holder, "SELECT pg_rotate_logfile()");
	} else {
		ck_assert_int_eq(truncate(path, 0), 0);
	}
	rig_poll(o, &told, 300000);
	rig_run(holder, "BEGIN; LOCK TABLE a");
	client_start(&waiter, "app", "SELECT 1 FROM a");
	rig_poll(o, &told, 100000);
	rig_run(holder, "COMMIT");
	client_end(&waiter);
	rig_finish(o, &told);
	ck_assert_uint_eq(told.n, 1);
	told_release(&told);
	db->close(holder);
	db->close(waiter.conn);
}
END_TEST

START_TEST(what_is_left_behind_is_told_apart_from_what_was_there)
{
	struct db_conn *conn = rig_session("migration");
	struct leftover *list;
	struct observer *o;
	struct err err = {0};
	size_t n;

	rig_fresh_tables();
	rig_run(conn, "ALTER TABLE a ADD CONSTRAINT old CHECK (v > -1) NOT VALID");
	o = rig_observe("log-file", 10000);
	rig_run(conn, "ALTER TABLE a ADD CONSTRAINT new CHECK (v > -2) NOT VALID");
	rig_run(conn, "INSERT INTO b VALUES (1), (1)");
	db_run(db, conn, "CREATE UNIQUE INDEX CONCURRENTLY b_id ON b (id)", NULL, NULL);
	ck_ok(ops->leftovers(o, &list, &n, &err), err);
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
	ops->close(o);
	db->close(conn);
}
END_TEST

START_TEST(without_a_log_directory_the_log_is_read_through_sql)
{
	struct replica_info kept = replica;
	struct observer *o;

	replica.log_dir = NULL;
	o = rig_observe("auto", 10000);
	ck_assert_str_eq(ops->source(o)->name, "log-sql");
	ops->close(o);
	replica = kept;
}
END_TEST

START_TEST(a_role_without_rights_still_samples_and_says_so)
{
	struct replica_info kept = replica;
	CLEANUP(cleanup_free)
	char *dsn = mem_printf(
		"host=%s port=%d user=plain dbname=postgres", pg.server.dir, PG_SERVER_PORT);
	struct db_conn *conn = rig_session("setup");
	const struct observe_source *source;
	struct observer *o;

	rig_run(conn, "DROP ROLE IF EXISTS plain; CREATE ROLE plain LOGIN");
	replica.dsn = dsn;
	o = rig_observe("auto", 10000);
	source = ops->source(o);
	ck_assert_str_eq(source->name, "sampling");
	ck_assert(!source->exact);
	ck_assert_uint_gt(strlen(source->blind_to), 0);
	ck_assert_msg(strstr(source->detail, "permission denied") != NULL, "%s", source->detail);
	ops->close(o);
	replica = kept;
	db->close(conn);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("observer_source");
	TCase *tc = tcase_create("waits");

	tcase_set_timeout(tc, SUITE_TIMEOUT_S);
	tcase_add_unchecked_fixture(tc, rig_start_pg, rig_stop);
	tcase_add_loop_test(tc, relations_are_named_though_they_came_or_went_meanwhile, 0, 3);
	tcase_add_test(tc, the_shortest_wait_can_be_changed_in_mid_run);
	tcase_add_loop_test(tc, a_log_that_is_emptied_or_moved_is_followed, 0, 3);
	tcase_add_test(tc, what_is_left_behind_is_told_apart_from_what_was_there);
	tcase_add_test(tc, without_a_log_directory_the_log_is_read_through_sql);
	tcase_add_test(tc, a_role_without_rights_still_samples_and_says_so);
	suite_add_tcase(suite, tc);
	return suite_run(suite);
}
