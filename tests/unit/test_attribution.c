/* From waits to causes, through the public calls, with an observer that tells what a test scripts.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/base/clock.h"
#include "harness/base/mem.h"
#include "harness/observe/observe.h"
#include "tests/support/suite.h"
#include "tests/support/tape.h"

static const struct engine engine = {.name = "scripted", .observer = &tape_ops};

/* ---- a small world: seconds are wall-clock, time 0 is at 1 s ---- */

enum { MIGRATION = 10, READER = 20, APP = 30, APP2 = 31, APP3 = 32, STRANGER = 90 };

#define S(seconds) ((uint64_t)((seconds)*1e6 + 0.5))

static struct observe *o;
static struct result r;
static uint64_t now_us;

static uint64_t wall(void)
{
	return now_us;
}

static void set_up(void)
{
	struct observer_config config = {.min_wait_us = 10000};
	struct err err = {0};

	tape = (struct tape){0};
	now_us = S(1);
	clock_set_source(NULL, wall);
	ck_ok(observe_open(&engine, &config, &o, &err), err);
	observe_origin(o, S(1));
	observe_workload_session(o, APP);
	observe_workload_session(o, APP2);
	observe_workload_session(o, APP3);
	observe_disturbance_session(o, READER, "reader");
	observe_migration_session(o, MIGRATION);

	/* Statement 1 runs 3 to 4 s in a transaction that ends at 6 s with statement 2 (5 to 6 s).
	 */
	observe_statement_started(o, 1, S(3));
	observe_statement_ended(o, 1, S(4));
	observe_statement_started(o, 2, S(5));
	observe_statement_ended(o, 2, S(6));
	observe_transaction_ended(o, S(6));
	/* Statement 3 in one of its own. */
	observe_statement_started(o, 3, S(7));
	observe_statement_ended(o, 3, S(8));
	observe_transaction_ended(o, S(8));

	r = (struct result){.n_phases = 3};
	r.phases[0] = (struct result_phase){.id = PHASE_WARM_UP, .end_us = S(1)};
	r.phases[1] = (struct result_phase){.id = PHASE_BASELINE, .start_us = S(1), .end_us = S(2)};
	r.phases[2] =
		(struct result_phase){.id = PHASE_MIGRATION, .start_us = S(2), .end_us = S(9)};
	r.n_statements = 3;
	r.statements = mem_zalloc(3 * sizeof(*r.statements));
	for (unsigned i = 0; i < 3; i++)
		r.statements[i].index = i + 1;
}

static void tear_down(void)
{
	observe_free(o);
	clock_set_source(NULL, NULL);
	mem_free(r.observation.source);
	mem_free(r.observation.detail);
	mem_free(r.observation.blind_to);
	mem_free(r.observation.note);
	mem_free(r.statements);
	for (size_t i = 0; i < r.n_lock_waits; i++) {
		mem_free(r.lock_waits[i].object);
		mem_free(r.lock_waits[i].mode);
		mem_free(r.lock_waits[i].waiter);
		mem_free(r.lock_waits[i].outcome);
		mem_free(r.lock_waits[i].blocked_by);
	}
	mem_free(r.lock_waits);
	for (size_t i = 0; i < r.n_wait_groups; i++) {
		mem_free(r.wait_groups[i].object);
		mem_free(r.wait_groups[i].mode);
		mem_free(r.wait_groups[i].waiter);
		mem_free(r.wait_groups[i].blocked_by);
	}
	mem_free(r.wait_groups);
	for (size_t i = 0; i < r.n_leftovers; i++) {
		mem_free(r.leftovers[i].kind);
		mem_free(r.leftovers[i].object);
		mem_free(r.leftovers[i].table);
	}
	mem_free(r.leftovers);
}

struct line {
	double start, seconds;
	uint64_t session;
	const char *object, *tag;
	uint64_t holder, ahead; /* 0: none */
};

