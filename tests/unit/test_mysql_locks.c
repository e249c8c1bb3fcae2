/* Whose lock is in whose way, the monitor's text, and waits put together from what is seen of them.
 */
#include <stdio.h>
#include <string.h>

#include "adapters/mysql/observer_modes.h"
#include "adapters/mysql/observer_monitor.h"
#include "adapters/mysql/observer_ring.h"
#include "harness/base/mem.h"
#include "tests/support/suite.h"

#define N(list) (sizeof(list) / sizeof((list)[0]))

/* '-': has to wait. As the servers' own sources say. */
static const char *const names[] = {"SHARED", "SHARED_HIGH_PRIO", "SHARED_READ", "SHARED_WRITE",
	"SHARED_UPGRADABLE", "SHARED_READ_ONLY", "SHARED_NO_WRITE", "SHARED_NO_READ_WRITE",
	"EXCLUSIVE"};
static const struct {
	const char *granted, *pending;
} truth[N(names)] = {
	{"++++++++-", "++++++++-"},
	{"++++++++-", "+++++++++"},
	{"+++++++--", "+++++++--"},
	{"+++++----", "++++++---"},
	{"++++-+---", "++++++++-"},
	{"+++-+++--", "+++-+++--"},
	{"+++--+---", "++++++++-"},
	{"++-------", "++++++++-"},
	{"---------", "+++++++++"},
};

START_TEST(table_metadata_locks_conflict_as_in_the_server)
{
	for (size_t w = 0; w < N(names); w++)
		for (size_t h = 0; h < N(names); h++) {
			ck_assert_msg(my_mode_conflicts("TABLE", names[w], names[h]) ==
					(truth[w].granted[h] == '-'),
				"%s while %s is held", names[w], names[h]);
			ck_assert_msg(my_mode_yields("TABLE", names[w], names[h]) ==
					(truth[w].pending[h] == '-'),
				"%s while %s is asked for", names[w], names[h]);
		}
}
END_TEST

static const struct {
	const char *type, *wanted, *other;
	bool granted, pending;
	const char *comment;
} others[] = {
	{"SCHEMA", "INTENTION_EXCLUSIVE", "INTENTION_EXCLUSIVE", false, false, "two DDLs"},
	{"SCHEMA", "INTENTION_EXCLUSIVE", "EXCLUSIVE", true, true, "DROP DATABASE"},
	{"SCHEMA", "EXCLUSIVE", "INTENTION_EXCLUSIVE", true, false, "DDL under DROP DATABASE"},
	{"GLOBAL", "INTENTION_EXCLUSIVE", "SHARED", true, true, "MySQL's global read lock"},
	{"BACKUP", "BACKUP_TRANS_DML", "BACKUP_FTWRL1", true, true, "write, global read lock"},
	{"BACKUP", "BACKUP_TRANS_DML", "BACKUP_START", false, false, "write, backup begins"},
	{"BACKUP", "BACKUP_DDL", "BACKUP_BLOCK_DDL", true, true, "DDL, backup's end"},
	{"BACKUP", "BACKUP_FTWRL1", "BACKUP_ALTER_COPY", true, false, "read lock, ALTER copies"},
	{"BACKUP", "BACKUP_COMMIT", "BACKUP_FTWRL1", false, false, "commit, first stage"},
	{"BACKUP", "BACKUP_COMMIT", "BACKUP_FTWRL2", true, true, "commit, second stage"},
	{"BACKUP LOCK", "INTENTION_EXCLUSIVE", "SHARED", true, true, "LOCK INSTANCE FOR BACKUP"},
	{"USER LEVEL LOCK", "SHARED_NO_WRITE", "SHARED_NO_WRITE", true, false, "GET_LOCK"},
	{"TABLE", "SHARED_WRITE_LOW_PRIO", "SHARED_READ_ONLY", true, true, "low priority"},
	{"TABLE", "SOMETHING_NEW", "EXCLUSIVE", true, true, "a type that is not known"},
	{"TABLE", "SOMETHING_NEW", "SHARED_WRITE", false, false, "a type that is not known"},
};

