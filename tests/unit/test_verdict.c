/* What the rules make of a result: one change to a healthy result per row. */
#include <stdbool.h>
#include <string.h>

#include "harness/base/mem.h"
#include "harness/measure/result.h"
#include "harness/verdict/verdict.h"
#include "tests/support/sample_result.h"
#include "tests/support/suite.h"

#define N(a) (sizeof(a) / sizeof((a)[0]))
#define TABLE "public.appointment"

/* One change to a healthy result. */
#define CHANGE(NAME, ...)                  \
	static void NAME(struct result *r) \
	{                                  \
		__VA_ARGS__;               \
	}

CHANGE(nothing, (void)r)
CHANGE(waits_over, sample_waits(r, 1, "book", TABLE, "RowExclusiveLock", 212, 500001, false))
CHANGE(waits_at_limit, sample_waits(r, 1, "book", TABLE, "RowExclusiveLock", 212, 500000, false))
CHANGE(waits_without_limit, r->rules.max_lock_wait_us = 0;
	sample_waits(r, 1, "book", TABLE, "RowExclusiveLock", 2, 9000000, false))
CHANGE(failed, sample_set(&r->statements[0].outcome, "failed");
	sample_set(&r->statements[0].code, "42601");
	sample_set(&r->statements[1].outcome, "not-run"))
CHANGE(timed_out, sample_set(&r->statements[1].outcome, "timed-out");
	sample_set(&r->statements[1].code, "55P03");
	sample_set(&r->statements[0].outcome, "rolled-back"))
CHANGE(cut_by_limit, sample_set(&r->statements[1].outcome, "not-run"))

static void no_migration(struct result *r)
{
	while (r->n_statements) {
		struct result_statement *s = &r->statements[--r->n_statements];

		mem_free(s->file);
		mem_free(s->kind);
		mem_free(s->text);
		mem_free(s->outcome);
		mem_free(s->code);
		mem_free(s->error);
		mem_free(s->algorithm_measured);
		mem_free(s->algorithm_predicted);
		mem_free(s->lock_predicted);
		mem_free(s->class_predicted);
		mem_free(s->class_measured);
		mem_free(s->note);
	}
}

CHANGE(new_error, sample_error(r, PHASE_MIGRATION, "42703", "breakage", "book", 1))
CHANGE(new_error_after, sample_error(r, PHASE_RECOVERY, "40001", "contention", "book", 1))
CHANGE(new_error_allowed, r->rules.allow_new_errors = true; new_error(r))
CHANGE(old_error, sample_error(r, PHASE_BASELINE, "40001", "contention", "book", 2);
	sample_error(r, PHASE_MIGRATION, "40001", "contention", "book", 200))
CHANGE(old_error_elsewhere, sample_error(r, PHASE_BASELINE, "40001", "contention", "book", 2);
	sample_error(r, PHASE_MIGRATION, "40001", "contention", "look_up", 1))
CHANGE(warm_up_error, sample_error(r, PHASE_WARM_UP, "40001", "contention", "book", 1);
	sample_error(r, PHASE_MIGRATION, "40001", "contention", "book", 1))
CHANGE(lost_connection, sample_error(r, PHASE_MIGRATION, "lost", "connection", "book", 1))
CHANGE(slow, r->phases[PHASE_MIGRATION].latency_us.p99 = 60000)
CHANGE(slow_below_floor, r->phases[PHASE_MIGRATION].latency_us.p99 = 50000)
CHANGE(slow_within_ratio, r->phases[PHASE_BASELINE].latency_us.p99 = 20000;
	r->phases[PHASE_MIGRATION].latency_us.p99 = 100000)
CHANGE(slow_few, slow(r);
	r->phases[PHASE_MIGRATION].transactions = (struct result_transactions){99, 99, 0, 0, 0})
CHANGE(slow_off, slow(r); r->rules.p99_ratio = 0)
CHANGE(slow_as_noise, slow(r); r->phases[PHASE_BASELINE].seconds[3].p99_us = 61000)
CHANGE(slow_and_starved, slow(r);
	sample_set(&r->rehearsal.schedule_note, "the client was short of CPU"))
