/* Private servers: who they run as, who gets in, what they say when they cannot start. */
#include "tests/support/suite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "adapters/postgres/server.h"
#include "harness/base/cleanup.h"
#include "harness/base/fs.h"
#include "harness/base/mem.h"
#include "tests/support/pg.h"
#include "tests/support/pg_pair.h"

#define SETTING(name, value)                    \
	{                                       \
		(char *)(name), (char *)(value) \
	}
#define START_TIMEOUT_US 60000000

static struct test_pg pg;

static void suite_setup(void)
{
	test_pg_start(&pg, NULL, 0);
}

static void suite_teardown(void)
{
	test_pg_stop(&pg);
}

START_TEST(it_listens_on_its_socket_only_and_runs_unprivileged)
{
	CLEANUP(cleanup_free) char *process = mem_printf("/proc/%d", (int)pg.server.pid);
	struct stat st;

	ck_sql(pg.dsn, "SHOW listen_addresses", "");
	ck_sql(pg.dsn, "SHOW data_checksums", "on");
	ck_assert_int_eq(stat(process, &st), 0);
	ck_assert_uint_ne(st.st_uid, 0);
	ck_assert_int_eq(stat(pg.server.dir, &st), 0);
	ck_assert_int_eq(st.st_mode & 077, 0);
	ck_assert_uint_eq(st.st_uid, pg.server.user.uid);
	ck_assert(pg_server_alive(&pg.server));
}
END_TEST

START_TEST(settings_with_quotes_and_backslashes_arrive_whole)
{
	const struct server_setting settings[] = {SETTING("app.odd", "it's a \\ and a ''"),
		SETTING("work_mem", "3MB"), SETTING("work_mem", "5MB")};
	struct test_pg own;

	test_pg_start(&own, settings, 3);
	ck_sql(own.dsn, "SHOW app.odd", "it's a \\ and a ''");
	ck_sql(own.dsn, "SHOW work_mem", "5MB"); /* the last wins */
	test_pg_stop(&own);
}
END_TEST

START_TEST(databases_with_odd_names_are_reached)
{
	CLEANUP(cleanup_free) char *dsn = pg_server_dsn(&pg.server, "it's \\ odd");

	test_run_sql(pg.dsn, "CREATE DATABASE \"it's \\ odd\"");
	ck_sql(dsn, "SELECT current_database()", "it's \\ odd");
}
END_TEST

static const struct {
	struct server_setting setting;
	const char *part;
} broken[] = {
	{SETTING("shared_preload_libraries", "no_such_library"), "no_such_library"},
	{SETTING("no_such_setting", "1"), "unrecognized configuration parameter"},
	{SETTING("max_connections", "zero"), "max_connections"},
};

START_TEST(a_server_that_does_not_start_tells_why)
{
	CLEANUP(cleanup_free) char *base = NULL;
	CLEANUP(cleanup_free) char *dir = NULL;
	struct pg_server s;
	struct err err = {0};

	ck_ok(fs_temp_dir(&base, &err), err);
	ck_assert_int_eq(chmod(base, 0711), 0);
	dir = fs_join(base, "s");
	ck_ok(pg_server_open(&s, &pg.programs, dir, NULL, &err), err);
	ck_ok(pg_server_initdb(&s, &err), err);
	ck_ok(pg_server_configure(&s, &broken[_i].setting, 1, &err), err);
	ck_assert_int_eq(pg_server_start(&s, START_TIMEOUT_US, &err), -1);
	ck_assert_msg(strstr(err.text, broken[_i].part), "%s", err.text);
	ck_assert_int_eq(s.pid, 0);
	pg_server_release(&s);
	fs_remove_tree(base, NULL);
}
END_TEST

START_TEST(a_socket_path_that_is_too_long_is_refused_before_anything_is_made)
{
	static const char dir[] =
		"/tmp/rehearse-none/"
		"a-directory-whose-name-is-so-long-that-no-socket-could-ever-fit-into-it";
	struct pg_server s;
	struct err err = {0};

	ck_assert_int_eq(pg_server_open(&s, &pg.programs, dir, NULL, &err), -1);
	ck_assert_msg(strstr(err.text, "TMPDIR"), "%s", err.text);
	ck_assert(!fs_is_dir("/tmp/rehearse-none"));
	pg_server_release(&s);
}
END_TEST

START_TEST(missing_programs_are_told_with_their_package)
{
	struct pg_programs programs = {0};
	struct err err = {0};

	ck_assert_int_eq(pg_programs_find(NULL, 99, &programs, &err), -1);
	ck_assert_msg(strstr(err.text, "'postgresql-99'"), "%s", err.text);
	ck_assert_int_eq(pg_programs_find("/nonexistent", 0, &programs, &err), -1);
	ck_assert_msg(strstr(err.text, "/nonexistent"), "%s", err.text);
}
END_TEST

START_TEST(quitting_leaves_no_process_and_the_journal_empty)
{
	CLEANUP(cleanup_free) char *state = NULL;
	CLEANUP(cleanup_free) char *dir = NULL;
	CLEANUP(cleanup_free) char *runs = NULL;
	struct journal *journal = NULL;
	struct pg_server s;
	struct err err = {0};

	ck_ok(fs_temp_dir(&state, &err), err);
	ck_assert_int_eq(chmod(state, 0711), 0);
	setenv("XDG_STATE_HOME", state, 1);
	dir = fs_join(state, "s");
	runs = fs_join(state, "rehearse/runs");
	ck_ok(journal_open(&journal, &err), err);
	ck_ok(pg_server_open(&s, &pg.programs, dir, journal, &err), err);
	ck_ok(pg_server_initdb(&s, &err), err);
	ck_ok(pg_server_configure(&s, NULL, 0, &err), err);
	for (int clean = 0; clean < 2; clean++) {
		pid_t pid;

		ck_ok(pg_server_start(&s, START_TIMEOUT_US, &err), err);
		pid = s.pid;
		ck_assert(proc_alive(pid));
		ck_ok(clean ? pg_server_stop(&s, &err) : pg_server_quit(&s, &err), err);
		ck_assert(!proc_alive(pid) && !pg_server_alive(&s));
	}
	pg_server_release(&s);
	journal_close(journal);
	ck_assert_int_eq(rmdir(runs), 0);
	fs_remove_tree(state, NULL);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("postgres_server");
	TCase *tests = tcase_create("server");

	tcase_add_unchecked_fixture(tests, suite_setup, suite_teardown);
	tcase_set_timeout(tests, SUITE_TIMEOUT_S);
	tcase_add_test(tests, it_listens_on_its_socket_only_and_runs_unprivileged);
	tcase_add_test(tests, settings_with_quotes_and_backslashes_arrive_whole);
	tcase_add_test(tests, databases_with_odd_names_are_reached);
	tcase_add_loop_test(tests, a_server_that_does_not_start_tells_why, 0,
		sizeof(broken) / sizeof(broken[0]));
	tcase_add_test(tests, a_socket_path_that_is_too_long_is_refused_before_anything_is_made);
	tcase_add_test(tests, missing_programs_are_told_with_their_package);
	tcase_add_test(tests, quitting_leaves_no_process_and_the_journal_empty);
	suite_add_tcase(suite, tests);
	return suite_run(suite);
}
