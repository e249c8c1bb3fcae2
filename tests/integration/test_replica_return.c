/* Provider promote with replica.return, on both engines: a standby that is given back as it was. */
#include "tests/support/suite.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "adapters/mysql/mysql.h"
#include "adapters/postgres/postgres.h"
#include "harness/base/cleanup.h"
#include "harness/base/clock.h"
#include "harness/base/fs.h"
#include "harness/base/golden.h"
#include "harness/base/mem.h"
#include "harness/base/str.h"
#include "tests/support/mariadb_pair.h"
#include "tests/support/owner.h"
#include "tests/support/pg_pair.h"
#include "tests/support/provider_run.h"
#include "tests/support/reflink.h"

static struct test_pair pg;
static struct test_maria_pair maria;
static bool has_reflinks;
static char *commands[2][2]; /* stop, start */

static const struct side {
	const char *engine;
	const struct provider *provider;
	const char *schema;
	const char *reads_only; /* asked of a standby */
	char *(*sql)(const char *dsn, const char *sql);
	void (*until)(const char *dsn, const char *sql, const char *expected);
	char **primary, **standby; /* connection strings */
	char *const *data_dir;
} sides[] = {
	{"postgres", &postgres_promote, "public", "SELECT pg_is_in_recovery()::int", test_sql,
		test_sql_until, &pg.primary_dsn, &pg.standby_dsn, &pg.standby.data_dir},
	{"mysql", &mysql_promote, "shop",
		"SELECT COUNT(*) FROM information_schema.PROCESSLIST WHERE USER = "
		"'system user' AND COMMAND = 'Slave_IO'",
		test_maria_sql, test_maria_until, &maria.primary_dsn, &maria.replica_dsn,
		&maria.replica.data_dir},
};

static void suite_setup(void)
{
	struct server_setting mark = {(char *)"rehearse.disposable", (char *)"on"};
	struct server_setting soon = {(char *)"wal_retrieve_retry_interval", (char *)"200ms"};

	has_reflinks = test_reflink_mount((uint64_t)2 << 30);
	test_primary_start(&pg, NULL, 0);
	test_standby_start(&pg, (struct server_setting[]){mark, soon}, 2);
	test_maria_primary_start(&maria, NULL, 0);
	test_maria_replica_start(&maria, NULL, 0);
	test_maria_mark(&maria);
	commands[0][0] = test_pg_stop_command(&pg.standby);
	commands[0][1] = test_pg_start_command(&pg.standby);
	commands[1][0] = test_maria_stop_command(&maria.replica);
	commands[1][1] = test_maria_start_command(&maria.replica);
}

static void suite_teardown(void)
{
	test_end_server_at(pg.standby.data_dir);
	test_end_server_at(maria.replica.data_dir);
	pg.standby.pid = maria.replica.pid = 0;
	test_pair_stop(&pg);
	test_maria_pair_stop(&maria);
	test_reflink_unmount();
	for (size_t i = 0; i < 4; i++)
		free(commands[i / 2][i % 2]);
}

static void init(struct test_run *run, const struct side *side)
{
	test_run_init(run, side->engine, side->provider);
	run->config.source = *side->primary;
	run->config.standby = *side->standby;
	run->config.disposable = true;
	run->config.give_back = has_reflinks ? RETURN_REFLINK : RETURN_COPY;
	run->config.stop = commands[side - sides][0];
	run->config.start = commands[side - sides][1];
}

/* The statement with the side's schema in the place of `@`. */
static char *with_schema(const struct side *side, const char *text)
{
	const char *at = strchrnul(text, '@');

	return mem_printf(
		"%.*s%s%s", (int)(at - text), text, *at ? side->schema : "", *at ? at + 1 : "");
}

static void sql(const struct side *side, const char *dsn, const char *text)
{
	CLEANUP(cleanup_free) char *full = with_schema(side, text);

	free(side->sql(dsn, full));
}

static void becomes(
	const struct side *side, const char *dsn, const char *text, const char *expected)
{
	CLEANUP(cleanup_free) char *full = with_schema(side, text);

	side->until(dsn, full, expected);
}

/* The copy and what was rehearsed on are gone, and the journal names nothing. */
static void nothing_is_left(const struct side *side, const struct test_run *run)
{
	static const char *const ends[] = {"part", "golden", "spent"};
	CLEANUP(cleanup_free) char *runs = fs_join(getenv("XDG_STATE_HOME"), "rehearse/runs");

	for (size_t i = 0; i < 3; i++) {
		CLEANUP(cleanup_free)
		char *dir = mem_printf("%s.rehearse-%s", *side->data_dir, ends[i]);

		ck_assert_msg(!fs_is_dir(dir), "'%s' is left", dir);
	}
	journal_close(run->env.journal);
	ck_assert_msg(rmdir(runs) == 0, "%s: the journal is not empty", side->engine);
}

static void end(struct test_run *run)
{
	struct err err = {0};

	ck_ok(run->provider->release(run->replica, &err), err);
}

