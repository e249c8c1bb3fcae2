/* Groups of waits that are alike, and what becomes of them when there are too many to read. */
#include "harness/observe/groups.h"
#include "tests/support/suite.h"

enum { MIGRATION = 1, OTHER_OBJECTS, VARIOUS, OTHERS, APP, STATEMENT_ONE, WORKLOAD, FIRST_OBJECT };

static const struct group_fold fold = {.max = 10,
	.migration = MIGRATION,
	.object = OTHER_OBJECTS,
	.mode = VARIOUS,
	.waiter = OTHERS,
	.blocked_by = OTHERS};

static void add(struct groups *g, uint32_t object, uint32_t waiter, enum cause_kind cause,
	unsigned statement, uint64_t total_us)
{
	struct group_key key = {.object = object,
		.mode = APP,
		.waiter = waiter,
		.blocked_by = statement ? STATEMENT_ONE : WORKLOAD,
		.statement = statement,
		.phase = PHASE_MIGRATION,
		.cause = (uint8_t)cause};
	struct result_waits *waits = groups_find(g, &key);

	waits->count++;
	waits->total_us += total_us;
	waits->max_us = total_us > waits->max_us ? total_us : waits->max_us;
}

static const struct result_waits *sums_of(const struct groups *g, uint32_t object, uint32_t waiter)
{
	for (size_t i = 0; i < g->n; i++)
		if (g->keys[i].object == object && g->keys[i].waiter == waiter)
			return &g->waits[i];
	return NULL;
}

START_TEST(what_is_alike_is_summed_up)
{
	struct groups g = {0};

	for (unsigned i = 0; i < 3000; i++)
		add(&g, FIRST_OBJECT + i % 1000, APP, CAUSE_WORKLOAD, 0, i);
	ck_assert_uint_eq(g.n, 1000);
	ck_assert_uint_eq(sums_of(&g, FIRST_OBJECT + 7, APP)->count, 3);
	ck_assert_uint_eq(sums_of(&g, FIRST_OBJECT + 7, APP)->total_us, 7 + 1007 + 2007);
	ck_assert_uint_eq(sums_of(&g, FIRST_OBJECT + 7, APP)->max_us, 2007);
	groups_release(&g);
}
END_TEST

START_TEST(a_few_stay_as_they_are)
{
	struct groups g = {0};

	for (unsigned i = 0; i < fold.max; i++)
		add(&g, FIRST_OBJECT + i, APP, CAUSE_WORKLOAD, 0, 100);
	groups_fold(&g, &fold);
	ck_assert_uint_eq(g.n, fold.max);
	ck_assert_ptr_null(sums_of(&g, OTHER_OBJECTS, OTHERS));
	groups_release(&g);
}
END_TEST

START_TEST(of_many_the_longest_stay_and_nothing_is_lost)
{
	struct groups g = {0};
	uint64_t count = 0, total = 0;

	for (unsigned i = 1; i <= 500; i++)
		add(&g, FIRST_OBJECT + i, APP, CAUSE_WORKLOAD, 0, i);
	groups_fold(&g, &fold);
	ck_assert_uint_eq(g.n, fold.max + 1);
	ck_assert_ptr_nonnull(sums_of(&g, FIRST_OBJECT + 500, APP));
	ck_assert_ptr_nonnull(sums_of(&g, FIRST_OBJECT + 491, APP));
	ck_assert_ptr_null(sums_of(&g, FIRST_OBJECT + 490, APP));
	ck_assert_uint_eq(sums_of(&g, OTHER_OBJECTS, OTHERS)->count, 490);
	ck_assert_uint_eq(sums_of(&g, OTHER_OBJECTS, OTHERS)->max_us, 490);
	for (size_t i = 0; i < g.n; i++) {
		count += g.waits[i].count;
		total += g.waits[i].total_us;
	}
	ck_assert_uint_eq(count, 500);
	ck_assert_uint_eq(total, 500 * 501 / 2);
	groups_release(&g);
}
END_TEST

START_TEST(what_the_migration_did_and_felt_comes_first)
{
	struct groups g = {0};

	for (unsigned i = 0; i < 100; i++)
		add(&g, FIRST_OBJECT + i, APP, CAUSE_WORKLOAD, 0, 1000000);
	add(&g, FIRST_OBJECT, APP, CAUSE_MIGRATION, 1, 5);
	add(&g, FIRST_OBJECT + 200, MIGRATION, CAUSE_WORKLOAD, 0, 3);
	groups_fold(&g, &fold);
	ck_assert_uint_eq(g.keys[0].cause, CAUSE_MIGRATION);
	ck_assert_uint_eq(g.keys[0].blocked_by, STATEMENT_ONE);
	ck_assert_uint_eq(sums_of(&g, FIRST_OBJECT + 200, MIGRATION)->total_us, 3);
	groups_release(&g);
}
END_TEST

/* A statement's own sum and who the migration waited for are asked of the groups later. */
START_TEST(folded_groups_keep_statement_and_cause)
{
	struct groups g = {0};

	for (unsigned i = 0; i < 50; i++) {
		add(&g, FIRST_OBJECT + i, APP, CAUSE_MIGRATION, 1 + i % 2, 10);
		add(&g, FIRST_OBJECT + i, MIGRATION, CAUSE_WORKLOAD, 0, 10);
	}
	groups_fold(&g, &fold);
	ck_assert_uint_eq(g.n, fold.max + 3);
	for (size_t i = fold.max; i < g.n; i++) {
		bool behind_statement = g.keys[i].cause == CAUSE_MIGRATION;

		ck_assert_uint_eq(g.keys[i].object, OTHER_OBJECTS);
		ck_assert_uint_eq(g.keys[i].waiter, behind_statement ? OTHERS : MIGRATION);
		ck_assert_uint_eq(g.keys[i].blocked_by, behind_statement ? STATEMENT_ONE : OTHERS);
		ck_assert(behind_statement == (g.keys[i].statement > 0));
	}
	groups_release(&g);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("groups");
	TCase *tc = tcase_create("groups");

	tcase_add_test(tc, what_is_alike_is_summed_up);
	tcase_add_test(tc, a_few_stay_as_they_are);
	tcase_add_test(tc, of_many_the_longest_stay_and_nothing_is_lost);
	tcase_add_test(tc, what_the_migration_did_and_felt_comes_first);
	tcase_add_test(tc, folded_groups_keep_statement_and_cause);
	suite_add_tcase(suite, tc);
	return suite_run(suite);
}
