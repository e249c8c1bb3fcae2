/* The clone provider on MariaDB: both ways of copying, what is carried over, what is refused. */
#include "tests/support/suite.h"

#include <glob.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "adapters/mysql/mysql.h"
#include "adapters/run_dir.h"
#include "harness/base/cleanup.h"
#include "harness/base/fs.h"
#include "harness/base/interrupt.h"
#include "harness/base/mem.h"
#include "tests/support/mariadb_pair.h"

#define SETTING(name, value)                    \
	{                                       \
		(char *)(name), (char *)(value) \
	}

static struct test_maria_pair pair;

static bool maria(void)
{
	return pair.programs.flavour.mariadb;
}

static void suite_setup(void)
{
	const struct server_setting settings[] = {SETTING("sql_mode", "NO_ZERO_DATE"),
		SETTING("character_set_server", "latin1"), SETTING("lock_wait_timeout", "77"),
		SETTING("default_time_zone", "+05:30"), SETTING("innodb_buffer_pool_size", "40M"),
		SETTING("event_scheduler", "ON")};
	/* One by one: of a text of several, MySQL keeps a body with the mark that ends it, which
	 * its own dump stumbles over. */
	static const char *const source[] = {
		"CREATE TABLE item (id INT PRIMARY KEY, name VARCHAR(40)) ENGINE = InnoDB",
		"INSERT INTO item SELECT seq, CONCAT('item ', seq) FROM seq_1_to_1000",
		"CREATE DATABASE other; CREATE TABLE other.b (id INT PRIMARY KEY) ENGINE = InnoDB",
		"CREATE TRIGGER stamp BEFORE INSERT ON item FOR EACH ROW SET NEW.name = 'x'",
		"CREATE EVENT sweep ON SCHEDULE EVERY 1 SECOND DISABLE DO DELETE FROM item",
		"SET GLOBAL log_bin_trust_function_creators = ON",
		"CREATE FUNCTION the_one() RETURNS INT RETURN 1",
		"SET GLOBAL log_bin_trust_function_creators = OFF",
		"CREATE USER app@localhost IDENTIFIED BY 'secret'; GRANT SELECT ON shop.* TO "
		"app@localhost",
		"CREATE USER reader@localhost IDENTIFIED BY 'a\"b\\\\c #d'",
		"GRANT SELECT, SHOW VIEW, TRIGGER, EVENT, PROCESS ON *.* TO reader@localhost"};

	test_maria_primary_start(&pair, settings, sizeof(settings) / sizeof(settings[0]));
	for (size_t i = 0; i < sizeof(source) / sizeof(source[0]); i++)
		test_maria_run(pair.primary_dsn, source[i]);
	test_maria_run(pair.primary_dsn,
		maria() ? "GRANT SLAVE MONITOR ON *.* TO reader@localhost"
			: "GRANT REPLICATION CLIENT ON *.* TO reader@localhost");
}

static void suite_teardown(void)
{
	test_maria_pair_stop(&pair);
}

static void init(struct test_run *run)
{
	test_run_init(run, "mysql", &mysql_clone);
	run->config.source = pair.primary_dsn;
}

/* An account that may dump, but not copy files. */
static char *reader_dsn(void)
{
	return mem_printf(
		"socket=%s user=reader password='a\"b\\\\c #d' dbname=shop", pair.primary.socket);
}

static void ck_same_data(const char *dsn)
{
	ck_maria(dsn, "SELECT COUNT(*) FROM item", "1000");
	ck_maria(dsn, "SELECT DATABASE()", "shop");
	ck_maria(dsn, "SELECT COUNT(*) FROM other.b", "0");
	ck_maria(dsn, "SELECT the_one()", "1");
	ck_maria(dsn, "SELECT @@GLOBAL.sql_mode", "NO_ZERO_DATE");
	ck_maria(dsn, "SELECT @@GLOBAL.character_set_server", "latin1");
	ck_maria(dsn, "SELECT @@GLOBAL.lock_wait_timeout", "77");
	ck_maria(dsn, "SELECT @@GLOBAL.time_zone", "+05:30");
	ck_maria(dsn, "SELECT @@GLOBAL.innodb_buffer_pool_size", "41943040");
}

