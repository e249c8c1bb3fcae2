/* The interlock of the promote provider on MariaDB: every refusal, on real servers. */
#include "tests/support/suite.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "adapters/mysql/mysql.h"
#include "harness/base/cleanup.h"
#include "harness/base/mem.h"
#include "tests/support/mariadb_pair.h"

#define SETTING(name, value)                    \
	{                                       \
		(char *)(name), (char *)(value) \
	}

static struct test_maria_pair pair; /* never promoted; each test leaves it as it was */

static bool maria(void)
{
	return pair.programs.flavour.mariadb;
}

static void suite_setup(void)
{
	test_maria_primary_start(&pair, NULL, 0);
	test_maria_replica_start(&pair, NULL, 0);
	test_maria_mark(&pair);
}

static void suite_teardown(void)
{
	test_maria_pair_stop(&pair);
}

/* A run that nothing speaks against. */
static void init(struct test_run *run)
{
	test_run_init(run, "mysql", &mysql_promote);
	run->config.source = pair.primary_dsn;
	run->config.standby = pair.replica_dsn;
	run->config.disposable = true;
}

static void refused(const char *part)
{
	struct test_run run;

	init(&run);
	test_run_refused(&run, ERR_REFUSED, part);
}

static void ck_replicates(void)
{
	test_maria_status_until(pair.replica_dsn, "Slave_IO_Running", "Yes");
	test_maria_status_until(pair.replica_dsn, "Slave_SQL_Running", "Yes");
}

START_TEST(nothing_speaks_against_a_marked_replica)
{
	struct test_run run;

	init(&run);
	ck_ok(mysql_promote.open(&run.config, &run.env, &run.replica, &run.err), run.err);
	ck_ok(mysql_promote.check(run.replica, &run.err), run.err);
	test_run_down(&run);
	ck_replicates();
	ck_maria(pair.replica_dsn, "SELECT @@read_only", "1");
}
END_TEST

START_TEST(missing_words_are_usage_errors)
{
	CLEANUP(cleanup_free) char *dsn = mem_printf("socket=%s user=root", pair.replica.socket);
	struct test_run run;

	init(&run);
	run.config.standby = "";
	test_run_refused(&run, ERR_USAGE, "replica.standby");
	init(&run);
	run.config.source = NULL;
	test_run_refused(&run, ERR_USAGE, "replica.source");
	init(&run);
	run.config.standby = dsn;
	test_run_refused(&run, ERR_USAGE, "needs a database");
}
END_TEST

START_TEST(a_primary_is_refused)
{
	struct test_run run;

	init(&run);
	run.config.standby = pair.primary_dsn;
	test_run_refused(&run, ERR_REFUSED, "is a primary, not a replica");
}
END_TEST

START_TEST(an_account_without_rights_is_refused)
{
	CLEANUP(cleanup_free)
	char *replica = mem_printf("socket=%s user=plain dbname=shop", pair.replica.socket);
	CLEANUP(cleanup_free)
	char *source = mem_printf("socket=%s user=plain dbname=shop", pair.primary.socket);
	struct test_run run;

	init(&run);
	run.config.standby = replica;
	test_run_refused(&run, ERR_REFUSED,
		maria() ? "'plain@localhost' lacks SUPER, PROCESS"
			: "'plain@localhost' lacks PROCESS, REPLICATION CLIENT");
	init(&run);
	run.config.source = source;
	test_run_refused(&run, ERR_REFUSED,
		maria() ? "lacks BINLOG MONITOR, REPLICATION MASTER ADMIN"
			: "lacks REPLICATION CLIENT, REPLICATION SLAVE");
}
END_TEST

START_TEST(a_scenario_that_does_not_give_the_replica_up_is_refused)
{
	struct test_run run;

	init(&run);
	run.config.disposable = false;
	test_run_refused(&run, ERR_REFUSED, "disposable: true");
}
END_TEST

START_TEST(a_replica_without_the_mark_is_refused)
{
	test_maria_run(pair.replica_dsn, "SET sql_log_bin = 0; DROP DATABASE rehearse_disposable");
	refused("no mark of being disposable (remedy: in one session on the replica");
	test_maria_mark(&pair);
	/* As it would be in a copy of a marked server's files. */
	test_maria_run(pair.replica_dsn,
		"SET sql_log_bin = 0; UPDATE rehearse_disposable.mark SET server_id = 99");
	refused("rehearse_disposable.mark is another server's");
	test_maria_run(pair.replica_dsn,
		"SET sql_log_bin = 0; UPDATE rehearse_disposable.mark SET server_id = @@server_id");
}
END_TEST

