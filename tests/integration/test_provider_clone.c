/* The clone provider, from real primaries and standbys. */
#include "tests/support/suite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "adapters/postgres/libraries.h"
#include "adapters/postgres/postgres.h"
#include "adapters/run_dir.h"
#include "harness/base/cleanup.h"
#include "harness/base/fs.h"
#include "harness/base/mem.h"
#include "tests/support/pg_pair.h"

static struct test_pair pair; /* the source of most tests, left as it was */
static char *archive;	      /* where the source archives to */

#define SETTING(name, value)                    \
	{                                       \
		(char *)(name), (char *)(value) \
	}

static void suite_setup(void)
{
	CLEANUP(cleanup_free) char *command = NULL;
	struct err err = {0};

	ck_ok(fs_temp_dir(&archive, &err), err);
	command = mem_printf("cp %%p %s/", archive);
	const struct server_setting settings[] = {SETTING("work_mem", "5MB"),
		SETTING("random_page_cost", "1.25"), SETTING("timezone", "Asia/Tokyo"),
		SETTING("shared_preload_libraries", "auto_explain"),
		SETTING("max_connections", "350"), SETTING("archive_mode", "on"),
		SETTING("archive_command", command), SETTING("synchronous_standby_names", ""),
		SETTING("app.tenant", "north")};

	test_primary_start(&pair, settings, sizeof(settings) / sizeof(settings[0]));
	ck_ok(fs_chown_tree(archive, pair.primary.user.uid, pair.primary.user.gid, &err), err);
	test_run_sql(pair.primary_dsn, "CREATE DATABASE shop");
	test_run_sql(pair.primary_dsn, "CREATE ROLE plain LOGIN");
	test_run_sql(pair.primary_dsn, "CREATE ROLE copier LOGIN REPLICATION PASSWORD 'wordless'");
	test_run_sql(pair.primary_dsn,
		"CREATE TABLE public.item AS SELECT generate_series(1, 1000) AS id");
	test_standby_start(&pair, settings, sizeof(settings) / sizeof(settings[0]));
}

static void suite_teardown(void)
{
	test_pair_stop(&pair);
	fs_remove_tree(archive, NULL);
	free(archive);
}

static char *dsn_of(const struct test_run *run)
{
	return run->provider->info(run->replica)->dsn;
}

START_TEST(clone_of_a_primary_is_promoted_and_leaves_nothing_behind)
{
	struct test_run run;
	CLEANUP(cleanup_free) char *dir = NULL;
	const struct replica_info *info;

	test_run_init(&run, "postgres", &postgres_clone);
	run.config.source = pair.primary_dsn;
	test_run_up(&run);
	info = run.provider->info(run.replica);
	dir = mem_strdup(info->data_dir);
	ck_sql(info->dsn, "SELECT count(*) FROM public.item", "1000");
	ck_sql(info->dsn, "SELECT pg_is_in_recovery()", "f");
	ck_sql(info->dsn, "SHOW primary_conninfo", "");
	ck_sql(info->dsn, "SHOW archive_mode", "off");
	ck_sql(info->dsn, "SHOW max_logical_replication_workers", "0");
	ck_sql(info->dsn, "SHOW listen_addresses", "");
	ck_assert_ptr_nonnull(strstr(info->source_identity, "/1"));
	ck_assert_ptr_nonnull(strstr(info->identity, "/2"));
	ck_assert(info->ours && info->bytes > 0);
	ck_assert(run.provider->alive(run.replica));
	test_run_sql(info->dsn, "DROP TABLE public.item");
	ck_sql(pair.primary_dsn, "SELECT count(*) FROM public.item", "1000");
	ck_sql(pair.primary_dsn,
		"SELECT count(*) FROM pg_replication_slots WHERE slot_name <> 'standby_slot'", "0");
	test_run_down(&run);
	ck_assert(!fs_is_dir(dir));
	ck_sql(pair.primary_dsn,
		"SELECT count(*) FROM pg_stat_replication WHERE application_name = 'pg_basebackup'",
		"0");
}
END_TEST