static void wait_for(struct line l)
{
	struct wait_event *e = &tape.events[tape.n++];

	ck_assert_uint_le(tape.n, TAPE_EVENTS_MAX);
	*e = (struct wait_event){.start_us = S(l.start),
		.duration_us = S(l.seconds),
		.session = l.session,
		.object = mem_strdup(l.object),
		.mode = mem_strdup("AccessShareLock"),
		.tag = mem_strdup(l.tag),
		.outcome = WAIT_ACQUIRED,
		.exact = true};
	if (l.holder) {
		e->holders = mem_alloc(sizeof(uint64_t));
		e->holders[e->n_holders++] = l.holder;
	}
	if (l.ahead) {
		e->ahead = mem_alloc(sizeof(uint64_t));
		e->ahead[e->n_ahead++] = l.ahead;
	}
}

static void locks(unsigned index, const char *object, double acquired)
{
	struct fact_lock lock = {.object = (char *)object,
		.mode = (char *)"AccessExclusiveLock",
		.acquired_us = S(acquired),
		.blocks_reads = true,
		.blocks_writes = true};
	struct statement_facts facts = {.locks = &lock, .n_locks = 1};

	observe_statement_locks(o, index, &facts);
}

static void report(void)
{
	struct err err = {0};

	ck_ok(observe_finish(o, &err), err);
	ck_ok(observe_report(o, &r, &err), err);
}

/* The wait that began at that time (seconds, wall). */
static const struct result_wait *at(double start)
{
	for (size_t i = 0; i < r.n_lock_waits; i++)
		if (r.lock_waits[i].start_us == S(start) - S(1))
			return &r.lock_waits[i];
	ck_abort_msg("no wait began at %f", start);
}

/* ---- one wait and its cause ---- */

static const struct {
	const char *comment;
	struct line line;
	enum cause_kind cause;
	unsigned statement;
	const char *blocked_by, *waiter;
	bool queued;
} singles[] = {
	{"behind the statement that runs", {3.2, 0.5, APP, "public.a", "book", MIGRATION, 0},
		CAUSE_MIGRATION, 1, "statement 1", "book", false},
	{"behind a lock that an earlier statement of the transaction took",
		{5.2, 0.5, APP, "public.locked", "book", MIGRATION, 0}, CAUSE_MIGRATION, 1,
		"statement 1", "book", false},
	{"between two statements of a transaction",
		{4.3, 0.5, APP, "public.x", "book", MIGRATION, 0}, CAUSE_MIGRATION, 1,
		"statement 1", "book", false},
	{"the same table in a later transaction",
		{7.2, 0.5, APP, "public.locked", "book", MIGRATION, 0}, CAUSE_MIGRATION, 3,
		"statement 3", "book", false},
	{"queued behind the migration that waits itself",
		{7.3, 0.5, APP, "public.a", "book", READER, MIGRATION}, CAUSE_MIGRATION, 3,
		"statement 3", "book", true},
	{"behind a disturbance", {7.4, 0.5, APP, "public.a", "book", READER, 0}, CAUSE_DISTURBANCE,
		0, "disturbance 'reader'", "book", false},
	{"the migration behind a disturbance", {7.1, 0.5, MIGRATION, "public.a", NULL, READER, 0},
		CAUSE_DISTURBANCE, 0, "disturbance 'reader'", "migration", false},
	{"a disturbance behind the migration", {7.1, 0.5, READER, "public.a", NULL, MIGRATION, 0},
		CAUSE_MIGRATION, 3, "statement 3", "reader", false},
	{"the workload behind itself", {2.1, 0.5, APP, "transaction 7", "pay", APP2, 0},
		CAUSE_WORKLOAD, 0, "the workload", "pay", false},
	{"behind a session that nobody knows", {2.1, 0.5, APP, "public.a", "pay", STRANGER, 0},
		CAUSE_OTHER, 0, "another session", "pay", false},
	{"no blocker told", {2.1, 0.5, APP, "public.a", "pay", 0, 0}, CAUSE_OTHER, 0,
		"another session", "pay", false},
	{"a session that nobody knows waits", {2.1, 0.5, STRANGER, "public.a", NULL, APP, 0},
		CAUSE_WORKLOAD, 0, "the workload", "other", false},
};