CHANGE(slow_waiting_and_starved, slow_and_starved(r);
	sample_waits(r, 1, "book", "public.a", "AccessExclusiveLock", 3, 55000, false))
CHANGE(slow_hardly_waiting_and_starved, slow_and_starved(r);
	sample_waits(r, 1, "book", "public.a", "AccessExclusiveLock", 3, 29000, false))
CHANGE(slow_hardly_waiting, slow(r);
	sample_waits(r, 1, "book", "public.a", "AccessExclusiveLock", 3, 29000, false))
CHANGE(pool, r->phases[PHASE_MIGRATION].transactions.pool_timeouts = 1)
CHANGE(pool_after, r->phases[PHASE_RECOVERY].transactions.pool_timeouts = 4;
	r->rules.max_pool_timeouts = 3)
CHANGE(pool_allowed, pool_after(r); r->rules.max_pool_timeouts = 4)
CHANGE(invalid_index, sample_leftover(r, "invalid-index", "public.appointment_starts_idx", TABLE))
CHANGE(invalid_index_allowed, invalid_index(r); r->rules.allow_invalid_index = true)
CHANGE(invalid_index_hidden, invalid_index(r); sample_set(&r->statements[1].text,
	"CREATE INDEX CONCURRENTLY IF NOT EXISTS "
	"appointment_starts_idx ON appointment (starts_at)"))
CHANGE(unvalidated, sample_leftover(r, "unvalidated-constraint", "appointment_fk", TABLE))
CHANGE(unvalidated_allowed, unvalidated(r); r->rules.allow_unvalidated_constraint = true)
CHANGE(rewritten, sample_rewritten(r, 1, TABLE);
	sample_lock(r, 1, TABLE, "AccessExclusiveLock", 500001, true))
CHANGE(rewritten_briefly, sample_rewritten(r, 1, TABLE);
	sample_lock(r, 1, TABLE, "AccessExclusiveLock", 500000, true))
CHANGE(rewritten_allowed, rewritten_briefly(r); r->rules.allow_rewrite = true)
CHANGE(rewritten_unlocked, sample_rewritten(r, 1, TABLE))
CHANGE(unmet, sample_lock(r, 1, TABLE, "ShareLock", 500001, false))
CHANGE(unmet_short, sample_lock(r, 1, TABLE, "ShareLock", 500000, false))
CHANGE(unmet_new, unmet(r); r->statements[0].locks[0].new_object = true)
CHANGE(unmet_harmless, unmet(r); r->statements[0].locks[0].blocks_writes = false)
CHANGE(unmet_allowed, unmet(r); r->rules.allow_unexercised = true)
CHANGE(met, unmet(r); sample_waits(r, 1, "book", TABLE, "RowExclusiveLock", 1, 100, false))
CHANGE(base_pool, r->phases[PHASE_BASELINE].transactions.pool_timeouts = 1)
CHANGE(base_errors, sample_error(r, PHASE_BASELINE, "40001", "contention", "book", 41))
CHANGE(base_few_errors, sample_error(r, PHASE_BASELINE, "40001", "contention", "book", 40))
CHANGE(base_waits, r->phases[PHASE_BASELINE].lock_waits = (struct result_waits){1, 500001, 500001})
CHANGE(base_short,
	r->phases[PHASE_BASELINE].transactions = (struct result_transactions){49, 49, 0, 0, 0})
CHANGE(base_sick_and_pool, base_pool(r); pool(r))
CHANGE(base_sick_and_slow, base_waits(r); slow(r))
CHANGE(base_sick_and_contention, base_errors(r); new_error_after(r);
	sample_set(&r->phases[PHASE_RECOVERY].errors[0].code, "40P01"))