START_TEST(a_mark_that_came_from_the_source_is_none)
{
	test_maria_run(pair.replica_dsn, "SET sql_log_bin = 0; DROP DATABASE rehearse_disposable");
	test_maria_run(pair.primary_dsn,
		"CREATE DATABASE rehearse_disposable; CREATE TABLE rehearse_disposable.mark AS "
		"SELECT @@hostname AS host, @@port AS port, @@server_id AS server_id");
	test_maria_caught_up(&pair);
	refused("is another server's");
	test_maria_run(pair.primary_dsn, "DROP DATABASE rehearse_disposable");
	test_maria_caught_up(&pair);
	test_maria_mark(&pair);
}
END_TEST

START_TEST(a_mark_that_the_source_carries_too_is_refused)
{
	test_maria_run(
		pair.primary_dsn, "SET sql_log_bin = 0; CREATE DATABASE rehearse_disposable");
	refused("the source carries the mark too (database 'rehearse_disposable')");
	test_maria_run(pair.primary_dsn, "SET sql_log_bin = 0; DROP DATABASE rehearse_disposable");
}
END_TEST

START_TEST(an_option_of_its_own_marks_a_replica)
{
	const struct server_setting marked[] = {SETTING("report_user", "rehearse-disposable")};
	struct test_maria_pair own;
	struct test_run run;

	test_maria_primary_start(&own, NULL, 0);
	test_maria_replica_start(&own, marked, 1);
	init(&run);
	run.config.source = own.primary_dsn;
	run.config.standby = own.replica_dsn;
	ck_ok(mysql_promote.open(&run.config, &run.env, &run.replica, &run.err), run.err);
	ck_ok(mysql_promote.check(run.replica, &run.err), run.err);
	test_run_down(&run);
	test_maria_pair_stop(&own);
}
END_TEST

/* A third server that says it replicates from the replica: the reading of its log is enough. */
START_TEST(a_replica_with_replicas_of_its_own_is_refused)
{
	CLEANUP(cleanup_free) char *log = NULL;
	CLEANUP(cleanup_free) char *socket = mem_printf("--socket=%s", pair.replica.socket);
	pid_t pid = 0;
	struct err err = {0};

	log = test_maria_sql(pair.replica_dsn, "SHOW BINARY LOGS");
	const char *const argv[] = {pair.programs.binlog, "--no-defaults", socket, "--user=root",
		"--read-from-remote-server", "--stop-never",
		maria() ? "--stop-never-slave-server-id=77" : "--connection-server-id=77", "--raw",
		log, NULL};
	ck_ok(proc_start(&(struct proc_spec){.argv = argv, .dir = pair.dir}, &pid, &err), err);
	test_maria_until(pair.replica_dsn,
		"SELECT COUNT(*) FROM information_schema.PROCESSLIST WHERE COMMAND LIKE 'Binlog "
		"Dump%'",
		"1");
	refused("replicates from it (remedy: point them at the source first");
	ck_ok(proc_end(pid, SIGTERM, 5000000, &err), err);
	/* The server notices that the reader is gone when it has something to send. */
	test_maria_run(pair.replica_dsn, "FLUSH BINARY LOGS");
	test_maria_until(pair.replica_dsn,
		"SELECT COUNT(*) FROM information_schema.PROCESSLIST WHERE COMMAND LIKE 'Binlog "
		"Dump%'",
		"0");
}
END_TEST

/* MySQL's alone: MariaDB has them always. */
START_TEST(a_replication_without_gtids_is_refused)
{
	if (maria()) {
		printf("skipped: only MySQL replicates without GTIDs (REHEARSE_MYSQL_BIN names "
		       "one)\n");
		fflush(stdout);
		return;
	}
	test_maria_run(pair.replica_dsn, "SET GLOBAL gtid_mode = ON_PERMISSIVE");
	refused("gtid_mode is ON_PERMISSIVE on the replica");
	test_maria_run(pair.replica_dsn, "SET GLOBAL gtid_mode = ON");
	test_maria_run(pair.primary_dsn, "SET GLOBAL gtid_mode = ON_PERMISSIVE");
	refused("gtid_mode is ON_PERMISSIVE on the source");
	test_maria_run(pair.primary_dsn, "SET GLOBAL gtid_mode = ON");
	ck_replicates();
}
END_TEST