static void ck_alone(const char *dsn)
{
	ck_maria(dsn, "SELECT @@skip_networking", "1");
	ck_maria(dsn, "SELECT @@event_scheduler", "OFF");
	ck_maria(dsn, "SELECT @@server_id", "1073741825");
	ck_maria(dsn, "SHOW REPLICA STATUS", "");
	ck_maria(dsn, "SELECT @@performance_schema", "1");
}

/* What a run may have changed on its source, in one line. */
static char *state_of_source(void)
{
	CLEANUP(cleanup_free) char *position = test_maria_position(&pair, pair.primary_dsn);
	CLEANUP(cleanup_free)
	char *names = test_maria_sql(pair.primary_dsn,
		"SELECT CONCAT((SELECT GROUP_CONCAT(TABLE_SCHEMA, TABLE_NAME ORDER BY 1) FROM "
		"information_schema.TABLES), (SELECT GROUP_CONCAT(User ORDER BY 1) FROM "
		"mysql.user))");

	return mem_printf("%s %s", position, names);
}

START_TEST(files_are_copied_where_they_are_within_reach)
{
	CLEANUP(cleanup_free) char *before = state_of_source();
	CLEANUP(cleanup_free) char *after = NULL;
	CLEANUP(cleanup_free) char *app = NULL;
	const struct replica_info *info;
	struct test_run run;

	init(&run);
	test_run_up(&run);
	info = mysql_clone.info(run.replica);
	ck_same_data(info->dsn);
	ck_alone(info->dsn);
	/* Accounts came along, with their passwords. */
	app = mem_printf(
		"socket=%s/../s.sock user=app password=secret dbname=shop", info->data_dir);
	ck_maria(app, "SELECT COUNT(*) FROM item", "1000");
	ck_maria(info->dsn, "SELECT @@log_bin", "1");
	ck_assert(info->ours && info->bytes > 0 && mysql_clone.alive(run.replica));
	ck_assert_str_ne(info->identity, info->source_identity);
	ck_assert_ptr_null(strstr(info->source, "password"));
	/* Every second, if anybody ran it. */
	test_maria_run(info->dsn, "ALTER EVENT sweep ENABLE; SELECT SLEEP(2)");
	ck_maria(info->dsn, "SELECT COUNT(*) FROM item", "1000");
	ck_assert_ptr_null(test_note(&run, "cloned-by-dump"));
	ck_assert_ptr_nonnull(strstr(test_note(&run, "events"), "shop.sweep"));
	ck_assert_ptr_nonnull(strstr(test_note(&run, "triggers"), "shop.stamp"));
	ck_assert_ptr_nonnull(test_note(&run, "durability"));
	test_run_down(&run);
	after = state_of_source();
	ck_assert_str_eq(before, after);
}
END_TEST

/* MySQL's alone: a server of ours fetches the files, over TCP. */
START_TEST(files_are_fetched_from_another_machine)
{
	CLEANUP(cleanup_free) char *before = NULL;
	CLEANUP(cleanup_free) char *after = NULL;
	CLEANUP(cleanup_free)
	char *dsn = mem_printf(
		"host=127.0.0.1 port=%u user=cloner password=its dbname=shop", pair.port);
	struct test_run run;

	if (maria()) {
		printf("skipped: only MySQL has a clone plugin (REHEARSE_MYSQL_BIN names one)\n");
		fflush(stdout);
		return;
	}
	test_maria_run(pair.primary_dsn,
		"CREATE USER cloner@'127.0.0.1' IDENTIFIED BY 'its'; GRANT BACKUP_ADMIN, SELECT, "
		"REPLICATION CLIENT ON *.* TO cloner@'127.0.0.1'");
	before = state_of_source();
	init(&run);
	run.config.source = dsn;
	test_run_up(&run);
	ck_same_data(mysql_clone.info(run.replica)->dsn);
	ck_alone(mysql_clone.info(run.replica)->dsn);
	ck_assert_ptr_null(test_note(&run, "cloned-by-dump"));
	test_run_down(&run);
	after = state_of_source();
	ck_assert_str_eq(before, after);
	test_maria_run(pair.primary_dsn, "DROP USER cloner@'127.0.0.1'");
}
END_TEST

