/* harness/base/golden: a stopped server's files are copied, and put back from any state. */
#include "tests/support/suite.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "harness/base/cleanup.h"
#include "harness/base/clock.h"
#include "harness/base/fs.h"
#include "harness/base/golden.h"
#include "harness/base/interrupt.h"
#include "harness/base/mem.h"
#include "harness/base/proc.h"

static char *base, *data, *start, *stop, *pid_file;
static struct golden golden;
static struct err err;

static void write_file(const char *path, const char *text)
{
	ck_ok(fs_write(path, text, strlen(text), 0644, &err), err);
}

static void make_dir(const char *dir, const char *text)
{
	CLEANUP(cleanup_free) char *file = fs_join(dir, "table");

	ck_ok(fs_mkdirs(dir, 0700, &err), err);
	write_file(file, text);
}

/* What stands for a server: a process that has the data directory as its working directory. */
static char *script(const char *name, const char *text)
{
	CLEANUP(cleanup_free) char *path = fs_join(base, name);

	write_file(path, text);
	return mem_printf("sh '%s'", path);
}

static void setup(void)
{
	CLEANUP(cleanup_free) char *begin = NULL;
	CLEANUP(cleanup_free) char *end = NULL;

	err = (struct err){0};
	ck_ok(fs_temp_dir(&base, &err), err);
	data = fs_join(base, "data");
	pid_file = fs_join(base, "pid");
	begin = mem_printf(
		"cd '%s' || exit 1\nsleep 600 >/dev/null 2>&1 &\necho $! >'%s'\n", data, pid_file);
	end = mem_printf("kill \"$(cat '%s')\" && rm '%s'\n", pid_file, pid_file);
	start = script("start server.sh", begin);
	stop = script("stop server.sh", end);
	make_dir(data, "before");
	golden_init(&golden, data, stop, start);
}

static pid_t server(void)
{
	CLEANUP(cleanup_free) char *text = NULL;

	return fs_read(pid_file, 0, &text, NULL, NULL) ? 0 : (pid_t)strtol(text, NULL, 10);
}

static bool server_runs(void)
{
	return server() && proc_start_ticks(server());
}

static void run_start(void)
{
	CLEANUP(cleanup_free) char *path = fs_join(base, "start server.sh");
	const char *const argv[] = {"sh", path, NULL};

	ck_ok(proc_run(&(struct proc_spec){.argv = argv}, NULL, &err), err);
}

static void teardown(void)
{
	if (server())
		proc_end(server(), SIGKILL, 1000000, NULL);
	golden_release(&golden);
	fs_remove_tree(base, NULL);
	free(base);
	free(data);
	free(start);
	free(stop);
	free(pid_file);
}

static void data_is(const char *text, const char *comment)
{
	CLEANUP(cleanup_free) char *file = fs_join(data, "table");
	CLEANUP(cleanup_free) char *found = NULL;

	ck_ok(fs_read(file, 0, &found, NULL, &err), err);
	ck_assert_msg(!strcmp(found, text), "%s: '%s', not '%s'", comment, found, text);
}

START_TEST(what_was_copied_comes_back)
{
	pid_t first;

	run_start();
	first = server();
	ck_ok(golden_check(&golden, false, &err), err);
	ck_ok(golden_take(&golden, &err), err);
	ck_assert(server_runs() && server() != first);
	ck_assert(golden_is_left(&golden));
	make_dir(data, "rehearsed on");
	first = server();
	ck_ok(golden_return(&golden, &err), err);
	data_is("before", "given back");
	ck_assert(server_runs() && server() != first);
	ck_assert(!golden_is_left(&golden));
}
END_TEST

static const struct {
	const char *comment;
	const char *data, *part, *golden, *spent; /* what is in them; NULL: not there */
	bool runs;
	const char *after;
} states[] = {
	{"killed before anything was done", "used", NULL, NULL, NULL, true, "used"},
	{"killed once the server was down", "used", NULL, NULL, NULL, false, "used"},
	{"killed while it was copied", "used", "golden", NULL, NULL, false, "used"},
	{"killed before the server was up again", "used", NULL, "golden", NULL, false, "golden"},
	{"killed in the rehearsal", "used", NULL, "golden", NULL, true, "golden"},
	{"killed between the renames", NULL, NULL, "golden", "used", false, "golden"},
	{"killed before the second start", "golden", NULL, NULL, "used", false, "golden"},
	{"killed at the very end", "golden", NULL, NULL, "used", true, "golden"},
};

