/* The embedded MariaDB provider, from fixture files to a promoted replica and its end. */
#include "tests/support/suite.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "adapters/mysql/mysql.h"
#include "harness/base/cleanup.h"
#include "harness/base/fs.h"
#include "harness/base/interrupt.h"
#include "harness/base/mem.h"
#include "tests/support/mariadb_pair.h"

static const struct provider *const provider = &mysql_embedded;
static char *base;    /* everything that the suite makes lies here */
static char *fixture; /* fixtures/shop/mysql, as it were */
static char *cache;
static struct str told; /* progress texts of the last run */

/* `ctx`: the step at which a SIGINT comes, or NULL. */
static void on_progress(void *ctx, const char *text)
{
	str_addf(&told, "%s\n", text);
	if (ctx && strcmp(ctx, text) == 0)
		raise(SIGINT);
}

static void write_file(const char *dir, const char *name, const char *text)
{
	CLEANUP(cleanup_free) char *path = fs_join(dir, name);
	struct err err = {0};

	ck_ok(fs_mkdirs(dir, 0700, &err), err);
	ck_ok(fs_write(path, text, strlen(text), 0644, &err), err);
}

static void suite_setup(void)
{
	struct err err = {0};

	ck_ok(fs_temp_dir(&base, &err), err);
	fixture = fs_join(base, "shop/mysql");
	cache = fs_join(base, "cache");
	write_file(fixture, "20-data.sql",
		"INSERT INTO item (id, name) WITH RECURSIVE s (seq) AS (SELECT 1 UNION ALL SELECT "
		"seq + 1 FROM s WHERE seq < @scale * 1000) SELECT seq, CONCAT('item ', seq) FROM "
		"s;\n"
		"DELIMITER //\n"
		"CREATE PROCEDURE twice() BEGIN SELECT 1; SELECT 2; END//\n");
	write_file(fixture, "10-schema.sql",
		"CREATE TABLE item (id INT PRIMARY KEY, name TEXT, seen DATE DEFAULT "
		"'0000-00-00') ENGINE = InnoDB;\n"
		"CREATE TABLE old_item (id INT PRIMARY KEY) ENGINE = MyISAM;\n"
		"INSERT INTO old_item VALUES (7);\n");
	write_file(fixture, "README.md", "not SQL\n");
}

static void suite_teardown(void)
{
	fs_remove_tree(base, NULL);
	free(base);
	free(fixture);
	free(cache);
	str_release(&told);
}

static void init(struct test_run *run)
{
	test_run_init(run, "mysql", provider);
	run->config.fixture = fixture;
	run->config.scale = 1;
	run->env.cache_dir = cache;
	run->env.progress = on_progress;
	str_clear(&told);
}

#define ck_answer(run, sql, expected) \
	ck_maria((run)->provider->info((run)->replica)->dsn, sql, expected)

/* The run's directory: the parent of the replica's own. */
static char *run_dir(const struct test_run *run)
{
	CLEANUP(cleanup_free) char *server = fs_dirname(provider->info(run->replica)->data_dir);

	return fs_dirname(server);
}

START_TEST(fixture_is_loaded_and_its_replica_promoted)
{
	struct test_run run;
	const struct replica_info *info;
	CLEANUP(cleanup_free) char *dir = NULL;

	init(&run);
	test_run_up(&run);
	info = provider->info(run.replica);
	dir = run_dir(&run);
	ck_assert_str_eq(info->provider, "embedded");
	ck_assert_str_eq(info->database, "shop");
	ck_assert_str_eq(info->source, "embedded fixture 'shop' at scale 1");
	ck_assert_str_ne(info->identity, info->source_identity);
	ck_assert(info->ours && info->bytes > 0 && info->version_number >= 80026);
	ck_assert(fs_is_dir(info->log_dir) && fs_is_dir(info->data_dir));
	ck_answer(&run, "SELECT COUNT(*) FROM item", "1000");
	ck_answer(&run, "SELECT id FROM old_item", "7");
	ck_answer(&run, "SELECT DATABASE()", "shop");
	ck_answer(&run, "SELECT @@read_only", "0");
	ck_answer(&run, "SELECT @@skip_networking", "1");
	ck_answer(&run, "SELECT @@server_id", "2");
	ck_answer(&run, "SELECT @@event_scheduler", "OFF");
	ck_answer(&run, "SELECT @@log_bin", "1");
	ck_answer(&run, "SELECT @@performance_schema", "1");
	ck_answer(&run, "SHOW REPLICA STATUS", "");
	ck_answer(&run,
		"SELECT ENABLED FROM performance_schema.setup_instruments WHERE NAME = "
		"'wait/lock/metadata/sql/mdl'",
		"YES");
	ck_answer(
		&run, "SELECT GROUP_CONCAT(USER) FROM mysql.user WHERE USER LIKE 'rehearse%'", "");
	ck_answer(&run, "SHOW DATABASES LIKE 'rehearse%'", "");
	ck_assert_ptr_nonnull(strstr(test_note(&run, "durability"), "sync_binlog is 0"));
	ck_assert_ptr_nonnull(test_note(&run, "private-server"));
	ck_assert_ptr_nonnull(test_note(&run, "promoted"));
	ck_assert(provider->alive(run.replica));
	test_run_down(&run);
	ck_assert(!fs_is_dir(dir));
}
END_TEST

