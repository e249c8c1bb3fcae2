/* Private MariaDB servers: what they are started with, who gets in, and how they end. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "adapters/mysql/client.h"
#include "adapters/mysql/server.h"
#include "harness/base/cleanup.h"
#include "harness/base/clock.h"
#include "harness/base/fs.h"
#include "harness/base/mem.h"
#include "tests/support/mariadb.h"
#include "tests/support/suite.h"

#define N(array) (sizeof(array) / sizeof((array)[0]))
#define SETTING(name, value)                    \
	{                                       \
		(char *)(name), (char *)(value) \
	}
#define START_TIMEOUT_US 60000000

static struct test_mariadb m;
static struct err err;

static void start(void)
{
	test_mariadb_start(&m, NULL, 0);
}

static void stop(void)
{
	test_mariadb_stop(&m);
}

static void expect_text(const char *dsn, const char *sql, const char *expected)
{
	CLEANUP(cleanup_free) char *text = NULL;
	struct db_conn *conn = NULL;

	ck_ok(db_connect(&mysql_db, &(struct db_target){.dsn = dsn}, &conn, &err), err);
	ck_assert_msg(!db_text(&mysql_db, conn, sql, &text, &err), "%s: %s", sql, err.text);
	ck_assert_msg(!strcmp(text, expected), "%s: '%s'", sql, text);
	mysql_db.close(conn);
}

/* ---- what it is ---- */

START_TEST(programs_are_found_with_their_version)
{
	struct my_programs p = {0};

	bool mariadb = m.programs.flavour.mariadb;

	ck_assert_uint_ge(m.programs.flavour.version, mariadb ? 100500 : 80026);
	ck_assert_ptr_nonnull(m.programs.client);
	ck_assert_ptr_nonnull(m.programs.dump);
	ck_assert_int_eq(m.programs.install_db != NULL, mariadb);
	ck_assert_int_eq(m.programs.backup != NULL, mariadb);
	ck_assert_int_eq(my_programs_find("/nonexistent", &p, &err), -1);
	ck_assert_ptr_nonnull(strstr(err.text, "'/nonexistent'"));
	ck_assert_ptr_null(p.server);
}
END_TEST

START_TEST(the_server_knows_its_own_flavour)
{
	struct my_flavour f = {0};
	struct db_conn *conn = NULL;

	ck_ok(db_connect(&mysql_db, &(struct db_target){.dsn = m.dsn}, &conn, &err), err);
	ck_ok(my_flavour_ask(conn, &f, &err), err);
	ck_assert_str_eq(f.text, m.programs.flavour.text);
	ck_assert_ptr_eq(f.words, m.programs.flavour.words);
	mysql_db.close(conn);
}
END_TEST

START_TEST(only_its_owner_gets_in_and_only_by_the_socket)
{
	struct stat st;

	ck_assert_int_eq(stat(m.server.dir, &st), 0);
	ck_assert_uint_eq(st.st_mode & 0777, 0700);
	ck_assert_uint_eq(st.st_uid, m.server.user.uid);
	if (geteuid() == 0)
		ck_assert_uint_ne(m.server.user.uid, 0);
	expect_text(m.dsn, "SELECT @@skip_networking", "1");
	expect_text(m.dsn, "SELECT @@port", "0");
	expect_text(m.dsn, "SELECT count(*) FROM mysql.user WHERE user = ''", "0");
}
END_TEST

static const struct {
	const char *sql, *expected;
} settings_cases[] = {
	{"SELECT @@event_scheduler", "OFF"},
	{"SELECT @@log_bin", "0"},
	{"SELECT @@performance_schema", "1"},
	{"SELECT @@innodb_print_all_deadlocks", "1"},
	{"SELECT @@character_set_server", "utf8mb4"},
	{"SELECT @@performance_schema_events_waits_history_long_size", "100000"},
	{"SELECT group_concat(name) FROM performance_schema.setup_instruments "
	 "WHERE enabled = 'YES' AND (name LIKE 'wait/%' OR name = 'idle')",
		"wait/lock/metadata/sql/mdl"},
	{"SELECT group_concat(name ORDER BY name) FROM performance_schema.setup_consumers "
	 "WHERE enabled = 'YES' AND name LIKE 'events%'",
		"events_waits_current,events_waits_history_long"},
	{"SELECT @@datadir LIKE '%/s/data/' AND @@tmpdir LIKE '%/s/tmp'", "1"},
};

