/* The embedded provider, from fixture files to a promoted standby and its end. */
#include "tests/support/suite.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "adapters/postgres/control.h"
#include "adapters/postgres/postgres.h"
#include "harness/base/cleanup.h"
#include "harness/base/fs.h"
#include "harness/base/interrupt.h"
#include "harness/base/journal.h"
#include "harness/base/mem.h"
#include "harness/base/proc.h"

static const struct provider *const provider = &postgres_embedded;
static char *base;    /* everything that the suite makes lies here */
static char *fixture; /* fixtures/shop/postgres, as it were */
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

	ck_ok(fs_write(path, text, strlen(text), 0644, &err), err);
}

static void make_fixture(void)
{
	write_file(fixture, "20-data.sql",
		"INSERT INTO item SELECT i, 'item ' || i FROM generate_series(1, (:scale * "
		"1000)::int) i;\n");
	write_file(
		fixture, "10-schema.sql", "CREATE TABLE item (id int PRIMARY KEY, name text);\n");
	write_file(fixture, "README.md", "not SQL\n");
}

static void suite_setup(void)
{
	struct err err = {0};
	char *state;

	ck_ok(fs_temp_dir(&base, &err), err);
	fixture = fs_join(base, "shop/postgres");
	cache = fs_join(base, "cache");
	state = fs_join(base, "state");
	setenv("XDG_STATE_HOME", state, 1);
	free(state);
	ck_ok(fs_mkdirs(fixture, 0700, &err), err);
	make_fixture();
}

static void suite_teardown(void)
{
	fs_remove_tree(base, NULL);
	free(base);
	free(fixture);
	free(cache);
	str_release(&told);
}

struct run {
	struct provider_config config;
	struct provider_env env;
	struct replica *replica;
	struct err err;
};

static void run_init(struct run *run)
{
	*run = (struct run){.config = {.engine = "postgres", .fixture = fixture, .scale = 1},
		.env = {.cache_dir = cache, .progress = on_progress}};
	str_clear(&told);
	ck_ok(journal_open(&run->env.journal, &run->err), run->err);
}

static void run_up(struct run *run)
{
	ck_ok(provider->open(&run->config, &run->env, &run->replica, &run->err), run->err);
	ck_ok(provider->check(run->replica, &run->err), run->err);
	ck_ok(provider->provision(run->replica, &run->err), run->err);
	ck_ok(provider->quarantine(run->replica, &run->err), run->err);
	ck_ok(provider->promote(run->replica, &run->err), run->err);
	ck_ok(provider->verify(run->replica, &run->err), run->err);
}

static void run_down(struct run *run)
{
	ck_ok(provider->release(run->replica, &run->err), run->err);
	journal_close(run->env.journal);
}

static char *ask(const struct run *run, const char *sql)
{
	CLEANUP(pg_control_close) struct db_conn *conn = NULL;
	struct err err = {0};
	char *text = NULL;

	ck_ok(pg_control_open(provider->info(run->replica)->dsn, NULL, &conn, &err), err);
	ck_ok(pg_control_text(conn, sql, &text, &err), err);
	return text;
}

#define ck_answer(run, sql, expected)                                \
	do {                                                         \
		CLEANUP(cleanup_free) char *answer_ = ask(run, sql); \
		ck_assert_str_eq(answer_, expected);                 \
	} while (0)

/* The run's directory: the parent of the replica's own. */
static char *run_dir(const struct run *run)
{
	CLEANUP(cleanup_free) char *server = fs_dirname(provider->info(run->replica)->data_dir);

	return fs_dirname(server);
}

START_TEST(fixture_is_loaded_and_its_standby_promoted)
{
	struct run run;
	const struct replica_info *info;
	CLEANUP(cleanup_free) char *dir = NULL;

	run_init(&run);
	run_up(&run);
	info = provider->info(run.replica);
	dir = run_dir(&run);
	ck_assert_str_eq(info->provider, "embedded");
	ck_assert_str_eq(info->database, "shop");
	ck_assert_str_eq(info->source, "embedded fixture 'shop' at scale 1");
	ck_assert_ptr_nonnull(strstr(info->identity, "/2"));
	ck_assert_ptr_nonnull(strstr(info->source_identity, "/1"));
	ck_assert(info->ours && info->bytes > 0 && info->version_number >= 120000);
	ck_assert(fs_is_dir(info->log_dir));
	ck_answer(&run, "SELECT count(*) FROM public.item", "1000");
	ck_answer(&run, "SELECT current_database()", "shop");
	ck_answer(&run, "SELECT pg_is_in_recovery()", "f");
	ck_answer(&run, "SELECT count(*) FROM pg_stat_wal_receiver", "0");
	ck_answer(&run, "SHOW listen_addresses", "");
	ck_answer(&run, "SHOW fsync", "on");
	ck_answer(&run, "SHOW log_lock_waits", "on");
	ck_answer(&run, "SHOW primary_conninfo", "");
	ck_answer(&run, "SHOW max_logical_replication_workers", "0");
	ck_answer(&run, "SHOW data_checksums", "on");
	ck_assert(provider->alive(run.replica));
	run_down(&run);
	ck_assert(!fs_is_dir(dir));
}
END_TEST

