/* Lock waits followed through PostgreSQL's log, line by line. */
#include "adapters/postgres/loglines_waits.h"
#include "tests/support/suite.h"

static struct wait_event told[16];
static size_t n_told;
static struct lock_waits waits;

static void keep(void *ctx, struct wait_event *event)
{
	(void)ctx;
	told[n_told++] = *event;
}

static bool hide_99(void *ctx, uint64_t pid)
{
	(void)ctx;
	return pid == 99;
}

static void set_up(void)
{
	n_told = 0;
	waits = (struct lock_waits){.sink = keep, .hidden = hide_99};
}

static void tear_down(void)
{
	for (size_t i = 0; i < n_told; i++)
		wait_event_release(&told[i]);
	lock_waits_release(&waits);
}

static void line(uint64_t at_ms, uint64_t pid, const char *message, const char *detail)
{
	struct log_record record = {.at_us = at_ms * 1000,
		.pid = pid,
		.code = "",
		.message = message,
		.detail = detail,
		.statement = "/*tx:book*/ SELECT 1",
		.application = "app"};

	lock_waits_record(&waits, &record);
}

static void error(uint64_t at_ms, uint64_t pid, const char *code)
{
	struct log_record record = {.at_us = at_ms * 1000,
		.pid = pid,
		.error = true,
		.code = code,
		.message = "canceling",
		.detail = "",
		.statement = "",
		.application = ""};

	lock_waits_record(&waits, &record);
}

#define ON_A(mode) mode " on relation 16402 of database 5"

START_TEST(a_granted_wait_keeps_its_exact_duration)
{
	line(1010, 7, "process 7 still waiting for " ON_A("ShareLock") " after 10.067 ms",
		"Process holding the lock: 5. Wait queue: 7.");
	ck_assert_uint_eq(waits.n, 1);
	line(1374, 7, "process 7 acquired " ON_A("ShareLock") " after 373.387 ms", "");
	ck_assert_uint_eq(n_told, 1);
	ck_assert_uint_eq(told[0].start_us, 1010000 - 10067);
	ck_assert_uint_eq(told[0].duration_us, 373387);
	ck_assert_int_eq(told[0].outcome, WAIT_ACQUIRED);
	ck_assert_str_eq(told[0].tag, "book");
	ck_assert_uint_eq(told[0].n_holders, 1);
	ck_assert_uint_eq(told[0].holders[0], 5);
	ck_assert(told[0].exact);
}
END_TEST

START_TEST(an_error_ends_the_wait_of_its_process_only)
{
	static const struct {
		const char *code;
		enum wait_outcome outcome;
	} cases[] = {{"55P03", WAIT_TIMED_OUT}, {"57014", WAIT_CANCELLED}, {"40P01", WAIT_DEADLOCK},
		{"57P01", WAIT_FAILED}};

	line(1010, 7, "process 7 still waiting for " ON_A("ShareLock") " after 10.000 ms", "");
	error(1020, 8, cases[_i].code);
	ck_assert_uint_eq(n_told, 0);
	error(1150, 7, cases[_i].code);
	ck_assert_uint_eq(n_told, 1);
	ck_assert_int_eq(told[0].outcome, cases[_i].outcome);
	ck_assert_uint_eq(told[0].duration_us, 150000);
	ck_assert_uint_eq(waits.n, 0);
}
END_TEST

START_TEST(an_end_without_a_beginning_is_a_wait_too)
{
	line(1374, 7, "process 7 acquired " ON_A("ShareLock") " after 74.000 ms", "");
	ck_assert_uint_eq(n_told, 1);
	ck_assert_uint_eq(told[0].start_us, 1300000);
	ck_assert_uint_eq(told[0].n_holders, 0);
}
END_TEST

START_TEST(a_deadlock_is_one_wait)
{
	line(1020, 7,
		"process 7 detected deadlock while waiting for ShareLock on transaction 730 "
		"after 20.067 ms",
		"Process holding the lock: 8. Wait queue: .");
	error(1020, 7, "40P01");
	ck_assert_uint_eq(n_told, 1);
	ck_assert_int_eq(told[0].outcome, WAIT_DEADLOCK);
	ck_assert_str_eq(told[0].object, "transaction 730");
	ck_assert_uint_eq(told[0].holders[0], 8);
}
END_TEST