START_TEST(settings_that_change_statements_are_carried_over)
{
	struct test_run run;

	test_run_init(&run, "postgres", &postgres_clone);
	run.config.source = pair.primary_dsn;
	test_run_up(&run);
	ck_sql(dsn_of(&run), "SHOW work_mem", "5MB");
	ck_sql(dsn_of(&run), "SHOW random_page_cost", "1.25");
	ck_sql(dsn_of(&run), "SHOW timezone", "Asia/Tokyo");
	ck_sql(dsn_of(&run), "SHOW max_connections", "350");
	ck_sql(dsn_of(&run), "SHOW app.tenant", "north");
	ck_sql(dsn_of(&run), "SHOW fsync", "on"); /* off there, by the tests */
	ck_sql(dsn_of(&run),
		"SELECT current_setting('shared_preload_libraries') LIKE '%auto_explain%'", "t");
	test_run_down(&run);
}
END_TEST

START_TEST(nothing_is_archived_by_a_clone)
{
	struct test_run run;
	CLEANUP(cleanup_free) char *history = fs_join(archive, "00000002.history");

	test_run_init(&run, "postgres", &postgres_clone);
	run.config.source = pair.primary_dsn;
	test_run_up(&run);
	test_run_sql(dsn_of(&run), "SELECT pg_switch_wal()");
	test_run_sql(dsn_of(&run), "CHECKPOINT");
	test_run_down(&run);
	ck_assert(!fs_is_file(history));
}
END_TEST

START_TEST(clone_of_a_standby_forgets_its_primary)
{
	struct test_run run;

	test_alter_system(pair.standby_dsn, "log_min_duration_statement", "77s");
	test_run_init(&run, "postgres", &postgres_clone);
	run.config.source = pair.standby_dsn;
	test_run_up(&run);
	ck_sql(dsn_of(&run), "SHOW log_min_duration_statement", "-1"); /* of its own, not copied */
	ck_sql(dsn_of(&run), "SELECT count(*) FROM public.item", "1000");
	ck_sql(dsn_of(&run), "SELECT count(*) FROM pg_stat_wal_receiver", "0");
	ck_sql(dsn_of(&run), "SHOW primary_slot_name", "");
	ck_assert_ptr_nonnull(strstr(test_note(&run, "auto-conf-emptied"), "primary_conninfo"));
	ck_assert_ptr_null(strstr(test_note(&run, "auto-conf-emptied"), "host="));
	test_run_down(&run);
	ck_sql(pair.standby_dsn, "SELECT pg_is_in_recovery()", "t");
	test_alter_system(pair.standby_dsn, "log_min_duration_statement", NULL);
}
END_TEST

START_TEST(another_database_of_the_source_can_be_named)
{
	struct test_run run;

	test_run_init(&run, "postgres", &postgres_clone);
	run.config.source = pair.primary_dsn;
	run.config.database = "shop";
	test_run_up(&run);
	ck_assert_str_eq(run.provider->info(run.replica)->database, "shop");
	ck_sql(dsn_of(&run), "SELECT current_database()", "shop");
	test_run_down(&run);
}
END_TEST