/* What is in the replica's tables is the copy's, or came by replication: the GTIDs tell. */
START_TEST(the_replica_was_one)
{
	const struct replica_info *info;
	struct test_run run;

	init(&run);
	test_run_up(&run);
	info = provider->info(run.replica);
	/* The heartbeat's database, table, row, and its end, all of server 1. */
	if (info->version_number < 100000) {
		CLEANUP(cleanup_free)
		char *sql = mem_printf("SELECT @@gtid_executed = '%s:1-4'", info->source_identity);

		ck_answer(&run, sql, "1");
	} else {
		ck_answer(&run, "SELECT @@gtid_slave_pos", "0-1-4");
		test_maria_run(info->dsn, "INSERT INTO old_item VALUES (8)");
		ck_answer(&run, "SELECT @@gtid_binlog_pos", "0-2-5");
	}
	test_run_down(&run);
}
END_TEST

START_TEST(second_run_copies_the_cached_fixture)
{
	struct test_run run;

	init(&run);
	test_run_up(&run);
	test_run_down(&run);
	init(&run);
	test_run_up(&run);
	ck_assert_ptr_null(strstr(str_text(&told), "building"));
	ck_answer(&run, "SELECT COUNT(*) FROM item", "1000");
	test_run_down(&run);
}
END_TEST

START_TEST(scale_makes_a_fixture_of_its_own)
{
	struct test_run run;

	init(&run);
	run.config.scale = 0.5;
	test_run_up(&run);
	ck_answer(&run, "SELECT COUNT(*) FROM item", "500");
	test_run_down(&run);
}
END_TEST

START_TEST(without_a_fixture_the_database_is_empty)
{
	struct test_run run;

	init(&run);
	run.config.fixture = NULL;
	test_run_up(&run);
	ck_assert_str_eq(provider->info(run.replica)->source, "embedded empty database 'rehearse'");
	ck_answer(&run, "SELECT DATABASE()", "rehearse");
	ck_answer(&run,
		"SELECT COUNT(*) FROM information_schema.TABLES WHERE TABLE_SCHEMA = 'rehearse'",
		"0");
	test_run_down(&run);
}
END_TEST

START_TEST(settings_reach_the_server)
{
	struct server_setting settings[] = {{(char *)"innodb-flush-log-at-trx-commit", (char *)"2"},
		{(char *)"sql_mode", (char *)""},
		{(char *)"character-set-server", (char *)"utf8mb3"}};
	struct test_run run;

	init(&run);
	run.config.settings = settings;
	run.config.n_settings = 3;
	test_run_up(&run);
	ck_answer(&run, "SELECT @@GLOBAL.innodb_flush_log_at_trx_commit", "2");
	ck_answer(&run, "SELECT @@GLOBAL.sql_mode", "");
	ck_answer(&run, "SELECT @@character_set_server", "utf8mb3");
	ck_assert_ptr_nonnull(
		strstr(test_note(&run, "durability"), "innodb_flush_log_at_trx_commit is 2"));
	test_run_down(&run);
}
END_TEST

static const struct {
	const char *name, *comment;
} reserved[] = {
	{"datadir", "the run's own"},
	{"LOG-BIN", "case and dash do not matter"},
	{"loose_skip_networking", "nor does the prefix"},
	{"performance-schema-consumer-events-waits-current", "the observer needs them"},
	{"gtid_strict_mode", "a family of names"},
};

START_TEST(settings_that_isolation_needs_are_refused)
{
	struct server_setting setting = {(char *)reserved[_i].name, (char *)"1"};
	struct test_run run;

	init(&run);
	run.config.settings = &setting;
	run.config.n_settings = 1;
	test_run_refused(&run, ERR_USAGE, reserved[_i].name);
}
END_TEST