START_TEST(a_wait_is_attributed_to_its_root)
{
	const struct result_wait *w;

	locks(1, "public.locked", 3.5);
	wait_for(singles[_i].line);
	report();
	ck_assert_uint_eq(r.n_lock_waits, 1);
	w = &r.lock_waits[0];
	ck_assert_msg(w->cause == singles[_i].cause, "%s: %s", singles[_i].comment, w->blocked_by);
	ck_assert_msg(w->statement == singles[_i].statement, "%s: statement %u",
		singles[_i].comment, w->statement);
	ck_assert_str_eq(w->blocked_by, singles[_i].blocked_by);
	ck_assert_str_eq(w->waiter, singles[_i].waiter);
	ck_assert(w->queued == singles[_i].queued);
	ck_assert_str_eq(w->outcome, "acquired");
}
END_TEST

/* ---- chains ---- */

START_TEST(a_chain_of_waits_leads_to_the_migration)
{
	wait_for((struct line){7.1, 0.8, APP, "public.a", "book", MIGRATION, 0});
	wait_for((struct line){7.2, 0.7, APP2, "transaction 5", "pay", APP, 0});
	wait_for((struct line){7.3, 0.6, APP3, "tuple of public.b", "pay", APP2, 0});
	report();
	ck_assert_int_eq(at(7.2)->cause, CAUSE_MIGRATION);
	ck_assert_int_eq(at(7.3)->cause, CAUSE_MIGRATION);
	ck_assert_str_eq(at(7.3)->blocked_by, "statement 3");
	ck_assert_uint_eq(r.statements[2].caused.count, 3);
	ck_assert_uint_eq(r.statements[2].caused.total_us, S(2.1));
	ck_assert_uint_eq(r.statements[2].caused.max_us, S(0.8));
}
END_TEST

START_TEST(a_short_wait_of_the_blocker_does_not_pass_the_blame_on)
{
	wait_for((struct line){7.1, 0.1, APP, "public.a", "book", MIGRATION, 0});
	wait_for((struct line){7.0, 0.9, APP2, "transaction 5", "pay", APP, 0});
	report();
	ck_assert_int_eq(at(7.0)->cause, CAUSE_WORKLOAD);
	ck_assert_str_eq(at(7.0)->blocked_by, "the workload");
}
END_TEST

START_TEST(waits_in_a_circle_end_at_the_workload)
{
	wait_for((struct line){2.0, 0.9, APP, "transaction 5", "book", APP2, 0});
	wait_for((struct line){2.05, 0.8, APP2, "transaction 6", "pay", APP, 0});
	report();
	ck_assert_int_eq(at(2.0)->cause, CAUSE_WORKLOAD);
	ck_assert_int_eq(at(2.05)->cause, CAUSE_WORKLOAD);
	ck_assert_str_eq(at(2.05)->blocked_by, "transaction 'book'");
}
END_TEST

START_TEST(the_migration_is_never_its_own_blocker)
{
	/* It waits for a transaction that waits for it. */
	wait_for((struct line){7.0, 0.9, MIGRATION, "transaction 5", NULL, APP, 0});
	wait_for((struct line){7.0001, 0.9, APP, "public.a", "book", MIGRATION, 0});
	report();
	ck_assert_int_eq(at(7.0)->cause, CAUSE_WORKLOAD);
	ck_assert_str_eq(at(7.0)->waiter, "migration");
	ck_assert_int_eq(at(7.0001)->cause, CAUSE_MIGRATION);
	ck_assert_uint_eq(r.statements[2].waited_us, S(0.9));
	ck_assert_uint_eq(r.statements[2].caused.count, 1);
}
END_TEST

START_TEST(a_session_number_that_is_used_again_has_the_role_of_its_time)
{
	now_us = S(7.5);
	observe_disturbance_session(o, APP2, "second");
	wait_for((struct line){2.0, 0.5, APP, "transaction 5", "pay", APP2, 0});
	wait_for((struct line){7.6, 0.2, APP, "public.a", "pay", APP2, 0});
	report();
	ck_assert_int_eq(at(2.0)->cause, CAUSE_WORKLOAD);
	ck_assert_str_eq(at(7.6)->blocked_by, "disturbance 'second'");
}
END_TEST