START_TEST(other_metadata_locks_conflict_as_in_the_server)
{
	for (size_t i = 0; i < N(others); i++) {
		ck_assert_msg(my_mode_conflicts(others[i].type, others[i].wanted,
				      others[i].other) == others[i].granted,
			"%s", others[i].comment);
		ck_assert_msg(my_mode_yields(others[i].type, others[i].wanted, others[i].other) ==
				others[i].pending,
			"%s, asked for", others[i].comment);
	}
}
END_TEST

START_TEST(granted_modes_tell_whom_they_block)
{
	ck_assert(!my_mode_blocks_writes("SHARED_UPGRADABLE"));
	ck_assert(my_mode_blocks_writes("SHARED_NO_WRITE"));
	ck_assert(!my_mode_blocks_reads("SHARED_NO_WRITE"));
	ck_assert(my_mode_blocks_reads("SHARED_NO_READ_WRITE"));
	ck_assert(my_mode_blocks_reads("EXCLUSIVE"));
	ck_assert(my_mode_blocks_writes("BACKUP_FTWRL2"));
	ck_assert(my_table_lock_conflicts("write normal", "READ"));
	ck_assert(my_table_lock_conflicts("read normal", "WRITE CONCURRENT INSERT"));
	ck_assert(!my_table_lock_conflicts("read normal", "READ"));
}
END_TEST

/* ---- the monitor ---- */

static const char monitor[] =
	"LIST OF TRANSACTIONS FOR EACH SESSION:\n"
	"---TRANSACTION 35, ACTIVE 0 sec starting index read\n"
	"mysql tables in use 1, locked 1\n"
	"LOCK WAIT 2 lock struct(s), heap size 1128, 1 row lock(s)\n"
	"MariaDB thread id 76, OS thread handle 1313, query id 72 localhost root Updating\n"
	"/*tx:pay*/ update test.i set v=v+1 where id=5\n"
	"------- TRX HAS BEEN WAITING 404676 us FOR THIS LOCK TO BE GRANTED:\n"
	"RECORD LOCKS space id 5 page no 5 n bits 624 index PRIMARY of table `test`.`i j` trx id "
	"35 "
	"lock_mode X locks rec but not gap waiting\n"
	"Record lock, heap no 6\n"
	"------------------\n"
	"---TRANSACTION 33, ACTIVE 1 sec\n"
	"2 lock struct(s), heap size 1128, 1 row lock(s), undo log entries 1\n"
	"MariaDB thread id 74, OS thread handle 1313, query id 71 localhost root User sleep\n"
	"do sleep(2)\n"
	"---TRANSACTION 34, ACTIVE 3 sec inserting\n"
	"MySQL thread id 75, OS thread handle 1313, query id 73 localhost root update\n"
	"insert into a\n"
	"values (1)\n"
	"------- TRX HAS BEEN WAITING 2 SEC FOR THIS LOCK TO BE GRANTED:\n"
	"TABLE LOCK table `test`.`a` trx id 34 lock mode IX waiting\n"
	"--------\nFILE I/O\n--------\n";

START_TEST(the_monitor_tells_who_waits_for_what_and_how_long)
{
	const char *at = monitor;
	struct my_monitor_wait w;

	ck_assert(my_monitor_next(&at, &w));
	ck_assert_uint_eq(w.session, 76);
	ck_assert_uint_eq(w.waited_us, 404676);
	ck_assert(w.precise);
	ck_assert_str_eq(w.object, "test.i j");
	ck_assert_str_eq(w.mode, "X locks rec but not gap");
	ck_assert_str_eq(w.tag, "pay");
	ck_assert(my_monitor_next(&at, &w));
	ck_assert_uint_eq(w.session, 75);
	ck_assert_uint_eq(w.waited_us, 2000000);
	ck_assert(!w.precise);
	ck_assert_str_eq(w.object, "test.a");
	ck_assert_str_eq(w.mode, "IX");
	ck_assert_str_eq(w.tag, "");
	ck_assert(!my_monitor_next(&at, &w));
	at = "";
	ck_assert(!my_monitor_next(&at, &w));
}
END_TEST