START_TEST(a_promoted_standby_is_given_back_as_it_was)
{
	const struct side *side = &sides[_i];
	struct test_run run;
	const char *note;

	init(&run, side);
	sql(side, *side->primary, "CREATE TABLE @.kept (id int)");
	test_run_up(&run);
	/* Rehearsed on here, worked on there. */
	sql(side, *side->standby, "CREATE TABLE @.rehearsed (id int)");
	sql(side, *side->standby, "DROP TABLE @.kept");
	sql(side, *side->primary, "INSERT INTO @.kept VALUES (1)");
	ck_assert_ptr_null(test_note(&run, "replica-spent"));
	ck_assert_ptr_null(test_note(&run, "slot-left-behind"));
	ck_ok(run.provider->give_back(run.replica, &run.err), run.err);
	note = test_note(&run, "replica-returned");
	ck_assert_ptr_nonnull(note);
	ck_assert(!test_note_action(&run, "replica-returned"));
	printf("%s, %s: %s\n", side->engine, has_reflinks ? "reflinks" : "a full copy", note);
	end(&run);
	nothing_is_left(side, &run);
	becomes(side, *side->standby, "SELECT count(*) FROM @.kept", "1");
	becomes(side, *side->standby, side->reads_only, "1");
	becomes(side, *side->standby,
		"SELECT count(*) FROM information_schema.tables WHERE table_name = 'rehearsed'",
		"0");
	sql(side, *side->primary, "DROP TABLE @.kept");
}
END_TEST

START_TEST(one_that_was_not_promoted_only_loses_its_copy)
{
	const struct side *side = &sides[_i];
	const struct provider *p = side->provider;
	struct test_run run;

	init(&run, side);
	ck_ok(p->open(&run.config, &run.env, &run.replica, &run.err), run.err);
	ck_ok(p->check(run.replica, &run.err), run.err);
	ck_ok(p->provision(run.replica, &run.err), run.err);
	ck_ok(p->quarantine(run.replica, &run.err), run.err);
	ck_ok(p->give_back(run.replica, &run.err), run.err);
	ck_assert_ptr_null(test_note(&run, "replica-returned"));
	end(&run);
	nothing_is_left(side, &run);
	becomes(side, *side->standby, side->reads_only, "1");
}
END_TEST

START_TEST(what_a_killed_run_left_is_given_back_from_the_journal)
{
	const struct side *side = &sides[_i];
	struct journal_leftover *found = NULL;
	struct golden g;
	struct test_run run;
	size_t n = 0;
	pid_t child;

	init(&run, side);
	child = fork();
	if (child == 0) {
		struct err err = {0};

		journal_close(run.env.journal);
		if (journal_open(&run.env.journal, &err))
			_exit(1);
		test_run_up(&run);
		_exit(0); /* as if it were killed: nothing is given back */
	}
	ck_assert_int_eq(waitpid(child, NULL, 0), child);
	sql(side, *side->standby, "CREATE TABLE @.rehearsed (id int)");
	ck_ok(journal_leftovers(&found, &n, &run.err), run.err);
	ck_assert_uint_eq(n, 1);
	ck_assert_uint_eq(found[0].n, 1);
	ck_assert_int_eq(found[0].entries[0].kind, JOURNAL_GOLDEN);
	ck_assert_str_eq(found[0].entries[0].what, *side->data_dir);
	golden_init(&g, *side->data_dir, run.config.stop, run.config.start);
	ck_ok(golden_return(&g, &run.err), run.err);
	golden_release(&g);
	ck_ok(journal_forget(found[0].file, &run.err), run.err);
	journal_free_leftovers(found, n);
	nothing_is_left(side, &run);
}
END_TEST

static const struct {
	const char *comment, *stop, *start, *says;
} refused[] = {
	{"nobody could stop it", NULL, "true", "needs replica.stop and replica.start"},
	{"nobody could start it", "true", NULL, "needs replica.stop and replica.start"},
};

START_TEST(a_return_that_cannot_be_is_refused)
{
	struct test_run run;

	for (size_t i = 0; i < sizeof(sides) / sizeof(sides[0]); i++) {
		init(&run, &sides[i]);
		run.config.stop = refused[_i].stop;
		run.config.start = refused[_i].start;
		test_run_refused(&run, ERR_USAGE, refused[_i].says);
	}
}
END_TEST

START_TEST(a_plan_names_the_copy_and_the_way_back)
{
	const struct side *side = &sides[_i];
	CLEANUP(cleanup_str) struct str out = {0};
	struct test_run run;

	init(&run, side);
	ck_ok(side->provider->plan(&run.config, &run.env, &out, &run.err), run.err);
	ck_assert_ptr_null(strstr(str_text(&out), "would be refused"));
	ck_assert_ptr_nonnull(strstr(str_text(&out), ".rehearse-golden'"));
	ck_assert_ptr_nonnull(strstr(str_text(&out), run.config.stop));
	ck_assert_ptr_nonnull(strstr(str_text(&out), "at the end: stop it, put the copy"));
	test_run_down(&run);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("replica_return");
	TCase *tests = tcase_create("replica_return");

	tcase_add_unchecked_fixture(tests, suite_setup, suite_teardown);
	tcase_set_timeout(tests, SUITE_TIMEOUT_S);
	tcase_add_loop_test(tests, a_plan_names_the_copy_and_the_way_back, 0, 2);
	tcase_add_loop_test(tests, one_that_was_not_promoted_only_loses_its_copy, 0, 2);
	tcase_add_loop_test(tests, a_promoted_standby_is_given_back_as_it_was, 0, 2);
	tcase_add_loop_test(
		tests, a_return_that_cannot_be_is_refused, 0, sizeof(refused) / sizeof(refused[0]));
	tcase_add_loop_test(tests, what_a_killed_run_left_is_given_back_from_the_journal, 0, 2);
	suite_add_tcase(suite, tests);
	return suite_run(suite);
}