START_TEST(a_broken_replication_is_refused_with_its_error_and_no_value)
{
	test_maria_run(pair.primary_dsn, "CREATE TABLE broken (id VARCHAR(20) PRIMARY KEY)");
	test_maria_caught_up(&pair);
	test_maria_run(
		pair.replica_dsn, "SET sql_log_bin = 0; INSERT INTO broken VALUES ('mrs-jones')");
	test_maria_run(pair.primary_dsn, "INSERT INTO broken VALUES ('mrs-jones')");
	test_maria_status_until(pair.replica_dsn, "Last_SQL_Errno", "1062");
	struct test_run run;

	init(&run);
	ck_ok(mysql_promote.open(&run.config, &run.env, &run.replica, &run.err), run.err);
	ck_assert_int_eq(mysql_promote.check(run.replica, &run.err), -1);
	ck_assert_int_eq(run.err.kind, ERR_REFUSED);
	ck_assert_msg(strstr(run.err.text, "broken: applying stopped with error 1062"), "%s",
		run.err.text);
	ck_assert_msg(!strstr(run.err.text, "jones"), "%s", run.err.text);
	test_run_down(&run);
	test_maria_run(pair.replica_dsn,
		"SET sql_log_bin = 0; DELETE FROM broken; START REPLICA SQL_THREAD");
	test_maria_caught_up(&pair);
	test_maria_run(pair.primary_dsn, "DROP TABLE broken");
	test_maria_caught_up(&pair);
}
END_TEST

START_TEST(a_replica_that_applies_or_receives_nothing_is_refused)
{
	test_maria_run(pair.replica_dsn, "STOP REPLICA SQL_THREAD");
	refused("its SQL thread is stopped");
	test_maria_run(pair.replica_dsn, "START REPLICA SQL_THREAD");
	ck_replicates();
	test_maria_run(pair.replica_dsn, "STOP REPLICA IO_THREAD");
	refused("receives nothing from its source (remedy: START REPLICA");
	test_maria_run(pair.replica_dsn, "START REPLICA IO_THREAD");
	ck_replicates();
}
END_TEST

static void semi_sync(const char *dsn, const char *end, const char *value)
{
	CLEANUP(cleanup_free)
	char *sql = mem_printf("SET GLOBAL rpl_semi_sync_%s_enabled = %s", end, value);

	test_maria_run(dsn, sql);
}

START_TEST(a_semi_synchronous_partner_is_refused)
{
	const char *waits = maria() ? "master" : "source", *answers = maria() ? "slave" : "replica";

	semi_sync(pair.primary_dsn, waits, "ON");
	semi_sync(pair.replica_dsn, answers, "ON; STOP REPLICA IO_THREAD; START REPLICA IO_THREAD");
	ck_replicates();
	test_maria_until(pair.replica_dsn,
		"SELECT VARIABLE_VALUE FROM performance_schema.global_status WHERE VARIABLE_NAME "
		"IN ('Rpl_semi_sync_slave_status', 'Rpl_semi_sync_replica_status')",
		"ON");
	refused("is a semi-synchronous partner");
	/* Switched on at both ends, though it is no partner until it connects again. */
	semi_sync(
		pair.replica_dsn, answers, "OFF; STOP REPLICA IO_THREAD; START REPLICA IO_THREAD");
	ck_replicates();
	semi_sync(pair.replica_dsn, answers, "ON");
	refused("semi-synchronous replication is on at both ends");
	semi_sync(pair.replica_dsn, answers, "OFF");
	semi_sync(pair.primary_dsn, waits, "OFF");
}
END_TEST

START_TEST(source_and_replica_that_are_one_server_are_refused)
{
	struct test_run run;

	init(&run);
	run.config.source = pair.replica_dsn;
	test_run_refused(&run, ERR_REFUSED, "source and replica are the same server");
}
END_TEST

START_TEST(a_source_that_cannot_be_asked_is_refused)
{
	CLEANUP(cleanup_free) char *dsn = mem_printf("socket=%s/none user=root", pair.dir);
	struct test_run run;

	init(&run);
	run.config.source = dsn;
	test_run_refused(&run, ERR_REFUSED, "without its source's word");
}
END_TEST

/* Another server; with the source's own server id, since that is 1 on most. */
START_TEST(a_replica_of_another_source_is_refused)
{
	struct test_maria_pair other;
	struct test_run run;

	test_maria_primary_start(&other, NULL, 0);
	init(&run);
	run.config.source = other.primary_dsn;
	/* MySQL's servers have names of their own. */
	test_run_refused(&run, ERR_REFUSED,
		maria() ? "does not list server 2 among its replicas"
			: "the replica follows server 1 (127.0.0.1:");
	test_maria_run(other.primary_dsn, "SET GLOBAL server_id = 55");
	init(&run);
	run.config.source = other.primary_dsn;
	test_run_refused(&run, ERR_REFUSED, "the replica follows server 1 (127.0.0.1:");
	test_maria_pair_stop(&other);
}
END_TEST