START_TEST(a_monitor_cut_anywhere_is_read_without_harm)
{
	for (size_t n = 0; n < sizeof(monitor); n++) {
		char *text = mem_strndup(monitor, n);
		const char *at = text;
		struct my_monitor_wait w;

		for (int i = 0; i < 5 && my_monitor_next(&at, &w); i++)
			ck_assert_uint_gt(w.session, 0);
		mem_free(text);
	}
}
END_TEST

/* ---- waits from what is seen of them ---- */

static struct wait_event told[8];
static size_t n_told;

static void keep(void *ctx, struct wait_event *event)
{
	(void)ctx;
	told[n_told++] = *event;
}

static void forget(void)
{
	while (n_told)
		wait_event_release(&told[--n_told]);
}

static struct my_thread threads[] = {{11, 1, NULL}, {12, 2, NULL}, {13, 3, NULL}, {19, 9, NULL}};
static const struct my_threads known = {threads, N(threads), N(threads)};
static const uint64_t own[] = {19};

#define WAIT(T, START) \
	((struct my_wait_row){T, 1, 100 + (T), false, START, 0, "TABLE", "d", "a", "metadata lock"})
#define LOCK(T, GRANTED, MODE)             \
	((struct my_lock_row){.thread = T, \
		.instance = 100 + (T),     \
		.granted = GRANTED,        \
		.type = "TABLE",           \
		.schema = "d",             \
		.name = "a",               \
		.mode = MODE})

static struct my_waits begin(void)
{
	n_told = 0;
	return (struct my_waits){.threads = &known, .own = own, .n_own = 1, .sink = keep};
}

static void ended(struct my_waits *w, uint64_t thread, uint64_t start_us, uint64_t duration_us)
{
	struct my_wait_row row = WAIT(thread, start_us);

	row.duration_us = duration_us;
	my_waits_ended(w, &row);
}

START_TEST(who_is_in_the_way_comes_from_samples_and_the_time_from_the_ring)
{
	struct my_lock_row locks[] = {LOCK(11, true, "SHARED_READ"), LOCK(12, false, "EXCLUSIVE"),
		LOCK(13, false, "SHARED_READ"), LOCK(19, true, "EXCLUSIVE")};
	struct my_waits w = begin();

	/* Some servers tell other addresses in their events than in their tables of locks. */
	for (size_t i = 0; _i && i < N(locks); i++)
		locks[i].instance ^= 0x5a5a;
	my_waits_sample(&w);
	my_waits_seen(&w, &WAIT(12, 1000), 5000);
	my_waits_seen(&w, &WAIT(13, 2000), 5000);
	ck_assert_ptr_null(my_waits_seen(&w, &WAIT(19, 2000), 5000));
	my_waits_sampled(&w, 5000);
	ck_assert_uint_eq(my_waits_count(&w), 2);
	ck_assert(my_waits_unclear(&w));
	my_waits_locks(&w, locks, 3, 5000);
	ended(&w, 13, 2000, 70000);
	ended(&w, 12, 1000, 60000);
	ended(&w, 19, 1000, 60000);
	ck_assert_uint_eq(n_told, 0);
	my_waits_locks(&w, NULL, 0, 80000);
	my_waits_settle(&w, 80000);
	ck_assert_uint_eq(n_told, 2);
	ck_assert_uint_eq(told[0].session, 3);
	ck_assert_str_eq(told[0].object, "d.a");
	ck_assert_str_eq(told[0].mode, "SHARED_READ");
	ck_assert_uint_eq(told[0].n_holders, 0);
	ck_assert_uint_eq(told[0].n_ahead, 1);
	ck_assert_uint_eq(told[0].ahead[0], 2);
	ck_assert_uint_eq(told[0].duration_us, 70000);
	ck_assert(told[0].exact);
	ck_assert_uint_eq(told[1].n_holders, 1);
	ck_assert_uint_eq(told[1].holders[0], 1);
	ck_assert_uint_eq(told[1].n_ahead, 0);
	forget();
	my_waits_release(&w);
}
END_TEST

