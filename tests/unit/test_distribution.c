/* Moments against theory; the hashes' values are checked in test_expression.c. */
#include <math.h>
#include <stdbool.h>

#include "harness/workload/distribution.h"
#include "tests/support/suite.h"

enum { N = 200000 };

struct moments {
	double mean, variance;
	int64_t lo, hi;
};

typedef int64_t draw(struct rng *r, int64_t lo, int64_t hi, double parameter);

static int64_t uniform(struct rng *r, int64_t lo, int64_t hi, double parameter)
{
	(void)parameter;
	return rng_between(r, lo, hi);
}

static void sample(draw *f, int64_t lo, int64_t hi, double parameter, struct moments *ret)
{
	double sum = 0, squares = 0;
	struct rng rng;

	rng_seed(&rng, 11);
	*ret = (struct moments){.lo = INT64_MAX, .hi = INT64_MIN};
	for (int i = 0; i < N; i++) {
		int64_t x = f(&rng, lo, hi, parameter);

		sum += (double)x;
		squares += (double)x * (double)x;
		ret->lo = x < ret->lo ? x : ret->lo;
		ret->hi = x > ret->hi ? x : ret->hi;
	}
	ret->mean = sum / N;
	ret->variance = squares / N - ret->mean * ret->mean;
}

/* The exact probability of each value, by the distribution's definition. */
static double weight_uniform(double i, double n, double p)
{
	(void)i;
	(void)p;
	return 1 / n;
}

static double weight_zipfian(double i, double n, double p)
{
	(void)n;
	return pow(i, -p);
}

static double weight_exponential(double i, double n, double p)
{
	return exp(-p * (i - 1) / n) - exp(-p * i / n);
}

static double weight_gaussian(double i, double n, double p)
{
	double phi_hi = erf(p * (2 * i / n - 1) / M_SQRT2);
	double phi_lo = erf(p * (2 * (i - 1) / n - 1) / M_SQRT2);

	return phi_hi - phi_lo;
}

static const struct {
	draw *f;
	double (*weight)(double i, double n, double p);
	int64_t lo, hi;
	double parameter;
	const char *comment;
} cases[] = {
	{uniform, weight_uniform, 1, 1000, 0, "uniform"},
	{uniform, weight_uniform, -5, 5, 0, "uniform around zero"},
	{distribution_exponential, weight_exponential, 1, 1000, 5, "exponential"},
	{distribution_exponential, weight_exponential, -500, 499, 0.5, "nearly flat exponential"},
	{distribution_gaussian, weight_gaussian, 1, 1000, 2.5, "gaussian"},
	{distribution_gaussian, weight_gaussian, 1, 1000, 8, "narrow gaussian"},
	{distribution_zipfian, weight_zipfian, 1, 1000, 1.5, "zipfian"},
	{distribution_zipfian, weight_zipfian, 1, 1000, 1.001, "nearly harmonic zipfian"},
	{distribution_zipfian, weight_zipfian, 10, 20, 3, "steep zipfian"},
};

START_TEST(mean_and_variance_are_those_of_the_definition)
{
	double n = (double)(cases[_i].hi - cases[_i].lo + 1), total = 0, mean = 0, variance = 0;
	struct moments m;

	for (double i = 1; i <= n; i++)
		total += cases[_i].weight(i, n, cases[_i].parameter);
	for (double i = 1; i <= n; i++)
		mean += i * cases[_i].weight(i, n, cases[_i].parameter) / total;
	for (double i = 1; i <= n; i++)
		variance += (i - mean) * (i - mean) * cases[_i].weight(i, n, cases[_i].parameter) /
			total;
	mean += (double)cases[_i].lo - 1;
	sample(cases[_i].f, cases[_i].lo, cases[_i].hi, cases[_i].parameter, &m);
	ck_assert_int_ge(m.lo, cases[_i].lo);
	ck_assert_int_le(m.hi, cases[_i].hi);
	/* five standard errors; the seed is fixed, so this cannot flicker */
	ck_assert_msg(fabs(m.mean - mean) < 5 * sqrt(variance / N), "%s: mean %f, not %f",
		cases[_i].comment, m.mean, mean);
	ck_assert_msg(fabs(m.variance / variance - 1) < 0.05, "%s: variance %f, not %f",
		cases[_i].comment, m.variance, variance);
}
END_TEST

START_TEST(a_range_of_one_value_gives_it)
{
	struct rng rng;

	rng_seed(&rng, 1);
	for (int i = 0; i < 100; i++) {
		ck_assert_int_eq(distribution_exponential(&rng, 7, 7, 2), 7);
		ck_assert_int_eq(distribution_gaussian(&rng, -7, -7, 2), -7);
		ck_assert_int_eq(distribution_zipfian(&rng, 7, 7, 2), 7);
	}
}
END_TEST

START_TEST(a_wide_range_stays_within_its_bounds)
{
	struct rng rng;

	rng_seed(&rng, 1);
	for (int i = 0; i < 10000; i++) {
		ck_assert_int_ge(distribution_exponential(&rng, 1, INT64_MAX, 1), 1);
		ck_assert_int_ge(distribution_gaussian(&rng, 1, INT64_MAX, 2), 1);
		ck_assert_int_ge(distribution_zipfian(&rng, 1, INT64_MAX, 1.001), 1);
	}
}
END_TEST

START_TEST(permute_gives_each_value_once)
{
	for (int64_t size = 1; size <= 70; size++) {
		for (int64_t seed = 0; seed < 5; seed++) {
			bool seen[70] = {false};

			for (int64_t i = 0; i < size; i++) {
				int64_t x = permute(i, size, seed);

				ck_assert_int_ge(x, 0);
				ck_assert_int_lt(x, size);
				ck_assert(!seen[x]);
				seen[x] = true;
			}
		}
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("distribution");
	TCase *tc = tcase_create("distribution");

	tcase_add_loop_test(tc, mean_and_variance_are_those_of_the_definition, 0,
		(int)(sizeof(cases) / sizeof(cases[0])));
	tcase_add_test(tc, a_range_of_one_value_gives_it);
	tcase_add_test(tc, a_wide_range_stays_within_its_bounds);
	tcase_add_test(tc, permute_gives_each_value_once);
	suite_add_tcase(suite, tc);
	return suite_run(suite);
}
