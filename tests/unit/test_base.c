/* harness/base: text, units, random numbers, files. Processes and journals: test_base_run.c. */
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "harness/base/clock.h"
#include "harness/base/fs.h"
#include "harness/base/mem.h"
#include "harness/base/rng.h"
#include "harness/base/str.h"
#include "harness/base/units.h"
#include "tests/support/suite.h"

#define N(array) (sizeof(array) / sizeof((array)[0]))

static struct err err;
static char *dir; /* of the test; removed after it */

static void make_dir(void)
{
	ck_ok(fs_temp_dir(&dir, &err), err);
}

static void remove_dir(void)
{
	ck_ok(fs_remove_tree(dir, &err), err);
	MEM_FREE(dir);
}

/* ---- errors, strings ---- */

START_TEST(errors_carry_kind_and_text)
{
	struct err e = {0};
	char huge[2048];

	ck_assert_int_eq(err_set(&e, ERR_REFUSED, "'%s' is a primary", "a"), -1);
	ck_assert_int_eq(e.kind, ERR_REFUSED);
	ck_assert_int_eq(err_prefix(&e, "scenario %d", 7), -1);
	ck_assert_str_eq(e.text, "scenario 7: 'a' is a primary");
	memset(huge, 'x', sizeof(huge) - 1);
	huge[sizeof(huge) - 1] = '\0';
	err_prefix(&e, "%s", huge);
	ck_assert_uint_eq(strlen(e.text), sizeof(e.text) - 1);
	ck_assert_int_eq(err_set(NULL, ERR_FAILED, "nobody listens"), -1);
	ck_assert_int_eq(err_prefix(NULL, "nobody listens"), -1);
	err_clear(&e);
	ck_assert_int_eq(e.kind, ERR_NONE);
	ck_assert_str_eq(e.text, "");
}
END_TEST

START_TEST(strings_grow_and_stop_at_their_ceiling)
{
	struct str s;
	char *taken;

	str_init(&s, 10);
	ck_assert_str_eq(str_text(&s), "");
	str_add(&s, "abc");
	str_add_char(&s, 'd');
	str_addf(&s, "%d-%s", 12, "x");
	ck_assert_str_eq(str_text(&s), "abcd12-x");
	ck_assert(!s.cut);
	str_add(&s, "yzz");
	ck_assert_str_eq(str_text(&s), "abcd12-xyz");
	ck_assert(s.cut);
	str_add(&s, "more");
	ck_assert_uint_eq(s.len, 10);
	taken = str_take(&s);
	ck_assert_str_eq(taken, "abcd12-xyz");
	ck_assert_str_eq(str_text(&s), "");
	ck_assert_uint_eq(s.max, 10);
	mem_free(taken);
	str_add(&s, "again");
	str_clear(&s);
	ck_assert_str_eq(str_text(&s), "");
	str_release(&s);
	str_release(&s);
	str_release(NULL);
	taken = str_take(&s);
	ck_assert_str_eq(taken, "");
	mem_free(taken);
}
END_TEST

START_TEST(long_strings_keep_every_byte)
{
	struct str s = {0};

	for (int i = 0; i < 100000; i++)
		str_add_char(&s, (char)('a' + i % 26));
	ck_assert_uint_eq(s.len, 100000);
	for (int i = 0; i < 100000; i++)
		ck_assert(s.data[i] == (char)('a' + i % 26));
	str_release(&s);
}
END_TEST

START_TEST(pushed_elements_are_zeroed_and_kept)
{
	struct {
		int a;
		char *b;
	} *items = NULL;
	size_t n = 0, cap = 0;

	for (int i = 0; i < 1000; i++) {
		ck_assert_ptr_null(MEM_PUSH(items, n, cap)->b);
		items[n - 1].a = i;
	}
	ck_assert_uint_eq(n, 1000);
	for (int i = 0; i < 1000; i++)
		ck_assert_int_eq(items[i].a, i);
	MEM_FREE(items);
	ck_assert_ptr_null(items);
}
END_TEST

/* ---- units ---- */

