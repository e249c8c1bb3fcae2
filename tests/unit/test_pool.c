/* adapters/fixture_pool: copies that are ready, and those who take them. No server: the fixture is
 * built by the test. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "adapters/fixture.h"
#include "adapters/pool.h"
#include "harness/base/cleanup.h"
#include "harness/base/fs.h"
#include "harness/base/mem.h"
#include "tests/support/suite.h"

static char *base, *cache, *runs;
static struct provider_env env;
static struct fixture fixture;
static struct err err;
static unsigned built;

static int build(const struct fixture *f, const void *programs, const struct provider_env *e,
	const char *run_dir, char **ret_data, struct err *failure)
{
	CLEANUP(cleanup_free) char *dir = fs_join(run_dir, "build/data");
	CLEANUP(cleanup_free) char *file = fs_join(dir, "table");

	(void)f;
	(void)programs;
	(void)e;
	built++;
	if (fs_mkdirs(dir, 0700, failure) || fs_write(file, "rows", 4, 0600, failure))
		return -1;
	*ret_data = mem_strdup(dir);
	return 0;
}

static const struct fixture_engine engine = {.name = "test", .format = 1, .build = build};

static void use_fixture(const char *database)
{
	struct provider_config config = {.engine = "test", .database = database, .scale = 2};

	fixture_release(&fixture);
	ck_ok(fixture_read(&config, &engine, "1.0", &fixture, &err), err);
}

static void setup(void)
{
	ck_ok(fs_temp_dir(&base, &err), err);
	cache = fs_join(base, "cache");
	runs = fs_join(base, "runs");
	ck_ok(fs_mkdirs(runs, 0700, &err), err);
	env = (struct provider_env){.cache_dir = cache};
	built = 0;
	use_fixture("shop");
}

static void teardown(void)
{
	fixture_release(&fixture);
	fs_remove_tree(base, NULL);
	free(base);
	free(cache);
	free(runs);
}

static void fill(unsigned rehearsals)
{
	ck_ok(fixture_pool_fill(&fixture, NULL, &env, runs, "Test 1.0", rehearsals, &err), err);
}

static void ready_for(unsigned rehearsals)
{
	struct pool *pools;
	size_t n;

	ck_ok(pool_list(cache, &pools, &n, &err), err);
	ck_assert_uint_eq(n, 1);
	ck_assert_str_eq(pools[0].engine, "test");
	ck_assert_str_eq(pools[0].about, "database 'shop' at scale 2, Test 1.0");
	ck_assert_uint_eq(pools[0].rehearsals, rehearsals);
	pool_free(pools, n);
}

/* A rehearsal's two copies, NAME-1 and NAME-2. */
static void rehearse(const char *name)
{
	for (unsigned i = 1; i <= 2; i++) {
		CLEANUP(cleanup_free) char *to = mem_printf("%s/%s-%u", runs, name, i);
		CLEANUP(cleanup_free) char *file = fs_join(to, "table");

		ck_ok(fixture_copy(
			      &fixture, NULL, &env, runs, (const char *const[]){to, NULL}, &err),
			err);
		ck_assert(fs_is_file(file));
	}
}

START_TEST(copies_are_made_taken_and_made_again)
{
	fill(3);
	ck_assert_uint_eq(built, 1);
	ready_for(3);
	rehearse("a");
	ready_for(2);
	rehearse("b");
	rehearse("c");
	ready_for(0);
	/* Without one, it is copied as ever. */
	rehearse("d");
	fill(2);
	ready_for(2);
	/* There are enough. */
	fill(1);
	ready_for(2);
	ck_assert_uint_eq(built, 1);
}
END_TEST

enum { TAKERS = 8, REHEARSALS = 40 };

/* Takes all that it can get; how many, or 255. A pool that gives copies away and keeps them would
 * never end. */
static int taker(const char *entry, int number)
{
	int n = 0;

	for (; n <= 2 * REHEARSALS; n++) {
		CLEANUP(cleanup_free) char *to = mem_printf("%s/taken-%d-%d", runs, number, n);
		CLEANUP(cleanup_free) char *file = fs_join(to, "table");

		if (!fixture_pool_take(entry, to))
			return n;
		if (!fs_is_file(file))
			return 255; /* said to have it, and has not */
	}
	return n;
}