START_TEST(broken_fixture_names_file_and_line_and_leaves_nothing)
{
	CLEANUP(cleanup_free) char *dir = fs_join(base, "broken/mysql");
	CLEANUP(cleanup_free) char *entry = NULL;
	struct test_run run;

	init(&run);
	write_file(dir, "01.sql", "CREATE TABLE a (b INT);\nINSERT INTO nope VALUES (1);\n");
	run.config.fixture = dir;
	ck_ok(provider->open(&run.config, &run.env, &run.replica, &run.err), run.err);
	ck_ok(provider->check(run.replica, &run.err), run.err);
	ck_assert_int_eq(provider->provision(run.replica, &run.err), -1);
	ck_assert_msg(strstr(run.err.text, "01.sql") && strstr(run.err.text, "at line 2"), "%s",
		run.err.text);
	test_run_down(&run);
}
END_TEST

START_TEST(a_server_that_does_not_start_says_why)
{
	struct server_setting setting = {(char *)"no_such_setting", (char *)"1"};
	struct test_run run;

	init(&run);
	run.config.settings = &setting;
	run.config.n_settings = 1;
	ck_ok(provider->open(&run.config, &run.env, &run.replica, &run.err), run.err);
	ck_ok(provider->check(run.replica, &run.err), run.err);
	ck_assert_int_eq(provider->provision(run.replica, &run.err), -1);
	ck_assert_msg(strstr(run.err.text, "no_such_setting"), "%s", run.err.text);
	test_run_down(&run);
}
END_TEST

START_TEST(a_full_disk_is_told_and_leaves_nothing)
{
	CLEANUP(cleanup_free) char *small = fs_join(base, "small");
	const char *const on[] = {
		"mount", "-t", "tmpfs", "-o", "size=48m,mode=0711", "tmpfs", small, NULL};
	const char *const off[] = {"umount", small, NULL};
	struct test_run run;
	struct err err = {0};

	ck_assert_int_eq(chmod(base, 0711), 0);
	ck_ok(fs_mkdirs(small, 0711, &err), err);
	if (geteuid() != 0 || proc_run(&(struct proc_spec){.argv = on}, NULL, NULL)) {
		printf("skipped: no small file system can be mounted\n");
		return;
	}
	init(&run);
	ck_ok(provider->open(&run.config, &run.env, &run.replica, &run.err), run.err);
	ck_ok(provider->check(run.replica, &run.err), run.err);
	setenv("TMPDIR", small, 1); /* it filled up in between */
	ck_assert_int_eq(provider->provision(run.replica, &run.err), -1);
	ck_assert_int_eq(run.err.kind, ERR_FAILED);
	ck_assert_msg(strstr(run.err.text, "o space left") || strstr(run.err.text, "did not start"),
		"%s", run.err.text);
	err_clear(&run.err);
	test_run_down(&run);
	ck_ok(proc_run(&(struct proc_spec){.argv = off}, NULL, &err), err);
	ck_assert_int_eq(rmdir(small), 0);
}
END_TEST

/* In a child: a whole run of its own. */
static pid_t start_run(const char *of)
{
	struct test_run run = {.config = {.engine = "mysql", .fixture = of, .scale = 1},
		.env = {.cache_dir = cache}};
	pid_t pid = fork();
	bool ok;

	if (pid)
		return pid;
	ok = !journal_open(&run.env.journal, &run.err) &&
		!provider->open(&run.config, &run.env, &run.replica, &run.err) &&
		!provider->check(run.replica, &run.err) &&
		!provider->provision(run.replica, &run.err) &&
		!provider->quarantine(run.replica, &run.err) &&
		!provider->promote(run.replica, &run.err) &&
		!provider->verify(run.replica, &run.err);
	if (!ok)
		fprintf(stderr, "one of two runs failed: %s\n", run.err.text);
	if (run.replica && provider->release(run.replica, &run.err))
		ok = false;
	journal_close(run.env.journal);
	_exit(ok ? 0 : 1);
}

START_TEST(two_runs_at_once_do_not_hurt_each_other)
{
	CLEANUP(cleanup_free) char *dir = fs_join(base, "twice/mysql");
	CLEANUP(cleanup_free) char *state = fs_join(base, "state");
	pid_t pids[2];

	setenv("XDG_STATE_HOME", state, 1);
	write_file(dir, "01.sql", "CREATE TABLE a (b INT);\nSELECT SLEEP(1);\n");
	for (int i = 0; i < 2; i++)
		pids[i] = start_run(dir);
	for (int i = 0; i < 2; i++) {
		int status = 0;

		ck_assert_int_eq(waitpid(pids[i], &status, 0), pids[i]);
		ck_assert_int_eq(status, 0);
	}
}
END_TEST