START_TEST(a_dump_is_the_last_resort_and_told)
{
	CLEANUP(cleanup_free) char *before = state_of_source();
	CLEANUP(cleanup_free) char *dsn = reader_dsn();
	CLEANUP(cleanup_free) char *after = NULL;
	CLEANUP(cleanup_free) char *app = NULL;
	const struct replica_info *info;
	struct test_run run;

	init(&run);
	run.config.source = dsn;
	test_run_up(&run);
	info = mysql_clone.info(run.replica);
	ck_same_data(info->dsn);
	ck_alone(info->dsn);
	ck_assert_ptr_nonnull(strstr(test_note(&run, "cloned-by-dump"),
		maria() ? "lacks the rights" : "lacks BACKUP_ADMIN"));
	app = mem_printf(
		"socket=%s/../s.sock user=app password=secret dbname=shop", info->data_dir);
	ck_maria(app, "SELECT COUNT(*) FROM item", "1000");
	ck_assert_ptr_null(test_note(&run, "accounts-left-out"));
	test_run_down(&run);
	after = state_of_source();
	ck_assert_str_eq(before, after);
}
END_TEST

START_TEST(tables_without_transactions_are_not_locked_on_a_primary)
{
	CLEANUP(cleanup_free) char *dsn = reader_dsn();
	struct test_run run;

	test_maria_run(pair.primary_dsn, "CREATE TABLE plain (id INT) ENGINE = MyISAM");
	init(&run);
	run.config.source = dsn;
	test_run_refused(&run, ERR_REFUSED, "GRANT RELOAD, LOCK TABLES");
	test_maria_run(pair.primary_dsn, "GRANT RELOAD, LOCK TABLES ON *.* TO reader@localhost");
	init(&run);
	run.config.source = dsn;
	test_run_refused(&run, ERR_REFUSED, "would lock all tables of the source");
	test_maria_run(pair.primary_dsn, "REVOKE RELOAD, LOCK TABLES ON *.* FROM reader@localhost");
	/* Their files may be copied, and the report says what that held up. */
	init(&run);
	if (!maria()) { /* MySQL's clone would have them empty */
		test_run_refused(&run, ERR_REFUSED,
			"the clone plugin leaves tables without transactions empty, and a dump of "
			"the 1 tables");
		test_maria_run(pair.primary_dsn, "DROP TABLE plain");
		return;
	}
	test_run_up(&run);
	ck_maria(mysql_clone.info(run.replica)->dsn, "SELECT COUNT(*) FROM plain", "0");
	ck_assert_ptr_nonnull(strstr(test_note(&run, "clone-held-writes"), "1 tables"));
	test_run_down(&run);
	test_maria_run(pair.primary_dsn, "DROP TABLE plain");
}
END_TEST

START_TEST(an_account_without_rights_is_refused_with_the_remedy)
{
	CLEANUP(cleanup_free)
	char *dsn = mem_printf("socket=%s user=plain dbname=shop", pair.primary.socket);
	struct test_run run;

	init(&run);
	run.config.source = dsn;
	test_run_refused(&run, ERR_REFUSED,
		maria() ? "GRANT SHOW VIEW, TRIGGER, EVENT, PROCESS, SLAVE MONITOR ON *.*"
			: "GRANT SHOW VIEW, TRIGGER, EVENT, PROCESS, REPLICATION CLIENT ON *.*");
}
END_TEST

