/* What goes wrong in the field: each is told in a line, and nothing is left behind. */
#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "adapters/postgres/server.h"
#include "harness/base/clock.h"
#include "harness/base/fs.h"
#include "harness/base/mem.h"
#include "harness/base/proc.h"
#include "tests/support/cli.h"
#include "tests/support/suite.h"

#define GONE_TIMEOUT_US 60000000

static struct cli cli;

static void setup(void)
{
	cli_init(&cli);
}

static void teardown(void)
{
	cli_release(&cli);
}

static const char *const quick[] = {"--small", "--set", "phases.warm_up=1s", "--set",
	"phases.baseline=3s", "--set", "phases.recovery=2s", "--set", "phases.migration_min=1s"};

/* Words of a quick run of index-plain with a migration file of the test's own. */
static void words_for(const char *words[32], const char *migration)
{
	size_t n = 0;

	words[n++] = "run";
	words[n++] = "scenarios/index-plain";
	for (size_t i = 0; i < sizeof(quick) / sizeof(quick[0]); i++)
		words[n++] = quick[i];
	words[n++] = "--output";
	words[n++] = cli.output;
	if (migration) {
		words[n++] = "--set";
		words[n++] = migration;
	}
	words[n] = NULL;
}

static void nothing_left(void)
{
	uint64_t deadline = clock_us() + GONE_TIMEOUT_US;

	while (cli_processes(cli.tmp) && clock_us() < deadline)
		clock_sleep_us(100000);
	ck_assert_uint_eq(cli_processes(cli.tmp), 0);
	ck_assert_uint_eq(cli_entries(cli.tmp), 0);
}

static const char *text_of(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	ck_assert_msg(text != NULL, "'%s' is missing", key);
	return text;
}

/* The postmasters below TMPDIR: "PID" of each, newest run only. */
static pid_t find_server(const char *name)
{
	DIR *d = opendir(cli.tmp);
	struct dirent *e;
	pid_t pid = 0;

	while ((e = readdir(d))) {
		char *file = mem_printf("%s/%s/%s/data/postmaster.pid", cli.tmp, e->d_name, name);
		char *text = NULL;

		if (!fs_read(file, 0, &text, NULL, NULL))
			pid = (pid_t)strtol(text, NULL, 10);
		free(text);
		free(file);
	}
	closedir(d);
	return pid;
}

START_TEST(an_interrupt_undoes_everything_and_exits_3)
{
	static const int signals[] = {SIGINT, SIGTERM};
	const char *words[32];
	struct cli_run run;

	words_for(words, NULL);
	cli_start(&cli, &run, words);
	cli_expect_progress(&run, "baseline");
	ck_assert_uint_gt(cli_processes(cli.tmp), 0);
	kill(run.pid, signals[_i]);
	cli_wait(&run);
	ck_assert_int_eq(run.code, 3);
	ck_assert_ptr_nonnull(strstr(run.err, "interrupted"));
	nothing_left();
	cli_run_release(&run);
}
END_TEST

START_TEST(an_interrupt_while_servers_are_built_undoes_too)
{
	const char *words[32];
	struct cli_run run;

	words_for(words, NULL);
	cli_start(&cli, &run, words);
	cli_expect_progress(&run, "provision");
	clock_sleep_us(300000);
	kill(run.pid, SIGINT);
	cli_wait(&run);
	ck_assert_int_eq(run.code, 3);
	nothing_left();
	cli_run_release(&run);
}
END_TEST

START_TEST(a_killed_replica_ends_the_run_and_keeps_the_evidence)
{
	const char *words[32];
	struct cli_run run;
	json_t *result;
	pid_t pid;

	words_for(words, NULL);
	cli_start(&cli, &run, words);
	cli_expect_progress(&run, "baseline");
	pid = find_server("replica");
	ck_assert_int_gt(pid, 0);
	kill(pid, SIGKILL);
	cli_wait(&run);
	ck_assert_int_eq(run.code, 3);
	result = cli_result(&cli);
	ck_assert_str_eq(text_of(result, "verdict"), "");
	ck_assert_str_ne(text_of(result, "failure"), "");
	ck_assert_uint_ge(json_array_size(json_object_get(result, "phases")), 1);
	json_decref(result);
	nothing_left();
	cli_run_release(&run);
}
END_TEST

