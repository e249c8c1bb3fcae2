/* The promote provider on MariaDB: what it cuts off, what it proves, what it leaves to the owner.
 */
#include "tests/support/suite.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "adapters/mysql/control.h"
#include "adapters/mysql/isolation.h"
#include "adapters/mysql/mysql.h"
#include "adapters/mysql/replication.h"
#include "harness/base/cleanup.h"
#include "harness/base/fs.h"
#include "harness/base/mem.h"
#include "tests/support/mariadb_pair.h"

#define SETTING(name, value)                    \
	{                                       \
		(char *)(name), (char *)(value) \
	}

static void start(struct test_maria_pair *pair, const struct server_setting *settings, size_t n)
{
	test_maria_primary_start(pair, NULL, 0);
	test_maria_replica_start(pair, settings, n);
	test_maria_mark(pair);
}

static const char *semi_sync(const struct test_maria_pair *pair)
{
	return pair->programs.flavour.mariadb ? "SELECT @@rpl_semi_sync_master_enabled"
					      : "SELECT @@rpl_semi_sync_source_enabled";
}

/* A run that nothing speaks against. */
static void init(struct test_run *run, const struct test_maria_pair *of)
{
	test_run_init(run, "mysql", &mysql_promote);
	run->config.source = of->primary_dsn;
	run->config.standby = of->replica_dsn;
	run->config.disposable = true;
}

/* open, check, provision, quarantine */
static void up_to_quarantine(struct test_run *run)
{
	ck_ok(mysql_promote.open(&run->config, &run->env, &run->replica, &run->err), run->err);
	ck_ok(mysql_promote.check(run->replica, &run->err), run->err);
	ck_ok(mysql_promote.provision(run->replica, &run->err), run->err);
	ck_ok(mysql_promote.quarantine(run->replica, &run->err), run->err);
}

static void ck_replicates(const struct test_maria_pair *pair)
{
	test_maria_status_until(pair->replica_dsn, "Slave_IO_Running", "Yes");
	test_maria_status_until(pair->replica_dsn, "Slave_SQL_Running", "Yes");
}

START_TEST(a_replica_is_caught_up_cut_off_and_promoted)
{
	const struct server_setting settings[] = {SETTING("event_scheduler", "ON"),
		SETTING("loose-rpl_semi_sync_master_enabled", "ON"),
		SETTING("loose-rpl_semi_sync_source_enabled", "ON"), SETTING("sync_binlog", "1")};
	const struct replica_info *info;
	struct test_maria_pair pair;
	struct test_run run;

	start(&pair, settings, 4);
	test_maria_run(pair.primary_dsn,
		"CREATE TABLE late (id INT PRIMARY KEY) SELECT seq AS id FROM seq_1_to_50000;"
		"CREATE TABLE fired (id INT);"
		"CREATE TRIGGER stamp AFTER INSERT ON late FOR EACH ROW INSERT INTO fired VALUES "
		"(NEW.id);"
		"CREATE EVENT sweep ON SCHEDULE EVERY 1 SECOND DO DELETE FROM shop.late");
	init(&run, &pair);
	test_run_up(&run);
	info = mysql_promote.info(run.replica);
	ck_maria(info->dsn, "SELECT COUNT(*) FROM late", "50000");
	ck_maria(info->dsn, "SHOW REPLICA STATUS", "");
	ck_maria(info->dsn, "SELECT @@read_only", "0");
	ck_maria(info->dsn, "SELECT @@event_scheduler", "OFF");
	ck_maria(info->dsn, semi_sync(&pair), "0");
	/* The trigger fires from now on; the event does not. */
	test_maria_run(info->dsn, "INSERT INTO late VALUES (60000); SELECT SLEEP(2)");
	ck_maria(info->dsn, "SELECT id FROM fired", "60000");
	ck_maria(info->dsn, "SELECT COUNT(*) FROM late", "50001");
	/* Nothing of it reaches the source. */
	ck_maria(pair.primary_dsn, "SELECT COUNT(*) FROM fired", "0");
	ck_assert_str_eq(info->data_dir, pair.replica.data_dir);
	ck_assert_str_eq(info->log_dir, pair.replica.log_dir);
	ck_assert_str_eq(info->database, "shop");
	ck_assert_str_ne(info->identity, info->source_identity);
	ck_assert(!info->ours && info->bytes > 0 && mysql_promote.alive(run.replica));
	ck_assert_ptr_nonnull(test_note(&run, "events-off"));
	ck_assert_ptr_nonnull(test_note(&run, "semi-sync-off"));
	ck_assert_ptr_nonnull(strstr(test_note(&run, "triggers"), "shop.stamp"));
	ck_assert_ptr_nonnull(strstr(test_note(&run, "events"), "shop.sweep"));
	ck_assert_ptr_nonnull(strstr(test_note(&run, "durability"), "sync_binlog is 1"));
	ck_assert(test_note_action(&run, "replica-spent"));
	ck_assert_ptr_nonnull(strstr(test_note(&run, "replica-spent"), "cannot follow it again"));
	test_run_down(&run);
	/* It is its owner's again, promoted as it is. */
	ck_maria(pair.replica_dsn, "SELECT @@read_only", "0");
	test_maria_pair_stop(&pair);
}
END_TEST