START_TEST(missing_words_are_usage_errors)
{
	CLEANUP(cleanup_free) char *dsn = mem_printf("socket=%s user=root", pair.primary.socket);
	struct test_run run;

	init(&run);
	run.config.source = NULL;
	test_run_refused(&run, ERR_USAGE, "replica.source");
	init(&run);
	run.config.source = dsn;
	test_run_refused(&run, ERR_USAGE, "needs a database");
}
END_TEST

START_TEST(a_wrong_password_is_told_and_not_shown)
{
	CLEANUP(cleanup_free)
	char *dsn = mem_printf(
		"socket=%s user=app password=wrong-one dbname=shop", pair.primary.socket);
	struct test_run run;

	init(&run);
	run.config.source = dsn;
	ck_ok(mysql_clone.open(&run.config, &run.env, &run.replica, &run.err), run.err);
	ck_assert_int_eq(mysql_clone.check(run.replica, &run.err), -1);
	ck_assert_msg(strstr(run.err.text, "Access denied"), "%s", run.err.text);
	ck_assert_ptr_null(strstr(run.err.text, "wrong-one"));
	test_run_down(&run);
}
END_TEST

START_TEST(a_full_disk_is_told_and_leaves_nothing)
{
	CLEANUP(cleanup_free) char *small = NULL;
	CLEANUP(cleanup_free) char *mount = NULL;
	CLEANUP(cleanup_free) char *pattern = NULL;
	struct test_run run;
	struct err err = {0};
	glob_t found;

	ck_ok(fs_temp_dir(&small, &err), err);
	const char *const on[] = {
		"mount", "-t", "tmpfs", "-o", "size=8m,mode=0711", "tmpfs", small, NULL};
	const char *const off[] = {"umount", small, NULL};
	if (geteuid() != 0 || proc_run(&(struct proc_spec){.argv = on}, NULL, NULL)) {
		printf("skipped: no small file system can be mounted\n");
		rmdir(small);
		return;
	}
	init(&run);
	ck_ok(mysql_clone.open(&run.config, &run.env, &run.replica, &run.err), run.err);
	ck_ok(mysql_clone.check(run.replica, &run.err), run.err);
	setenv("TMPDIR", small, 1); /* it filled up in between */
	ck_assert_int_eq(mysql_clone.provision(run.replica, &run.err), -1);
	ck_assert_msg(strstr(run.err.text,
			      maria() ? "cannot copy the source's files"
				      : "the source cannot clone itself") &&
			!strstr(run.err.text, "failed with exit code 1: \n"),
		"%s", run.err.text);
	err_clear(&run.err);
	test_run_down(&run);
	pattern = fs_join(small, "*");
	ck_assert_int_eq(glob(pattern, 0, NULL, &found), GLOB_NOMATCH);
	unsetenv("TMPDIR");
	ck_ok(proc_run(&(struct proc_spec){.argv = off}, NULL, &err), err);
	rmdir(small);
}
END_TEST

START_TEST(a_disk_that_is_too_small_is_refused_before)
{
	CLEANUP(cleanup_free) char *small = NULL;
	struct test_run run;
	struct err err = {0};

	ck_ok(fs_temp_dir(&small, &err), err);
	const char *const on[] = {
		"mount", "-t", "tmpfs", "-o", "size=4m,mode=0711", "tmpfs", small, NULL};
	const char *const off[] = {"umount", small, NULL};
	if (geteuid() != 0 || proc_run(&(struct proc_spec){.argv = on}, NULL, NULL)) {
		printf("skipped: no small file system can be mounted\n");
		rmdir(small);
		return;
	}
	init(&run);
	setenv("TMPDIR", small, 1);
	ck_ok(mysql_clone.open(&run.config, &run.env, &run.replica, &run.err), run.err);
	ck_assert_int_eq(mysql_clone.check(run.replica, &run.err), -1);
	ck_assert_msg(strstr(run.err.text, "the clone needs"), "%s", run.err.text);
	unsetenv("TMPDIR");
	test_run_down(&run);
	ck_ok(proc_run(&(struct proc_spec){.argv = off}, NULL, &err), err);
	rmdir(small);
}
END_TEST

