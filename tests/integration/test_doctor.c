/* What `rehearse doctor` tells of this machine and of real servers. */
#include "tests/support/suite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "adapters/postgres/postgres.h"
#include "harness/base/cleanup.h"
#include "harness/base/fs.h"
#include "harness/base/mem.h"
#include "tests/support/pg_pair.h"

#define SETTING(name, value)                    \
	{                                       \
		(char *)(name), (char *)(value) \
	}

static struct test_pair pair;

static void suite_setup(void)
{
	const struct server_setting named[] = {
		SETTING("cluster_name", "one"), SETTING("log_destination", "stderr")};

	test_primary_start(&pair, NULL, 0);
	test_run_sql(pair.primary_dsn, "CREATE ROLE plain LOGIN PASSWORD 'geheim'");
	test_standby_start(&pair, named, 2);
}

static void suite_teardown(void)
{
	test_pair_stop(&pair);
}

/* "state topic: text | remedy" per line. */
static char *doctor(const struct provider_config *config)
{
	struct doctor_report report = {0};
	CLEANUP(cleanup_str) struct str out = {0};
	struct err err = {0};

	ck_ok(postgres_doctor(config, &report, &err), err);
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
	CLEANUP(cleanup_free) char *text = doctor(&(struct provider_config){.engine = "postgres"});

	ck_tells(text, "0 server programs: PostgreSQL ");
	ck_tells(text, "0 server user: servers run as ");
	ck_tells(text, "run directory: ");
	ck_tells(text, "0 fixture cache: ");
	ck_tells(text, "memory: ");
	ck_tells(text, "ALTER SYSTEM SET rehearse.disposable = 'on'");
	ck_tells_not(text, "\n2 ");
}
END_TEST

START_TEST(missing_programs_name_the_package)
{
	const struct provider_config config = {.engine = "postgres", .bin_dir = "/nonexistent"};
	CLEANUP(cleanup_free) char *text = doctor(&config);

	ck_tells(text, "2 server programs: no PostgreSQL server programs in '/nonexistent'");
	ck_tells(text, "| apt-get install postgresql");
}
END_TEST

START_TEST(a_long_or_closed_temporary_directory_is_a_problem)
{
	CLEANUP(cleanup_free) char *dir = NULL;
	CLEANUP(cleanup_free) char *deep = NULL;
	struct err err = {0};

	ck_ok(fs_temp_dir(&dir, &err), err); /* 0700 */
	deep = mem_printf("%s/%s", dir,
		"a-directory-whose-name-is-so-long-that-no-socket-could-be-put-into-it-at-all");
	ck_ok(fs_mkdirs(deep, 0755, &err), err);
	setenv("TMPDIR", deep, 1);
	CLEANUP(cleanup_free) char *text = doctor(&(struct provider_config){.engine = "postgres"});

	ck_tells(text, "2 socket path: ");
	if (geteuid() == 0)
		ck_tells(text, "2 run directory: the servers' user cannot pass '");
	fs_remove_tree(dir, NULL);
}
END_TEST

START_TEST(a_source_is_described_with_what_a_clone_lacks)
{
	CLEANUP(cleanup_free)
	char *dsn =
		mem_printf("host=%s user=plain password=geheim dbname=postgres", pair.primary.dir);
	struct provider_config config = {.engine = "postgres", .source = pair.primary_dsn};
	CLEANUP(cleanup_free) char *able = doctor(&config);
	CLEANUP(cleanup_free) char *unable = NULL;

	ck_tells(able, "0 source: PostgreSQL ");
	ck_tells(able, "a primary");
	ck_tells(able, "0 clone of the source: role 'postgres' may take a base backup");
	config.source = dsn;
	unable = doctor(&config);
	ck_tells(unable, "1 clone of the source: role 'plain' may not take a base backup");
	ck_tells_not(unable, "geheim");
}
END_TEST

START_TEST(an_unreachable_source_is_a_problem_without_its_password)
{
	const struct provider_config config = {
		.engine = "postgres", .source = "host=/nonexistent password=geheim dbname=x"};
	CLEANUP(cleanup_free) char *text = doctor(&config);

	ck_tells(text, "2 source: ");
	ck_tells_not(text, "geheim");
}
END_TEST

START_TEST(a_standby_is_told_all_that_speaks_against_it_at_once)
{
	struct provider_config config = {
		.engine = "postgres", .source = pair.primary_dsn, .standby = pair.standby_dsn};
	CLEANUP(cleanup_free) char *before = doctor(&config);
	CLEANUP(cleanup_free) char *after = NULL;

	ck_tells(before, "0 standby: PostgreSQL ");
	ck_tells(before, "2 promotion of the standby: the scenario does not say");
	ck_tells(before, "2 promotion of the standby: the standby carries no mark");
	ck_tells(before, "1 standby's log: logging_collector on, log_destination stderr");
	test_alter_system(pair.standby_dsn, "rehearse.disposable", "on");
	config.disposable = true;
	after = doctor(&config);
	ck_tells(after, "0 promotion of the standby: it is marked as disposable");
	test_alter_system(pair.standby_dsn, "rehearse.disposable", NULL);
}
END_TEST

START_TEST(a_primary_named_as_standby_is_a_problem)
{
	const struct provider_config config = {
		.engine = "postgres", .source = pair.primary_dsn, .standby = pair.primary_dsn};
	CLEANUP(cleanup_free) char *text = doctor(&config);

	ck_tells(text, "2 promotion of the standby: ");
	ck_tells(text, "is a primary, not a standby");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("doctor");
	TCase *tests = tcase_create("doctor");

	tcase_add_unchecked_fixture(tests, suite_setup, suite_teardown);
	tcase_set_timeout(tests, SUITE_TIMEOUT_S);
	tcase_add_test(tests, a_machine_that_can_rehearse_has_no_problem);
	tcase_add_test(tests, missing_programs_name_the_package);
	tcase_add_test(tests, a_long_or_closed_temporary_directory_is_a_problem);
	tcase_add_test(tests, a_source_is_described_with_what_a_clone_lacks);
	tcase_add_test(tests, an_unreachable_source_is_a_problem_without_its_password);
	tcase_add_test(tests, a_standby_is_told_all_that_speaks_against_it_at_once);
	tcase_add_test(tests, a_primary_named_as_standby_is_a_problem);
	suite_add_tcase(suite, tests);
	return suite_run(suite);
}