/* ---- sums ---- */

START_TEST(phases_count_the_waits_of_the_workload_that_began_in_them)
{
	wait_for(
		(struct line){0.5, 0.1, APP, "public.a", "book", MIGRATION, 0}); /* before time 0 */
	wait_for((struct line){1.5, 0.1, APP, "public.a", "book", APP2, 0});
	wait_for((struct line){2.9, 3.0, APP, "public.a", "book", APP2, 0});
	wait_for((struct line){3.5, 0.2, APP2, "public.a", "book", MIGRATION, 0});
	wait_for((struct line){3.6, 0.3, READER, "public.a", NULL, MIGRATION, 0});
	wait_for((struct line){3.0, 0.4, MIGRATION, "public.a", NULL, READER, 0});
	report();
	ck_assert_uint_eq(r.lock_waits_seen, 5);
	ck_assert_uint_eq(r.phases[0].lock_waits.count, 1);
	ck_assert_uint_eq(r.phases[1].lock_waits.count, 1);
	ck_assert_uint_eq(r.phases[1].lock_waits.max_us, S(3.0));
	ck_assert_uint_eq(r.phases[2].lock_waits.count, 1);
	ck_assert_uint_eq(r.phases[2].lock_waits.total_us, S(0.2));
	ck_assert_uint_eq(r.statements[0].caused.count, 2);
	ck_assert_uint_eq(r.statements[0].waited_us, S(0.4));
	ck_assert_int_eq(at(2.9)->phase, PHASE_BASELINE);
	ck_assert_uint_eq(r.lock_waits[0].duration_us, S(3.0)); /* worst first */
}
END_TEST

START_TEST(groups_sum_up_what_is_alike)
{
	wait_for((struct line){2.1, 0.1, APP, "transaction 5", "pay", APP2, 0});
	wait_for((struct line){2.2, 0.2, APP, "transaction 6", "pay", APP2, 0});
	wait_for((struct line){2.5, 0.1, APP, "tuple of public.a2", "pay", APP2, 0});
	report();
	ck_assert_uint_eq(r.n_wait_groups, 2);
	ck_assert_str_eq(r.wait_groups[0].object, "transaction");
	ck_assert_uint_eq(r.wait_groups[0].count, 2);
	ck_assert_uint_eq(r.wait_groups[0].total_us, S(0.3));
	ck_assert_uint_eq(r.wait_groups[0].max_us, S(0.2));
	ck_assert_str_eq(r.wait_groups[1].object, "tuple of public.a2");
	ck_assert_str_eq(r.lock_waits[0].object, "transaction 6");
}
END_TEST

START_TEST(a_million_waits_leave_room_for_the_migrations)
{
	uint64_t start = clock_us();
	uint64_t grouped = 0;

	for (uint64_t i = 0; i < 64; i++)
		observe_workload_session(o, 100 + i);
	wait_for((struct line){7.2, 0.0001, APP, "public.a", "book", MIGRATION, 0});
	tape.flood = 1000000;
	report();
	printf("a million waits: %.1f s\n", (double)(clock_us() - start) / 1e6);
	ck_assert_uint_eq(r.lock_waits_seen, 1000001);
	ck_assert_uint_eq(r.n_lock_waits, 500);
	ck_assert_int_eq(at(7.2)->cause, CAUSE_MIGRATION);
	for (size_t i = 1; i < r.n_lock_waits; i++)
		ck_assert_uint_ge(r.lock_waits[i - 1].duration_us, r.lock_waits[i].duration_us);
	for (size_t i = 0; i < r.n_wait_groups; i++)
		grouped += r.wait_groups[i].count;
	ck_assert_uint_eq(grouped, 1000001);
	ck_assert_uint_lt(r.n_wait_groups, 100);
}
END_TEST

/* ---- the rest ---- */