/* Another pair with the same ids throughout: the place in the log tells. */
START_TEST(a_source_whose_log_is_shorter_than_what_was_read_is_refused)
{
	struct test_maria_pair other;
	struct test_run run;

	test_maria_run(pair.primary_dsn,
		"CREATE TABLE longer (a TEXT); INSERT INTO longer SELECT "
		"REPEAT('x', 1000) FROM seq_1_to_3000; DROP TABLE longer");
	test_maria_caught_up(&pair);
	test_maria_primary_start(&other, NULL, 0);
	test_maria_replica_start(&other, NULL, 0);
	init(&run);
	run.config.source = other.primary_dsn;
	test_run_refused(&run, ERR_REFUSED,
		maria() ? "which the source's log has not"
			: "the replica follows server 1 (127.0.0.1:");
	test_maria_pair_stop(&other);
}
END_TEST

START_TEST(what_becomes_true_after_the_check_is_refused_too)
{
	struct test_run run;

	init(&run);
	ck_ok(mysql_promote.open(&run.config, &run.env, &run.replica, &run.err), run.err);
	ck_ok(mysql_promote.check(run.replica, &run.err), run.err);
	ck_ok(mysql_promote.provision(run.replica, &run.err), run.err);
	test_maria_run(pair.replica_dsn, "STOP REPLICA SQL_THREAD");
	ck_assert_int_eq(mysql_promote.quarantine(run.replica, &run.err), -1);
	ck_assert_int_eq(run.err.kind, ERR_REFUSED);
	test_run_down(&run);
	test_maria_run(pair.replica_dsn, "START REPLICA SQL_THREAD");
	ck_replicates();
}
END_TEST

START_TEST(plan_tells_the_steps_and_the_refusal)
{
	CLEANUP(cleanup_str) struct str out = {0};
	struct test_run run;

	init(&run);
	run.config.disposable = false;
	ck_ok(mysql_promote.plan(&run.config, &run.env, &out, &run.err), run.err);
	ck_assert_ptr_nonnull(strstr(str_text(&out), "would be refused"));
	ck_assert_ptr_nonnull(strstr(str_text(&out), "RESET REPLICA ALL"));
	str_clear(&out);
	run.config.disposable = true;
	ck_ok(mysql_promote.plan(&run.config, &run.env, &out, &run.err), run.err);
	ck_assert_ptr_null(strstr(str_text(&out), "would be refused"));
	test_run_down(&run);
	ck_replicates();
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("mysql_interlock");
	TCase *tests = tcase_create("interlock");

	tcase_add_unchecked_fixture(tests, suite_setup, suite_teardown);
	tcase_set_timeout(tests, SUITE_TIMEOUT_S);
	tcase_add_test(tests, nothing_speaks_against_a_marked_replica);
	tcase_add_test(tests, missing_words_are_usage_errors);
	tcase_add_test(tests, a_primary_is_refused);
	tcase_add_test(tests, an_account_without_rights_is_refused);
	tcase_add_test(tests, a_scenario_that_does_not_give_the_replica_up_is_refused);
	tcase_add_test(tests, a_replica_without_the_mark_is_refused);
	tcase_add_test(tests, a_mark_that_came_from_the_source_is_none);
	tcase_add_test(tests, a_mark_that_the_source_carries_too_is_refused);
	tcase_add_test(tests, an_option_of_its_own_marks_a_replica);
	tcase_add_test(tests, a_replica_with_replicas_of_its_own_is_refused);
	tcase_add_test(tests, a_replication_without_gtids_is_refused);
	tcase_add_test(tests, a_broken_replication_is_refused_with_its_error_and_no_value);
	tcase_add_test(tests, a_replica_that_applies_or_receives_nothing_is_refused);
	tcase_add_test(tests, a_semi_synchronous_partner_is_refused);
	tcase_add_test(tests, source_and_replica_that_are_one_server_are_refused);
	tcase_add_test(tests, a_source_that_cannot_be_asked_is_refused);
	tcase_add_test(tests, a_replica_of_another_source_is_refused);
	tcase_add_test(tests, a_source_whose_log_is_shorter_than_what_was_read_is_refused);
	tcase_add_test(tests, what_becomes_true_after_the_check_is_refused_too);
	tcase_add_test(tests, plan_tells_the_steps_and_the_refusal);
	suite_add_tcase(suite, tests);
	return suite_run(suite);
}
