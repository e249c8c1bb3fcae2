/* The promote provider: what it cuts off, what it proves, what it leaves to the owner. */
#include "tests/support/suite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "adapters/postgres/control.h"
#include "adapters/postgres/isolation.h"
#include "adapters/postgres/postgres.h"
#include "harness/base/cleanup.h"
#include "harness/base/fs.h"
#include "harness/base/mem.h"
#include "tests/support/cli.h"
#include "tests/support/pg_pair.h"

#define SETTING(name, value)                    \
	{                                       \
		(char *)(name), (char *)(value) \
	}

static struct test_pair pair; /* for what is refused: never promoted, left as it was */

static void suite_setup(void)
{
	const struct server_setting named[] = {SETTING("cluster_name", "one")};

	test_primary_start(&pair, NULL, 0);
	test_run_sql(pair.primary_dsn, "CREATE ROLE plain LOGIN");
	test_run_sql(pair.primary_dsn, "CREATE DATABASE shop");
	test_standby_start(&pair, named, 1);
	test_alter_system(pair.standby_dsn, "rehearse.disposable", "on");
}

static void suite_teardown(void)
{
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

/* ---- promotion ---- */

struct world {
	struct test_pair pair;
	char *archive, *archive_command;
};

/* A standby with everything on it that must be cut off. */
static void world_start(struct world *w)
{
	struct err err = {0};
	CLEANUP(cleanup_free) char *cron = NULL;

	ck_ok(fs_temp_dir(&w->archive, &err), err);
	ck_assert_int_eq(chmod(w->archive, 0777), 0);
	w->archive_command = mem_printf("cp %%p %s/", w->archive);
	test_primary_start(&w->pair, NULL, 0);
	cron = test_stand_in(w->pair.dir, "pg_cron", &w->pair.programs);
	const struct server_setting settings[] = {SETTING("archive_mode", "on"),
		SETTING("archive_command", w->archive_command), SETTING("cluster_name", "one"),
		SETTING("synchronous_standby_names", "somebody"),
		SETTING("restore_command", "false"), SETTING("shared_preload_libraries", cron),
		SETTING("cron.launch_active_jobs", "on"), SETTING("rehearse.disposable", "on")};

	test_standby_start(&w->pair, settings, sizeof(settings) / sizeof(settings[0]));
}

static void world_stop(struct world *w)
{
	test_pair_stop(&w->pair);
	fs_remove_tree(w->archive, NULL);
	free(w->archive);
	free(w->archive_command);
}

static void ck_archive_empty(const struct world *w)
{
	ck_assert_msg(rmdir(w->archive) == 0, "something was archived into '%s'", w->archive);
}

START_TEST(a_standby_is_caught_up_cut_off_and_promoted)
{
	struct journal_entry left = {
		.what = (char *)"archive_command", .value = (char *)"/bin/true"};
	struct world w;
	struct test_run run;
	const struct replica_info *info;
	const char *dsn;

	world_start(&w);
	test_run_sql(w.pair.primary_dsn,
		"CREATE TABLE public.late AS SELECT generate_series(1, 100000) AS id");
	init(&run, &w.pair);
	test_run_up(&run);
	info = postgres_promote.info(run.replica);
	dsn = info->dsn;
	ck_sql(dsn, "SELECT count(*) FROM public.late", "100000");
	ck_sql(dsn, "SELECT pg_is_in_recovery()", "f");
	ck_sql(dsn, "SHOW archive_command", "/bin/true");
	ck_sql(dsn, "SHOW synchronous_standby_names", "");
	ck_sql(dsn, "SHOW cron.launch_active_jobs", "off");
	ck_sql(dsn, "SHOW primary_conninfo", "");
	ck_sql(dsn, "SHOW primary_slot_name", "");
	ck_sql(dsn, "SHOW restore_command", "");
	test_run_sql(
		dsn, "DROP TABLE public.late"); /* would hang behind synchronous_standby_names */
	test_run_sql(dsn, "SELECT pg_switch_wal()");
	test_sql_until(dsn, "SELECT archived_count > 0 FROM pg_stat_archiver", "t");
	ck_archive_empty(&w);
	ck_sql(w.pair.primary_dsn, "SELECT count(*) FROM public.late", "100000");
	ck_assert_ptr_nonnull(strstr(info->identity, "/2"));
	ck_assert_ptr_nonnull(strstr(info->source_identity, "/1"));
	ck_assert_str_eq(info->data_dir, w.pair.standby.data_dir);
	ck_assert_str_eq(info->log_dir, w.pair.standby.log_dir);
	ck_assert(!info->ours);
	ck_assert(test_note_action(&run, "slot-left-behind"));
	ck_assert_ptr_nonnull(strstr(test_note(&run, "slot-left-behind"), "'standby_slot'"));
	ck_assert(test_note_action(&run, "replica-spent"));
	ck_assert_ptr_nonnull(strstr(test_note(&run, "replica-spent"), "pg_rewind"));
	ck_assert_ptr_nonnull(strstr(test_note(&run, "replica-spent"), "archive_command"));
	ck_assert_ptr_nonnull(test_note(&run, "archive-neutralised"));
	ck_assert_ptr_nonnull(test_note(&run, "synchronous-replication-off"));
	ck_assert_ptr_nonnull(test_note(&run, "pg-cron-off"));
	ck_assert_ptr_nonnull(test_note(&run, "restore-command-off"));
	ck_assert_ptr_nonnull(test_note(&run, "primary-forgotten"));
	test_run_down(&run);
	ck_sql(w.pair.standby_dsn, "SELECT pg_is_in_recovery()", "f");
	/* It must not archive, be it in a journal or not. */
	left.where = w.pair.standby_dsn;
	ck_ok(postgres_reset_setting(&left, &run.err), run.err);
	ck_sql(w.pair.standby_dsn,
		"SELECT setting FROM pg_file_settings WHERE name = 'archive_command' AND"
		" sourcefile LIKE '%auto.conf'",
		"/bin/true");
	world_stop(&w);
}
END_TEST

START_TEST(quarantine_is_taken_back_when_the_promotion_does_not_follow)
{
	struct world w;
	struct test_run run;

	world_start(&w);
	test_alter_system(w.pair.standby_dsn, "synchronous_standby_names", "by_alter");
	init(&run, &w.pair);
	ck_ok(postgres_promote.open(&run.config, &run.env, &run.replica, &run.err), run.err);
	ck_ok(postgres_promote.check(run.replica, &run.err), run.err);
	ck_ok(postgres_promote.provision(run.replica, &run.err), run.err);
	ck_ok(postgres_promote.quarantine(run.replica, &run.err), run.err);
	ck_sql(w.pair.standby_dsn, "SHOW archive_command", "/bin/true");
	test_run_down(&run);
	test_sql_until(w.pair.standby_dsn, "SHOW archive_command", w.archive_command);
	test_sql_until(w.pair.standby_dsn, "SHOW synchronous_standby_names", "by_alter");
	test_sql_until(w.pair.standby_dsn, "SHOW cron.launch_active_jobs", "on");
	test_sql_until(w.pair.standby_dsn, "SHOW restore_command", "false");
	ck_sql(w.pair.standby_dsn, "SELECT pg_is_in_recovery()", "t");
	ck_sql(w.pair.standby_dsn,
		"SELECT count(*) FROM pg_file_settings WHERE name = 'archive_command' AND "
		"sourcefile LIKE "
		"'%auto.conf'",
		"0");
	world_stop(&w);
}
END_TEST

/* As far as the quarantine, in a child that ends without a word, as after SIGKILL. */
static void quarantine_and_die(const struct world *w)
{
	const struct provider *p = &postgres_promote;
	struct test_run run = {.config = {.engine = "postgres",
				       .source = w->pair.primary_dsn,
				       .standby = w->pair.standby_dsn,
				       .disposable = true}};
	int status = 0;
	pid_t child = fork();

	if (!child) {
		struct err *err = &run.err;

		if (journal_open(&run.env.journal, err) ||
			p->open(&run.config, &run.env, &run.replica, err) ||
			p->check(run.replica, err) || p->provision(run.replica, err) ||
			p->quarantine(run.replica, err)) {
			fprintf(stderr, "%s\n", err->text);
			_exit(1);
		}
		_exit(0);
	}
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	ck_assert_int_eq(status, 0);
}

/* But what its owner has changed meanwhile is its owner's. */
START_TEST(doctor_puts_back_what_a_run_killed_before_the_promotion_had_set)
{
	struct cli cli;
	struct cli_run run;
	struct world w;

	cli_init(&cli);
	setenv("XDG_STATE_HOME", cli.state, 1);
	world_start(&w);
	test_alter_system(w.pair.standby_dsn, "synchronous_standby_names", "by_alter");
	quarantine_and_die(&w);
	ck_sql(w.pair.standby_dsn, "SHOW archive_command", "/bin/true");
	ck_sql(w.pair.standby_dsn, "SHOW synchronous_standby_names", "");
	test_alter_system(w.pair.standby_dsn, "restore_command", "mine");
	CLI(&cli, &run, "doctor");
	ck_assert_int_ne(run.code, 0);
	ck_assert_msg(strstr(run.out, "setting 'archive_command' of the standby"), "%s", run.out);
	cli_run_release(&run);
	ck_sql(w.pair.standby_dsn, "SHOW archive_command", "/bin/true");
	CLI(&cli, &run, "doctor", "--clean");
	ck_assert_msg(strstr(run.out, "setting 'archive_command' of the standby"), "%s", run.out);
	cli_run_release(&run);
	test_sql_until(w.pair.standby_dsn, "SHOW archive_command", w.archive_command);
	test_sql_until(w.pair.standby_dsn, "SHOW synchronous_standby_names", "by_alter");
	test_sql_until(w.pair.standby_dsn, "SHOW cron.launch_active_jobs", "on");
	ck_sql(w.pair.standby_dsn, "SHOW restore_command", "mine");
	CLI(&cli, &run, "doctor");
	ck_assert_msg(strstr(run.out, "none of killed runs"), "%s", run.out);
	cli_run_release(&run);
	world_stop(&w);
	cli_release(&cli);
}
END_TEST

START_TEST(an_archive_library_is_neutralised)
{
	struct test_pair own;
	struct test_run run;
	CLEANUP(cleanup_free) char *archive = NULL;
	struct err err = {0};

	ck_ok(fs_temp_dir(&archive, &err), err);
	ck_assert_int_eq(chmod(archive, 0777), 0);
	const struct server_setting settings[] = {SETTING("archive_mode", "always"),
		SETTING("archive_library", "basic_archive"),
		SETTING("basic_archive.archive_directory", archive),
		SETTING("rehearse.disposable", "on")};

	test_primary_start(&own, NULL, 0);
	if (own.programs.version < 150000) {
		printf("skipped: archive_library came with PostgreSQL 15\n");
	} else {
		test_standby_start(&own, settings, 4);
		init(&run, &own);
		test_run_up(&run);
		ck_sql(postgres_promote.info(run.replica)->dsn, "SHOW archive_library", "");
		ck_sql(postgres_promote.info(run.replica)->dsn, "SHOW archive_command",
			"/bin/true");
		test_run_down(&run);
	}
	test_pair_stop(&own);
	/* archive_mode = always may have archived the primary's own WAL before; no new timeline. */
	CLEANUP(cleanup_free) char *history = fs_join(archive, "00000002.history");
	ck_assert(!fs_is_file(history));
	fs_remove_tree(archive, NULL);
}
END_TEST

START_TEST(a_standby_that_does_not_catch_up_is_left_alone)
{
	const struct server_setting settings[] = {
		SETTING("recovery_min_apply_delay", "1h"), SETTING("rehearse.disposable", "on")};
	struct test_pair own;
	struct test_run run;

	test_primary_start(&own, NULL, 0);
	test_standby_start(&own, settings, 2);
	test_run_sql(own.primary_dsn, "CREATE TABLE public.late (id int)");
	init(&run, &own);
	run.config.catch_up_us = 300000;
	ck_ok(postgres_promote.open(&run.config, &run.env, &run.replica, &run.err), run.err);
	ck_ok(postgres_promote.check(run.replica, &run.err), run.err);
	ck_assert_int_eq(postgres_promote.provision(run.replica, &run.err), -1);
	ck_assert_msg(strstr(run.err.text, "behind"), "%s", run.err.text);
	test_run_down(&run);
	ck_sql(own.standby_dsn, "SELECT pg_is_in_recovery()", "t");
	test_pair_stop(&own);
}
END_TEST

START_TEST(subscriptions_without_workers_stay_off_and_are_noted)
{
	const struct server_setting settings[] = {SETTING("max_logical_replication_workers", "0"),
		SETTING("rehearse.disposable", "on")};
	struct test_pair own;
	struct test_run run;

	test_primary_start(&own, NULL, 0);
	test_run_sql(own.primary_dsn,
		"CREATE SUBSCRIPTION inflow CONNECTION 'host=/nonexistent' PUBLICATION p WITH "
		"(connect = "
		"false)");
	test_run_sql(own.primary_dsn, "ALTER SUBSCRIPTION inflow ENABLE");
	test_standby_start(&own, settings, 2);
	init(&run, &own);
	test_run_up(&run);
	ck_assert_ptr_nonnull(strstr(test_note(&run, "subscriptions"), "inflow"));
	test_run_down(&run);
	test_pair_stop(&own);
}
END_TEST

/* ---- the proof, and the plan ---- */

START_TEST(a_server_that_others_follow_is_not_isolated)
{
	CLEANUP(pg_control_close) struct db_conn *conn = NULL;
	struct err err = {0};

	ck_ok(pg_control_open(pair.primary_dsn, NULL, &conn, &err), err);
	ck_assert_int_eq(pg_isolation_prove(conn, NULL, &err), -1);
	ck_assert_int_eq(err.kind, ERR_REFUSED);
	ck_assert_msg(strstr(err.text, "one replicates from it"), "%s", err.text);
	test_alter_system(pair.primary_dsn, "synchronous_standby_names", "one");
	ck_assert_int_eq(pg_isolation_prove(conn, NULL, &err), -1);
	ck_assert_msg(strstr(err.text, "synchronous_standby_names is set"), "%s", err.text);
	test_alter_system(pair.primary_dsn, "synchronous_standby_names", NULL);
	test_sql_until(pair.primary_dsn, "SHOW synchronous_standby_names", "");
}
END_TEST

START_TEST(a_standby_is_not_isolated)
{
	CLEANUP(pg_control_close) struct db_conn *conn = NULL;
	struct err err = {0};

	ck_ok(pg_control_open(pair.standby_dsn, NULL, &conn, &err), err);
	ck_assert_int_eq(pg_isolation_prove(conn, NULL, &err), -1);
	ck_assert_msg(strstr(err.text, "still in recovery"), "%s", err.text);
	ck_assert_msg(strstr(err.text, "primary_conninfo is still set"), "%s", err.text);
}
END_TEST

START_TEST(the_sources_own_identity_is_no_replica)
{
	CLEANUP(pg_control_close) struct db_conn *conn = NULL;
	CLEANUP(cleanup_free) char *identity = NULL;
	struct test_pair own;
	struct err err = {0};
	unsigned timeline = 0;

	test_primary_start(&own, NULL, 0);
	ck_ok(pg_control_open(own.primary_dsn, NULL, &conn, &err), err);
	ck_ok(pg_identity(conn, &identity, &timeline, &err), err);
	ck_assert_uint_eq(timeline, 1);
	ck_ok(pg_isolation_prove(conn, NULL, &err), err);
	ck_assert_int_eq(pg_isolation_prove(conn, identity, &err), -1);
	ck_assert_msg(strstr(err.text, "source's own identity"), "%s", err.text);
	test_pair_stop(&own);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("provider_promote");
	TCase *tests = tcase_create("provider_promote");

	tcase_add_unchecked_fixture(tests, suite_setup, suite_teardown);
	tcase_set_timeout(tests, SUITE_TIMEOUT_S);
	tcase_add_test(tests, a_standby_is_caught_up_cut_off_and_promoted);
	tcase_add_test(tests, quarantine_is_taken_back_when_the_promotion_does_not_follow);
	tcase_add_test(tests, doctor_puts_back_what_a_run_killed_before_the_promotion_had_set);
	tcase_add_test(tests, an_archive_library_is_neutralised);
	tcase_add_test(tests, a_standby_that_does_not_catch_up_is_left_alone);
	tcase_add_test(tests, subscriptions_without_workers_stay_off_and_are_noted);
	tcase_add_test(tests, a_server_that_others_follow_is_not_isolated);
	tcase_add_test(tests, a_standby_is_not_isolated);
	tcase_add_test(tests, the_sources_own_identity_is_no_replica);
	suite_add_tcase(suite, tests);
	return suite_run(suite);
}
