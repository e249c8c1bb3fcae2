/* The words of findings: what a reader is told, and what to do instead. */
#include <string.h>

#include "harness/measure/result.h"
#include "harness/verdict/verdict.h"
#include "tests/support/sample_result.h"
#include "tests/support/suite.h"

#define N(a) (sizeof(a) / sizeof((a)[0]))

static const struct result_finding *find(const struct result *r, const char *id)
{
	for (size_t i = 0; i < r->n_findings; i++) {
		if (!strcmp(r->findings[i].id, id))
			return &r->findings[i];
	}
	return NULL;
}

static void assert_finding(
	struct result *r, const char *id, const char *message, const char *evidence)
{
	const struct result_finding *f;

	verdict_judge(r);
	f = find(r, id);
	ck_assert_msg(f != NULL, "no %s", id);
	ck_assert_str_eq(f->message, message);
	if (evidence)
		ck_assert_str_eq(f->evidence, evidence);
}

START_TEST(a_long_wait_is_told_with_who_where_and_how_long)
{
	struct result r;

	sample_index_plain(&r);
	assert_finding(&r, "lock-wait-too-long",
		"212 transactions waited up to 1.24 s behind statement 1 (CREATE INDEX, "
		"migration.sql:3), which held ShareLock on public.appointment for 1.25 s",
		"2 min 09 s of waiting in all; waiting: book 150, pay 62; for RowExclusiveLock on "
		"public.appointment; the limit is 500 ms");
	result_release(&r);
}
END_TEST

START_TEST(a_queue_is_told_with_what_held_it_up)
{
	struct result r;

	sample_lock_queue(&r);
	assert_finding(&r, "lock-wait-too-long",
		"604 transactions waited up to 2.00 s behind statement 1 (ALTER TABLE ADD COLUMN, "
		"migration.sql:3), which itself queued for AccessExclusiveLock on public.patient "
		"behind disturbance 'reader'",
		NULL);
	assert_finding(&r, "lock-timeout-bounds",
		"the lock time-out ended an attempt of statement 1 after 2.00 s, but 604 "
		"transactions had queued behind it for up to 2.00 s: it bounds the wait, it does "
		"not remove it",
		"it queued for AccessExclusiveLock on public.patient behind disturbance 'reader'");
	result_release(&r);
}
END_TEST

START_TEST(a_failure_is_told_with_place_code_and_what_became_of_the_rest)
{
	struct result r;

	sample_healthy(&r);
	sample_set(&r.statements[0].outcome, "failed");
	sample_set(&r.statements[0].code, "42601");
	sample_set(&r.statements[1].outcome, "not-run");
	sample_set(&r.statements[0].error, "syntax error at or near \"…\"");
	sample_set(&r.statements[0].text, "CREATE INDX a");
	assert_finding(&r, "migration-failed",
		"statement 1 (CREATE INDEX CONCURRENTLY, migration.sql:3) failed with 42601: "
		"syntax "
		"error at or near \"…\"",
		"after 1.26 s; CREATE INDX a; 1 not run");
	result_release(&r);
}
END_TEST

START_TEST(a_new_error_is_told_with_count_and_share)
{
	struct result r;

	sample_healthy(&r);
	sample_error(&r, PHASE_MIGRATION, "42703", "breakage", "book", 600);
	sample_error(&r, PHASE_MIGRATION, "42703", "breakage", "look_up", 1800);
	sample_error(&r, PHASE_RECOVERY, "42703", "breakage", "book", 500);
	assert_finding(&r, "new-error-class",
		"2,900 transactions failed with 42703 (breakage), which never happened to them "
		"before the migration",
		"book 84.6 % of 1,300, look_up 75 % of 2,400; 2,400 during the migration, 500 "
		"after "
		"it; column \"…\" does not exist");
	ck_assert_uint_eq(r.n_findings, 1); /* once per code */
	result_release(&r);
}
END_TEST

START_TEST(rows_that_are_gone_are_told_in_words)
{
	struct result r;

	sample_healthy(&r);
	sample_error(&r, PHASE_MIGRATION, "no-row", "wrong-result", "book", 13);
	assert_finding(&r, "new-error-class",
		"13 transactions found no row where there always was one before the migration",
		"book 1.62 % of 800; 13 during the migration, 0 after it; column \"…\" does not "
		"exist");
	ck_assert_ptr_nonnull(strstr(r.findings[0].remedy, "swap both names in one statement"));
	result_release(&r);
}
END_TEST

START_TEST(totals_do_not_count_errors_twice)
{
	struct result r;

	sample_healthy(&r);
	sample_error(&r, PHASE_MIGRATION, "42703", "breakage", "book", 6);
	sample_error(&r, PHASE_MIGRATION, "42703", "breakage", "", 6);
	verdict_judge(&r);
	ck_assert_uint_eq(r.n_findings, 1);
	result_release(&r);
}
END_TEST