START_TEST(after_a_killed_harness_the_doctor_clears_up)
{
	const char *words[32];
	struct cli_run run, look, clean, again;

	words_for(words, NULL);
	cli_start(&cli, &run, words);
	cli_expect_progress(&run, "baseline");
	kill(run.pid, SIGKILL);
	cli_wait(&run);
	ck_assert_int_eq(run.code, 128 + SIGKILL);
	ck_assert_uint_gt(cli_entries(cli.tmp), 0);

	CLI(&cli, &look, "doctor");
	ck_assert_int_eq(look.code, 3);
	ck_assert_ptr_nonnull(strstr(look.out, "leftover"));
	ck_assert_uint_gt(cli_entries(cli.tmp), 0);

	CLI(&cli, &clean, "doctor", "--clean");
	ck_assert_msg(clean.code == 0, "%s%s", clean.out, clean.err);
	nothing_left();

	CLI(&cli, &again, "doctor");
	ck_assert_msg(again.code == 0, "%s%s", again.out, again.err);
	cli_run_release(&run);
	cli_run_release(&look);
	cli_run_release(&clean);
	cli_run_release(&again);
}
END_TEST

/* A migration of the test's own, its outcome, and what the report must name. */
static const struct {
	const char *sql;
	const char *outcome; /* of the last statement */
	const char *says;    /* in result.json */
	const char *comment;
} migrations[] = {
	{"-- one\nSELECT 1;\nALTER TABEL appointment ADD x int;\n", "failed", ":3", "syntax error"},
	{"SELECT pg_terminate_backend(pg_backend_pid());\n", "failed", "57P01",
		"drops its own connection"},
	{"ALTER TABLE no_such_table ADD x int;\n", "failed", "42P01", "no such table"},
};

START_TEST(a_migration_that_fails_is_rejected_with_its_line)
{
	char *file = cli_file(&cli, "migration.sql", migrations[_i].sql);
	char *set = mem_printf("migration.files.0=%s", file);
	const char *words[32];
	const json_t *list, *last;
	struct cli_run run;
	json_t *result;
	char *dump;

	words_for(words, set);
	cli_run(&cli, &run, words);
	ck_assert_msg(
		run.code == 1, "%s: exit code %d: %s", migrations[_i].comment, run.code, run.err);
	result = cli_result(&cli);
	list = json_object_get(result, "statements");
	last = json_array_get(list, json_array_size(list) - 1);
	ck_assert_str_eq(text_of(last, "outcome"), migrations[_i].outcome);
	dump = json_dumps(json_object_get(result, "findings"), 0);
	ck_assert_msg(strstr(dump, "migration-failed") != NULL, "%s", dump);
	free(dump);
	dump = json_dumps(result, 0);
	ck_assert_msg(strstr(dump, migrations[_i].says) != NULL, "%s", dump);
	free(dump);
	json_decref(result);
	nothing_left();
	cli_run_release(&run);
	free(set);
	free(file);
}
END_TEST

START_TEST(a_socket_path_that_is_too_long_is_told)
{
	char *deep = mem_printf("%s/%0100d", cli.tmp, 7);
	char *old = cli.tmp;
	const char *words[32];
	struct cli_run run;

	ck_assert_int_eq(mkdir(deep, 0777), 0);
	cli.tmp = deep;
	words_for(words, NULL);
	cli_run(&cli, &run, words);
	ck_assert_int_eq(run.code, 3);
	ck_assert_ptr_nonnull(strstr(run.err, "too long"));
	ck_assert_uint_eq(cli_entries(deep), 0);
	cli_run_release(&run);
	cli.tmp = old;
	free(deep);
}
END_TEST

START_TEST(missing_server_programs_name_the_package)
{
	struct cli_run run;

	CLI(&cli, &run, "doctor", "--set", "replica.bin_dir=/nowhere");
	ck_assert_int_eq(run.code, 3);
	ck_assert_ptr_nonnull(strstr(run.out, "postgresql"));
	ck_assert_ptr_nonnull(strstr(run.out, "PROBLEM"));
	cli_run_release(&run);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("faults");
	TCase *t = tcase_create("faults");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_set_timeout(t, 300);
	tcase_add_loop_test(t, an_interrupt_undoes_everything_and_exits_3, 0, 2);
	tcase_add_test(t, an_interrupt_while_servers_are_built_undoes_too);
	tcase_add_test(t, a_killed_replica_ends_the_run_and_keeps_the_evidence);
	tcase_add_test(t, after_a_killed_harness_the_doctor_clears_up);
	tcase_add_loop_test(t, a_migration_that_fails_is_rejected_with_its_line, 0,
		sizeof(migrations) / sizeof(migrations[0]));
	tcase_add_test(t, a_socket_path_that_is_too_long_is_told);
	tcase_add_test(t, missing_server_programs_name_the_package);
	suite_add_tcase(s, t);
	return suite_run(s);
}