/* Both threads stopped and started would have thrown the relay log away; the source is gone. */
START_TEST(what_was_received_is_applied_though_the_source_is_gone)
{
	CLEANUP(my_control_close) struct db_conn *conn = NULL;
	CLEANUP(my_control_close) struct db_conn *blocker = NULL;
	struct test_maria_pair pair;
	struct my_flavour flavour;
	struct err err = {0};

	start(&pair, NULL, 0);
	test_maria_run(pair.primary_dsn, "CREATE TABLE t (id INT PRIMARY KEY) ENGINE = InnoDB");
	test_maria_caught_up(&pair);
	/* The applier stands behind a lock, the log goes on coming in. */
	ck_ok(my_control_open(pair.replica_dsn, NULL, &blocker, &err), err);
	ck_ok(my_control_exec(blocker, "LOCK TABLES t READ", &err), err);
	test_maria_run(pair.primary_dsn,
		"INSERT INTO t VALUES (1); INSERT INTO t VALUES (2); INSERT INTO t VALUES (3)");
	test_maria_received(&pair);
	ck_ok(my_server_quit(&pair.primary, &err), err);

	ck_ok(my_control_open(pair.replica_dsn, NULL, &conn, &err), err);
	ck_ok(my_flavour_ask(conn, &flavour, &err), err);
	ck_assert_int_eq(my_replication_drain(conn, &flavour, 300000, &err), -1);
	ck_assert_msg(strstr(err.text, "did not apply what it had received"), "%s", err.text);
	err_clear(&err);
	my_control_close(&blocker);
	ck_ok(my_replication_drain(conn, &flavour, 30000000, &err), err);
	ck_maria(pair.replica_dsn, "SELECT COUNT(*) FROM t", "3");
	test_maria_pair_stop(&pair);
}
END_TEST

START_TEST(quarantine_is_taken_back_when_the_promotion_does_not_follow)
{
	const struct server_setting settings[] = {SETTING("event_scheduler", "ON"),
		SETTING("loose-rpl_semi_sync_master_enabled", "ON"),
		SETTING("loose-rpl_semi_sync_source_enabled", "ON")};
	struct test_maria_pair pair;
	struct test_run run;

	start(&pair, settings, 3);
	init(&run, &pair);
	up_to_quarantine(&run);
	ck_maria(pair.replica_dsn, "SELECT @@event_scheduler", "OFF");
	test_run_down(&run);
	ck_maria(pair.replica_dsn, "SELECT @@event_scheduler", "ON");
	ck_maria(pair.replica_dsn, semi_sync(&pair), "1");
	ck_maria(pair.replica_dsn, "SELECT @@read_only", "1");
	ck_replicates(&pair);
	test_maria_pair_stop(&pair);
}
END_TEST

START_TEST(a_promotion_that_cannot_drain_leaves_a_replica)
{
	CLEANUP(my_control_close) struct db_conn *blocker = NULL;
	struct test_maria_pair pair;
	struct test_run run;

	start(&pair, NULL, 0);
	test_maria_run(pair.primary_dsn, "CREATE TABLE t (id INT PRIMARY KEY) ENGINE = InnoDB");
	init(&run, &pair);
	run.config.catch_up_us = 500000;
	test_maria_caught_up(&pair);
	up_to_quarantine(&run);
	ck_ok(my_control_open(pair.replica_dsn, NULL, &blocker, &run.err), run.err);
	ck_ok(my_control_exec(blocker, "LOCK TABLES t READ", &run.err), run.err);
	test_maria_run(pair.primary_dsn, "INSERT INTO t VALUES (1)");
	test_maria_received(&pair);
	ck_assert_int_eq(mysql_promote.promote(run.replica, &run.err), -1);
	ck_assert_msg(strstr(run.err.text, "did not apply"), "%s", run.err.text);
	err_clear(&run.err);
	test_run_down(&run);
	ck_maria(pair.replica_dsn, "SELECT @@read_only", "1");
	my_control_close(&blocker);
	ck_replicates(&pair);
	test_maria_caught_up(&pair);
	test_maria_pair_stop(&pair);
}
END_TEST