START_TEST(a_killed_run_is_ended_from_any_state)
{
	const char *const text[] = {
		states[_i].data, states[_i].part, states[_i].golden, states[_i].spent};
	const char *const dirs[] = {data, golden.part, golden.copy, golden.spent};
	pid_t before = 0;

	fs_remove_tree(data, NULL);
	for (size_t i = 0; i < 4; i++)
		if (text[i])
			make_dir(dirs[i], text[i]);
	if (states[_i].runs) {
		run_start();
		before = server();
	}
	ck_ok(golden_return(&golden, &err), err);
	data_is(states[_i].after, states[_i].comment);
	ck_assert_msg(server_runs(), "%s: it does not run", states[_i].comment);
	ck_assert_msg(!before || (server() == before) == !states[_i].golden, "%s: restarted or not",
		states[_i].comment);
	ck_assert_msg(server() == before || !before || !proc_start_ticks(before),
		"%s: the old server still runs", states[_i].comment);
	ck_assert_msg(!golden_is_left(&golden), "%s: something is left", states[_i].comment);
}
END_TEST

START_TEST(a_copy_that_fails_leaves_the_server_running)
{
	run_start();
	/* In the way of the last rename. */
	make_dir(golden.copy, "of somebody else");
	ck_assert_int_eq(golden_take(&golden, &err), -1);
	ck_assert_msg(strstr(err.text, "cannot rename"), "%s", err.text);
	ck_assert(server_runs());
	ck_assert(!fs_is_dir(golden.part));
	data_is("before", "untouched");
}
END_TEST

START_TEST(an_interrupt_leaves_the_server_running)
{
	run_start();
	interrupt_install();
	raise(SIGINT);
	ck_assert_int_eq(golden_take(&golden, &err), -1);
	ck_assert_int_eq(err.kind, ERR_INTERRUPTED);
	ck_assert(server_runs());
	ck_assert(!golden_is_left(&golden));
}
END_TEST

START_TEST(what_cannot_be_put_back_is_refused)
{
	CLEANUP(cleanup_free) char *link = fs_join(data, "16400");
	struct golden other;

	ck_assert_int_eq(symlink("/elsewhere", link), 0);
	ck_assert_int_eq(golden_check(&golden, false, &err), -1);
	ck_assert_msg(strstr(err.text, "16400' is a link"), "%s", err.text);
	ck_assert_int_eq(err.kind, ERR_REFUSED);
	ck_assert_int_eq(unlink(link), 0);

	make_dir(golden.spent, "of an earlier run");
	ck_assert_int_eq(golden_check(&golden, false, &err), -1);
	ck_assert_msg(strstr(err.text, "earlier run"), "%s", err.text);

	golden_init(&other, "/proc", "true", "true");
	ck_assert_int_eq(golden_check(&other, false, &err), -1);
	golden_release(&other);
}
END_TEST

static const struct {
	const char *words, *says;
} commands[] = {
	{"false", "'false' failed with exit code 1"},
	{"/no/such/program --now", "/no/such/program"},
	{"sh -c 'exit 3'", "failed with exit code 3"},
	{"kill $(cat pid)", "is not a command"},
	{"true | true", "is not a command"},
	{"'half", "is not a command"},
};

START_TEST(a_command_that_does_not_work_is_told)
{
	run_start();
	golden.stop = commands[_i].words;
	ck_assert_int_eq(golden_take(&golden, &err), -1);
	ck_assert_msg(strstr(err.text, commands[_i].says), "%s: %s", commands[_i].words, err.text);
	ck_assert(server_runs());
	ck_assert(!golden_is_left(&golden));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("golden");
	TCase *tests = tcase_create("golden");

	tcase_add_checked_fixture(tests, setup, teardown);
	tcase_set_timeout(tests, SUITE_TIMEOUT_S);
	tcase_add_test(tests, what_was_copied_comes_back);
	tcase_add_loop_test(
		tests, a_killed_run_is_ended_from_any_state, 0, sizeof(states) / sizeof(states[0]));
	tcase_add_test(tests, a_copy_that_fails_leaves_the_server_running);
	tcase_add_test(tests, an_interrupt_leaves_the_server_running);
	tcase_add_test(tests, what_cannot_be_put_back_is_refused);
	tcase_add_loop_test(tests, a_command_that_does_not_work_is_told, 0,
		sizeof(commands) / sizeof(commands[0]));
	suite_add_tcase(suite, tests);
	return suite_run(suite);
}
