/* What goes wrong in the field: each is told in a line, and nothing is left behind. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "harness/base/clock.h"
#include "harness/base/fs.h"
#include "harness/base/mem.h"
#include "tests/support/cli.h"
#include "tests/support/engines.h"
#include "tests/support/suite.h"

#define GONE_TIMEOUT_US 60000000
#define LEFT_BYTES (48u << 20)

static const struct test_engine *engine;
static struct cli cli;

static void on_postgres(void)
{
	engine = &test_engine_postgres;
}

static void on_mysql(void)
{
	engine = &test_engine_mysql;
}

static void setup(void)
{
	cli_init(&cli);
}

static void teardown(void)
{
	cli_release(&cli);
}

static const char *const quick[] = {"--small", "--set", "phases.warm_up=500ms", "--set",
	"phases.baseline=2s", "--set", "phases.recovery=1s", "--set", "phases.migration_min=1s"};

/* Words of a quick run with a migration file of the test's own, or the scenario's. */
static void words_for(const char *words[32], const char *migration)
{
	size_t n = 0;

	words[n++] = "run";
	words[n++] = engine->scenario;
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

/* Where it comes; the migration is one that does not end by itself. */
static const struct {
	int signal;
	const char *stage, *comment;
} interrupts[] = {
	{SIGINT, "baseline", "Ctrl-C"},
	{SIGTERM, "baseline", "kill"},
	{SIGINT, "migration", "Ctrl-C in the migration"},
};

START_TEST(an_interrupt_undoes_everything_and_exits_3)
{
	char *file = cli_file(&cli, "migration.sql", engine->endless);
	char *set = mem_printf("migration.files.0=%s", file);
	const char *words[32];
	struct cli_run run;

	words_for(words, set);
	cli_start(&cli, &run, words);
	cli_expect_progress(&run, interrupts[_i].stage);
	ck_assert_uint_gt(cli_processes(cli.tmp), 0);
	clock_sleep_us(500000);
	kill(run.pid, interrupts[_i].signal);
	cli_wait(&run);
	ck_assert_msg(run.code == 3, "%s: %d %s", interrupts[_i].comment, run.code, run.err);
	ck_assert_ptr_nonnull(strstr(run.err, "interrupted"));
	nothing_left();
	cli_run_release(&run);
	free(set);
	free(file);
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

	words_for(words, NULL);
	cli_start(&cli, &run, words);
	cli_expect_progress(&run, "baseline");
	kill(cli_process(cli.tmp, "/replica/"), SIGKILL);
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

/* A run whose migration fails, with one of the words in its findings. */
static void check_failed(
	struct cli_run *run, const char *const *says, size_t n_says, const char *comment)
{
	const json_t *list, *last;
	bool found = false;
	json_t *result;
	char *dump;

	cli_wait(run);
	ck_assert_msg(run->code == 1, "%s: exit code %d: %s", comment, run->code, run->err);
	result = cli_result(&cli);
	list = json_object_get(result, "statements");
	last = json_array_get(list, json_array_size(list) - 1);
	ck_assert_str_eq(text_of(last, "outcome"), "failed");
	dump = json_dumps(json_object_get(result, "findings"), 0);
	ck_assert_msg(strstr(dump, "migration-failed") != NULL, "%s", dump);
	for (size_t i = 0; i < n_says && says[i]; i++)
		found |= strstr(dump, says[i]) != NULL;
	ck_assert_msg(found, "%s: %s", comment, dump);
	free(dump);
	json_decref(result);
	nothing_left();
	cli_run_release(run);
}

START_TEST(a_migration_that_fails_is_rejected_with_its_line)
{
	const struct engine_case *c = &engine->failing[_i];
	char *file = cli_file(&cli, "migration.sql", c->text);
	char *set = mem_printf("migration.files.0=%s", file);
	const char *words[32];
	struct cli_run run;

	words_for(words, set);
	cli_start(&cli, &run, words);
	check_failed(&run, &c->says, 1, c->comment);
	free(set);
	free(file);
}
END_TEST

/* Little more than what is on it by now. */
static void shrink(const char *dir)
{
	struct statvfs fs;
	char *size;

	ck_assert_int_eq(statvfs(dir, &fs), 0);
	size = mem_printf("size=%llu",
		(unsigned long long)(fs.f_blocks - fs.f_bfree) * fs.f_frsize + LEFT_BYTES);
	ck_assert_int_eq(mount("tmpfs", dir, "tmpfs", MS_REMOUNT, size), 0);
	free(size);
}

/* On an empty database: a fixture would need more room than a test should take. */
static void fill_the_disk(void)
{
	char *text = mem_printf("name: full\nengine: %s\nreplica: {provider: embedded}\n"
				"migration: {files: [migration.sql]}\n"
				"workload: {scripts: [{file: one.sql, weight: 1}], rate: 20/s}\n"
				"phases: {warm_up: 500ms, baseline: 2s, recovery: 1s}\n",
		engine->name);
	char *file = cli_file(&cli, "scenario.yaml", text);
	struct cli_run run;

	free(cli_file(&cli, "one.sql", "SELECT 1;\n"));
	free(cli_file(&cli, "migration.sql", engine->fills_disk));
	cli_start(&cli, &run, (const char *const[]){"run", file, "--output", cli.output, NULL});
	cli_expect_progress(&run, "baseline");
	shrink(cli.tmp);
	check_failed(&run, engine->disk_full,
		sizeof(engine->disk_full) / sizeof(engine->disk_full[0]), "a full disk");
	free(file);
	free(text);
}

START_TEST(a_disk_that_fills_up_is_an_error_of_the_statement)
{
	char *old = cli.tmp, *small = fs_join(cli.root, "small");

	ck_assert_int_eq(mkdir(small, 0777), 0);
	if (geteuid() != 0 || mount("tmpfs", small, "tmpfs", 0, "size=1200m,mode=0777")) {
		printf("skipped: no small file system can be mounted\n");
	} else {
		cli.tmp = small;
		fill_the_disk();
		cli.tmp = old;
		ck_assert_int_eq(umount2(small, MNT_DETACH), 0);
	}
	free(small);
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

	CLI(&cli, &run, "doctor", "--set", engine->engine_set, "--set", "replica.bin_dir=/nowhere");
	ck_assert_int_eq(run.code, 3);
	ck_assert_ptr_nonnull(strstr(run.out, engine->package));
	ck_assert_ptr_nonnull(strstr(run.out, "PROBLEM"));
	cli_run_release(&run);
}
END_TEST

/* ---- doctor, with all engines ---- */

START_TEST(without_words_the_doctor_looks_at_every_engine)
{
	const struct test_engine *const all[] = {&test_engine_postgres, &test_engine_mysql};
	const char *machine, *section;
	struct cli_run run, one;

	CLI(&cli, &run, "doctor");
	ck_assert_msg(run.code == 0, "%s%s", run.out, run.err);
	machine = strstr(run.out, "memory ");
	ck_assert_ptr_nonnull(machine);
	ck_assert_ptr_null(strstr(machine + 1, "memory ")); /* told once */
	for (size_t i = 0; i < 2; i++) {
		char *title = mem_printf("\n%s\n", all[i]->name);

		section = strstr(run.out, title);
		ck_assert_msg(section > machine, "%s", run.out);
		ck_assert_ptr_nonnull(strstr(section, all[i]->title));
		CLI(&cli, &one, "doctor", "--set", all[i]->engine_set);
		ck_assert_ptr_nonnull(strstr(one.out, all[i]->title));
		ck_assert_ptr_null(strstr(one.out, all[!i]->title));
		cli_run_release(&one);
		free(title);
	}
	cli_run_release(&run);
}
END_TEST

/* As a run would have left it that was killed before a promotion. */
static void leave_setting(const char *with_engine)
{
	char *dir = mem_printf("%s/rehearse/runs", cli.state);
	char *file = mem_printf("%s/1-1.json", dir);
	char *text = mem_printf("{\"pid\": 1, \"ticks\": 1, \"entries\": [{\"kind\": \"setting\", "
				"\"what\": \"restore_command\", \"value\": \"\", "
				"\"where\": \"host=%s/none\"%s}]}",
		cli.root, with_engine);
	struct err err = {0};

	ck_ok(fs_mkdirs(dir, 0700, &err), err);
	ck_ok(fs_write(file, text, strlen(text), 0600, &err), err);
	free(text);
	free(file);
	free(dir);
}

START_TEST(a_setting_that_cannot_be_put_back_stays_in_the_journal)
{
	static const struct {
		const char *engine, *says;
	} cases[] = {
		{"", "do it by hand"},
		{", \"engine\": \"mysql\"", "do it by hand"},
		{", \"engine\": \"postgres\"", "No such file"},
	};
	struct cli_run run;

	leave_setting(cases[_i].engine);
	for (int again = 0; again < 2; again++) {
		CLI(&cli, &run, "doctor", "--clean");
		ck_assert_int_eq(run.code, 3);
		ck_assert_msg(
			strstr(run.out, "setting 'restore_command' of the standby"), "%s", run.out);
		ck_assert_msg(strstr(run.out, cases[_i].says), "%s", run.out);
		cli_run_release(&run);
	}
}
END_TEST

static void add_case(Suite *s, const struct test_engine *of, SFun choose)
{
	TCase *t = tcase_create(of->name);

	tcase_add_unchecked_fixture(t, choose, NULL);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_set_timeout(t, 300);
	tcase_add_loop_test(t, an_interrupt_undoes_everything_and_exits_3, 0,
		sizeof(interrupts) / sizeof(interrupts[0]));
	tcase_add_test(t, an_interrupt_while_servers_are_built_undoes_too);
	tcase_add_test(t, a_killed_replica_ends_the_run_and_keeps_the_evidence);
	tcase_add_test(t, after_a_killed_harness_the_doctor_clears_up);
	tcase_add_loop_test(t, a_migration_that_fails_is_rejected_with_its_line, 0,
		(int)engine_count(of->failing));
	tcase_add_test(t, a_disk_that_fills_up_is_an_error_of_the_statement);
	tcase_add_test(t, a_socket_path_that_is_too_long_is_told);
	tcase_add_test(t, missing_server_programs_name_the_package);
	suite_add_tcase(s, t);
}

int main(void)
{
	Suite *s = suite_create("faults");
	TCase *t = tcase_create("doctor");

	add_case(s, &test_engine_postgres, on_postgres);
	add_case(s, &test_engine_mysql, on_mysql);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, without_words_the_doctor_looks_at_every_engine);
	tcase_add_loop_test(t, a_setting_that_cannot_be_put_back_stays_in_the_journal, 0, 3);
	suite_add_tcase(s, t);
	return suite_run(s);
}
