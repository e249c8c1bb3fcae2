/* A whole rehearsal through the library: when its watcher is told what. */
#include "tests/support/suite.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "harness/base/cleanup.h"
#include "harness/base/fs.h"
#include "harness/base/mem.h"
#include "harness/rehearsal/rehearsal.h"
#include "tests/support/cli.h"

static char *base, *temp;
static struct err err;

static void setup(void)
{
	CLEANUP(cleanup_free) char *cache = NULL;
	CLEANUP(cleanup_free) char *state = NULL;

	ck_ok(fs_temp_dir(&base, &err), err);
	ck_assert_int_eq(chmod(base, 0755), 0);
	temp = fs_join(base, "t");
	cache = fs_join(base, "cache");
	state = fs_join(base, "state");
	ck_ok(fs_mkdirs(temp, 0755, &err), err);
	setenv("TMPDIR", temp, 1);
	setenv("XDG_CACHE_HOME", cache, 1);
	setenv("XDG_STATE_HOME", state, 1);
}

static void teardown(void)
{
	fs_remove_tree(base, NULL);
	free(base);
	free(temp);
}

static char *write_file(const char *name, const char *text)
{
	char *path = fs_join(base, name);

	ck_ok(fs_write(path, text, strlen(text), 0644, &err), err);
	return path;
}

struct seen {
	char verdict[32];
	unsigned times, entries; /* in TMPDIR, when it was told */
};

static void on_judged(void *ctx, const struct result *r)
{
	struct seen *seen = ctx;

	seen->times++;
	snprintf(seen->verdict, sizeof(seen->verdict), "%s", r->verdict);
	seen->entries = cli_entries(temp);
}

static int run(const char *migration, struct result *r, struct seen *seen)
{
	CLEANUP(cleanup_free) char *script = write_file("read.sql", "SELECT 1;\n");
	CLEANUP(cleanup_free) char *file = write_file("migration.sql", migration);
	CLEANUP(cleanup_free)
	char *scenario = write_file("scenario.yaml",
		"migration: {files: [migration.sql]}\n"
		"workload: {scripts: [{file: read.sql}], rate: 200/s, connections: 4}\n"
		"phases: {warm_up: 0, baseline: 1s, recovery: 0, migration_min: 0}\n");
	struct rehearsal_watch watch = {.judged = on_judged, .judged_ctx = seen};
	struct scenario s;
	int failed;

	*seen = (struct seen){0};
	ck_ok(scenario_load(scenario, false, NULL, 0, &s, &err), err);
	result_init(r);
	failed = rehearsal_run(&s, &watch, r, &err);
	scenario_release(&s);
	return failed;
}

START_TEST(the_verdict_is_told_before_what_was_made_is_removed)
{
	struct result r;
	struct seen seen;

	ck_ok(run("CREATE TABLE made (id int);\n", &r, &seen), err);
	ck_assert_uint_eq(seen.times, 1);
	ck_assert_str_eq(seen.verdict, "approve");
	ck_assert_uint_eq(seen.entries, 1);
	ck_assert_uint_eq(cli_entries(temp), 0);
	/* What comes later is in the result that is handed over. */
	ck_assert_str_eq(r.verdict, "approve");
	ck_assert_str_eq(r.stages[r.n_stages - 1].name, "undo");
	result_release(&r);
}
END_TEST

START_TEST(a_rehearsal_that_fails_is_not_judged)
{
	struct result r;
	struct seen seen;

	/* Refused before anything is made. */
	setenv("TMPDIR", "/nowhere", 1);
	ck_assert_int_eq(run("CREATE TABLE made (id int);\n", &r, &seen), -1);
	ck_assert_uint_eq(seen.times, 0);
	result_release(&r);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("rehearsal");
	TCase *tests = tcase_create("rehearsal");

	tcase_add_checked_fixture(tests, setup, teardown);
	tcase_set_timeout(tests, SUITE_TIMEOUT_S);
	tcase_add_test(tests, the_verdict_is_told_before_what_was_made_is_removed);
	tcase_add_test(tests, a_rehearsal_that_fails_is_not_judged);
	suite_add_tcase(suite, tests);
	return suite_run(suite);
}