START_TEST(nobody_gets_the_same_copy)
{
	CLEANUP(cleanup_free) char *entry = fixture_path(&fixture, cache);
	int got = 0;

	fill(REHEARSALS);
	for (int i = 0; i < TAKERS; i++)
		if (fork() == 0) {
			int n = taker(entry, i);

			/* A leak checker looks at children too. */
			MEM_FREE(entry);
			_exit(n);
		}
	for (int i = 0; i < TAKERS; i++) {
		int status;

		wait(&status);
		ck_assert(WIFEXITED(status) && WEXITSTATUS(status) != 255);
		got += WEXITSTATUS(status);
	}
	ck_assert_int_eq(got, 2 * REHEARSALS);
	ready_for(0);
}
END_TEST

START_TEST(what_a_killed_fill_left_is_no_copy)
{
	CLEANUP(cleanup_free) char *entry = fixture_path(&fixture, cache);
	CLEANUP(cleanup_free) char *part = mem_printf("%s.pool/part-new", entry);
	CLEANUP(cleanup_free) char *to = fs_join(runs, "taken");

	fill(1);
	rehearse("a");
	ck_ok(fs_mkdirs(part, 0700, &err), err);
	ck_assert(!fixture_pool_take(entry, to));
	ready_for(0);
	fill(1);
	ck_assert(!fs_is_dir(part));
	ready_for(1);
}
END_TEST

START_TEST(a_drained_pool_is_gone)
{
	CLEANUP(cleanup_free) char *entry = fixture_path(&fixture, cache);
	CLEANUP(cleanup_free) char *dir = mem_printf("%s.pool", entry);
	struct pool *pools;
	size_t n;

	ck_ok(pool_list(cache, &pools, &n, &err), err);
	ck_assert_uint_eq(n, 0);
	pool_free(pools, n);
	fill(2);
	ck_ok(pool_drain(dir, &env, &err), err);
	ck_assert(!fs_is_dir(dir) && fs_is_dir(entry));
	ck_ok(pool_list(cache, &pools, &n, &err), err);
	ck_assert_uint_eq(n, 0);
	pool_free(pools, n);
}
END_TEST

/* The cache keeps six fixtures. */
START_TEST(a_pool_goes_with_its_fixture)
{
	CLEANUP(cleanup_free) char *entry = fixture_path(&fixture, cache);
	CLEANUP(cleanup_free) char *dir = mem_printf("%s.pool", entry);

	fill(1);
	ck_assert(fs_is_dir(dir));
	for (int i = 0; i < 6; i++) {
		CLEANUP(cleanup_free) char *name = mem_printf("other%d", i);

		usleep(20000); /* another time of use */
		use_fixture(name);
		rehearse(name);
	}
	ck_assert(!fs_is_dir(entry));
	ck_assert(!fs_is_dir(dir));
}
END_TEST

START_TEST(another_file_system_is_refused)
{
	CLEANUP(cleanup_free) char *other = NULL;
	struct stat a, b;

	if (stat("/dev/shm", &a) || stat(runs, &b) || a.st_dev == b.st_dev) {
		printf("skipped: /dev/shm is no file system of its own\n");
		return;
	}
	setenv("TMPDIR", "/dev/shm", 1);
	ck_ok(fs_temp_dir(&other, &err), err);
	ck_assert_int_eq(fixture_pool_fill(&fixture, NULL, &env, other, "x", 1, &err), -1);
	ck_assert_int_eq(err.kind, ERR_REFUSED);
	ck_assert_msg(strstr(err.text, "another file system"), "%s", err.text);
	fs_remove_tree(other, NULL);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("pool");
	TCase *tests = tcase_create("pool");

	tcase_add_checked_fixture(tests, setup, teardown);
	tcase_set_timeout(tests, SUITE_TIMEOUT_S);
	tcase_add_test(tests, copies_are_made_taken_and_made_again);
	tcase_add_test(tests, nobody_gets_the_same_copy);
	tcase_add_test(tests, what_a_killed_fill_left_is_no_copy);
	tcase_add_test(tests, a_drained_pool_is_gone);
	tcase_add_test(tests, a_pool_goes_with_its_fixture);
	tcase_add_test(tests, another_file_system_is_refused);
	suite_add_tcase(suite, tests);
	return suite_run(suite);
}