START_TEST(a_rearranged_queue_is_the_same_wait)
{
	line(1010, 7,
		"process 7 avoided deadlock for " ON_A("ShareLock") " by rearranging queue "
								    "order after 10.0 ms",
		"Process holding the lock: 5. Wait queue: 7.");
	line(1010, 7, "process 7 still waiting for " ON_A("ShareLock") " after 10.1 ms",
		"Process holding the lock: 5. Wait queue: 7.");
	line(1030, 7, "process 7 acquired " ON_A("ShareLock") " after 30.0 ms", "");
	ck_assert_uint_eq(n_told, 1);
	ck_assert_uint_eq(told[0].duration_us, 30000);
}
END_TEST

START_TEST(a_second_wait_of_a_process_ends_the_first)
{
	line(1010, 7, "process 7 still waiting for ShareLock on transaction 1 after 10.0 ms", "");
	line(2010, 7, "process 7 still waiting for ShareLock on transaction 2 after 10.0 ms", "");
	ck_assert_uint_eq(n_told, 1);
	ck_assert_str_eq(told[0].object, "transaction 1");
	ck_assert_int_eq(told[0].outcome, WAIT_FAILED);
	ck_assert(!told[0].exact);
	ck_assert_uint_eq(waits.n, 1);
}
END_TEST

START_TEST(only_those_ahead_that_conflict_are_blockers)
{
	/* 6 wants everything, 7 and 8 only read: 7 is not in 8's way. */
	line(1010, 6, "process 6 still waiting for " ON_A("AccessExclusiveLock") " after 10.0 ms",
		"Process holding the lock: 5. Wait queue: 6, 7, 8.");
	line(1011, 7, "process 7 still waiting for " ON_A("AccessShareLock") " after 10.0 ms",
		"Process holding the lock: 5. Wait queue: 6, 7, 8.");
	line(1012, 8, "process 8 still waiting for " ON_A("AccessShareLock") " after 10.0 ms",
		"Process holding the lock: 5. Wait queue: 6, 7, 8.");
	line(1100, 8, "process 8 acquired " ON_A("AccessShareLock") " after 98.0 ms", "");
	ck_assert_uint_eq(told[0].n_ahead, 1);
	ck_assert_uint_eq(told[0].ahead[0], 6);
	ck_assert_uint_eq(told[0].n_holders, 1);
}
END_TEST

START_TEST(a_holder_whose_mode_is_in_nobodys_way_is_no_blocker)
{
	const char *const reads[] = {"AccessShareLock"};

	line(1010, 6, "process 6 still waiting for " ON_A("AccessExclusiveLock") " after 10.0 ms",
		"Process holding the lock: 5. Wait queue: 6, 7.");
	line(1011, 7, "process 7 still waiting for " ON_A("AccessShareLock") " after 10.0 ms",
		"Process holding the lock: 5. Wait queue: 6, 7.");
	lock_waits_held(&waits, 16402, 5, reads, 1);
	line(1100, 6, "process 6 acquired " ON_A("AccessExclusiveLock") " after 100.0 ms", "");
	line(1100, 7, "process 7 acquired " ON_A("AccessShareLock") " after 99.0 ms", "");
	ck_assert_uint_eq(told[0].n_holders, 1); /* a reader is in the way of the exclusive lock */
	ck_assert_uint_eq(told[1].n_holders, 0); /* not in that of another reader */
	ck_assert_uint_eq(told[1].n_ahead, 1);
}
END_TEST