START_TEST(it_has_what_a_private_server_needs)
{
	expect_text(m.dsn, settings_cases[_i].sql, settings_cases[_i].expected);
}
END_TEST

START_TEST(settings_are_read_as_written_and_the_last_wins)
{
	const struct server_setting settings[] = {SETTING("log-bin", "bin"),
		SETTING("server-id", "7"), SETTING("loose-gtid-domain-id", "3"),
		SETTING("lock-wait-timeout", "5"), SETTING("lock-wait-timeout", "6"),
		SETTING("init-connect", "SET @odd = 'a \\ # \"b\"'"),
		SETTING("log-slave-updates", NULL)};
	struct test_mariadb own;

	test_mariadb_start(&own, settings, N(settings));
	expect_text(own.dsn, "SELECT @@log_bin + 0", "1");
	expect_text(own.dsn, "SELECT @@server_id", "7");
	expect_text(own.dsn, "SELECT @@lock_wait_timeout", "6");
	expect_text(own.dsn, "SELECT @@log_slave_updates", "1");
	expect_text(own.dsn, "SELECT @@init_connect", "SET @odd = 'a \\ # \"b\"'");
	if (own.programs.flavour.mariadb)
		expect_text(own.dsn, "SELECT @@gtid_current_pos LIKE '3-7-%'", "1");
	test_mariadb_stop(&own);
}
END_TEST

START_TEST(settings_of_more_than_one_line_are_refused)
{
	struct server_setting two = SETTING("init-connect", "SELECT 1\nskip-grant-tables");

	ck_assert_int_eq(my_server_configure(&m.server, &two, 1, &err), -1);
	ck_assert_int_eq(err.kind, ERR_USAGE);
}
END_TEST

START_TEST(its_programs_run_as_its_user)
{
	CLEANUP(cleanup_str) struct str out = {0};
	const char *const argv[] = {"mariadb-dump", "--no-defaults", "--user=root", "--socket",
		m.server.socket, "--no-data", "mysql", "help_topic", NULL};

	ck_ok(my_server_run(&m.server, m.programs.dump, argv, NULL, &out, &err), err);
	ck_assert_ptr_nonnull(strstr(str_text(&out), "CREATE TABLE `help_topic`"));
	ck_assert_int_eq(my_server_run(&m.server, NULL, argv, NULL, NULL, &err), -1);
	ck_assert_str_eq(err.text, "cannot run 'mariadb-dump': it is not installed");
}
END_TEST

/* ---- how it begins and ends ---- */

static const struct {
	struct server_setting setting;
	const char *part;
} broken[] = {
	{SETTING("no_such_setting", "1"), "no_such_setting"},
	{SETTING("innodb_data_file_path", "nonsense"), "innodb"},
	{SETTING("plugin-load-add", "no_such_plugin=no_such_plugin"), NULL},
};

START_TEST(a_server_that_does_not_start_tells_why)
{
	struct test_mariadb own;
	int result;

	test_mariadb_start(&own, NULL, 0);
	ck_ok(my_server_stop(&own.server, &err), err);
	ck_ok(my_server_configure(&own.server, &broken[_i].setting, 1, &err), err);
	result = my_server_start(&own.server, START_TIMEOUT_US, &err);
	if (broken[_i].part) {
		ck_assert_int_eq(result, -1);
		ck_assert_msg(strcasestr(err.text, broken[_i].part), "%s", err.text);
		ck_assert_int_eq(own.server.pid, 0);
	} else {
		ck_ok(result, err); /* only a warning to this server */
	}
	test_mariadb_stop(&own);
}
END_TEST

START_TEST(installing_into_a_bad_place_tells_why)
{
	struct server_setting setting = SETTING("no_such_setting", "1");
	CLEANUP(cleanup_free) char *base = NULL;
	CLEANUP(cleanup_free) char *dir = NULL;
	struct my_server s;

	ck_ok(fs_temp_dir(&base, &err), err);
	ck_assert_int_eq(chmod(base, 0711), 0);
	dir = fs_join(base, "s");
	ck_ok(my_server_open(&s, &m.programs, dir, NULL, &err), err);
	ck_ok(my_server_configure(&s, &setting, 1, &err), err);
	ck_assert_int_eq(my_server_install(&s, &err), -1);
	ck_assert_msg(strstr(err.text, "no_such_setting"), "%s", err.text);
	my_server_release(&s);
	ck_ok(fs_remove_tree(base, &err), err);
}
END_TEST