static void raise_at(void *ctx, const char *text)
{
	if (strncmp(text, ctx, strlen(ctx)) == 0)
		raise(SIGINT);
}

static char *const steps[] = {(char *)"copying", (char *)"starting"};

START_TEST(an_interrupt_at_any_step_leaves_nothing)
{
	CLEANUP(cleanup_free) char *runs = NULL;
	struct test_run run;

	init(&run);
	runs = fs_join(getenv("XDG_STATE_HOME"), "rehearse/runs");
	interrupt_install();
	run.env.progress = raise_at;
	run.env.ctx = steps[_i];
	ck_ok(mysql_clone.open(&run.config, &run.env, &run.replica, &run.err), run.err);
	ck_ok(mysql_clone.check(run.replica, &run.err), run.err);
	ck_assert_int_eq(mysql_clone.provision(run.replica, &run.err), -1);
	ck_assert_msg(run.err.kind == ERR_INTERRUPTED, "%s", run.err.text);
	interrupt_hold();
	err_clear(&run.err);
	ck_ok(mysql_clone.release(run.replica, &run.err), run.err);
	journal_close(run.env.journal);
	ck_assert_int_eq(rmdir(runs), 0);
	ck_ok(fs_remove_tree(getenv("XDG_STATE_HOME"), &run.err), run.err);
}
END_TEST

START_TEST(plan_says_how_and_touches_nothing)
{
	CLEANUP(cleanup_free) char *dsn = reader_dsn();
	CLEANUP(cleanup_str) struct str out = {0};
	struct test_run run;

	init(&run);
	ck_ok(mysql_clone.plan(&run.config, &run.env, &out, &run.err), run.err);
	ck_assert_ptr_nonnull(
		strstr(str_text(&out), maria() ? "by mariabackup" : "by its clone plugin"));
	str_clear(&out);
	run.config.source = dsn;
	ck_ok(mysql_clone.plan(&run.config, &run.env, &out, &run.err), run.err);
	ck_assert_ptr_nonnull(strstr(str_text(&out), "by a dump, since the account lacks"));
	ck_assert_ptr_null(strstr(str_text(&out), "would be refused"));
	test_run_down(&run);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("mysql_provider_clone");
	TCase *tests = tcase_create("clone");

	tcase_add_unchecked_fixture(tests, suite_setup, suite_teardown);
	tcase_set_timeout(tests, SUITE_TIMEOUT_S);
	tcase_add_test(tests, files_are_copied_where_they_are_within_reach);
	tcase_add_test(tests, files_are_fetched_from_another_machine);
	tcase_add_test(tests, a_dump_is_the_last_resort_and_told);
	tcase_add_test(tests, tables_without_transactions_are_not_locked_on_a_primary);
	tcase_add_test(tests, an_account_without_rights_is_refused_with_the_remedy);
	tcase_add_test(tests, missing_words_are_usage_errors);
	tcase_add_test(tests, a_wrong_password_is_told_and_not_shown);
	tcase_add_test(tests, a_full_disk_is_told_and_leaves_nothing);
	tcase_add_test(tests, a_disk_that_is_too_small_is_refused_before);
	tcase_add_loop_test(tests, an_interrupt_at_any_step_leaves_nothing, 0,
		sizeof(steps) / sizeof(steps[0]));
	tcase_add_test(tests, plan_says_how_and_touches_nothing);
	suite_add_tcase(suite, tests);
	return suite_run(suite);
}