START_TEST(what_reaches_the_world_is_noted_by_name)
{
	struct test_run run;
	CLEANUP(cleanup_free) char *shop = pg_server_dsn(&pair.primary, "shop");

	test_run_sql(shop, "CREATE EXTENSION postgres_fdw SCHEMA public");
	test_run_sql(shop,
		"CREATE SERVER billing FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host "
		"'secret.host')");
	test_run_sql(shop, "CREATE EXTENSION dblink SCHEMA public");
	test_run_sql(shop, "CREATE PUBLICATION everything");
	test_run_sql(shop,
		"CREATE SUBSCRIPTION inflow CONNECTION 'host=nowhere password=geheim' PUBLICATION "
		"p "
		"WITH (connect = false, slot_name = NONE)");
	test_run_init(&run, "postgres", &postgres_clone);
	run.config.source = shop;
	test_run_up(&run);
	ck_assert_ptr_nonnull(strstr(test_note(&run, "foreign-servers"), "billing (postgres_fdw)"));
	ck_assert_ptr_null(strstr(test_note(&run, "foreign-servers"), "secret.host"));
	ck_assert_ptr_nonnull(strstr(test_note(&run, "extensions-that-connect"), "dblink"));
	ck_assert_ptr_nonnull(strstr(test_note(&run, "publications"), "everything"));
	ck_assert_ptr_nonnull(strstr(test_note(&run, "subscriptions"), "inflow"));
	ck_assert_ptr_null(strstr(test_note(&run, "subscriptions"), "geheim"));
	test_run_down(&run);
	test_run_sql(shop, "DROP SUBSCRIPTION inflow");
}
END_TEST

START_TEST(tablespaces_go_into_the_runs_directory)
{
	CLEANUP(cleanup_free) char *dir = fs_join(pair.dir, "ts=1");
	CLEANUP(cleanup_free) char *sql = mem_printf("CREATE TABLESPACE fast LOCATION '%s'", dir);
	CLEANUP(cleanup_free) char *inside = NULL;
	struct test_run run;
	struct test_pair own;
	struct err err = {0};

	test_primary_start(&own, NULL, 0);
	ck_ok(fs_mkdirs(dir, 0700, &err), err);
	ck_ok(fs_chown_tree(dir, own.primary.user.uid, own.primary.user.gid, &err), err);
	test_run_sql(own.primary_dsn, sql);
	test_run_sql(own.primary_dsn, "CREATE TABLE public.f (a int) TABLESPACE fast");
	test_run_init(&run, "postgres", &postgres_clone);
	run.config.source = own.primary_dsn;
	test_run_up(&run);
	inside = mem_printf("SELECT pg_tablespace_location(oid) LIKE '%s%%' FROM pg_tablespace "
			    "WHERE spcname = 'fast'",
		"/%/replica/tablespace-1");
	ck_sql(dsn_of(&run), inside, "t");
	ck_sql(dsn_of(&run), "SELECT count(*) FROM public.f", "0");
	test_run_down(&run);
	test_pair_stop(&own);
}
END_TEST

START_TEST(password_of_the_dsn_is_used_and_never_told)
{
	CLEANUP(cleanup_free) char *hba = fs_join(pair.primary.dir, "pg_hba.conf");
	CLEANUP(cleanup_free)
	char *dsn = mem_printf(
		"host=%s user=copier password=wordless dbname=postgres", pair.primary.dir);
	static const char *const rules = "local all copier scram-sha-256\n"
					 "local replication copier scram-sha-256\n"
					 "local all all trust\nlocal replication all trust\n";
	struct test_run run;
	struct err err = {0};

	ck_ok(fs_write(hba, rules, strlen(rules), 0644, &err), err);
	test_run_sql(pair.primary_dsn, "SELECT pg_reload_conf()");
	test_run_init(&run, "postgres", &postgres_clone);
	run.config.source = dsn;
	test_run_up(&run);
	ck_assert_ptr_null(strstr(run.provider->info(run.replica)->source, "wordless"));
	ck_assert_ptr_null(strstr(dsn_of(&run), "wordless"));
	ck_assert_ptr_nonnull(test_note(&run, "libraries-unknown"));
	test_run_down(&run);

	free(dsn);
	dsn = mem_printf(
		"host=%s user=copier password=wrongword dbname=postgres", pair.primary.dir);
	test_run_init(&run, "postgres", &postgres_clone);
	run.config.source = dsn;
	test_run_refused(&run, ERR_FAILED, "password authentication failed");
	ck_assert_ptr_null(strstr(run.err.text, "wrongword"));
}
END_TEST