static const struct {
	const char *text;
	int result;
	uint64_t us;
	const char *comment;
} durations[] = {
	{"0", 0, 0, "off"},
	{"150ms", 0, 150000, "milliseconds"},
	{"2s", 0, 2000000, "seconds"},
	{"5m", 0, 300000000, "minutes"},
	{"1h", 0, 3600000000, "hours"},
	{"10us", 0, 10, "microseconds"},
	{"1.5s", 0, 1500000, "a fraction"},
	{"0s", 0, 0, "zero with a unit"},
	{"", -1, 0, "nothing"},
	{NULL, -1, 0, "not even that"},
	{"2", -1, 0, "no unit"},
	{"-2s", -1, 0, "negative"},
	{" 2s", -1, 0, "a blank before"},
	{"2 x", -1, 0, "an unknown unit"},
	{"2ss", -1, 0, "more than a unit"},
	{"s", -1, 0, "no number"},
	{"0x10s", -1, 0, "hexadecimal"},
	{"0X10s", -1, 0, "hexadecimal"},
	{"infs", -1, 0, "infinite"},
	{"1e400s", -1, 0, "too large to read"},
	{"99999999999h", -1, 0, "too large to hold"},
};

START_TEST(durations_are_read)
{
	uint64_t us = 77;

	ck_assert_msg(units_duration(durations[_i].text, &us) == durations[_i].result, "%s",
		durations[_i].comment);
	ck_assert_msg(us == (durations[_i].result ? 77 : durations[_i].us), "%s: %" PRIu64,
		durations[_i].comment, us);
}
END_TEST

START_TEST(rates_sizes_and_counts_are_read)
{
	double rate = 0;
	uint64_t n = 0;

	ck_assert(!units_rate("400/s", &rate) && fabs(rate - 400) < 1e-9);
	ck_assert(!units_rate("90/m", &rate) && fabs(rate - 1.5) < 1e-9);
	ck_assert(!units_rate("36/h", &rate) && fabs(rate - 0.01) < 1e-9);
	ck_assert_int_eq(units_rate("400", &rate), -1);
	ck_assert_int_eq(units_rate("400ms", &rate), -1);
	ck_assert(!units_size("64MB", &n) && n == (uint64_t)64 << 20);
	ck_assert(!units_size("8kB", &n) && n == 8192);
	ck_assert(!units_size("0.5GB", &n) && n == (uint64_t)512 << 20);
	ck_assert_int_eq(units_size("64", &n), -1);
	ck_assert_int_eq(units_size("64mb", &n), -1);
	ck_assert(!units_count("12", &n) && n == 12);
	ck_assert(!units_count("12k", &n) && n == 12000);
	ck_assert(!units_count("3M", &n) && n == 3000000);
	ck_assert_int_eq(units_count("1.5", &n), -1);
	ck_assert_int_eq(units_count("x", &n), -1);
}
END_TEST

START_TEST(values_are_written_for_people)
{
	static const struct {
		uint64_t us;
		const char *text, *exact;
	} cases[] = {
		{0, "0", "0"},
		{830, "830 µs", "830us"},
		{12400, "12.4 ms", "12400us"},
		{999400, "999 ms", "999400us"},
		{999500, "1.00 s", "999500us"},
		{1240000, "1.24 s", "1240ms"},
		{9999000, "10.0 s", "9999ms"},
		{60000000, "60.0 s", "1m"},
		{185000000, "3 min 05 s", "185s"},
		{7200000000, "120 min 00 s", "2h"},
	};
	char buf[UNITS_TEXT];

	for (size_t i = 0; i < N(cases); i++) {
		uint64_t back = 1;

		ck_assert_str_eq(units_duration_text(cases[i].us, buf), cases[i].text);
		ck_assert_str_eq(units_duration_exact(cases[i].us, buf), cases[i].exact);
		ck_assert(!units_duration(buf, &back) && back == cases[i].us);
	}
	ck_assert_str_eq(units_size_text(1023, buf), "1023 B");
	ck_assert_str_eq(units_size_text(1536, buf), "1.50 kB");
	ck_assert_str_eq(units_size_text((uint64_t)3 << 40, buf), "3.00 TB");
	ck_assert_str_eq(units_count_text(0, buf), "0");
	ck_assert_str_eq(units_count_text(999, buf), "999");
	ck_assert_str_eq(units_count_text(1234567, buf), "1,234,567");
	ck_assert_str_eq(units_count_text(UINT64_MAX, buf), "18,446,744,073,709,551,615");
	ck_assert_uint_lt(strlen(units_duration_text(UINT64_MAX, buf)), UNITS_TEXT - 1);
}
END_TEST