START_TEST(a_later_request_is_in_nobodys_way)
{
	struct my_lock_row locks[] = {LOCK(11, true, "EXCLUSIVE"), LOCK(12, false, "EXCLUSIVE"),
		LOCK(13, false, "SHARED_READ")};
	struct my_waits w = begin();

	my_waits_sample(&w);
	my_waits_seen(&w, &WAIT(13, 1000), 5000);
	my_waits_seen(&w, &WAIT(12, 2000), 5000);
	my_waits_sampled(&w, 5000);
	my_waits_locks(&w, locks, N(locks), 5000);
	ended(&w, 13, 1000, 60000);
	my_waits_settle(&w, 1000000);
	ck_assert_uint_eq(n_told, 1);
	ck_assert_uint_eq(told[0].n_ahead, 0);
	ck_assert_uint_eq(told[0].holders[0], 1);
	forget();
	my_waits_release(&w);
}
END_TEST

/* The lock's row may go a little later than the lock. */
START_TEST(a_blocker_that_goes_late_refused_nobody)
{
	struct my_lock_row locks[] = {LOCK(11, true, "EXCLUSIVE"), LOCK(12, false, "SHARED_READ")};
	struct my_waits w = begin();

	my_waits_sample(&w);
	my_waits_seen(&w, &WAIT(12, 1000), 5000);
	my_waits_sampled(&w, 5000);
	my_waits_locks(&w, locks, 2, 5000);
	my_waits_sample(&w);
	my_waits_sampled(&w, 9000);
	my_waits_locks(&w, locks, 1, 9000);
	ended(&w, 12, 1000, 8000);
	my_waits_locks(&w, locks, 0, 30000);
	my_waits_settle(&w, 30000);
	ck_assert_uint_eq(n_told, 1);
	ck_assert_int_eq(told[0].outcome, WAIT_ACQUIRED);
	forget();
	my_waits_release(&w);
}
END_TEST

START_TEST(a_blocker_that_comes_back_refused_nobody)
{
	struct my_lock_row locks[] = {LOCK(11, true, "EXCLUSIVE"), LOCK(12, false, "SHARED_READ")};
	struct my_waits w = begin();

	my_waits_sample(&w);
	my_waits_seen(&w, &WAIT(12, 1000), 5000);
	my_waits_sampled(&w, 5000);
	my_waits_locks(&w, locks, 2, 5000);
	my_waits_sample(&w);
	my_waits_sampled(&w, 9000);
	ended(&w, 12, 1000, 8000);
	locks[0].event = 7; /* its next statement */
	my_waits_locks(&w, locks, 1, 9000);
	my_waits_settle(&w, 9000);
	ck_assert_uint_eq(n_told, 1);
	ck_assert_int_eq(told[0].outcome, WAIT_ACQUIRED);
	forget();
	my_waits_release(&w);
}
END_TEST

/* How a wait ended, from whether what was in its way is still there. */
static enum wait_outcome outcome(const char *held, const char *wanted, bool still, uint64_t waited)
{
	struct my_lock_row locks[] = {LOCK(11, true, held), LOCK(12, false, wanted)};
	struct my_waits w = begin();
	enum wait_outcome result;

	my_waits_sample(&w);
	my_waits_seen(&w, &WAIT(12, 1000), 5000);
	my_waits_sampled(&w, 5000);
	my_waits_locks(&w, locks, 2, 5000);
	my_waits_sample(&w);
	my_waits_sampled(&w, 9000);
	ck_assert(my_waits_unclear(&w));
	ended(&w, 12, 1000, waited);
	ck_assert_msg(n_told == 0, "told before it was judged");
	my_waits_locks(&w, locks, still ? 1 : 0, 9000);
	ck_assert(my_waits_unclear(&w) == still);
	my_waits_settle(&w, 9000);
	ck_assert_msg(n_told == !still, "one look is no proof");
	my_waits_locks(&w, locks, still ? 1 : 0, 60000);
	my_waits_settle(&w, 60000);
	ck_assert_uint_eq(n_told, 1);
	ck_assert_uint_eq(told[0].n_holders, 1);
	result = told[0].outcome;
	forget();
	my_waits_release(&w);
	return result;
}