START_TEST(a_source_whose_superuser_has_another_name_is_cloned)
{
	struct test_run run;
	struct test_pair own;
	CLEANUP(cleanup_free) char *dsn = NULL;

	test_primary_start(&own, NULL, 0);
	test_run_sql(own.primary_dsn, "CREATE ROLE boss SUPERUSER LOGIN");
	dsn = mem_printf("host=%s user=boss dbname=postgres", own.primary.dir);
	test_run_sql(dsn, "ALTER ROLE postgres RENAME TO \"the admin\"");
	test_run_init(&run, "postgres", &postgres_clone);
	run.config.source = dsn;
	test_run_up(&run);
	ck_sql(dsn_of(&run), "SELECT current_user", "the admin");
	test_run_down(&run);
	test_pair_stop(&own);
}
END_TEST

START_TEST(role_without_replication_is_refused_with_the_remedy)
{
	CLEANUP(cleanup_free)
	char *dsn = mem_printf("host=%s user=plain dbname=postgres", pair.primary.dir);
	struct test_run run;

	test_run_init(&run, "postgres", &postgres_clone);
	run.config.source = dsn;
	test_run_refused(&run, ERR_REFUSED, "ALTER ROLE \"plain\" REPLICATION");
}
END_TEST

START_TEST(source_that_lets_no_replication_in_is_refused_with_the_remedy)
{
	static const char *const rules = "local all all trust\n";
	struct test_run run;
	struct test_pair own;
	CLEANUP(cleanup_free) char *hba = NULL;
	struct err err = {0};

	test_primary_start(&own, NULL, 0);
	hba = fs_join(own.primary.dir, "pg_hba.conf");
	ck_ok(fs_write(hba, rules, strlen(rules), 0644, &err), err);
	test_run_sql(own.primary_dsn, "SELECT pg_reload_conf()");
	test_run_init(&run, "postgres", &postgres_clone);
	run.config.source = own.primary_dsn;
	test_run_refused(&run, ERR_REFUSED, "pg_hba.conf");
	test_pair_stop(&own);
}
END_TEST

static const struct {
	struct server_setting settings[2];
	size_t n;
	const char *part;
} unfit[] = {
	{{SETTING("wal_level", "minimal"), SETTING("max_wal_senders", "0")}, 2,
		"wal_level = replica"},
	{{SETTING("max_wal_senders", "0")}, 1, "max_wal_senders = 0"},
	{{SETTING("max_wal_senders", "1")}, 1, "two free WAL senders"},
};

START_TEST(source_that_cannot_be_copied_is_refused_with_the_remedy)
{
	struct test_run run;
	struct test_pair own;

	test_primary_start(&own, unfit[_i].settings, unfit[_i].n);
	test_run_init(&run, "postgres", &postgres_clone);
	run.config.source = own.primary_dsn;
	test_run_refused(&run, ERR_REFUSED, unfit[_i].part);
	test_pair_stop(&own);
}
END_TEST

START_TEST(missing_or_unreachable_source_is_told)
{
	struct test_run run;

	test_run_init(&run, "postgres", &postgres_clone);
	test_run_refused(&run, ERR_USAGE, "needs replica.source");
	test_run_init(&run, "postgres", &postgres_clone);
	run.config.source = "host=/nonexistent dbname=postgres";
	test_run_refused(&run, ERR_FAILED, "/nonexistent");
}
END_TEST

START_TEST(disk_too_small_is_refused_with_both_figures)
{
	struct err err = {0};

	ck_assert_int_eq(run_dir_check_space("the clone", (uint64_t)1 << 60, &err), -1);
	ck_assert_int_eq(err.kind, ERR_REFUSED);
	ck_assert_ptr_nonnull(strstr(err.text, "the clone needs"));
	ck_assert_ptr_nonnull(strstr(err.text, "TMPDIR"));
	ck_ok(run_dir_check_space("the clone", 1, &err), err);
}
END_TEST