static const struct {
	const char *kind, *text;
	bool rewrite;
	const char *remedy; /* a part of it */
} remedies[] = {
	{"CREATE INDEX", "CREATE INDEX i ON t (a)", false, "CREATE INDEX CONCURRENTLY"},
	{"CREATE INDEX", "create unique index i on t (a)", false, "CREATE INDEX CONCURRENTLY"},
	{"DROP INDEX", "DROP INDEX i", false, "DROP INDEX CONCURRENTLY"},
	{"ALTER TABLE ADD CONSTRAINT FOREIGN KEY", "ALTER TABLE t ADD FOREIGN KEY (a) REFERENCES u",
		false, "NOT VALID, commit, then VALIDATE CONSTRAINT in a transaction of its own"},
	{"ALTER TABLE ADD COLUMN", "ALTER TABLE t ADD COLUMN a int REFERENCES u", false,
		"add the column alone"},
	{"ALTER TABLE ADD CONSTRAINT CHECK", "ALTER TABLE t ADD CHECK (a > 0)", false, "NOT VALID"},
	{"ALTER TABLE ALTER COLUMN SET NOT NULL", "ALTER TABLE t ALTER a SET NOT NULL", false,
		"CHECK (column IS NOT NULL)"},
	{"ALTER TABLE ADD CONSTRAINT UNIQUE", "ALTER TABLE t ADD UNIQUE (a)", false,
		"UNIQUE USING INDEX"},
	{"ALTER TABLE ADD CONSTRAINT UNIQUE USING INDEX", "ALTER TABLE t ADD UNIQUE USING INDEX i",
		false, "a transaction of its own"},
	{"ALTER TABLE ADD COLUMN", "ALTER TABLE t ADD COLUMN a uuid DEFAULT gen_random_uuid()",
		true, "backfill the old ones in batches"},
	{"ALTER TABLE ADD COLUMN", "ALTER TABLE t ADD COLUMN updated_at date", false,
		"a transaction of its own"},
	{"ALTER TABLE ALTER COLUMN TYPE", "ALTER TABLE t ALTER a TYPE bigint", true, "new type"},
	{"UPDATE", "UPDATE t SET a = 1", false, "batches"},
	{"", "SOMETHING ELSE", false, "a transaction of its own"},
};

START_TEST(the_remedy_fits_the_statement)
{
	const struct result_finding *f;
	struct result r;

	sample_healthy(&r);
	sample_set(&r.statements[0].kind, remedies[_i].kind);
	sample_set(&r.statements[0].text, remedies[_i].text);
	sample_lock(&r, 1, "public.t", "AccessExclusiveLock", 1250000, true);
	sample_waits(&r, 1, "book", "public.t", "RowExclusiveLock", 9, 900000, false);
	if (remedies[_i].rewrite)
		sample_rewritten(&r, 1, "public.t");
	verdict_judge(&r);
	f = find(&r, "lock-wait-too-long");
	ck_assert(f != NULL);
	ck_assert_msg(strstr(f->remedy, remedies[_i].remedy) != NULL, "%s: %s", remedies[_i].text,
		f->remedy);
	result_release(&r);
}
END_TEST

START_TEST(the_remedy_for_a_queue_is_a_lock_timeout)
{
	struct result r;

	sample_lock_queue(&r);
	verdict_judge(&r);
	ck_assert_msg(strstr(find(&r, "lock-wait-too-long")->remedy, "lock_timeout") != NULL, "%s",
		find(&r, "lock-wait-too-long")->remedy);
	result_release(&r);
}
END_TEST

START_TEST(the_remedy_for_a_kept_lock_is_a_commit)
{
	struct result r;

	sample_healthy(&r);
	r.statements[0].duration_us = 3000;
	sample_lock(&r, 1, "public.a", "ShareRowExclusiveLock", 1400000, false);
	sample_set(
		&r.statements[0].text, "ALTER TABLE a ADD FOREIGN KEY (b) REFERENCES c NOT VALID");
	r.statements[1].duration_us = 900000;
	sample_set(&r.statements[1].kind, "ALTER TABLE VALIDATE CONSTRAINT");
	sample_waits(&r, 1, "book", "public.a", "RowExclusiveLock", 80, 900000, false);
	verdict_judge(&r);
	ck_assert_str_eq(find(&r, "lock-wait-too-long")->remedy,
		"commit after statement 1: it kept its lock while statement 2 (ALTER TABLE "
		"VALIDATE "
		"CONSTRAINT) ran in the same transaction");
	result_release(&r);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("verdict_words");
	TCase *tcase = tcase_create("words");

	tcase_set_timeout(tcase, SUITE_TIMEOUT_S);
	tcase_add_test(tcase, a_long_wait_is_told_with_who_where_and_how_long);
	tcase_add_test(tcase, a_queue_is_told_with_what_held_it_up);
	tcase_add_test(tcase, a_failure_is_told_with_place_code_and_what_became_of_the_rest);
	tcase_add_test(tcase, a_new_error_is_told_with_count_and_share);
	tcase_add_test(tcase, rows_that_are_gone_are_told_in_words);
	tcase_add_test(tcase, totals_do_not_count_errors_twice);
	tcase_add_loop_test(tcase, the_remedy_fits_the_statement, 0, (int)N(remedies));
	tcase_add_test(tcase, the_remedy_for_a_queue_is_a_lock_timeout);
	tcase_add_test(tcase, the_remedy_for_a_kept_lock_is_a_commit);
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}