START_TEST(a_killed_replica_is_noticed_and_still_cleared_away)
{
	struct test_run run;
	CLEANUP(cleanup_free) char *dir = NULL;
	CLEANUP(cleanup_free) char *pid_file = NULL;
	CLEANUP(cleanup_free) char *text = NULL;

	init(&run);
	run.config.fixture = NULL;
	test_run_up(&run);
	dir = run_dir(&run);
	pid_file = mem_printf("%s/replica/server.pid", dir);
	ck_ok(fs_read(pid_file, 0, &text, NULL, &run.err), run.err);
	kill((pid_t)strtol(text, NULL, 10), SIGKILL);
	for (int i = 0; i < 100 && provider->alive(run.replica); i++)
		usleep(50000);
	ck_assert(!provider->alive(run.replica));
	test_run_down(&run);
	ck_assert(!fs_is_dir(dir));
}
END_TEST

static const char *const steps[] = {"building the fixture (once): 01.sql, 1 of 1",
	"copying the fixture", "starting the primary and its replica", "replicating"};

START_TEST(an_interrupt_at_any_step_leaves_nothing)
{
	CLEANUP(cleanup_free) char *dir = fs_join(base, "slow/mysql");
	CLEANUP(cleanup_free) char *own_cache = fs_join(base, "slow-cache");
	CLEANUP(cleanup_free) char *own_temp = fs_join(base, "temp");
	CLEANUP(cleanup_free) char *runs = NULL;
	struct test_run run;

	init(&run);
	runs = fs_join(getenv("XDG_STATE_HOME"), "rehearse/runs");
	ck_ok(fs_mkdirs(own_temp, 0711, &run.err), run.err);
	ck_assert_int_eq(chmod(base, 0711), 0);
	write_file(dir, "01.sql", "SELECT SLEEP(1);\n");
	setenv("TMPDIR", own_temp, 1);
	interrupt_install();
	run.config.fixture = dir;
	run.env.cache_dir = own_cache;
	run.env.ctx = (void *)steps[_i];
	ck_ok(provider->open(&run.config, &run.env, &run.replica, &run.err), run.err);
	ck_ok(provider->check(run.replica, &run.err), run.err);
	ck_assert_int_eq(provider->provision(run.replica, &run.err), -1);
	ck_assert_msg(run.err.kind == ERR_INTERRUPTED, "%s", run.err.text);
	interrupt_hold();
	err_clear(&run.err);
	ck_ok(provider->release(run.replica, &run.err), run.err);
	journal_close(run.env.journal);
	ck_assert_int_eq(rmdir(runs), 0);
	ck_ok(fs_remove_tree(getenv("XDG_STATE_HOME"), &run.err), run.err);
	ck_assert_int_eq(rmdir(own_temp), 0);
}
END_TEST

START_TEST(plan_touches_nothing)
{
	CLEANUP(cleanup_str) struct str out = {0};
	CLEANUP(cleanup_free) char *other = fs_join(base, "other-cache");
	struct test_run run;

	init(&run);
	run.env.cache_dir = other;
	ck_ok(provider->plan(&run.config, &run.env, &out, &run.err), run.err);
	ck_assert_ptr_nonnull(strstr(str_text(&out), "1. build database 'shop' from"));
	ck_assert_ptr_nonnull(strstr(str_text(&out), "promote"));
	ck_assert(!fs_is_dir(other));
	test_run_down(&run);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("mysql_provider_embedded");
	TCase *tests = tcase_create("embedded");

	tcase_add_unchecked_fixture(tests, suite_setup, suite_teardown);
	tcase_set_timeout(tests, SUITE_TIMEOUT_S);
	tcase_add_test(tests, fixture_is_loaded_and_its_replica_promoted);
	tcase_add_test(tests, the_replica_was_one);
	tcase_add_test(tests, second_run_copies_the_cached_fixture);
	tcase_add_test(tests, scale_makes_a_fixture_of_its_own);
	tcase_add_test(tests, without_a_fixture_the_database_is_empty);
	tcase_add_test(tests, settings_reach_the_server);
	tcase_add_loop_test(tests, settings_that_isolation_needs_are_refused, 0,
		sizeof(reserved) / sizeof(reserved[0]));
	tcase_add_test(tests, broken_fixture_names_file_and_line_and_leaves_nothing);
	tcase_add_test(tests, a_server_that_does_not_start_says_why);
	tcase_add_test(tests, a_full_disk_is_told_and_leaves_nothing);
	tcase_add_test(tests, two_runs_at_once_do_not_hurt_each_other);
	tcase_add_test(tests, a_killed_replica_is_noticed_and_still_cleared_away);
	tcase_add_loop_test(tests, an_interrupt_at_any_step_leaves_nothing, 0,
		sizeof(steps) / sizeof(steps[0]));
	tcase_add_test(tests, plan_touches_nothing);
	suite_add_tcase(suite, tests);
	return suite_run(suite);
}
