/* The interlock of the promote provider: every refusal, on real servers. */
#include "tests/support/suite.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "adapters/postgres/postgres.h"
#include "harness/base/cleanup.h"
#include "harness/base/fs.h"
#include "harness/base/mem.h"
#include "harness/base/proc.h"
#include "tests/support/pg_pair.h"

#define SETTING(name, value)                    \
	{                                       \
		(char *)(name), (char *)(value) \
	}

static char *conninfo;	      /* of the standby's way to its primary */
static struct test_pair pair; /* for what is refused: never promoted, left as it was */

static void suite_setup(void)
{
	const struct server_setting named[] = {SETTING("cluster_name", "one")};

	test_primary_start(&pair, NULL, 0);
	test_run_sql(pair.primary_dsn, "CREATE ROLE plain LOGIN");
	test_run_sql(pair.primary_dsn, "CREATE DATABASE shop");
	test_standby_start(&pair, named, 1);
	test_alter_system(pair.standby_dsn, "rehearse.disposable", "on");
	conninfo = test_sql(pair.standby_dsn, "SHOW primary_conninfo");
}

static void suite_teardown(void)
{
	free(conninfo);
	test_pair_stop(&pair);
}

/* A run that nothing speaks against. */
static void init(struct test_run *run, const struct test_pair *of)
{
	test_run_init(run, "postgres", &postgres_promote);
	run->config.source = of->primary_dsn;
	run->config.standby = of->standby_dsn;
	run->config.disposable = true;
}

START_TEST(nothing_speaks_against_a_marked_standby)
{
	struct test_run run;

	init(&run, &pair);
	ck_ok(postgres_promote.open(&run.config, &run.env, &run.replica, &run.err), run.err);
	ck_ok(postgres_promote.check(run.replica, &run.err), run.err);
	test_run_down(&run);
	ck_sql(pair.standby_dsn, "SELECT pg_is_in_recovery()", "t");
}
END_TEST

START_TEST(missing_words_are_usage_errors)
{
	struct test_run run;

	init(&run, &pair);
	run.config.standby = "";
	test_run_refused(&run, ERR_USAGE, "replica.standby");
	init(&run, &pair);
	run.config.source = NULL;
	test_run_refused(&run, ERR_USAGE, "replica.source");
}
END_TEST

START_TEST(a_primary_is_refused)
{
	struct test_run run;

	init(&run, &pair);
	run.config.standby = pair.primary_dsn;
	test_run_refused(&run, ERR_REFUSED, "is a primary, not a standby");
}
END_TEST

START_TEST(a_role_that_is_no_superuser_is_refused)
{
	CLEANUP(cleanup_free)
	char *dsn = mem_printf("host=%s user=plain dbname=postgres", pair.standby.dir);
	struct test_run run;

	init(&run, &pair);
	run.config.standby = dsn;
	test_run_refused(&run, ERR_REFUSED, "role 'plain' is not a superuser");
}
END_TEST

START_TEST(a_scenario_that_does_not_give_the_standby_up_is_refused)
{
	struct test_run run;

	init(&run, &pair);
	run.config.disposable = false;
	test_run_refused(&run, ERR_REFUSED, "disposable: true");
}
END_TEST

START_TEST(a_standby_without_the_mark_is_refused)
{
	struct test_run run;

	test_alter_system(pair.standby_dsn, "rehearse.disposable", NULL);
	init(&run, &pair);
	test_run_refused(&run, ERR_REFUSED, "no mark of being disposable");
	test_alter_system(pair.standby_dsn, "rehearse.disposable", "off");
	init(&run, &pair);
	test_run_refused(&run, ERR_REFUSED, "no mark of being disposable");

	/* Set on the primary, it reaches the standby, and says nothing about it. */
	test_alter_system(pair.standby_dsn, "rehearse.disposable", NULL);
	test_run_sql(pair.primary_dsn, "ALTER DATABASE postgres SET rehearse.disposable = 'on'");
	test_sql_until(
		pair.standby_dsn, "SELECT current_setting('rehearse.disposable', true)", "on");
	init(&run, &pair);
	test_run_refused(&run, ERR_REFUSED, "no mark of being disposable");
	test_run_sql(pair.primary_dsn, "ALTER DATABASE postgres RESET rehearse.disposable");
	test_alter_system(pair.standby_dsn, "rehearse.disposable", "on");
}
END_TEST

