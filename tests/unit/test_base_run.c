/* harness/base: child processes, interrupts, the journal of what outlives a killed run. */
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness/base/cleanup.h"
#include "harness/base/clock.h"
#include "harness/base/fs.h"
#include "harness/base/interrupt.h"
#include "harness/base/journal.h"
#include "harness/base/mem.h"
#include "harness/base/proc.h"
#include "tests/support/suite.h"

static struct err err;
static char *dir; /* of the test; removed after it */

static void make_dir(void)
{
	ck_ok(fs_temp_dir(&dir, &err), err);
	setenv("XDG_STATE_HOME", dir, 1);
}

static void remove_dir(void)
{
	ck_ok(fs_remove_tree(dir, &err), err);
	MEM_FREE(dir);
}

/* Runs a shell's script. */
static int run(const char *script, const struct proc_spec *more, struct str *ret_out)
{
	const char *const argv[] = {"sh", "-c", script, NULL};
	struct proc_spec spec = more ? *more : (struct proc_spec){0};

	spec.argv = argv;
	err_clear(&err);
	return proc_run(&spec, ret_out, &err);
}

/* Waits until the file is there and holds a number. */
static pid_t read_pid(const char *path)
{
	uint64_t deadline = clock_us() + 20000000;

	while (clock_us() < deadline) {
		CLEANUP(cleanup_free) char *text = NULL;

		if (!fs_read(path, 0, &text, NULL, NULL) && strchr(text, '\n'))
			return (pid_t)strtol(text, NULL, 10);
		clock_sleep_us(10000);
	}
	ck_abort_msg("'%s' never came", path);
}

static void expect_gone(pid_t pid)
{
	uint64_t deadline = clock_us() + 20000000;

	while (proc_start_ticks(pid)) {
		ck_assert_msg(clock_us() < deadline, "process %d lives on", (int)pid);
		clock_sleep_us(10000);
	}
}

/* ---- running ---- */

START_TEST(output_is_read_and_errors_name_the_last_line)
{
	CLEANUP(cleanup_str) struct str out = {0};

	ck_ok(run("echo one; echo noise >&2; echo two", NULL, &out), err);
	ck_assert_str_eq(str_text(&out), "one\ntwo\n");
	ck_assert_int_eq(run("echo first >&2; echo 'the reason' >&2; exit 3", NULL, NULL), -1);
	ck_assert_str_eq(err.text, "'sh' failed with exit code 3: the reason");
	ck_assert_int_eq(run("kill -KILL $$", NULL, NULL), -1);
	ck_assert_str_eq(err.text, "'sh' was ended by signal 'Killed'");
}
END_TEST

START_TEST(much_output_on_both_pipes_does_not_block)
{
	CLEANUP(cleanup_str) struct str out = {0};

	ck_ok(run("yes 12345678 | head -n 200000; yes 12345678 | head -n 200000 >&2", NULL, &out),
		err);
	ck_assert_uint_eq(out.len, 200000 * 9);
}
END_TEST

START_TEST(missing_programs_are_told)
{
	const char *const argv[] = {"no-such-program-here", NULL};
	const char *const not_executable[] = {"/etc/passwd", NULL};
	pid_t pid = 0;

	ck_assert_int_eq(proc_run(&(struct proc_spec){.argv = argv}, NULL, &err), -1);
	ck_assert_str_eq(err.text, "cannot run 'no-such-program-here': not found");
	ck_assert_int_eq(proc_start(&(struct proc_spec){.argv = not_executable}, &pid, &err), -1);
	ck_assert_int_eq(pid, 0);
	ck_assert_int_eq(run("true", &(struct proc_spec){.dir = "/no/such/dir"}, NULL), -1);
	ck_assert_ptr_nonnull(strstr(err.text, "No such file"));
	ck_assert_int_eq(run("true", &(struct proc_spec){.input = "/no/such/file"}, NULL), -1);
}
END_TEST

START_TEST(timeout_ends_the_child_and_what_it_started)
{
	CLEANUP(cleanup_free) char *path = fs_join(dir, "pid");
	CLEANUP(cleanup_free) char *script = mem_printf("sleep 600 & echo $! > %s; wait", path);

	ck_assert_int_eq(run(script, &(struct proc_spec){.timeout_us = 500000}, NULL), -1);
	ck_assert_str_eq(err.text, "'sh' took too long and was ended");
	expect_gone(read_pid(path));
}
END_TEST

START_TEST(timeout_holds_when_the_child_closed_its_output)
{
	ck_assert_int_eq(run("exec >&- 2>&-; exec sleep 600",
				 &(struct proc_spec){.timeout_us = 300000}, NULL),
		-1);
	ck_assert_str_eq(err.text, "'sh' took too long and was ended");
}
END_TEST

