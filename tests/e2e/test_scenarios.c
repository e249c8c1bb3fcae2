/* Every scenario at its small scale, judged as it expects, with nothing left behind. */
#include <glob.h>
#include <stdlib.h>
#include <string.h>

#include "harness/base/mem.h"
#include "harness/scenario/scenario.h"
#include "tests/support/cli.h"
#include "tests/support/suite.h"

static struct cli cli;
static glob_t scenarios;

static void setup(void)
{
	cli_init(&cli);
}

static void teardown(void)
{
	cli_release(&cli);
}

static json_int_t number(const json_t *object, const char *key)
{
	const json_t *value = json_object_get(object, key);

	ck_assert_msg(json_is_integer(value), "'%s' is missing", key);
	return json_integer_value(value);
}

static void check_counters(const json_t *result)
{
	const json_t *phase;
	size_t i;

	ck_assert_uint_eq(json_array_size(json_object_get(result, "phases")), 4);
	json_array_foreach(json_object_get(result, "phases"), i, phase)
	{
		const json_t *t = json_object_get(phase, "transactions");

		ck_assert_int_gt(number(t, "arrived"), 0);
		ck_assert_int_eq(number(t, "arrived"),
			number(t, "completed") + number(t, "failed") + number(t, "pool_timeouts") +
				number(t, "in_flight"));
		ck_assert_int_gt(number(phase, "end_us"), number(phase, "start_us"));
	}
}

static void check_waits(const json_t *result)
{
	const json_t *wait;
	size_t i;

	json_array_foreach(json_object_get(result, "lock_waits"), i, wait)
	{
		ck_assert_int_gt(number(wait, "duration_us"), 0);
		ck_assert_ptr_nonnull(json_string_value(json_object_get(wait, "object")));
		ck_assert_ptr_nonnull(json_string_value(json_object_get(wait, "waiter")));
	}
}

static bool has_finding(const json_t *result, const char *id)
{
	const json_t *finding;
	size_t i;

	json_array_foreach(json_object_get(result, "findings"), i, finding)
	{
		if (!strcmp(json_string_value(json_object_get(finding, "id")), id))
			return true;
	}
	return false;
}

/* Locks of `list` that keep others out of relations that were there before. */
static unsigned blocking(const json_t *list, const json_t *others)
{
	const json_t *lock, *other;
	unsigned n = 0;
	size_t i, k;

	json_array_foreach(list, i, lock)
	{
		bool found = false;

		if (json_is_true(json_object_get(lock, "new_object")) ||
			!json_is_true(json_object_get(lock, "blocks_writes")))
			continue;
		json_array_foreach(others, k, other) found |=
			json_equal(json_object_get(lock, "object"),
				json_object_get(other, "object")) &&
			json_equal(json_object_get(lock, "mode"), json_object_get(other, "mode"));
		n += !found;
	}
	return n;
}

static bool all_in(const json_t *some, const json_t *all)
{
	const json_t *one, *other;
	size_t i, k;

	json_array_foreach(some, i, one)
	{
		bool found = false;

		json_array_foreach(all, k, other) found = found || json_equal(one, other);
		if (!found)
			return false;
	}
	return true;
}

/*
 * What the analyser said of a statement is what the server did. MariaDB and MySQL are looked at now
 * and then, so that a lock of a small table may be gone between two looks, and a table without rows
 * is not rewritten: there nothing may be seen that was not foretold.
 */
static void check_predictions(const json_t *result, const char *dir)
{
	const json_t *s;
	bool looked_at = !strcmp(
		json_string_value(json_object_get(json_object_get(result, "rehearsal"), "engine")),
		"mysql");
	bool foretold = false;
	size_t i;

	json_array_foreach(json_object_get(result, "statements"), i, s)
	{
		const json_t *locks = json_object_get(s, "locks");
		const json_t *predicted = json_object_get(s, "locks_predicted");
		const json_t *rewritten = json_object_get(s, "rewritten");
		const json_t *foreseen = json_object_get(s, "rewrites_predicted");
		const char *class = json_string_value(json_object_get(s, "class_predicted"));

		if (!*class || strcmp(json_string_value(json_object_get(s, "outcome")), "ok") != 0)
			continue;
		foretold = true;
		ck_assert_msg(
			!blocking(locks, predicted) && (looked_at || !blocking(predicted, locks)),
			"%s: statement %zu: locks are not those predicted", dir, i + 1);
		ck_assert_msg(all_in(rewritten, foreseen) &&
				(looked_at || json_equal(rewritten, foreseen)),
			"%s: statement %zu: rewrites are not those predicted", dir, i + 1);
	}
	ck_assert_msg(!foretold || !has_finding(result, "prediction-contradicted"),
		"%s: a prediction is contradicted", dir);
}

static void check_findings(const json_t *result, const char *dir, const char *report)
{
	struct err err = {0};
	struct scenario s;

	ck_ok(scenario_load(dir, true, NULL, 0, &s, &err), err);
	for (size_t i = 0; i < s.n_expect_findings; i++)
		ck_assert_msg(has_finding(result, s.expect_findings[i]), "%s: no finding '%s'\n%s",
			dir, s.expect_findings[i], report);
	scenario_release(&s);
}

START_TEST(scenario_is_judged_as_expected)
{
	const char *path = scenarios.gl_pathv[_i];
	char *dir = mem_strndup(path, strlen(path) - strlen("/scenario.yaml"));
	struct cli_run run;
	const char *verdict, *expected;
	json_t *result;

	CLI(&cli, &run, "run", "--small", "--output", cli.output, dir);
	ck_assert_msg(run.code == 0 || run.code == 1 || run.code == 4, "%s: exit code %d: %s", dir,
		run.code, run.err);
	result = cli_result(&cli);
	verdict = json_string_value(json_object_get(result, "verdict"));
	expected = json_string_value(json_object_get(result, "expected"));
	ck_assert_ptr_nonnull(verdict);
	ck_assert_ptr_nonnull(expected);
	ck_assert_msg(!strcmp(verdict, expected), "%s: expected %s, got %s\n%s", dir, expected,
		verdict, run.out);
	ck_assert_int_eq(run.code,
		!strcmp(verdict, "approve")	     ? 0
			: !strcmp(verdict, "reject") ? 1
						     : 4);
	check_findings(result, dir, run.out);
	check_predictions(result, dir);
	check_counters(result);
	check_waits(result);
	ck_assert_uint_eq(cli_entries(cli.tmp), 0);
	ck_assert_uint_eq(cli_processes(cli.tmp), 0);
	json_decref(result);
	cli_run_release(&run);
	free(dir);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("scenarios");
	TCase *t = tcase_create("small");

	if (glob("scenarios/*/scenario.yaml", 0, NULL, &scenarios) || !scenarios.gl_pathc)
		return EXIT_FAILURE;
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_set_timeout(t, 300);
	tcase_add_loop_test(t, scenario_is_judged_as_expected, 0, (int)scenarios.gl_pathc);
	suite_add_tcase(s, t);
	{
		int code = suite_run(s);

		globfree(&scenarios);
		return code;
	}
}