/* ---- random numbers, clock ---- */

START_TEST(same_seed_same_numbers)
{
	struct rng a, b, other;

	rng_seed(&a, 0);
	rng_seed(&b, 0);
	rng_seed(&other, 1);
	for (int i = 0; i < 1000; i++) {
		uint64_t x = rng_next(&a);

		ck_assert_uint_eq(x, rng_next(&b));
		ck_assert_uint_ne(x, rng_next(&other));
	}
}
END_TEST

START_TEST(numbers_are_uniform_within_their_bounds)
{
	enum { CELLS = 7, DRAWS = 70000 };
	unsigned cells[CELLS] = {0};
	double chi2 = 0, expected = DRAWS / CELLS;
	struct rng r;

	rng_seed(&r, 4711);
	for (int i = 0; i < DRAWS; i++) {
		int64_t x = rng_between(&r, -3, 3);

		ck_assert_int_ge(x, -3);
		ck_assert_int_le(x, 3);
		cells[x + 3]++;
	}
	for (int i = 0; i < CELLS; i++)
		chi2 += (cells[i] - expected) * (cells[i] - expected) / expected;
	ck_assert_double_lt(chi2, 22.5); /* 6 degrees of freedom: exceeded once in 1000 seeds */
	ck_assert_int_eq(rng_between(&r, 5, 5), 5);
	for (int i = 0; i < 100; i++)
		ck_assert_int_ge(rng_between(&r, INT64_MAX - 1, INT64_MAX), INT64_MAX - 1);
	rng_between(&r, INT64_MIN, INT64_MAX);
}
END_TEST

START_TEST(unit_and_exponential_have_their_means)
{
	double unit = 0, exponential = 0, below = 0;
	struct rng r;

	rng_seed(&r, 12);
	for (int i = 0; i < 200000; i++) {
		double u = rng_unit(&r), e = rng_exponential(&r, 250);

		ck_assert(u >= 0 && u < 1);
		ck_assert(e >= 0 && isfinite(e));
		unit += u;
		exponential += e;
		below += e < 250;
	}
	ck_assert_double_lt(fabs(unit / 200000 - 0.5), 0.005);
	ck_assert_double_lt(fabs(exponential / 200000 - 250), 3);
	ck_assert_double_lt(fabs(below / 200000 - (1 - exp(-1))), 0.005);
}
END_TEST

static uint64_t fixed_clock(void)
{
	return 42;
}

START_TEST(clock_can_be_set)
{
	uint64_t before = clock_us();

	clock_sleep_us(2000);
	ck_assert_uint_gt(clock_us(), before);
	ck_assert_uint_gt(clock_wall_us(), (uint64_t)1600000000 * 1000000);
	clock_set_source(fixed_clock, fixed_clock);
	ck_assert_uint_eq(clock_us(), 42);
	ck_assert_uint_eq(clock_wall_us(), 42);
	clock_set_source(NULL, NULL);
	ck_assert_uint_gt(clock_us(), 42);
}
END_TEST

/* ---- files ---- */

START_TEST(files_are_written_whole_and_read_back)
{
	char *path = fs_join(dir, "a.txt"), *text = NULL;
	struct stat st;
	size_t len = 0;

	umask(022);
	ck_ok(fs_write(path, "one\0two", 7, 0600, &err), err);
	ck_assert(!stat(path, &st) && (st.st_mode & 0777) == 0600);
	ck_ok(fs_read(path, 0, &text, &len, &err), err);
	ck_assert_uint_eq(len, 7);
	ck_assert_mem_eq(text, "one\0two\0", 8);
	mem_free(text);
	ck_ok(fs_write(path, "", 0, 0600, &err), err);
	ck_ok(fs_read(path, 0, &text, NULL, &err), err);
	ck_assert_str_eq(text, "");
	mem_free(text);
	mem_free(path);
}
END_TEST

