#include <stdlib.h>

#include "harness/base/rng.h"
#include "harness/measure/histogram.h"
#include "tests/support/suite.h"

static struct histogram h;

static void setup(void)
{
	histogram_init(&h);
}

static void teardown(void)
{
	histogram_release(&h);
}

START_TEST(an_empty_histogram_says_zero)
{
	ck_assert_uint_eq(histogram_percentile(&h, 99), 0);
	ck_assert_double_eq(histogram_mean(&h), 0);
	ck_assert_uint_eq(h.max, 0);
	ck_assert_uint_eq(h.min, UINT64_MAX);
}
END_TEST

START_TEST(one_value_is_every_percentile)
{
	histogram_add(&h, 123457);
	ck_assert_uint_eq(histogram_percentile(&h, 0.001), 123457);
	ck_assert_uint_eq(histogram_percentile(&h, 50), 123457);
	ck_assert_uint_eq(histogram_percentile(&h, 100), 123457);
}
END_TEST

/* The value read back is never below the value put in, and less than 1/1000 above it. */
START_TEST(any_value_reads_back_within_a_thousandth)
{
	for (uint64_t v = 1; v <= HISTOGRAM_MAX_US; v += 1 + v / 997) {
		uint64_t got;

		histogram_clear(&h);
		histogram_add(&h, v);
		histogram_add(&h, HISTOGRAM_MAX_US); /* so that max does not give v away */
		got = histogram_percentile(&h, 50);
		ck_assert_uint_ge(got, v);
		ck_assert_msg((double)(got - v) < (double)v / 1000, "%lu reads back as %lu",
			(unsigned long)v, (unsigned long)got);
	}
}
END_TEST

START_TEST(bucket_edges_are_exact)
{
	static const struct {
		uint64_t value, next; /* the largest value of a bucket, and what follows it */
	} edges[] = {{2047, 2048}, {2049, 2050}, {4095, 4096}, {4099, 4100}, {8191, 8192}};

	for (size_t i = 0; i < sizeof(edges) / sizeof(edges[0]); i++) {
		histogram_clear(&h);
		histogram_add(&h, edges[i].value);
		histogram_add(&h, edges[i].next);
		histogram_add(&h, HISTOGRAM_MAX_US);
		ck_assert_uint_eq(histogram_percentile(&h, 33), edges[i].value);
		ck_assert_uint_gt(histogram_percentile(&h, 66), edges[i].value);
	}
}
END_TEST

START_TEST(percentiles_of_a_ramp_are_the_ranks)
{
	for (uint64_t v = 1; v <= 1000; v++)
		histogram_add(&h, v);
	ck_assert_uint_eq(histogram_percentile(&h, 50), 500);
	ck_assert_uint_eq(histogram_percentile(&h, 95), 950);
	ck_assert_uint_eq(histogram_percentile(&h, 99), 990);
	ck_assert_uint_eq(histogram_percentile(&h, 99.9), 999);
	ck_assert_uint_eq(histogram_percentile(&h, 100), 1000);
	ck_assert_uint_eq(histogram_percentile(&h, 0.01), 1);
	ck_assert_double_eq(histogram_mean(&h), 500.5);
}
END_TEST

START_TEST(values_beyond_the_range_count_and_keep_max_and_sum_exact)
{
	histogram_add(&h, 5);
	histogram_add(&h, HISTOGRAM_MAX_US * 3);
	histogram_add(&h, HISTOGRAM_MAX_US + 1);
	ck_assert_uint_eq(h.total, 3);
	ck_assert_uint_eq(h.max, HISTOGRAM_MAX_US * 3);
	ck_assert_uint_eq(h.sum, HISTOGRAM_MAX_US * 4 + 6);
	ck_assert_uint_eq(histogram_percentile(&h, 66), HISTOGRAM_MAX_US * 3);
	ck_assert_uint_eq(h.counts[h.n - 1], 2);
}
END_TEST

static int by_value(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

/* Merged from four parts it is the same, bucket for bucket, and agrees with a sorted array. */
START_TEST(merging_loses_nothing_and_percentiles_agree_with_a_sort)
{
	enum { N = 100000 };
	uint64_t *values = malloc(N * sizeof(*values));
	static const double percents[] = {1, 10, 50, 90, 95, 99, 99.9, 99.99, 100};
	struct histogram parts[4], merged;
	struct rng rng;

	rng_seed(&rng, 3);
	histogram_init(&merged);
	for (int i = 0; i < 4; i++)
		histogram_init(&parts[i]);
	for (int i = 0; i < N; i++) {
		values[i] = (uint64_t)rng_exponential(&rng, 20000) + 1;
		histogram_add(&h, values[i]);
		histogram_add(&parts[i % 4], values[i]);
	}
	for (int i = 0; i < 4; i++)
		histogram_merge(&merged, &parts[i]);
	for (size_t i = 0; i < h.n; i++)
		ck_assert_uint_eq(h.counts[i], merged.counts[i]);
	ck_assert_uint_eq(h.total, merged.total);
	ck_assert_uint_eq(h.sum, merged.sum);
	ck_assert_uint_eq(h.min, merged.min);
	ck_assert_uint_eq(h.max, merged.max);
	qsort(values, N, sizeof(*values), by_value);
	for (size_t i = 0; i < sizeof(percents) / sizeof(percents[0]); i++) {
		uint64_t truth = values[(size_t)(percents[i] / 100 * N + 0.5) - 1];
		uint64_t got = histogram_percentile(&merged, percents[i]);

		ck_assert_uint_ge(got, truth);
		ck_assert_double_lt((double)(got - truth), (double)truth / 1000 + 1e-9);
	}
	for (int i = 0; i < 4; i++)
		histogram_release(&parts[i]);
	histogram_release(&merged);
	free(values);
}
END_TEST

START_TEST(clear_and_release_leave_a_usable_object)
{
	struct histogram empty = {0};

	histogram_add(&h, 7);
	histogram_clear(&h);
	ck_assert_uint_eq(h.total, 0);
	ck_assert_uint_eq(histogram_percentile(&h, 100), 0);
	histogram_add(&h, 9);
	ck_assert_uint_eq(h.min, 9);
	histogram_release(NULL);
	histogram_release(&empty);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("histogram");
	TCase *tc = tcase_create("histogram");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, an_empty_histogram_says_zero);
	tcase_add_test(tc, one_value_is_every_percentile);
	tcase_add_test(tc, any_value_reads_back_within_a_thousandth);
	tcase_add_test(tc, bucket_edges_are_exact);
	tcase_add_test(tc, percentiles_of_a_ramp_are_the_ranks);
	tcase_add_test(tc, values_beyond_the_range_count_and_keep_max_and_sum_exact);
	tcase_add_test(tc, merging_loses_nothing_and_percentiles_agree_with_a_sort);
	tcase_add_test(tc, clear_and_release_leave_a_usable_object);
	suite_add_tcase(suite, tc);
	return suite_run(suite);
}