START_TEST(exit_code_counts_when_the_child_closed_its_output)
{
	ck_assert_int_eq(run("exec >&- 2>&-; sleep 0.2; exit 4", NULL, NULL), -1);
	ck_assert_str_eq(err.text, "'sh' failed with exit code 4: it gave no reason");
}
END_TEST

START_TEST(grandchild_that_keeps_the_pipes_is_not_waited_for)
{
	CLEANUP(cleanup_free) char *path = fs_join(dir, "pid");
	CLEANUP(cleanup_free)
	char *script = mem_printf("sleep 600 & echo $! > %s; echo done", path);
	CLEANUP(cleanup_str) struct str out = {0};

	ck_ok(run(script, NULL, &out), err);
	ck_assert_str_eq(str_text(&out), "done\n");
	ck_assert(proc_alive(read_pid(path)));
	ck_ok(proc_end(read_pid(path), SIGTERM, 5000000, &err), err);
}
END_TEST

START_TEST(environment_is_minimal)
{
	CLEANUP(cleanup_str) struct str out = {0};
	const char *const env[] = {"MARK=here", NULL};

	setenv("PGHOST", "production", 1);
	setenv("PGPASSWORD", "secret", 1);
	ck_ok(run("env", &(struct proc_spec){.env = env}, &out), err);
	ck_assert_ptr_null(strstr(str_text(&out), "PGHOST"));
	ck_assert_ptr_null(strstr(str_text(&out), "secret"));
	ck_assert_ptr_nonnull(strstr(str_text(&out), "MARK=here\n"));
	ck_assert_ptr_nonnull(strstr(str_text(&out), "TZ=UTC\n"));
	ck_assert_ptr_nonnull(strstr(str_text(&out), "PATH="));
}
END_TEST

START_TEST(descriptors_are_not_inherited)
{
	CLEANUP(cleanup_str) struct str out = {0};
	/* Without O_CLOEXEC, as a library may open one. */
	int fd = open("/dev/null", O_RDONLY), high = fcntl(fd, F_DUPFD, 50);

	ck_assert_int_ge(high, 50);
	ck_ok(run("for f in /proc/$$/fd/*; do echo ${f##*/}; done", NULL, &out), err);
	ck_assert_ptr_null(strstr(str_text(&out), "50"));
	ck_assert_ptr_nonnull(strstr(str_text(&out), "0\n1\n2\n"));
	close(fd);
	close(high);
}
END_TEST

START_TEST(input_directory_and_output_file)
{
	CLEANUP(cleanup_free) char *in = fs_join(dir, "in"), *log = fs_join(dir, "log");
	CLEANUP(cleanup_free) char *text = NULL;
	CLEANUP(cleanup_str) struct str out = {0};
	const char *const argv[] = {"sh", "-c", "echo out; echo err >&2", NULL};
	pid_t pid = 0;

	ck_ok(fs_write(in, "from a file\n", 12, 0600, &err), err);
	ck_ok(run("pwd; cat", &(struct proc_spec){.dir = "/", .input = in}, &out), err);
	ck_assert_str_eq(str_text(&out), "/\nfrom a file\n");
	ck_ok(fs_write(log, "before\n", 7, 0600, &err), err);
	ck_ok(proc_start(&(struct proc_spec){.argv = argv, .output = log}, &pid, &err), err);
	ck_ok(proc_end(pid, 0, 10000000, &err), err);
	ck_ok(fs_read(log, 0, &text, NULL, &err), err);
	ck_assert_str_eq(text, "before\nout\nerr\n");
}
END_TEST

START_TEST(end_asks_first_and_kills_then)
{
	const char *const meek[] = {"sleep", "600", NULL};
	CLEANUP(cleanup_free) char *path = fs_join(dir, "ready");
	CLEANUP(cleanup_free)
	char *script = mem_printf("trap '' TERM; echo 1 > %s; while :; do sleep 0.1; done", path);
	const char *const stubborn[] = {"sh", "-c", script, NULL};
	pid_t pid = 0;

	ck_ok(proc_start(&(struct proc_spec){.argv = meek}, &pid, &err), err);
	ck_assert(proc_alive(pid));
	ck_assert_uint_gt(proc_start_ticks(pid), 0);
	ck_ok(proc_end(pid, SIGTERM, 10000000, &err), err);
	ck_assert(!proc_alive(pid));
	ck_assert_uint_eq(proc_start_ticks(pid), 0);
	ck_ok(proc_start(&(struct proc_spec){.argv = stubborn}, &pid, &err), err);
	read_pid(path);
	ck_ok(proc_end(pid, SIGTERM, 300000, &err), err);
	ck_assert(!proc_alive(pid));
	ck_ok(proc_end(0, SIGTERM, 0, &err), err);
	ck_assert(!proc_alive(0));
}
END_TEST