CHANGE(base_sick_and_breakage, base_errors(r); new_error(r))
CHANGE(base_sick_and_waits, base_errors(r); waits_over(r))
CHANGE(base_sick_and_failed, base_pool(r); failed(r))
CHANGE(sampled, r->observation.exact = false)
CHANGE(sampled_and_rejected, sampled(r); waits_over(r))
CHANGE(waited_itself, sample_own_wait(r, "disturbance 'reader'", TABLE, 90000, "acquired"))
CHANGE(retried, r->statements[0].attempts = 3)
CHANGE(queued_behind_timeout,
	sample_own_wait(r, "disturbance 'reader'", TABLE, 400000, "timed-out");
	sample_waits(r, 1, "book", TABLE, "AccessShareLock", 30, 390000, true))
CHANGE(queued_but_granted, sample_own_wait(r, "disturbance 'reader'", TABLE, 400000, "acquired");
	sample_waits(r, 1, "book", TABLE, "AccessShareLock", 30, 390000, true))
CHANGE(kept_for_later, r->statements[0].duration_us = 3000;
	sample_lock(r, 1, TABLE, "ShareRowExclusiveLock", 1400000, false);
	sample_waits(r, 1, "book", TABLE, "RowExclusiveLock", 80, 300000, false))

static void foretell(struct result *r, const char *object, const char *mode)
{
	struct result_statement *s = &r->statements[0];

	s->locks_predicted = mem_resize(
		s->locks_predicted, s->n_locks_predicted + 1, sizeof(*s->locks_predicted));
	s->locks_predicted[s->n_locks_predicted++] =
		(struct result_predicted_lock){mem_strdup(object), mem_strdup(mode), false, true};
}

CHANGE(predicted, sample_set(&r->statements[0].algorithm_predicted, "rebuild");
	sample_set(&r->statements[0].algorithm_measured, "rebuild"))
CHANGE(contradicted, predicted(r); sample_set(&r->statements[0].algorithm_measured, "copy"))
CHANGE(better_than_predicted, predicted(r);
	sample_set(&r->statements[0].algorithm_measured, "instant"))
CHANGE(not_predicted, contradicted(r); sample_set(&r->statements[0].algorithm_predicted, ""))
/* Statement 1 takes a lock, for a moment; what was foretold of it comes after. */
CHANGE(unforeseen, sample_lock(r, 1, TABLE, "ShareLock", 1000, false);
	sample_set(&r->statements[0].class_predicted, "instant-safe"))
CHANGE(unforeseen_unknown, unforeseen(r); sample_set(&r->statements[0].class_predicted, "unknown"))
CHANGE(unforeseen_new, unforeseen(r); r->statements[0].locks[0].new_object = true)
CHANGE(unforeseen_mild, unforeseen(r); r->statements[0].locks[0].blocks_writes = false)
CHANGE(foreseen, unforeseen(r); foretell(r, TABLE, "ShareLock"))
CHANGE(foreseen_otherwise, unforeseen(r); foretell(r, TABLE, "AccessExclusiveLock"))
CHANGE(foreseen_quoted, unforeseen(r); foretell(r, "\"public\".\"appointment\"", "ShareLock"))
CHANGE(rewrite_unforeseen, foreseen(r); sample_rewritten(r, 1, TABLE "_pkey"))
CHANGE(rewrite_foreseen, rewrite_unforeseen(r); foretell(r, TABLE "_pkey", "AccessExclusiveLock"))
CHANGE(not_measured, predicted(r); sample_set(&r->statements[0].algorithm_measured, ""))