START_TEST(second_run_copies_the_cached_fixture)
{
	struct run run;

	run_init(&run);
	run_up(&run);
	run_down(&run);
	run_init(&run);
	run_up(&run);
	ck_assert_ptr_null(strstr(str_text(&told), "building"));
	ck_answer(&run, "SELECT count(*) FROM public.item", "1000");
	run_down(&run);
}
END_TEST

START_TEST(scale_and_files_make_a_fixture_of_their_own)
{
	struct run run;

	run_init(&run);
	run.config.scale = 0.5;
	run_up(&run);
	ck_assert_ptr_nonnull(strstr(str_text(&told), "building"));
	ck_answer(&run, "SELECT count(*) FROM public.item", "500");
	run_down(&run);

	write_file(fixture, "30-more.sql", "INSERT INTO item VALUES (0, 'zero');\n");
	run_init(&run);
	run.config.scale = 0.5;
	run_up(&run);
	ck_answer(&run, "SELECT count(*) FROM public.item", "501");
	run_down(&run);
}
END_TEST

START_TEST(without_a_fixture_the_database_is_empty)
{
	struct run run;

	run_init(&run);
	run.config.fixture = NULL;
	run_up(&run);
	ck_assert_str_eq(provider->info(run.replica)->database, "rehearse");
	ck_answer(&run, "SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace",
		"0");
	run_down(&run);
}
END_TEST

START_TEST(settings_reach_the_server)
{
	struct server_setting settings[] = {
		{(char *)"work_mem", (char *)"7MB"}, {(char *)"max_connections", (char *)"42"}};
	struct run run;

	run_init(&run);
	run.config.fixture = NULL;
	run.config.settings = settings;
	run.config.n_settings = 2;
	run_up(&run);
	ck_answer(&run, "SHOW work_mem", "7MB");
	ck_answer(&run, "SHOW max_connections", "42");
	run_down(&run);
}
END_TEST

static const struct {
	const char *name, *comment;
} reserved[] = {
	{"archive_command", "would archive"},
	{"LISTEN_ADDRESSES", "names are compared without case"},
	{"log_destination", "the observer reads the log"},
};

START_TEST(settings_that_isolation_needs_are_refused)
{
	struct server_setting setting = {(char *)reserved[_i].name, (char *)"x"};
	struct run run;

	run_init(&run);
	run.config.settings = &setting;
	run.config.n_settings = 1;
	ck_assert_int_eq(provider->open(&run.config, &run.env, &run.replica, &run.err), -1);
	ck_assert_int_eq(run.err.kind, ERR_USAGE);
	ck_assert_msg(strstr(run.err.text, reserved[_i].name), "%s: %s", reserved[_i].comment,
		run.err.text);
	journal_close(run.env.journal);
}
END_TEST

START_TEST(broken_fixture_names_file_and_line_and_leaves_nothing)
{
	CLEANUP(cleanup_free) char *dir = fs_join(base, "broken/postgres");
	CLEANUP(cleanup_free) char *runs = fs_join(base, "state/rehearse/runs");
	struct run run;

	run_init(&run);
	ck_ok(fs_mkdirs(dir, 0700, &run.err), run.err);
	write_file(dir, "01.sql", "CREATE TABLE a (b int);\nINSERT INTO a VALUES ('secret');\n");
	run.config.fixture = dir;
	ck_ok(provider->open(&run.config, &run.env, &run.replica, &run.err), run.err);
	ck_ok(provider->check(run.replica, &run.err), run.err);
	ck_assert_int_eq(provider->provision(run.replica, &run.err), -1);
	ck_assert_msg(strstr(run.err.text, "01.sql:2"), "%s", run.err.text);
	err_clear(&run.err);
	run_down(&run);
	/* An empty journal is removed by its end, so the directory can go. */
	ck_assert_int_eq(rmdir(runs), 0);
}
END_TEST

START_TEST(fixture_directories_that_are_none_are_refused)
{
	CLEANUP(cleanup_free) char *empty = fs_join(base, "empty");
	CLEANUP(cleanup_free) char *parent = fs_join(base, "shop");
	CLEANUP(cleanup_free) char *absent = fs_join(base, "absent");
	const char *const dirs[] = {empty, parent, absent};
	struct run run;

	run_init(&run);
	ck_ok(fs_mkdirs(empty, 0700, &run.err), run.err);
	for (size_t i = 0; i < 3; i++) {
		err_clear(&run.err);
		run.config.fixture = dirs[i];
		ck_assert_int_eq(provider->open(&run.config, &run.env, &run.replica, &run.err), -1);
		ck_assert_int_eq(run.err.kind, ERR_USAGE);
		ck_assert_msg(strstr(run.err.text, dirs[i]), "%s", run.err.text);
	}
	journal_close(run.env.journal);
}
END_TEST