START_TEST(a_replica_that_never_catches_up_is_left_alone)
{
	struct test_maria_pair pair;
	struct test_run run;

	start(&pair, NULL, 0);
	test_maria_run(pair.replica_dsn,
		pair.programs.flavour.mariadb
			? "STOP REPLICA; CHANGE MASTER TO MASTER_DELAY = 3600; START REPLICA"
			: "STOP REPLICA; CHANGE REPLICATION SOURCE TO SOURCE_DELAY = 3600; START "
			  "REPLICA");
	ck_replicates(&pair);
	test_maria_run(pair.primary_dsn, "CREATE TABLE late (id INT)");
	init(&run, &pair);
	run.config.catch_up_us = 1200000;
	ck_ok(mysql_promote.open(&run.config, &run.env, &run.replica, &run.err), run.err);
	ck_ok(mysql_promote.check(run.replica, &run.err), run.err);
	ck_assert_int_eq(mysql_promote.provision(run.replica, &run.err), -1);
	ck_assert_int_eq(run.err.kind, ERR_FAILED);
	ck_assert_msg(
		strstr(run.err.text, "did not catch up") && strstr(run.err.text, "told to lag"),
		"%s", run.err.text);
	test_run_down(&run);
	ck_replicates(&pair);
	test_maria_pair_stop(&pair);
}
END_TEST

START_TEST(a_replication_that_breaks_on_the_way_is_told)
{
	struct test_maria_pair pair;
	struct test_run run;

	start(&pair, NULL, 0);
	test_maria_run(pair.primary_dsn, "CREATE TABLE t (id INT PRIMARY KEY)");
	test_maria_caught_up(&pair);
	test_maria_run(pair.replica_dsn, "SET sql_log_bin = 0; INSERT INTO t VALUES (4711)");
	init(&run, &pair);
	ck_ok(mysql_promote.open(&run.config, &run.env, &run.replica, &run.err), run.err);
	ck_ok(mysql_promote.check(run.replica, &run.err), run.err);
	test_maria_run(pair.primary_dsn, "INSERT INTO t VALUES (4711)");
	ck_assert_int_eq(mysql_promote.provision(run.replica, &run.err), -1);
	ck_assert_msg(strstr(run.err.text, "stopped applying with error 1062"), "%s", run.err.text);
	ck_assert_msg(!strstr(run.err.text, "4711"), "%s", run.err.text);
	test_run_down(&run);
	test_maria_pair_stop(&pair);
}
END_TEST

START_TEST(a_replica_that_dies_is_told)
{
	struct test_maria_pair pair;
	struct test_run run;

	start(&pair, NULL, 0);
	init(&run, &pair);
	up_to_quarantine(&run);
	ck_ok(my_server_quit(&pair.replica, &run.err), run.err);
	ck_assert_int_eq(mysql_promote.promote(run.replica, &run.err), -1);
	ck_assert_int_eq(run.err.kind, ERR_FAILED);
	err_clear(&run.err);
	/* What could not be put back is an error of the release. */
	ck_assert_int_eq(mysql_promote.release(run.replica, &run.err), -1);
	err_clear(&run.err);
	journal_close(run.env.journal);
	ck_ok(fs_remove_tree(getenv("XDG_STATE_HOME"), &run.err), run.err);
	test_maria_pair_stop(&pair);
}
END_TEST