static const struct {
	const char *comment;
	void (*change)(struct result *r);
	const char *verdict;
	const char *id; /* expected first finding of that id; "" no finding at all */
	enum severity severity;
	unsigned statement;
} cases[] = {
	{"nothing wrong", nothing, "approve", "", 0, 0},
	{"no statements: a control run", no_migration, "approve", "", 0, 0},
	{"1 us over the limit", waits_over, "reject", "lock-wait-too-long", SEVERITY_REJECT, 1},
	{"at the limit", waits_at_limit, "approve", "lock-waits-caused", SEVERITY_INFO, 1},
	{"limit 0 is off", waits_without_limit, "approve", "lock-waits-caused", SEVERITY_INFO, 1},
	{"syntax error", failed, "reject", "migration-failed", SEVERITY_REJECT, 1},
	{"lock time-out", timed_out, "reject", "migration-failed", SEVERITY_REJECT, 2},
	{"never came to the end", cut_by_limit, "reject", "migration-failed", SEVERITY_REJECT, 2},
	{"one is enough", new_error, "reject", "new-error-class", SEVERITY_REJECT, 0},
	{"after the migration", new_error_after, "reject", "new-error-class", SEVERITY_REJECT, 0},
	{"allowed, still told", new_error_allowed, "approve", "new-error-class", SEVERITY_INFO, 0},
	{"the baseline had it", old_error, "approve", "", 0, 0},
	{"another transaction had it", old_error_elsewhere, "reject", "new-error-class",
		SEVERITY_REJECT, 0},
	{"the warm-up had it", warm_up_error, "approve", "", 0, 0},
	{"connections count", lost_connection, "reject", "new-error-class", SEVERITY_REJECT, 0},
	{"7.9 ms to 60 ms", slow, "reject", "latency-p99", SEVERITY_REJECT, 0},
	{"at the floor", slow_below_floor, "approve", "", 0, 0},
	{"five times exactly", slow_within_ratio, "approve", "", 0, 0},
	{"99 arrivals", slow_few, "approve", "", 0, 0},
	{"ratio 0 is off", slow_off, "approve", "", 0, 0},
	{"a second of the baseline was as bad", slow_as_noise, "inconclusive", "latency-p99",
		SEVERITY_INCONCLUSIVE, 0},
	{"the client had no core, and nobody waited", slow_and_starved, "inconclusive",
		"latency-p99", SEVERITY_INCONCLUSIVE, 0},
	{"the client had no core, but some waited", slow_waiting_and_starved, "reject",
		"latency-p99", SEVERITY_REJECT, 0},
	{"the client had no core, and the waits are too short for that",
		slow_hardly_waiting_and_starved, "inconclusive", "latency-p99",
		SEVERITY_INCONCLUSIVE, 0},
	{"it had its core: short waits excuse nothing", slow_hardly_waiting, "reject",
		"latency-p99", SEVERITY_REJECT, 0},
	{"none allowed", pool, "reject", "pool-timeout", SEVERITY_REJECT, 0},
	{"one too many, in recovery", pool_after, "reject", "pool-timeout", SEVERITY_REJECT, 0},
	{"as many as allowed", pool_allowed, "approve", "", 0, 0},
	{"left INVALID", invalid_index, "reject", "invalid-index", SEVERITY_REJECT, 1},
	{"allowed", invalid_index_allowed, "approve", "invalid-index", SEVERITY_INFO, 1},
	{"IF NOT EXISTS lies", invalid_index_hidden, "reject", "invalid-index-hidden",
		SEVERITY_WARNING, 2},
	{"left NOT VALID", unvalidated, "reject", "unvalidated-constraint", SEVERITY_REJECT, 0},
	{"allowed", unvalidated_allowed, "approve", "unvalidated-constraint", SEVERITY_INFO, 0},
	{"rewritten under a long lock", rewritten, "reject", "table-rewritten", SEVERITY_REJECT, 1},
	{"rewritten within the limit", rewritten_briefly, "approve", "table-rewritten",
		SEVERITY_WARNING, 1},
	{"allowed", rewritten_allowed, "approve", "table-rewritten", SEVERITY_INFO, 1},
	{"rewritten, nobody blocked", rewritten_unlocked, "approve", "table-rewritten",
		SEVERITY_WARNING, 1},
	{"long lock, nobody came", unmet, "inconclusive", "lock-not-exercised",
		SEVERITY_INCONCLUSIVE, 1},
	{"a lock at the limit", unmet_short, "approve", "", 0, 0},
	{"a table of its own", unmet_new, "approve", "", 0, 0},
	{"blocks nobody", unmet_harmless, "approve", "", 0, 0},
	{"allowed", unmet_allowed, "approve", "lock-not-exercised", SEVERITY_INFO, 1},
	{"somebody came", met, "approve", "lock-waits-caused", SEVERITY_INFO, 1},
	{"sick: pool", base_pool, "inconclusive", "baseline-unfit", SEVERITY_INCONCLUSIVE, 0},
	{"sick: more than 1 %", base_errors, "inconclusive", "baseline-unfit",
		SEVERITY_INCONCLUSIVE, 0},
	{"1 % is not sick", base_few_errors, "approve", "", 0, 0},
	{"sick: waits", base_waits, "inconclusive", "baseline-unfit", SEVERITY_INCONCLUSIVE, 0},
	{"sick: too few", base_short, "inconclusive", "baseline-unfit", SEVERITY_INCONCLUSIVE, 0},
	{"a sick baseline explains the pool", base_sick_and_pool, "inconclusive", "pool-timeout",
		SEVERITY_INCONCLUSIVE, 0},
	{"and latency", base_sick_and_slow, "inconclusive", "latency-p99", SEVERITY_INCONCLUSIVE,
		0},
	{"and contention", base_sick_and_contention, "inconclusive", "new-error-class",
		SEVERITY_INCONCLUSIVE, 0},
	{"but no missing column", base_sick_and_breakage, "reject", "new-error-class",
		SEVERITY_REJECT, 0},
	{"no traced wait", base_sick_and_waits, "reject", "lock-wait-too-long", SEVERITY_REJECT, 1},
	{"no failed statement", base_sick_and_failed, "reject", "migration-failed", SEVERITY_REJECT,
		1},
	{"samples approve nothing", sampled, "inconclusive", "observation-incomplete",
		SEVERITY_INCONCLUSIVE, 0},
	{"but can reject", sampled_and_rejected, "reject", "observation-incomplete",
		SEVERITY_WARNING, 0},
	{"it waited", waited_itself, "approve", "migration-waited", SEVERITY_INFO, 1},
	{"it was retried", retried, "approve", "migration-waited", SEVERITY_INFO, 1},
	{"bounded by lock_timeout", queued_behind_timeout, "approve", "lock-timeout-bounds",
		SEVERITY_WARNING, 1},
	{"no time-out struck", queued_but_granted, "approve", "lock-waits-caused", SEVERITY_INFO,
		1},
	{"as predicted", predicted, "approve", "", 0, 0},
	{"dearer than predicted", contradicted, "approve", "prediction-contradicted",
		SEVERITY_WARNING, 1},
	{"cheaper than predicted", better_than_predicted, "approve", "", 0, 0},
	{"no prediction", not_predicted, "approve", "", 0, 0},
	{"no measurement", not_measured, "approve", "", 0, 0},
	{"a lock that was not foretold", unforeseen, "approve", "prediction-contradicted",
		SEVERITY_WARNING, 1},
	{"nothing could be foretold", unforeseen_unknown, "approve", "", 0, 0},
	{"its own new table", unforeseen_new, "approve", "", 0, 0},
	{"a lock that keeps nobody out", unforeseen_mild, "approve", "", 0, 0},
	{"the lock that was foretold", foreseen, "approve", "", 0, 0},
	{"another mode", foreseen_otherwise, "approve", "prediction-contradicted", SEVERITY_WARNING,
		1},
	{"the same name, quoted", foreseen_quoted, "approve", "", 0, 0},
	{"a rewrite that was not foretold", rewrite_unforeseen, "approve",
		"prediction-contradicted", SEVERITY_WARNING, 1},
	{"an index that was told to be locked", rewrite_foreseen, "approve", "table-rewritten",
		SEVERITY_WARNING, 1},
	{"lock kept while the next ran", kept_for_later, "approve", "lock-kept-for-later",
		SEVERITY_WARNING, 1},
};