/* In a child: a whole run of its own. */
static pid_t start_run(const char *of)
{
	struct run run = {.config = {.engine = "postgres", .fixture = of, .scale = 1},
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

START_TEST(two_runs_that_build_the_same_fixture_do_not_hurt_each_other)
{
	CLEANUP(cleanup_free) char *dir = fs_join(base, "twice/postgres");
	pid_t pids[2];
	struct err err = {0};

	ck_ok(fs_mkdirs(dir, 0700, &err), err);
	write_file(dir, "01.sql",
		"CREATE TABLE a AS SELECT generate_series(1, 1000);\nSELECT pg_sleep(1);\n");
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
	struct run run;
	CLEANUP(cleanup_free) char *dir = NULL;
	CLEANUP(cleanup_free) char *pid_file = NULL;
	CLEANUP(cleanup_free) char *text = NULL;

	run_init(&run);
	run.config.fixture = NULL;
	run_up(&run);
	dir = run_dir(&run);
	pid_file = fs_join(provider->info(run.replica)->data_dir, "postmaster.pid");
	ck_ok(fs_read(pid_file, 0, &text, NULL, &run.err), run.err);
	kill((pid_t)strtol(text, NULL, 10), SIGKILL);
	for (int i = 0; i < 100 && provider->alive(run.replica); i++)
		usleep(50000);
	ck_assert(!provider->alive(run.replica));
	run_down(&run);
	ck_assert(!fs_is_dir(dir));
}
END_TEST

static const char *const steps[] = {"building the fixture (once): 01.sql, 1 of 1",
	"copying the fixture", "starting the primary and its standby", "replicating"};

START_TEST(an_interrupt_at_any_step_leaves_nothing)
{
	CLEANUP(cleanup_free) char *dir = fs_join(base, "slow/postgres");
	CLEANUP(cleanup_free) char *own_cache = fs_join(base, "slow-cache");
	CLEANUP(cleanup_free) char *own_temp = fs_join(base, "temp");
	CLEANUP(cleanup_free) char *runs = fs_join(base, "state/rehearse/runs");
	struct run run;

	run_init(&run);
	ck_ok(fs_mkdirs(dir, 0700, &run.err), run.err);
	ck_ok(fs_mkdirs(own_temp, 0711, &run.err), run.err);
	ck_assert_int_eq(chmod(base, 0711), 0);
	write_file(dir, "01.sql", "SELECT pg_sleep(1);\n");
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
	run_down(&run);
	ck_assert_int_eq(rmdir(runs), 0);
	ck_assert_int_eq(rmdir(own_temp), 0);
}
END_TEST

START_TEST(plan_touches_nothing)
{
	CLEANUP(cleanup_str) struct str out = {0};
	CLEANUP(cleanup_free) char *other = fs_join(base, "other-cache");
	struct run run;

	run_init(&run);
	run.env.cache_dir = other;
	ck_ok(provider->plan(&run.config, &run.env, &out, &run.err), run.err);
	ck_assert_ptr_nonnull(strstr(str_text(&out), "1. build database 'shop' from"));
	ck_assert_ptr_nonnull(strstr(str_text(&out), "promote"));
	ck_assert(!fs_is_dir(other));
	journal_close(run.env.journal);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("provider_embedded");
	TCase *tests = tcase_create("embedded");

	tcase_add_unchecked_fixture(tests, suite_setup, suite_teardown);
	tcase_set_timeout(tests, SUITE_TIMEOUT_S);
	tcase_add_test(tests, fixture_is_loaded_and_its_standby_promoted);
	tcase_add_test(tests, second_run_copies_the_cached_fixture);
	tcase_add_test(tests, scale_and_files_make_a_fixture_of_their_own);
	tcase_add_test(tests, without_a_fixture_the_database_is_empty);
	tcase_add_test(tests, settings_reach_the_server);
	tcase_add_loop_test(tests, settings_that_isolation_needs_are_refused, 0,
		sizeof(reserved) / sizeof(reserved[0]));
	tcase_add_test(tests, broken_fixture_names_file_and_line_and_leaves_nothing);
	tcase_add_test(tests, fixture_directories_that_are_none_are_refused);
	tcase_add_test(tests, two_runs_that_build_the_same_fixture_do_not_hurt_each_other);
	tcase_add_test(tests, a_killed_replica_is_noticed_and_still_cleared_away);
	tcase_add_loop_test(tests, an_interrupt_at_any_step_leaves_nothing, 0,
		sizeof(steps) / sizeof(steps[0]));
	tcase_add_test(tests, plan_touches_nothing);
	suite_add_tcase(suite, tests);
	return suite_run(suite);
}