START_TEST(children_are_asked_to_end_when_the_parent_dies)
{
	static char *path; /* static: the children that end here are looked at for leaks, too */
	const char *const argv[] = {"sleep", "600", NULL};
	pid_t parent, child;

	path = fs_join(dir, "pid");
	parent = fork();

	if (parent == 0) {
		FILE *f = fopen(path, "w");

		if (proc_start(&(struct proc_spec){.argv = argv}, &child, NULL) || !f)
			_exit(1);
		fprintf(f, "%d\n", (int)child);
		fclose(f);
		kill(getpid(), SIGKILL);
	}
	waitpid(parent, NULL, 0);
	expect_gone(read_pid(path));
	MEM_FREE(path);
}
END_TEST

START_TEST(servers_never_run_as_root)
{
	struct proc_user user;

	proc_server_user("no-such-user", &user);
	ck_assert_uint_ne(user.uid, 0);
	ck_assert_uint_ne(user.gid, 0);
	ck_assert(user.name[0]);
	if (geteuid() == 0) {
		CLEANUP(cleanup_str) struct str out = {0};

		ck_ok(run("id -u; id -G", &(struct proc_spec){.user = &user}, &out), err);
		ck_assert_int_eq(strtol(str_text(&out), NULL, 10), (long)user.uid);
		ck_assert_ptr_null(strstr(str_text(&out), "\n0 "));
		ck_assert_ptr_null(strstr(str_text(&out), " 0"));
	}
}
END_TEST

START_TEST(interrupt_ends_a_child_and_can_be_held_back)
{
	interrupt_install();
	ck_assert(!interrupt_pending());
	ck_assert_int_eq(interrupt_check(&err), 0);
	raise(SIGINT);
	ck_assert(interrupt_pending());
	ck_assert_int_eq(poll(&(struct pollfd){.fd = interrupt_fd(), .events = POLLIN}, 1, 0), 1);
	ck_assert_int_eq(run("sleep 600", NULL, NULL), -1);
	ck_assert_int_eq(err.kind, ERR_INTERRUPTED);
	interrupt_hold();
	interrupt_hold();
	interrupt_release();
	ck_assert(!interrupt_pending());
	ck_ok(run("true", NULL, NULL), err);
	interrupt_release();
	ck_assert_int_eq(interrupt_check(&err), -1);
}
END_TEST

/* ---- journal ---- */

static void expect_leftovers(size_t n)
{
	struct journal_leftover *found = NULL;
	size_t n_found = 0;

	ck_ok(journal_leftovers(&found, &n_found, &err), err);
	ck_assert_uint_eq(n_found, n);
	journal_free_leftovers(found, n_found);
}

static const struct journal_entry setting = {.engine = (char *)"postgres",
	.what = (char *)"restore_command",
	.where = (char *)"host=a dbname='b \"c\"'",
	.value = (char *)"",
	.before = (char *)"cp 'x' \"%p\""};

/* In a child that ends without closing its journal, as after SIGKILL. */
static void write_and_die(void)
{
	struct journal *j = NULL;
	pid_t child = fork();
	int status = 0;

	if (child == 0) {
		if (journal_open(&j, NULL) || journal_dir(j, "/some/dir", NULL) ||
			journal_dir(j, "/dropped", NULL) ||
			journal_process(j, getpid(), "postgres", NULL) ||
			journal_setting(j, &setting, NULL) ||
			journal_drop(j, "/dropped", 0, NULL) || journal_drop(j, "/never", 0, NULL))
			_exit(1);
		_exit(0);
	}
	waitpid(child, &status, 0);
	ck_assert_int_eq(status, 0);
}