static const struct result_finding *find(const struct result *r, const char *id)
{
	for (size_t i = 0; i < r->n_findings; i++) {
		if (!strcmp(r->findings[i].id, id))
			return &r->findings[i];
	}
	return NULL;
}

START_TEST(each_rule_judges_what_it_is_for)
{
	const char *comment = cases[_i].comment;
	const struct result_finding *f;
	struct result r;

	sample_healthy(&r);
	cases[_i].change(&r);
	verdict_judge(&r);
	ck_assert_msg(!strcmp(r.verdict, cases[_i].verdict), "%s: %s, first finding %s", comment,
		r.verdict, r.n_findings ? r.findings[0].id : "none");
	if (!*cases[_i].id) {
		ck_assert_msg(r.n_findings == 0, "%s: %s", comment,
			r.n_findings ? r.findings[0].message : "");
	} else {
		f = find(&r, cases[_i].id);
		ck_assert_msg(f != NULL, "%s: no %s", comment, cases[_i].id);
		ck_assert_msg(f->severity == cases[_i].severity, "%s: severity %s", comment,
			severity_name(f->severity));
		ck_assert_msg(f->statement == cases[_i].statement, "%s: statement %u", comment,
			f->statement);
		ck_assert_msg(*f->message, "%s: no message", comment);
	}
	result_release(&r);
}
END_TEST