START_TEST(a_path_too_long_for_a_socket_is_refused)
{
	char dir[160];
	struct my_server s;

	memset(dir, 'x', sizeof(dir) - 1);
	dir[0] = '/';
	dir[sizeof(dir) - 1] = '\0';
	ck_assert_int_eq(my_server_open(&s, &m.programs, dir, NULL, &err), -1);
	ck_assert_ptr_nonnull(strstr(err.text, "too long"));
	my_server_release(&s);
	my_server_release(NULL);
}
END_TEST

START_TEST(data_survive_a_stop_and_a_kill)
{
	struct test_mariadb own;

	test_mariadb_start(
		&own, &(struct server_setting)SETTING("innodb_flush_log_at_trx_commit", "1"), 1);
	expect_text(
		own.dsn, "CREATE TABLE t (a int); INSERT INTO t VALUES (7); SELECT a FROM t", "7");
	ck_ok(my_server_stop(&own.server, &err), err);
	ck_assert(!my_server_alive(&own.server));
	ck_ok(my_server_stop(&own.server, &err), err);
	ck_ok(my_server_start(&own.server, START_TIMEOUT_US, &err), err);
	ck_assert(my_server_alive(&own.server));
	ck_ok(my_server_quit(&own.server, &err), err);
	ck_ok(my_server_start(&own.server, START_TIMEOUT_US, &err), err);
	expect_text(own.dsn, "SELECT a FROM t", "7");
	test_mariadb_stop(&own);
}
END_TEST

/* MariaDB ignores the signal that PostgreSQL gets. */
START_TEST(a_server_ends_with_the_process_that_started_it)
{
	uint64_t deadline = clock_us() + 30000000;
	struct test_mariadb own;
	int pipe_fds[2], status;
	pid_t owner, pid = 0;
	char *dir = NULL;

	/* The kernel hands the orphan to this process, which can then see it end. */
	ck_assert_int_eq(prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
	ck_assert_int_eq(pipe(pipe_fds), 0);
	owner = fork();
	if (owner == 0) {
		test_mariadb_start(&own, NULL, 0);
		if (write(pipe_fds[1], &own.server.pid, sizeof(pid)) < 0 ||
			write(pipe_fds[1], own.dir, strlen(own.dir) + 1) < 0)
			_exit(1);
		raise(SIGKILL);
	}
	ck_assert_int_eq(read(pipe_fds[0], &pid, sizeof(pid)), (ssize_t)sizeof(pid));
	dir = mem_zalloc(4096);
	ck_assert_int_gt(read(pipe_fds[0], dir, 4095), 0);
	ck_assert_int_eq(waitpid(owner, &status, 0), owner);
	while (waitpid(pid, &status, WNOHANG) == 0) {
		ck_assert_msg(clock_us() < deadline, "the server outlives its owner");
		clock_sleep_us(20000);
	}
	ck_ok(fs_remove_tree(dir, &err), err);
	mem_free(dir);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("mysql_server");
	TCase *tc = tcase_create("server");

	tcase_set_timeout(tc, SUITE_TIMEOUT_S);
	tcase_add_unchecked_fixture(tc, start, stop);
	tcase_add_test(tc, programs_are_found_with_their_version);
	tcase_add_test(tc, the_server_knows_its_own_flavour);
	tcase_add_test(tc, only_its_owner_gets_in_and_only_by_the_socket);
	tcase_add_loop_test(tc, it_has_what_a_private_server_needs, 0, N(settings_cases));
	tcase_add_test(tc, settings_are_read_as_written_and_the_last_wins);
	tcase_add_test(tc, settings_of_more_than_one_line_are_refused);
	tcase_add_test(tc, its_programs_run_as_its_user);
	tcase_add_loop_test(tc, a_server_that_does_not_start_tells_why, 0, N(broken));
	tcase_add_test(tc, installing_into_a_bad_place_tells_why);
	tcase_add_test(tc, a_path_too_long_for_a_socket_is_refused);
	tcase_add_test(tc, data_survive_a_stop_and_a_kill);
	tcase_add_test(tc, a_server_ends_with_the_process_that_started_it);
	suite_add_tcase(suite, tc);
	return suite_run(suite);
}