static const struct {
	const char *comment;
	bool counts;
} comments[] = {
	{"rehearse:disposable=one", true},
	{"nightly copy rehearse:disposable=one ask dba", true},
	{"rehearse:disposable=another", false},
	{"rehearse:disposable=onemore", false},
	{"disposable", false},
};

START_TEST(a_comment_marks_the_standby_whose_cluster_name_it_holds)
{
	CLEANUP(cleanup_free)
	char *sql = mem_printf("COMMENT ON DATABASE shop IS '%s'", comments[_i].comment);
	struct test_run run;

	test_alter_system(pair.standby_dsn, "rehearse.disposable", NULL);
	test_run_sql(pair.primary_dsn, sql);
	test_sql_until(pair.standby_dsn,
		"SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = "
		"'shop'",
		comments[_i].comment);
	init(&run, &pair);
	if (comments[_i].counts) {
		ck_ok(postgres_promote.open(&run.config, &run.env, &run.replica, &run.err),
			run.err);
		ck_ok(postgres_promote.check(run.replica, &run.err), run.err);
		test_run_down(&run);
	} else {
		test_run_refused(&run, ERR_REFUSED, "no mark of being disposable");
	}
	test_run_sql(pair.primary_dsn, "COMMENT ON DATABASE shop IS NULL");
	test_alter_system(pair.standby_dsn, "rehearse.disposable", "on");
}
END_TEST

START_TEST(a_mark_that_the_source_carries_too_is_refused)
{
	struct test_run run;

	test_alter_system(pair.primary_dsn, "rehearse.disposable", "on");
	init(&run, &pair);
	test_run_refused(&run, ERR_REFUSED, "the source carries rehearse.disposable too");
	test_alter_system(pair.primary_dsn, "rehearse.disposable", NULL);
}
END_TEST

START_TEST(a_standby_with_standbys_of_its_own_is_refused)
{
	CLEANUP(cleanup_free) char *program = fs_join(pair.programs.dir, "pg_receivewal");
	CLEANUP(cleanup_free) char *dir = fs_join(pair.standby.dir, "received");
	CLEANUP(cleanup_free)
	char *dsn = mem_printf("host=%s user=postgres application_name=follower", pair.standby.dir);
	const char *const argv[] = {program, "-d", dsn, "-D", dir, NULL};
	struct test_run run;
	struct err err = {0};
	pid_t pid = 0;

	ck_ok(fs_mkdirs(dir, 0700, &err), err);
	ck_ok(proc_start(&(struct proc_spec){.argv = argv}, &pid, &err), err);
	test_sql_until(pair.standby_dsn, "SELECT count(*) FROM pg_stat_replication", "1");
	init(&run, &pair);
	test_run_refused(&run, ERR_REFUSED, "standbys of its own: follower");
	proc_end(pid, SIGTERM, 5000000, NULL);
	test_sql_until(pair.standby_dsn, "SELECT count(*) FROM pg_stat_replication", "0");
}
END_TEST

START_TEST(a_standby_whose_replay_is_paused_is_refused)
{
	struct test_run run;

	test_run_sql(pair.standby_dsn, "SELECT pg_wal_replay_pause()");
	init(&run, &pair);
	test_run_refused(&run, ERR_REFUSED, "replay is paused");
	test_run_sql(pair.standby_dsn, "SELECT pg_wal_replay_resume()");
}
END_TEST

START_TEST(subscriptions_that_would_start_are_refused)
{
	struct test_run run;

	test_run_sql(pair.primary_dsn,
		"CREATE SUBSCRIPTION inflow CONNECTION 'host=/nonexistent' PUBLICATION p WITH "
		"(connect = "
		"false)");
	test_run_sql(pair.primary_dsn, "ALTER SUBSCRIPTION inflow ENABLE");
	test_sql_until(pair.standby_dsn, "SELECT subenabled FROM pg_subscription", "t");
	init(&run, &pair);
	test_run_refused(&run, ERR_REFUSED, "would start to run with the promotion: inflow");
	test_run_sql(pair.primary_dsn, "ALTER SUBSCRIPTION inflow DISABLE");
	test_run_sql(pair.primary_dsn, "ALTER SUBSCRIPTION inflow SET (slot_name = NONE)");
	test_run_sql(pair.primary_dsn, "DROP SUBSCRIPTION inflow");
	test_sql_until(pair.standby_dsn, "SELECT count(*) FROM pg_subscription", "0");
}
END_TEST

START_TEST(source_and_standby_that_are_one_server_are_refused)
{
	struct test_run run;

	init(&run, &pair);
	run.config.source = pair.standby_dsn;
	test_run_refused(&run, ERR_REFUSED, "are the same server");
}
END_TEST