START_TEST(what_was_not_carried_out_has_no_verdict)
{
	struct result r;

	sample_healthy(&r);
	base_pool(&r);
	waits_over(&r);
	cut_by_limit(&r);
	sample_set(&r.failure, "the replica went away");
	verdict_judge(&r);
	ck_assert_str_eq(r.verdict, "");
	ck_assert_uint_eq(r.n_findings, 1); /* seen until then */
	ck_assert_str_eq(r.findings[0].id, "lock-wait-too-long");
	result_release(&r);
}
END_TEST

START_TEST(findings_come_worst_first_then_by_statement)
{
	struct result r;

	sample_healthy(&r);
	sample_waits(&r, 2, "book", TABLE, "RowExclusiveLock", 3, 900000, false);
	sample_waits(&r, 1, "book", TABLE, "RowExclusiveLock", 3, 900000, false);
	retried(&r);
	pool(&r);
	unvalidated_allowed(&r);
	verdict_judge(&r);
	ck_assert_uint_eq(r.n_findings, 5);
	ck_assert_uint_eq(r.findings[0].statement, 1);
	ck_assert_uint_eq(r.findings[1].statement, 2);
	ck_assert_str_eq(r.findings[2].id, "pool-timeout");
	ck_assert_str_eq(r.findings[3].id, "migration-waited");
	ck_assert_str_eq(r.findings[4].id, "unvalidated-constraint");
	result_release(&r);
}
END_TEST

START_TEST(judging_again_changes_nothing)
{
	struct result r;
	size_t n;

	sample_index_plain(&r);
	verdict_judge(&r);
	n = r.n_findings;
	verdict_judge(&r);
	ck_assert_uint_eq(r.n_findings, n);
	ck_assert_str_eq(r.verdict, "reject");
	result_release(&r);
}
END_TEST

START_TEST(an_empty_result_is_judged_without_harm)
{
	struct result r;

	result_init(&r);
	verdict_judge(&r);
	ck_assert_str_eq(r.verdict, "inconclusive");
	result_release(&r);
}
END_TEST

START_TEST(every_rule_is_documented)
{
	size_t n;
	const struct verdict_rule *rules = verdict_rules(&n);

	for (size_t i = 0; i < n; i++) {
		ck_assert_msg(rules[i].id && *rules[i].id, "rule %zu has no id", i);
		ck_assert_msg(rules[i].summary && *rules[i].summary, "%s", rules[i].id);
		ck_assert_msg(!rules[i].key == !rules[i].fallback, "%s", rules[i].id);
		for (size_t j = 0; j < i; j++)
			ck_assert_str_ne(rules[i].id, rules[j].id);
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("verdict");
	TCase *tcase = tcase_create("verdict");

	tcase_set_timeout(tcase, SUITE_TIMEOUT_S);
	tcase_add_loop_test(tcase, each_rule_judges_what_it_is_for, 0, (int)N(cases));
	tcase_add_test(tcase, what_was_not_carried_out_has_no_verdict);
	tcase_add_test(tcase, findings_come_worst_first_then_by_statement);
	tcase_add_test(tcase, judging_again_changes_nothing);
	tcase_add_test(tcase, an_empty_result_is_judged_without_harm);
	tcase_add_test(tcase, every_rule_is_documented);
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}