START_TEST(what_is_new_among_the_leftovers_is_reported)
{
	tape.leftovers = mem_zalloc(2 * sizeof(*tape.leftovers));
	tape.n_leftovers = 2;
	for (int i = 0; i < 2; i++) {
		snprintf(tape.leftovers[i].kind, sizeof(tape.leftovers[i].kind), "invalid-index");
		tape.leftovers[i].object = mem_printf("public.i%d", i);
		tape.leftovers[i].table = mem_strdup("public.a");
		tape.leftovers[i].existed_before = i == 0;
	}
	report();
	ck_assert_uint_eq(r.n_leftovers, 1);
	ck_assert_str_eq(r.leftovers[0].object, "public.i1");
	ck_assert_str_eq(r.observation.source, "scripted");
	ck_assert_str_eq(r.observation.note, "");
	ck_assert_uint_eq(r.observation.min_wait_us, 10000);
}
END_TEST

static int poll_rows(struct observer *adapter, void (*sink)(void *ctx, struct wait_event *event),
	void *ctx, struct err *err)
{
	(void)adapter, (void)err;
	tape_flood(sink, ctx);
	return 0;
}

START_TEST(a_workload_that_fights_over_rows_raises_the_shortest_wait)
{
	static const struct {
		size_t waits; /* in two seconds */
		uint64_t min_wait_us;
	} cases[] = {{300, 0}, {500, 100000}};
	struct observer_ops busy = tape_ops;
	struct engine fighting = {.name = "scripted", .observer = &busy};
	struct observer_config config = {.min_wait_us = 10000};
	struct observe *own;
	struct err err = {0};

	busy.poll = poll_rows;
	ck_ok(observe_open(&fighting, &config, &own, &err), err);
	observe_origin(own, S(1));
	for (uint64_t i = 0; i < 64; i++)
		observe_workload_session(own, 100 + i);
	tape.flood = cases[_i].waits;
	now_us = S(3);
	ck_ok(observe_adapt(own, &err), err);
	ck_assert_uint_eq(tape.min_wait_us, cases[_i].min_wait_us);
	ck_ok(observe_finish(own, &err), err);
	ck_ok(observe_report(own, &r, &err), err);
	if (cases[_i].min_wait_us)
		ck_assert_ptr_nonnull(strstr(r.observation.note, "raised from 10"));
	else
		ck_assert_str_eq(r.observation.note, "");
	observe_free(own);
}
END_TEST

START_TEST(a_broken_source_is_an_error_but_what_was_seen_is_kept)
{
	struct err err = {0};

	wait_for((struct line){3.2, 0.5, APP, "public.a", "book", MIGRATION, 0});
	tape.breaks = true;
	ck_ok(observe_adapt(o, &err), err); /* polls */
	ck_assert_int_eq(observe_finish(o, &err), -1);
	ck_assert_ptr_nonnull(strstr(err.text, "the tape tore"));
	ck_ok(observe_report(o, &r, &err), err);
	ck_assert_uint_eq(r.n_lock_waits, 1);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("attribution");
	TCase *tc = tcase_create("attribution");

	tcase_set_timeout(tc, SUITE_TIMEOUT_S);
	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_add_loop_test(
		tc, a_wait_is_attributed_to_its_root, 0, sizeof(singles) / sizeof(singles[0]));
	tcase_add_test(tc, a_chain_of_waits_leads_to_the_migration);
	tcase_add_test(tc, a_short_wait_of_the_blocker_does_not_pass_the_blame_on);
	tcase_add_test(tc, waits_in_a_circle_end_at_the_workload);
	tcase_add_test(tc, the_migration_is_never_its_own_blocker);
	tcase_add_test(tc, a_session_number_that_is_used_again_has_the_role_of_its_time);
	tcase_add_test(tc, phases_count_the_waits_of_the_workload_that_began_in_them);
	tcase_add_test(tc, groups_sum_up_what_is_alike);
	tcase_add_test(tc, a_million_waits_leave_room_for_the_migrations);
	tcase_add_test(tc, what_is_new_among_the_leftovers_is_reported);
	tcase_add_loop_test(tc, a_workload_that_fights_over_rows_raises_the_shortest_wait, 0, 2);
	tcase_add_test(tc, a_broken_source_is_an_error_but_what_was_seen_is_kept);
	suite_add_tcase(suite, tc);
	return suite_run(suite);
}