START_TEST(a_source_that_cannot_be_asked_is_refused)
{
	struct test_run run;

	init(&run, &pair);
	run.config.source = "host=/nonexistent dbname=postgres";
	test_run_refused(&run, ERR_REFUSED, "a synchronous standby cannot be ruled out");
}
END_TEST

START_TEST(a_source_that_shows_its_replication_to_others_only_is_refused)
{
	CLEANUP(cleanup_free)
	char *dsn = mem_printf("host=%s user=plain dbname=postgres", pair.primary.dir);
	struct test_run run;

	init(&run, &pair);
	run.config.source = dsn;
	test_run_refused(&run, ERR_REFUSED, "GRANT pg_monitor");
}
END_TEST

START_TEST(a_standby_of_another_primary_is_refused)
{
	struct test_run run;
	struct test_pair other;

	test_primary_start(&other, NULL, 0);
	init(&run, &pair);
	run.config.source = other.primary_dsn;
	test_run_refused(&run, ERR_REFUSED, "system identifier");
	test_pair_stop(&other);
}
END_TEST

static const struct {
	const char *names, *comment;
} synchronous[] = {
	{"one", "by name"},
	{"*", "any standby"},
	{"ANY 1 (one)", "quorum"},
	{"FIRST 1 (other, \"ONE\")", "in quotes, other case, second in line"},
};

START_TEST(a_synchronous_standby_is_refused)
{
	struct test_run run;

	test_alter_system(pair.primary_dsn, "synchronous_standby_names", synchronous[_i].names);
	init(&run, &pair);
	test_run_refused(&run, ERR_REFUSED, "synchronous");
	test_alter_system(pair.primary_dsn, "synchronous_standby_names", NULL);
	test_sql_until(pair.primary_dsn, "SHOW synchronous_standby_names", "");
}
END_TEST

START_TEST(a_standby_that_commits_would_wait_for_is_refused_while_it_is_away)
{
	struct test_run run;

	test_alter_system(pair.standby_dsn, "primary_conninfo", "");
	test_sql_until(pair.primary_dsn, "SELECT count(*) FROM pg_stat_replication", "0");
	test_alter_system(pair.primary_dsn, "synchronous_standby_names", synchronous[_i].names);
	init(&run, &pair);
	test_run_refused(&run, ERR_REFUSED, "synchronous_standby_names on the source lists");
	test_alter_system(pair.primary_dsn, "synchronous_standby_names", NULL);
	test_sql_until(pair.primary_dsn, "SHOW synchronous_standby_names", "");
	test_alter_system(pair.standby_dsn, "primary_conninfo", conninfo);
	test_sql_until(pair.primary_dsn, "SELECT count(*) FROM pg_stat_replication", "1");
}
END_TEST

START_TEST(a_standby_that_becomes_synchronous_after_the_check_is_refused_too)
{
	struct test_run run;

	init(&run, &pair);
	ck_ok(postgres_promote.open(&run.config, &run.env, &run.replica, &run.err), run.err);
	ck_ok(postgres_promote.check(run.replica, &run.err), run.err);
	ck_ok(postgres_promote.provision(run.replica, &run.err), run.err);
	test_alter_system(pair.primary_dsn, "synchronous_standby_names", "one");
	ck_assert_int_eq(postgres_promote.quarantine(run.replica, &run.err), -1);
	ck_assert_int_eq(run.err.kind, ERR_REFUSED);
	test_run_down(&run);
	test_alter_system(pair.primary_dsn, "synchronous_standby_names", NULL);
	test_sql_until(pair.primary_dsn, "SHOW synchronous_standby_names", "");
}
END_TEST

START_TEST(a_source_that_is_a_standby_or_on_another_timeline_is_refused)
{
	const struct server_setting named[] = {SETTING("cluster_name", "two")};
	struct test_pair second = {.programs = pair.programs, .slot = "second_slot"};
	struct test_run run;
	struct err err = {0};

	/* A second standby of the same primary. */
	ck_ok(fs_temp_dir(&second.dir, &err), err);
	ck_assert_int_eq(chmod(second.dir, 0711), 0);
	second.primary = pair.primary;
	test_standby_start(&second, named, 1);
	init(&run, &pair);
	run.config.source = second.standby_dsn;
	test_run_refused(&run, ERR_REFUSED, "is itself a standby");

	/* Promoted, it has the system identifier, and a timeline of its own. */
	test_run_sql(second.standby_dsn, "SELECT pg_promote(true, 60)");
	init(&run, &pair);
	run.config.source = second.standby_dsn;
	test_run_refused(&run, ERR_REFUSED, "on timeline 1 and the source on 2");

	second.primary = (struct pg_server){0};
	second.programs = (struct pg_programs){0};
	test_pair_stop(&second);
	test_run_sql(pair.primary_dsn, "SELECT pg_drop_replication_slot('second_slot')");
}
END_TEST