START_TEST(no_free_slot_on_the_source_is_no_obstacle)
{
	const struct server_setting settings[] = {SETTING("max_replication_slots", "1")};
	struct test_run run;
	struct test_pair own;

	test_primary_start(&own, settings, 1);
	test_run_sql(own.primary_dsn, "SELECT pg_create_physical_replication_slot('taken', true)");
	test_run_init(&run, "postgres", &postgres_clone);
	run.config.source = own.primary_dsn;
	test_run_up(&run);
	test_run_down(&run);
	test_pair_stop(&own);
}
END_TEST

START_TEST(plan_tells_what_would_be_refused_and_touches_nothing)
{
	CLEANUP(cleanup_free)
	char *dsn = mem_printf("host=%s user=plain dbname=postgres", pair.primary.dir);
	CLEANUP(cleanup_str) struct str out = {0};
	struct test_run run;

	test_run_init(&run, "postgres", &postgres_clone);
	run.config.source = dsn;
	ck_ok(postgres_clone.plan(&run.config, &run.env, &out, &run.err), run.err);
	ck_assert_ptr_nonnull(strstr(str_text(&out), "would be refused: role 'plain'"));
	ck_assert_ptr_nonnull(strstr(str_text(&out), "1. copy PostgreSQL"));
	test_run_down(&run);
}
END_TEST

START_TEST(library_lists_are_split_and_the_dangerous_known)
{
	size_t n = 0;
	char **names = pg_library_list("pg_cron, \"auto_explain\",$libdir/plugins/x.so", &n);

	ck_assert_uint_eq(n, 3);
	ck_assert_ptr_nonnull(pg_library_danger(names[0]));
	ck_assert_str_eq(names[1], "auto_explain");
	ck_assert_ptr_null(pg_library_danger(names[1]));
	ck_assert_str_eq(names[2], "x");
	mem_free_strings(names, n);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("provider_clone");
	TCase *tests = tcase_create("clone");

	tcase_add_unchecked_fixture(tests, suite_setup, suite_teardown);
	tcase_set_timeout(tests, SUITE_TIMEOUT_S);
	tcase_add_test(tests, clone_of_a_primary_is_promoted_and_leaves_nothing_behind);
	tcase_add_test(tests, settings_that_change_statements_are_carried_over);
	tcase_add_test(tests, nothing_is_archived_by_a_clone);
	tcase_add_test(tests, clone_of_a_standby_forgets_its_primary);
	tcase_add_test(tests, another_database_of_the_source_can_be_named);
	tcase_add_test(tests, what_reaches_the_world_is_noted_by_name);
	tcase_add_test(tests, tablespaces_go_into_the_runs_directory);
	tcase_add_test(tests, password_of_the_dsn_is_used_and_never_told);
	tcase_add_test(tests, a_source_whose_superuser_has_another_name_is_cloned);
	tcase_add_test(tests, role_without_replication_is_refused_with_the_remedy);
	tcase_add_test(tests, source_that_lets_no_replication_in_is_refused_with_the_remedy);
	tcase_add_loop_test(tests, source_that_cannot_be_copied_is_refused_with_the_remedy, 0,
		sizeof(unfit) / sizeof(unfit[0]));
	tcase_add_test(tests, missing_or_unreachable_source_is_told);
	tcase_add_test(tests, disk_too_small_is_refused_with_both_figures);
	tcase_add_test(tests, no_free_slot_on_the_source_is_no_obstacle);
	tcase_add_test(tests, plan_tells_what_would_be_refused_and_touches_nothing);
	tcase_add_test(tests, library_lists_are_split_and_the_dangerous_known);
	suite_add_tcase(suite, tests);
	return suite_run(suite);
}
