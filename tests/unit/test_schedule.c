#include <math.h>

#include "harness/workload/schedule.h"
#include "harness/workload/stats.h"
#include "tests/support/suite.h"

enum { N = 100000 };

static const unsigned weights[] = {8, 2, 0};

static struct schedule_config config(enum arrivals arrivals, unsigned workers, unsigned worker)
{
	return (struct schedule_config){.rate = 1000,
		.arrivals = arrivals,
		.seed = 5,
		.weights = weights,
		.n_types = 3,
		.workers = workers,
		.worker = worker};
}

START_TEST(poisson_arrivals_have_the_rate_and_exponential_gaps)
{
	struct schedule_config c = config(ARRIVALS_POISSON, 1, 0);
	double sum = 0, squares = 0, last = 0;
	uint64_t by_type[3] = {0};
	struct schedule s;
	struct scheduled a;

	schedule_init(&s, &c);
	for (int i = 0; i < N; i++) {
		double gap;

		schedule_next(&s, &a);
		ck_assert_uint_eq(a.number, (uint64_t)i);
		gap = (double)a.at_us - last;
		last = (double)a.at_us;
		sum += gap;
		squares += gap * gap;
		by_type[a.type]++;
	}
	/* mean 1000 us, variance its square; the seed is fixed */
	ck_assert_double_lt(fabs(sum / N - 1000), 5 * 1000 / sqrt(N));
	ck_assert_double_lt(fabs(squares / N / 2e6 - 1), 0.05);
	ck_assert_double_lt(fabs((double)by_type[0] / N - 0.8), 0.01);
	ck_assert_uint_eq(by_type[2], 0);
}
END_TEST

START_TEST(uniform_arrivals_keep_an_even_distance)
{
	struct schedule_config c = config(ARRIVALS_UNIFORM, 1, 0);
	struct schedule s;
	struct scheduled a;

	schedule_init(&s, &c);
	for (uint64_t i = 0; i < 10000; i++) {
		schedule_next(&s, &a);
		ck_assert_uint_eq(a.at_us, i * 1000);
	}
}
END_TEST

START_TEST(more_workers_send_the_same_arrivals_between_them)
{
	struct schedule_config one = config(ARRIVALS_POISSON, 1, 0);
	struct schedule whole, part[3];
	struct scheduled a, b;

	schedule_init(&whole, &one);
	for (unsigned i = 0; i < 3; i++) {
		struct schedule_config c = config(ARRIVALS_POISSON, 3, i);

		schedule_init(&part[i], &c);
	}
	for (int i = 0; i < 3000; i++) {
		schedule_next(&whole, &a);
		schedule_next(&part[i % 3], &b);
		ck_assert_uint_eq(a.at_us, b.at_us);
		ck_assert_uint_eq(a.number, b.number);
		ck_assert_uint_eq(a.type, b.type);
	}
}
END_TEST

START_TEST(another_seed_is_another_schedule)
{
	struct schedule_config c = config(ARRIVALS_POISSON, 1, 0);
	struct schedule x, y;
	struct scheduled a, b;

	schedule_init(&x, &c);
	c.seed = 6;
	schedule_init(&y, &c);
	schedule_next(&x, &a);
	schedule_next(&y, &b);
	ck_assert_uint_ne(a.at_us, b.at_us);
}
END_TEST

START_TEST(each_transaction_has_random_numbers_of_its_own)
{
	struct rng a, b;

	schedule_rng(1, 7, &a);
	schedule_rng(1, 7, &b);
	ck_assert_uint_eq(rng_next(&a), rng_next(&b));
	for (uint64_t i = 0; i < 1000; i++) {
		schedule_rng(1, i, &a);
		schedule_rng(1, i + 1, &b);
		ck_assert_uint_ne(rng_next(&a), rng_next(&b));
		schedule_rng(1, i + 1, &a);
		schedule_rng(2, i, &b);
		ck_assert_uint_ne(rng_next(&a), rng_next(&b));
	}
}
END_TEST

START_TEST(a_seconds_p99_is_at_most_a_sixteenth_too_high)
{
	for (uint64_t v = 1; v <= HISTOGRAM_MAX_US; v += 1 + v / 7) {
		struct second s = {0};
		uint64_t got;

		for (int i = 0; i < 990; i++)
			second_add(&s, v);
		for (int i = 0; i < 10; i++)
			second_add(&s, HISTOGRAM_MAX_US);
		got = second_p99(&s);
		ck_assert_uint_ge(got, v);
		ck_assert_uint_le(got, v + v / 16);
		ck_assert_uint_eq(s.max_us, HISTOGRAM_MAX_US);
	}
}
END_TEST

START_TEST(seconds_are_kept_for_a_day_and_no_longer)
{
	struct stats stats;

	stats_init(&stats, 1);
	seconds_at(stats.seconds[0], 86399)->arrived++;
	ck_assert_ptr_null(seconds_at(stats.seconds[0], 86400));
	ck_assert_uint_eq(seconds_peek(stats.seconds[0], 86399)->arrived, 1);
	ck_assert_ptr_null(seconds_peek(stats.seconds[0], 100));
	ck_assert_ptr_null(seconds_peek(stats.seconds[0], 86400));
	stats_release(&stats);
}
END_TEST

START_TEST(errors_are_told_apart_by_phase_type_and_code_and_merge)
{
	struct db_error gone = {.class = DB_CLASS_BREAKAGE, .code = "42703", .text = "first"};
	struct db_error lock = {.class = DB_CLASS_CONTENTION, .code = "55P03"};
	struct stats a, b;

	stats_init(&a, 2);
	stats_init(&b, 2);
	stats_error(&a, PHASE_MIGRATION, 0, &gone);
	gone.text[0] = 'F';
	stats_error(&a, PHASE_MIGRATION, 0, &gone);
	stats_error(&a, PHASE_MIGRATION, 1, &gone);
	stats_error(&b, PHASE_MIGRATION, 0, &gone);
	stats_error(&b, PHASE_RECOVERY, 0, &gone);
	stats_error(&b, PHASE_MIGRATION, 0, &lock);
	stats_merge(&a, &b);
	ck_assert_uint_eq(a.n_errors, 4);
	ck_assert_uint_eq(a.errors[0].count, 3);
	ck_assert_str_eq(a.errors[0].first.text, "first");
	stats_release(&a);
	stats_release(&b);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("schedule");
	TCase *tc = tcase_create("schedule");

	tcase_add_test(tc, poisson_arrivals_have_the_rate_and_exponential_gaps);
	tcase_add_test(tc, uniform_arrivals_keep_an_even_distance);
	tcase_add_test(tc, more_workers_send_the_same_arrivals_between_them);
	tcase_add_test(tc, another_seed_is_another_schedule);
	tcase_add_test(tc, each_transaction_has_random_numbers_of_its_own);
	tcase_add_test(tc, a_seconds_p99_is_at_most_a_sixteenth_too_high);
	tcase_add_test(tc, seconds_are_kept_for_a_day_and_no_longer);
	tcase_add_test(tc, errors_are_told_apart_by_phase_type_and_code_and_merge);
	suite_add_tcase(suite, tc);
	return suite_run(suite);
}