START_TEST(the_waiter_itself_and_the_observer_are_no_blockers)
{
	line(1010, 7, "process 7 still waiting for " ON_A("ShareLock") " after 10.0 ms",
		"Processes holding the lock: 7, 99, 5. Wait queue: 99, 7.");
	line(1011, 99, "process 99 still waiting for " ON_A("ShareLock") " after 10.0 ms", "");
	line(1030, 99, "process 99 acquired " ON_A("ShareLock") " after 29.0 ms", "");
	ck_assert_uint_eq(n_told, 0);
	line(1030, 7, "process 7 acquired " ON_A("ShareLock") " after 30.0 ms", "");
	ck_assert_uint_eq(n_told, 1);
	ck_assert_uint_eq(told[0].n_holders, 1);
	ck_assert_uint_eq(told[0].holders[0], 5);
	ck_assert_uint_eq(told[0].n_ahead, 0);
}
END_TEST

START_TEST(a_wait_that_the_server_no_longer_knows_has_ended)
{
	const uint64_t seven[] = {7};

	line(1010, 7, "process 7 still waiting for " ON_A("ShareLock") " after 10.0 ms", "");
	waits.now_us = 1500000;
	lock_waits_alive(&waits, seven, 1);
	waits.now_us = 2500000;
	lock_waits_alive(&waits, NULL, 0);
	ck_assert_uint_eq(n_told, 0); /* its line may be on the way */
	lock_waits_alive(&waits, NULL, 0);
	ck_assert_uint_eq(n_told, 1);
	ck_assert_uint_eq(told[0].duration_us, 500000); /* as long as it was seen to wait */
	ck_assert(!told[0].exact);
}
END_TEST

START_TEST(what_still_waits_at_the_end_is_told_as_unfinished)
{
	line(1010, 7, "process 7 still waiting for " ON_A("ShareLock") " after 10.0 ms", "");
	waits.now_us = 3000000;
	lock_waits_finish(&waits);
	ck_assert_uint_eq(n_told, 1);
	ck_assert_int_eq(told[0].outcome, WAIT_UNFINISHED);
	ck_assert_uint_eq(told[0].duration_us, 2000000);
}
END_TEST

START_TEST(a_parallel_worker_waits_for_its_leader)
{
	struct log_record record = {.at_us = 1010000,
		.pid = 8,
		.leader = 7,
		.code = "",
		.message = "process 8 acquired " ON_A("ShareLock") " after 10.0 ms",
		.detail = "",
		.statement = "",
		.application = ""};

	lock_waits_record(&waits, &record);
	ck_assert_uint_eq(told[0].session, 7);
}
END_TEST

START_TEST(times_are_told_by_the_harness_clock)
{
	waits.offset_us = (uint64_t)-5000;
	line(1010, 7, "process 7 acquired " ON_A("ShareLock") " after 10.0 ms", "");
	ck_assert_uint_eq(told[0].start_us, 995000);
	waits.now_us = 3000000;
	line(0, 7, "process 7 acquired " ON_A("ShareLock") " after 10.0 ms",
		""); /* no time in it */
	ck_assert_uint_eq(told[1].start_us, 2990000);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("postgres_waits");
	TCase *tc = tcase_create("waits");

	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_add_test(tc, a_granted_wait_keeps_its_exact_duration);
	tcase_add_loop_test(tc, an_error_ends_the_wait_of_its_process_only, 0, 4);
	tcase_add_test(tc, an_end_without_a_beginning_is_a_wait_too);
	tcase_add_test(tc, a_deadlock_is_one_wait);
	tcase_add_test(tc, a_rearranged_queue_is_the_same_wait);
	tcase_add_test(tc, a_second_wait_of_a_process_ends_the_first);
	tcase_add_test(tc, only_those_ahead_that_conflict_are_blockers);
	tcase_add_test(tc, a_holder_whose_mode_is_in_nobodys_way_is_no_blocker);
	tcase_add_test(tc, the_waiter_itself_and_the_observer_are_no_blockers);
	tcase_add_test(tc, a_wait_that_the_server_no_longer_knows_has_ended);
	tcase_add_test(tc, what_still_waits_at_the_end_is_told_as_unfinished);
	tcase_add_test(tc, a_parallel_worker_waits_for_its_leader);
	tcase_add_test(tc, times_are_told_by_the_harness_clock);
	suite_add_tcase(suite, tc);
	return suite_run(suite);
}
