/* What `rehearse doctor` tells of this machine and of real MariaDB servers. */
#include "tests/support/suite.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "adapters/mysql/mysql.h"
#include "harness/base/cleanup.h"
#include "harness/base/fs.h"
#include "harness/base/mem.h"
#include "tests/support/mariadb.h"
#include "tests/support/mariadb_pair.h"

static struct test_maria_pair pair;

static void suite_setup(void)
{
	/* The primary has no performance_schema, the replica has. */
	test_maria_primary_start(&pair, NULL, 0);
	test_maria_run(pair.primary_dsn,
		"ALTER USER plain@localhost IDENTIFIED BY 'geheim'; CREATE TABLE old (id INT) "
		"ENGINE "
		"= MyISAM");
	test_maria_replica_start(&pair, NULL, 0);
}

static void suite_teardown(void)
{
	test_maria_pair_stop(&pair);
}

static bool maria(void)
{
	return pair.programs.flavour.mariadb;
}

/* "state topic: text | remedy" per line. */
static char *doctor(const struct provider_config *config)
{
	struct doctor_report report = {0};
	CLEANUP(cleanup_str) struct str out = {0};
	struct err err = {0};

	ck_ok(mysql_doctor(config, &report, &err), err);
	for (size_t i = 0; i < report.n; i++)
		str_addf(&out, "%d %s: %s | %s\n", report.lines[i].state, report.lines[i].topic,
			report.lines[i].text, report.lines[i].remedy ? report.lines[i].remedy : "");
	for (size_t i = 0; i < report.n; i++)
		ck_assert_msg(report.lines[i].state == DOCTOR_OK || report.lines[i].remedy, "%s",
			report.lines[i].text);
	doctor_report_release(&report);
	return str_take(&out);
}

#define ck_tells(text, part) ck_assert_msg(strstr(text, part), "'%s' is not in:\n%s", part, text)
#define ck_tells_not(text, part) ck_assert_msg(!strstr(text, part), "'%s' is in:\n%s", part, text)

START_TEST(a_machine_that_can_rehearse_has_no_problem)
{
	CLEANUP(cleanup_free)
	char *text =
		doctor(&(struct provider_config){.engine = "mysql", .bin_dir = test_mysql_bin()});

	ck_tells(text, maria() ? "0 server programs: MariaDB " : "0 server programs: MySQL ");
	ck_tells(text, "0 server user: servers run as ");
	ck_tells(text, "run directory: ");
	ck_tells(text, "0 fixture cache: ");
	ck_tells(text, "memory: ");
	ck_tells(text, "CREATE TABLE rehearse_disposable.mark AS SELECT @@hostname");
	ck_tells(text, "report_user = rehearse-disposable");
	ck_tells_not(text, "\n2 ");
}
END_TEST

START_TEST(missing_programs_name_the_package)
{
	const struct provider_config config = {.engine = "mysql", .bin_dir = "/nonexistent/bin"};
	CLEANUP(cleanup_free) char *text = doctor(&config);

	ck_tells(text,
		"2 server programs: no MariaDB or MySQL server programs in '/nonexistent/bin'");
	ck_tells(text, "| apt-get install mariadb-server");
}
END_TEST

START_TEST(a_source_is_described_with_what_a_clone_lacks)
{
	CLEANUP(cleanup_free)
	char *dsn =
		mem_printf("socket=%s user=plain password=geheim dbname=shop", pair.primary.socket);
	struct provider_config config = {
		.engine = "mysql", .source = pair.primary_dsn, .bin_dir = test_mysql_bin()};
	CLEANUP(cleanup_free) char *able = doctor(&config);
	CLEANUP(cleanup_free) char *unable = NULL;

	ck_tells(able, maria() ? "0 source: MariaDB " : "0 source: MySQL ");
	ck_tells(able, "a primary");
	ck_tells(able, "1 of them without transactions");
	ck_tells(able,
		maria() ? "0 clone of the source: its files can be copied by mariabackup"
			: "1 clone of the source: the clone plugin leaves tables without "
			  "transactions empty, and a dump");
	config.source = dsn;
	unable = doctor(&config);
	ck_tells(
		unable, "1 clone of the source: account 'plain@localhost' may not dump the source");
	ck_tells_not(unable, "geheim");
}
END_TEST

START_TEST(a_replica_that_is_not_marked_is_told)
{
	struct provider_config config = {.engine = "mysql",
		.source = pair.primary_dsn,
		.standby = pair.replica_dsn,
		.disposable = true};
	CLEANUP(cleanup_free) char *text = doctor(&config);
	CLEANUP(cleanup_free) char *marked = NULL;

	ck_tells(text, maria() ? "0 replica: MariaDB " : "0 replica: MySQL ");
	ck_tells(text, "2 promotion of the replica: the replica carries no mark");
	ck_tells(text,
		"0 replica's instruments: performance_schema is on, "
		"wait/lock/metadata/sql/mdl YES");
	test_maria_mark(&pair);
	marked = doctor(&config);
	ck_tells(marked, "0 promotion of the replica: it is marked as disposable");
	ck_maria(pair.replica_dsn, "SELECT @@read_only", "1");
}
END_TEST

START_TEST(a_primary_in_the_replicas_place_and_missing_instruments_are_told)
{
	struct provider_config config = {.engine = "mysql",
		.source = pair.primary_dsn,
		.standby = pair.primary_dsn,
		.disposable = true};
	CLEANUP(cleanup_free) char *text = doctor(&config);

	ck_tells(text, "is a primary, not a replica");
	ck_tells(text,
		maria() ? "server 2 (127.0.0.1) replicates from it"
			: "server 2 replicates from it");
	ck_tells(text, "1 replica's instruments: performance_schema is off");
	ck_tells(text, "performance-schema-instrument = 'wait/lock/metadata/sql/mdl=ON'");
}
END_TEST

START_TEST(servers_that_do_not_answer_are_problems)
{
	CLEANUP(cleanup_free)
	char *dsn = mem_printf("socket=%s/none user=root password=geheim", pair.dir);
	struct provider_config config = {.engine = "mysql", .source = dsn, .standby = dsn};
	CLEANUP(cleanup_free) char *text = doctor(&config);

	ck_tells(text, "2 source: cannot connect to ");
	ck_tells(text, "2 replica: cannot connect to ");
	ck_tells_not(text, "geheim");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("mysql_doctor");
	TCase *tests = tcase_create("doctor");

	tcase_add_unchecked_fixture(tests, suite_setup, suite_teardown);
	tcase_set_timeout(tests, SUITE_TIMEOUT_S);
	tcase_add_test(tests, a_machine_that_can_rehearse_has_no_problem);
	tcase_add_test(tests, missing_programs_name_the_package);
	tcase_add_test(tests, a_source_is_described_with_what_a_clone_lacks);
	tcase_add_test(tests, a_replica_that_is_not_marked_is_told);
	tcase_add_test(tests, a_primary_in_the_replicas_place_and_missing_instruments_are_told);
	tcase_add_test(tests, servers_that_do_not_answer_are_problems);
	suite_add_tcase(suite, tests);
	return suite_run(suite);
}
