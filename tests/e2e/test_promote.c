/* `rehearse run --provider promote`: a standby that its owner gives up, end to end. */
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "harness/base/mem.h"
#include "tests/support/cli.h"
#include "tests/support/owner.h"
#include "tests/support/pg_pair.h"
#include "tests/support/suite.h"

static struct cli cli;
static struct test_pair pair;

static void start(void)
{
	cli_init(&cli);
	test_primary_start(&pair, NULL, 0);
	test_run_sql(pair.primary_dsn,
		"CREATE TABLE public.visit (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,"
		" note text);"
		"INSERT INTO public.visit (note) SELECT 'x' FROM generate_series(1, 20000);"
		"ANALYZE public.visit");
	test_standby_start(&pair, NULL, 0);
}

static void stop(void)
{
	cli_release(&cli);
	test_end_server_at(pair.standby.data_dir);
	pair.standby.pid = 0; /* it was started anew */
	test_pair_stop(&pair);
}

/* With `back`, the standby is given back by a full copy: this works on every file system. */
static void start_promote(struct cli_run *run, const char *disposable, bool back)
{
	char *file = cli_file(&cli, "migration.sql", "ALTER TABLE visit ADD COLUMN kind text;\n");
	char *stop_words = test_pg_stop_command(&pair.standby);
	char *start_words = test_pg_start_command(&pair.standby);
	char *set_stop = mem_printf("replica.stop=%s", stop_words);
	char *set_start = mem_printf("replica.start=%s", start_words);
	const char *const words[] = {"run", "--provider", "promote", "--source", pair.primary_dsn,
		"--standby", pair.standby_dsn, "--set", disposable, file, "--output", cli.output,
		"--set", "phases.warm_up=1s", "--set", "phases.baseline=3s", "--set",
		"phases.recovery=1s", back ? "--set" : NULL, "replica.return=copy", "--set",
		set_stop, "--set", set_start, NULL};

	cli_start(&cli, run, words);
	free(file);
	free(stop_words);
	free(start_words);
	free(set_stop);
	free(set_start);
}

static void run_promote(struct cli_run *run, const char *disposable)
{
	start_promote(run, disposable, false);
	cli_wait(run);
}

static void check_refused(const char *disposable, const char *says)
{
	struct cli_run run;

	run_promote(&run, disposable);
	ck_assert_msg(run.code == 3, "exit code %d: %s", run.code, run.err);
	ck_assert_msg(strstr(run.err, says) != NULL, "%s", run.err);
	cli_run_release(&run);
}

static bool has_note(const json_t *result, const char *id, bool action)
{
	const json_t *note;
	size_t i;

	json_array_foreach(json_object_get(result, "notes"), i, note)
	{
		if (!strcmp(json_string_value(json_object_get(note, "id")), id))
			return json_is_true(json_object_get(note, "action")) == action;
	}
	return false;
}

static void check_follows(void)
{
	test_sql_until(pair.standby_dsn,
		"SELECT pg_is_in_recovery() AND EXISTS (SELECT FROM pg_stat_wal_receiver WHERE "
		"status = 'streaming')",
		"t");
	ck_sql(pair.standby_dsn,
		"SELECT count(*) FROM information_schema.columns WHERE table_name = 'visit'", "2");
}

START_TEST(a_standby_is_given_back_as_it_was)
{
	struct cli_run run;
	json_t *result;

	test_alter_system(pair.standby_dsn, "rehearse.disposable", "on");
	start_promote(&run, "replica.disposable=true", true);
	cli_wait(&run);
	ck_assert_msg(run.code == 0, "exit code %d: %s%s", run.code, run.out, run.err);
	result = cli_result(&cli);
	ck_assert_msg(has_note(result, "replica-returned", false), "%s", run.out);
	json_decref(result);
	cli_run_release(&run);
	check_follows();
}
END_TEST

START_TEST(doctor_gives_back_what_a_killed_run_has_promoted)
{
	struct cli_run run;

	start_promote(&run, "replica.disposable=true", true);
	cli_expect_progress(&run, "baseline");
	kill(run.pid, SIGKILL);
	cli_wait(&run);
	cli_run_release(&run);
	ck_sql(pair.standby_dsn, "SELECT pg_is_in_recovery()", "f");
	CLI(&cli, &run, "doctor");
	ck_assert_int_eq(run.code, 3);
	ck_assert_msg(strstr(run.out, "to be given back as it was"), "%s", run.out);
	cli_run_release(&run);
	CLI(&cli, &run, "doctor", "--clean");
	ck_assert_msg(run.code == 0, "exit code %d: %s", run.code, run.out);
	cli_run_release(&run);
	check_follows();
	CLI(&cli, &run, "doctor");
	ck_assert_msg(strstr(run.out, "none of killed runs"), "%s", run.out);
	cli_run_release(&run);
	test_alter_system(pair.standby_dsn, "rehearse.disposable", NULL);
}
END_TEST

START_TEST(a_standby_is_rehearsed_on_only_when_given_up_and_only_once)
{
	struct cli_run run;
	json_t *result;

	check_refused("replica.disposable=false", "disposable");
	check_refused("replica.disposable=true", "rehearse.disposable");
	ck_sql(pair.standby_dsn, "SELECT pg_is_in_recovery()", "t");

	test_alter_system(pair.standby_dsn, "rehearse.disposable", "on");
	run_promote(&run, "replica.disposable=true");
	ck_assert_msg(run.code == 0, "exit code %d: %s%s", run.code, run.out, run.err);
	result = cli_result(&cli);
	ck_assert_msg(has_note(result, "slot-left-behind", true), "%s", run.out);
	ck_assert_uint_gt(json_array_size(json_object_get(result, "statements")), 0);
	json_decref(result);
	cli_run_release(&run);

	/* The migration is there and nowhere else; the standby is spent. */
	ck_sql(pair.standby_dsn, "SELECT count(kind) FROM public.visit", "0");
	ck_sql(pair.primary_dsn,
		"SELECT count(*) FROM information_schema.columns WHERE table_name = 'visit'", "2");
	check_refused("replica.disposable=true", "is a primary");
	ck_assert_uint_eq(cli_entries(cli.tmp), 0);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("promote");
	TCase *t = tcase_create("promote");

	tcase_add_unchecked_fixture(t, start, stop);
	tcase_set_timeout(t, 300);
	tcase_add_test(t, a_standby_is_given_back_as_it_was);
	tcase_add_test(t, doctor_gives_back_what_a_killed_run_has_promoted);
	tcase_add_test(t, a_standby_is_rehearsed_on_only_when_given_up_and_only_once);
	suite_add_tcase(s, t);
	return suite_run(s);
}