START_TEST(a_named_connection_is_drained_and_ended_too)
{
	CLEANUP(cleanup_free) char *rename = NULL;
	struct test_maria_pair pair;
	struct test_run run;

	start(&pair, NULL, 0);
	test_maria_run(pair.primary_dsn,
		"SET sql_log_bin = 0; CREATE USER named@'127.0.0.1' IDENTIFIED BY 'n'; GRANT "
		"REPLICATION SLAVE ON *.* TO named@'127.0.0.1'");
	rename = pair.programs.flavour.mariadb
		? mem_printf("STOP REPLICA; RESET REPLICA ALL; CHANGE MASTER 'main' TO "
			     "MASTER_HOST = '127.0.0.1', MASTER_PORT = %u, MASTER_USER = 'named', "
			     "MASTER_PASSWORD = 'n', MASTER_USE_GTID = slave_pos; START REPLICA "
			     "'main'",
			  pair.port)
		: mem_printf("STOP REPLICA; RESET REPLICA ALL; CHANGE REPLICATION SOURCE TO "
			     "SOURCE_HOST = '127.0.0.1', SOURCE_PORT = %u, SOURCE_USER = 'named', "
			     "SOURCE_PASSWORD = 'n', SOURCE_AUTO_POSITION = 1, "
			     "GET_SOURCE_PUBLIC_KEY = 1 FOR CHANNEL 'main'; START REPLICA FOR "
			     "CHANNEL 'main'",
			  pair.port);
	test_maria_run(pair.replica_dsn, rename);
	test_maria_run(pair.primary_dsn, "CREATE TABLE late (id INT)");
	test_maria_caught_up(&pair);
	init(&run, &pair);
	test_run_up(&run);
	ck_maria(pair.replica_dsn,
		pair.programs.flavour.mariadb ? "SHOW ALL REPLICAS STATUS" : "SHOW REPLICA STATUS",
		"");
	test_run_down(&run);
	test_maria_pair_stop(&pair);
}
END_TEST

/* ---- the proof ---- */

START_TEST(servers_with_ties_are_not_isolated)
{
	CLEANUP(my_control_close) struct db_conn *primary = NULL;
	CLEANUP(my_control_close) struct db_conn *replica = NULL;
	CLEANUP(cleanup_free) char *identity = NULL;
	struct test_maria_pair pair;
	struct my_flavour flavour;
	struct err err = {0};

	start(&pair, NULL, 0);
	ck_ok(my_control_open(pair.primary_dsn, NULL, &primary, &err), err);
	ck_ok(my_control_open(pair.replica_dsn, NULL, &replica, &err), err);
	ck_ok(my_flavour_ask(primary, &flavour, &err), err);
	test_maria_run(pair.primary_dsn, "SET GLOBAL event_scheduler = ON");
	ck_assert_int_eq(my_isolation_prove(primary, &flavour, NULL, &err), -1);
	ck_assert_int_eq(err.kind, ERR_REFUSED);
	ck_assert_msg(
		strstr(err.text,
			pair.programs.flavour.mariadb ? "server 2 (127.0.0.1) replicates from it"
						      : "server 2 replicates from it"),
		"%s", err.text);
	ck_assert_msg(strstr(err.text, "event_scheduler is on"), "%s", err.text);
	ck_assert_int_eq(my_isolation_prove(replica, &flavour, NULL, &err), -1);
	ck_assert_msg(
		strstr(err.text, "still set up to replicate from '127.0.0.1'"), "%s", err.text);
	ck_assert_msg(strstr(err.text, "read_only is on"), "%s", err.text);
	/* Alone, but the source itself. */
	test_maria_run(
		pair.replica_dsn, "STOP REPLICA; RESET REPLICA ALL; SET GLOBAL read_only = 0");
	ck_ok(my_isolation_prove(replica, &flavour, NULL, &err), err);
	ck_ok(my_identity(replica, &flavour, &identity, &err), err);
	ck_assert_int_eq(my_isolation_prove(replica, &flavour, identity, &err), -1);
	ck_assert_msg(strstr(err.text, "source's own identity"), "%s", err.text);
	test_maria_pair_stop(&pair);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("mysql_provider_promote");
	TCase *tests = tcase_create("promote");

	tcase_set_timeout(tests, SUITE_TIMEOUT_S);
	tcase_add_test(tests, a_replica_is_caught_up_cut_off_and_promoted);
	tcase_add_test(tests, what_was_received_is_applied_though_the_source_is_gone);
	tcase_add_test(tests, quarantine_is_taken_back_when_the_promotion_does_not_follow);
	tcase_add_test(tests, a_promotion_that_cannot_drain_leaves_a_replica);
	tcase_add_test(tests, a_replica_that_never_catches_up_is_left_alone);
	tcase_add_test(tests, a_replication_that_breaks_on_the_way_is_told);
	tcase_add_test(tests, a_replica_that_dies_is_told);
	tcase_add_test(tests, a_named_connection_is_drained_and_ended_too);
	tcase_add_test(tests, servers_with_ties_are_not_isolated);
	suite_add_tcase(suite, tests);
	return suite_run(suite);
}