START_TEST(file_errors_name_path_and_reason)
{
	char *missing = fs_join(dir, "no/such.txt"), *big = fs_join(dir, "big"), *text = NULL;

	ck_assert_int_eq(fs_read(missing, 0, &text, NULL, &err), -1);
	ck_assert_ptr_nonnull(strstr(err.text, "no/such.txt"));
	ck_assert_ptr_nonnull(strstr(err.text, "No such file"));
	ck_assert_int_eq(fs_write(missing, "x", 1, 0600, &err), -1);
	ck_assert_ptr_nonnull(strstr(err.text, "no/such.txt"));
	ck_ok(fs_write(big, "0123456789", 10, 0644, &err), err);
	ck_assert_int_eq(fs_read(big, 9, &text, NULL, &err), -1);
	ck_assert_ptr_nonnull(strstr(err.text, "larger than 9 bytes"));
	ck_assert_ptr_null(text);
	ck_ok(fs_read(big, 10, &text, NULL, &err), err);
	mem_free(text);
	mem_free(missing);
	mem_free(big);
}
END_TEST

START_TEST(paths_are_put_together_and_apart)
{
	static const struct {
		const char *path, *dirname;
	} cases[] = {{"/a/b", "/a"}, {"/a", "/"}, {"a", "."}, {"a/b/c", "a/b"}};
	char *text = fs_join("/a", "b");

	ck_assert_str_eq(text, "/a/b");
	mem_free(text);
	text = fs_join("/a", "/b");
	ck_assert_str_eq(text, "/b");
	mem_free(text);
	text = fs_join("", "b");
	ck_assert_str_eq(text, "b");
	mem_free(text);
	for (size_t i = 0; i < N(cases); i++) {
		text = fs_dirname(cases[i].path);
		ck_assert_str_eq(text, cases[i].dirname);
		mem_free(text);
	}
	setenv("XDG_CACHE_HOME", "/cache", 1);
	unsetenv("XDG_STATE_HOME");
	setenv("HOME", "/home/x", 1);
	text = fs_cache_dir();
	ck_assert_str_eq(text, "/cache/rehearse");
	mem_free(text);
	text = fs_state_dir();
	ck_assert_str_eq(text, "/home/x/.local/state/rehearse");
	mem_free(text);
}
END_TEST

START_TEST(sums_and_free_space)
{
	char sum[FS_SHA256_TEXT];
	uint64_t bytes = 0;

	fs_sha256("abc", 3, sum);
	ck_assert_str_eq(sum, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
	fs_sha256("", 0, sum);
	ck_assert_str_eq(sum, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
	ck_ok(fs_free_bytes(dir, &bytes, &err), err);
	ck_assert_uint_gt(bytes, 0);
	ck_assert_int_eq(fs_free_bytes("/no/such/place", &bytes, &err), -1);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("base");
	TCase *tc = tcase_create("values"), *files = tcase_create("files");

	tcase_add_test(tc, errors_carry_kind_and_text);
	tcase_add_test(tc, strings_grow_and_stop_at_their_ceiling);
	tcase_add_test(tc, long_strings_keep_every_byte);
	tcase_add_test(tc, pushed_elements_are_zeroed_and_kept);
	tcase_add_loop_test(tc, durations_are_read, 0, N(durations));
	tcase_add_test(tc, rates_sizes_and_counts_are_read);
	tcase_add_test(tc, values_are_written_for_people);
	tcase_add_test(tc, same_seed_same_numbers);
	tcase_add_test(tc, numbers_are_uniform_within_their_bounds);
	tcase_add_test(tc, unit_and_exponential_have_their_means);
	tcase_add_test(tc, clock_can_be_set);
	suite_add_tcase(suite, tc);
	tcase_add_checked_fixture(files, make_dir, remove_dir);
	tcase_add_test(files, files_are_written_whole_and_read_back);
	tcase_add_test(files, file_errors_name_path_and_reason);
	tcase_add_test(files, paths_are_put_together_and_apart);
	tcase_add_test(files, sums_and_free_space);
	suite_add_tcase(suite, files);
	return suite_run(suite);
}