START_TEST(a_wait_that_ends_before_its_blocker_was_refused)
{
	ck_assert_int_eq(outcome("EXCLUSIVE", "SHARED_READ", false, 1000500), WAIT_ACQUIRED);
	ck_assert_int_eq(outcome("EXCLUSIVE", "SHARED_READ", true, 1000500), WAIT_TIMED_OUT);
	ck_assert_int_eq(outcome("EXCLUSIVE", "SHARED_READ", true, 2020000), WAIT_TIMED_OUT);
	ck_assert_int_eq(outcome("EXCLUSIVE", "SHARED_READ", true, 300000), WAIT_CANCELLED);
	/* MariaDB's name for the lock of an ALTER that copies; it may have become weaker again. */
	ck_assert_int_eq(outcome("SHARED_UPGRADABLE", "SHARED_WRITE", true, 300000), WAIT_ACQUIRED);
	ck_assert_int_eq(
		outcome("SHARED_UPGRADABLE", "SHARED_WRITE", true, 1000500), WAIT_TIMED_OUT);
}
END_TEST

START_TEST(waits_that_no_sample_met_go_to_the_statement_on_that_table)
{
	struct my_statement_span spans[] = {{1, 1000, 90000, (char *)"d.a"}};
	struct my_waits w = begin();

	w.spans = spans;
	w.n_spans = 1;
	ended(&w, 13, 2000, 12000);
	ended(&w, 11, 2000, 12000); /* its own wait is not its own fault */
	ended(&w, 13, 95000, 12000);
	ck_assert_uint_eq(told[0].n_holders, 1);
	ck_assert_uint_eq(told[0].holders[0], 1);
	ck_assert_uint_eq(told[1].n_holders, 0);
	ck_assert_uint_eq(told[2].n_holders, 0);
	forget();
	w.spans = NULL;
	w.n_spans = 0;
	my_waits_release(&w);
}
END_TEST

START_TEST(what_still_waits_at_the_end_is_unfinished)
{
	struct my_waits w = begin();

	my_waits_sample(&w);
	my_waits_seen(&w, &WAIT(13, 1000), 5000);
	my_waits_sampled(&w, 5000);
	my_waits_finish(&w, 41000);
	ck_assert_uint_eq(n_told, 1);
	ck_assert_int_eq(told[0].outcome, WAIT_UNFINISHED);
	ck_assert_uint_eq(told[0].duration_us, 40000);
	forget();
	my_waits_release(&w);
}
END_TEST

START_TEST(a_steady_clock_keeps_its_best_reading_another_its_last)
{
	struct my_timer_clock c = {.steady = true};

	my_timer_read(&c, 1000, 500000, 500400);
	ck_assert_uint_eq(c.offset_us, 499200);
	my_timer_read(&c, 2000, 501100, 501200);
	ck_assert_uint_eq(c.offset_us, 499150);
	ck_assert_uint_eq(c.bound_us, 50);
	my_timer_read(&c, 3000, 505000, 506000);
	ck_assert_uint_eq(c.offset_us, 499150);
	c.steady = false;
	my_timer_read(&c, 3000, 505000, 506000);
	ck_assert_uint_eq(c.offset_us, 502500);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("mysql_locks");
	TCase *tcase = tcase_create("locks");

	tcase_set_timeout(tcase, SUITE_TIMEOUT_S);
	tcase_add_test(tcase, table_metadata_locks_conflict_as_in_the_server);
	tcase_add_test(tcase, other_metadata_locks_conflict_as_in_the_server);
	tcase_add_test(tcase, granted_modes_tell_whom_they_block);
	tcase_add_test(tcase, the_monitor_tells_who_waits_for_what_and_how_long);
	tcase_add_test(tcase, a_monitor_cut_anywhere_is_read_without_harm);
	tcase_add_loop_test(
		tcase, who_is_in_the_way_comes_from_samples_and_the_time_from_the_ring, 0, 2);
	tcase_add_test(tcase, a_later_request_is_in_nobodys_way);
	tcase_add_test(tcase, a_blocker_that_goes_late_refused_nobody);
	tcase_add_test(tcase, a_blocker_that_comes_back_refused_nobody);
	tcase_add_test(tcase, a_wait_that_ends_before_its_blocker_was_refused);
	tcase_add_test(tcase, waits_that_no_sample_met_go_to_the_statement_on_that_table);
	tcase_add_test(tcase, what_still_waits_at_the_end_is_unfinished);
	tcase_add_test(tcase, a_steady_clock_keeps_its_best_reading_another_its_last);
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}