START_TEST(journal_of_a_dead_run_is_found_with_its_entries)
{
	struct journal_leftover *found = NULL;
	const struct journal_entry *e;
	struct stat st;
	size_t n = 0;

	expect_leftovers(0);
	write_and_die();
	ck_ok(journal_leftovers(&found, &n, &err), err);
	ck_assert_uint_eq(n, 1);
	ck_assert_uint_eq(found[0].n, 3);
	ck_assert(!stat(found[0].file, &st) && (st.st_mode & 0777) == 0600);
	e = found[0].entries;
	ck_assert_int_eq(e[0].kind, JOURNAL_DIR);
	ck_assert_str_eq(e[0].what, "/some/dir");
	ck_assert_ptr_null(e[0].where);
	ck_assert_int_eq(e[1].kind, JOURNAL_PROCESS);
	ck_assert_str_eq(e[1].what, "postgres");
	ck_assert_int_gt(e[1].pid, 0);
	ck_assert_uint_gt(e[1].ticks, 0);
	ck_assert_int_eq(e[2].kind, JOURNAL_SETTING);
	ck_assert_str_eq(e[2].what, "restore_command");
	ck_assert_str_eq(e[2].where, "host=a dbname='b \"c\"'");
	ck_assert_str_eq(e[2].engine, "postgres");
	ck_assert_str_eq(e[2].value, "");
	ck_assert_str_eq(e[2].before, setting.before);
	ck_assert_ptr_null(e[0].engine);
	ck_ok(journal_forget(found[0].file, &err), err);
	ck_ok(journal_forget(found[0].file, &err), err);
	journal_free_leftovers(found, n);
	expect_leftovers(0);
}
END_TEST

START_TEST(journal_of_a_live_run_is_no_leftover)
{
	CLEANUP(cleanup_free) char *runs = fs_join(dir, "rehearse/runs");
	struct journal *j = NULL;

	ck_ok(journal_open(&j, &err), err);
	ck_ok(journal_dir(j, "/some/dir", &err), err);
	expect_leftovers(0);
	ck_ok(journal_drop(j, "/some/dir", 0, &err), err);
	journal_close(j);
	journal_close(NULL);
	ck_assert_int_eq(rmdir(runs), 0); /* nothing is left in it */
}
END_TEST

START_TEST(journal_that_still_has_entries_stays)
{
	CLEANUP(cleanup_free) char *runs = fs_join(dir, "rehearse/runs");
	struct journal *j = NULL;

	ck_ok(journal_open(&j, &err), err);
	ck_ok(journal_setting(j, &setting, &err), err);
	journal_close(j);
	ck_assert_int_ne(rmdir(runs), 0);
}
END_TEST

START_TEST(foreign_and_broken_files_are_passed_over)
{
	static const struct {
		const char *name, *text;
	} files[] = {{"x.json", "no JSON"}, {"y.json", "{}"}, {"z.json", "[1, 2]"},
		{"1-2.json.part", "{\"entries\": []}"}, {"notes.txt", "hello"}};
	static char *runs; /* static: write_and_die()'s child is looked at for leaks, too */

	runs = fs_join(dir, "rehearse/runs");
	ck_ok(fs_mkdirs(runs, 0700, &err), err);
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		CLEANUP(cleanup_free) char *path = fs_join(runs, files[i].name);

		ck_ok(fs_write(path, files[i].text, strlen(files[i].text), 0600, &err), err);
	}
	expect_leftovers(0);
	write_and_die();
	expect_leftovers(1);
	MEM_FREE(runs);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("base_run");
	TCase *tc = tcase_create("processes"), *journal = tcase_create("journal");

	tcase_add_checked_fixture(tc, make_dir, remove_dir);
	tcase_add_test(tc, output_is_read_and_errors_name_the_last_line);
	tcase_add_test(tc, much_output_on_both_pipes_does_not_block);
	tcase_add_test(tc, missing_programs_are_told);
	tcase_add_test(tc, timeout_ends_the_child_and_what_it_started);
	tcase_add_test(tc, timeout_holds_when_the_child_closed_its_output);
	tcase_add_test(tc, exit_code_counts_when_the_child_closed_its_output);
	tcase_add_test(tc, grandchild_that_keeps_the_pipes_is_not_waited_for);
	tcase_add_test(tc, environment_is_minimal);
	tcase_add_test(tc, descriptors_are_not_inherited);
	tcase_add_test(tc, input_directory_and_output_file);
	tcase_add_test(tc, end_asks_first_and_kills_then);
	tcase_add_test(tc, children_are_asked_to_end_when_the_parent_dies);
	tcase_add_test(tc, servers_never_run_as_root);
	tcase_add_test(tc, interrupt_ends_a_child_and_can_be_held_back);
	suite_add_tcase(suite, tc);
	tcase_add_checked_fixture(journal, make_dir, remove_dir);
	tcase_add_test(journal, journal_of_a_dead_run_is_found_with_its_entries);
	tcase_add_test(journal, journal_of_a_live_run_is_no_leftover);
	tcase_add_test(journal, journal_that_still_has_entries_stays);
	tcase_add_test(journal, foreign_and_broken_files_are_passed_over);
	suite_add_tcase(suite, journal);
	return suite_run(suite);
}
