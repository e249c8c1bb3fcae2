/* `rehearse run --provider promote`: a replica that its owner gives up, end to end. */
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "harness/base/mem.h"
#include "tests/support/cli.h"
#include "tests/support/engines.h"
#include "tests/support/suite.h"

static const struct test_engine *engine;
static struct engine_pair pair;
static struct cli cli;

static void start(const struct test_engine *of)
{
	engine = of;
	cli_init(&cli);
	engine->start_primary(&pair);
	engine_run(engine, pair.primary_dsn, engine->tables);
	engine->start_replica(&pair);
}

static void start_postgres(void)
{
	start(&test_engine_postgres);
}

static void start_mysql(void)
{
	start(&test_engine_mysql);
}

static void stop(void)
{
	cli_release(&cli);
	engine->stop(&pair);
}

/* With `back`, the replica is given back by a full copy: this works on every file system. */
static void start_promote(
	struct cli_run *run, const char *replica, const char *disposable, bool back)
{
	char *file = cli_file(&cli, "migration.sql", "ALTER TABLE visit ADD COLUMN kind int;\n");
	char *stop_words = engine->stop_command(&pair), *start_words = engine->start_command(&pair);
	char *set_stop = mem_printf("replica.stop=%s", stop_words);
	char *set_start = mem_printf("replica.start=%s", start_words);
	const char *const words[] = {"run", "--provider", "promote", "--source", pair.primary_dsn,
		"--standby", replica, "--set", engine->engine_set, "--set", disposable, file,
		"--output", cli.output, "--set", "replica.catch_up=3s", "--set",
		"phases.warm_up=1s", "--set", "phases.baseline=3s", "--set", "phases.recovery=1s",
		"--set", "verdict.p99_floor=1s", back ? "--set" : NULL, "replica.return=copy",
		"--set", set_stop, "--set", set_start, NULL};

	cli_start(&cli, run, words);
	free(file);
	free(stop_words);
	free(start_words);
	free(set_stop);
	free(set_start);
}

static void run_promote(struct cli_run *run, const char *replica, const char *disposable)
{
	start_promote(run, replica, disposable, false);
	cli_wait(run);
}

static void check_refused(const char *replica, const char *disposable, const char *says)
{
	struct cli_run run;
	char *answer = engine->sql(pair.replica_dsn, engine->is_replica);

	run_promote(&run, replica, disposable);
	ck_assert_msg(run.code == 3, "exit code %d: %s%s", run.code, run.out, run.err);
	ck_assert_msg(strstr(run.err, says) != NULL, "'%s' is not in: %s", says, run.err);
	ck_assert_uint_eq(cli_entries(cli.tmp), 0);
	/* Left as it was. */
	if (!strcmp(answer, "1"))
		engine_until(engine, pair.replica_dsn, engine->is_replica);
	free(answer);
	cli_run_release(&run);
}

static const char columns[] =
	"SELECT COUNT(*) FROM information_schema.columns WHERE table_name = 'visit'";

static void answers(const char *dsn, const char *sql, const char *expected)
{
	char *answer = engine->sql(dsn, sql);

	ck_assert_msg(!strcmp(answer, expected), "%s: '%s', not '%s'", sql, answer, expected);
	free(answer);
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

/* In order: each leaves the replica to the next. */
START_TEST(a_replica_that_is_not_given_up_is_refused)
{
	check_refused(pair.replica_dsn, "replica.disposable=false", "disposable");
	check_refused(pair.replica_dsn, "replica.disposable=true", engine->unmarked);
	check_refused(pair.primary_dsn, "replica.disposable=true", engine->primary_refused);
	engine->mark(&pair);
}
END_TEST

START_TEST(a_replica_in_a_bad_state_is_refused_and_left_alone)
{
	const struct engine_refusal *r = &engine->refusals[_i];

	engine_run(engine, pair.replica_dsn, r->on_replica);
	engine_until(engine, pair.replica_dsn, r->until);
	if (r->on_primary)
		engine_run(engine, pair.primary_dsn, r->on_primary);
	check_refused(pair.replica_dsn, "replica.disposable=true", r->says);
	engine_run(engine, pair.replica_dsn, r->mend);
	engine_until(engine, pair.replica_dsn, r->mended);
}
END_TEST

/* The owner's command may be over before the server is up. */
static void check_follows(void)
{
	engine_until_up(engine, pair.replica_dsn);
	engine_until(engine, pair.replica_dsn, engine->is_replica);
	engine_until(engine, pair.replica_dsn, engine->follows);
	answers(pair.replica_dsn, columns, "3");
}

START_TEST(a_replica_is_given_back_as_it_was)
{
	struct cli_run run;
	json_t *result;

	start_promote(&run, pair.replica_dsn, "replica.disposable=true", true);
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

	start_promote(&run, pair.replica_dsn, "replica.disposable=true", true);
	cli_expect_progress(&run, "baseline");
	kill(run.pid, SIGKILL);
	cli_wait(&run);
	cli_run_release(&run);
	answers(pair.replica_dsn, engine->is_replica, "0");
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
}
END_TEST

START_TEST(a_marked_replica_is_rehearsed_on_only_once)
{
	struct cli_run run;
	json_t *result;

	run_promote(&run, pair.replica_dsn, "replica.disposable=true");
	ck_assert_msg(run.code == 0, "exit code %d: %s%s", run.code, run.out, run.err);
	result = cli_result(&cli);
	ck_assert_msg(has_note(result, engine->spent_note, true), "%s", run.out);
	ck_assert_uint_gt(json_array_size(json_object_get(result, "statements")), 0);
	json_decref(result);
	cli_run_release(&run);

	/* The migration is there and nowhere else; the replica is spent. */
	answers(pair.replica_dsn, engine->is_replica, "0");
	answers(pair.replica_dsn, columns, "4");
	answers(pair.primary_dsn, columns, "3");
	check_refused(pair.replica_dsn, "replica.disposable=true", engine->primary_refused);
}
END_TEST

static void add_case(Suite *s, const struct test_engine *of, SFun start_it)
{
	TCase *t = tcase_create(of->name);

	tcase_add_unchecked_fixture(t, start_it, stop);
	tcase_set_timeout(t, 300);
	tcase_add_test(t, a_replica_that_is_not_given_up_is_refused);
	tcase_add_loop_test(t, a_replica_in_a_bad_state_is_refused_and_left_alone, 0,
		sizeof(of->refusals) / sizeof(of->refusals[0]));
	tcase_add_test(t, a_replica_is_given_back_as_it_was);
	tcase_add_test(t, doctor_gives_back_what_a_killed_run_has_promoted);
	tcase_add_test(t, a_marked_replica_is_rehearsed_on_only_once);
	suite_add_tcase(s, t);
}

int main(void)
{
	Suite *s = suite_create("promote");

	add_case(s, &test_engine_postgres, start_postgres);
	add_case(s, &test_engine_mysql, start_mysql);
	return suite_run(s);
}