START_TEST(libraries_that_act_on_the_world_are_refused)
{
	CLEANUP(cleanup_free) char *library = test_stand_in(pair.dir, "pg_cron", &pair.programs);
	const struct server_setting settings[] = {
		SETTING("shared_preload_libraries", library), SETTING("rehearse.disposable", "on")};
	struct test_pair own;
	struct test_run run;

	test_primary_start(&own, NULL, 0);
	test_standby_start(&own, settings, 2);
	init(&run, &own);
	test_run_refused(&run, ERR_REFUSED, "preloads pg_cron, which runs scheduled jobs");
	test_pair_stop(&own);
}
END_TEST

START_TEST(plan_tells_the_steps_and_the_refusal)
{
	CLEANUP(cleanup_str) struct str out = {0};
	struct test_run run;

	init(&run, &pair);
	run.config.disposable = false;
	ck_ok(postgres_promote.plan(&run.config, &run.env, &out, &run.err), run.err);
	ck_assert_ptr_nonnull(strstr(str_text(&out), "would be refused"));
	ck_assert_ptr_nonnull(strstr(str_text(&out), "3. promote it, empty primary_conninfo"));
	str_clear(&out);
	run.config.disposable = true;
	ck_ok(postgres_promote.plan(&run.config, &run.env, &out, &run.err), run.err);
	ck_assert_ptr_null(strstr(str_text(&out), "would be refused"));
	ck_assert_ptr_nonnull(strstr(str_text(&out), "4. it stays promoted"));
	ck_assert_ptr_nonnull(strstr(str_text(&out), "5. slot 'standby_slot'"));
	test_run_down(&run);
	ck_sql(pair.standby_dsn, "SELECT pg_is_in_recovery()", "t");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("interlock");
	TCase *tests = tcase_create("interlock");

	tcase_add_unchecked_fixture(tests, suite_setup, suite_teardown);
	tcase_set_timeout(tests, SUITE_TIMEOUT_S);
	tcase_add_test(tests, nothing_speaks_against_a_marked_standby);
	tcase_add_test(tests, missing_words_are_usage_errors);
	tcase_add_test(tests, a_primary_is_refused);
	tcase_add_test(tests, a_role_that_is_no_superuser_is_refused);
	tcase_add_test(tests, a_scenario_that_does_not_give_the_standby_up_is_refused);
	tcase_add_test(tests, a_standby_without_the_mark_is_refused);
	tcase_add_loop_test(tests, a_comment_marks_the_standby_whose_cluster_name_it_holds, 0,
		sizeof(comments) / sizeof(comments[0]));
	tcase_add_test(tests, a_mark_that_the_source_carries_too_is_refused);
	tcase_add_test(tests, a_standby_with_standbys_of_its_own_is_refused);
	tcase_add_test(tests, a_standby_whose_replay_is_paused_is_refused);
	tcase_add_test(tests, subscriptions_that_would_start_are_refused);
	tcase_add_test(tests, source_and_standby_that_are_one_server_are_refused);
	tcase_add_test(tests, a_source_that_cannot_be_asked_is_refused);
	tcase_add_test(tests, a_source_that_shows_its_replication_to_others_only_is_refused);
	tcase_add_test(tests, a_standby_of_another_primary_is_refused);
	tcase_add_loop_test(tests, a_synchronous_standby_is_refused, 0,
		sizeof(synchronous) / sizeof(synchronous[0]));
	tcase_add_loop_test(tests,
		a_standby_that_commits_would_wait_for_is_refused_while_it_is_away, 0,
		sizeof(synchronous) / sizeof(synchronous[0]));
	tcase_add_test(tests, a_standby_that_becomes_synchronous_after_the_check_is_refused_too);
	tcase_add_test(tests, a_source_that_is_a_standby_or_on_another_timeline_is_refused);
	tcase_add_test(tests, libraries_that_act_on_the_world_are_refused);
	tcase_add_test(tests, plan_tells_the_steps_and_the_refusal);
	suite_add_tcase(suite, tests);
	return suite_run(suite);
}
