/* Reports: what they say. */
#include <stdbool.h>
#include <string.h>

#include "harness/base/cleanup.h"
#include "harness/base/str.h"
#include "harness/measure/result.h"
#include "harness/report/report.h"
#include "harness/verdict/verdict.h"
#include "tests/support/sample_result.h"
#include "tests/support/suite.h"

#define N(a) (sizeof(a) / sizeof((a)[0]))

/* Renders; caller frees. */
static char *draw(
	const struct result *r, const char *format, unsigned width, bool verbose, bool colour)
{
	struct report_options options = {.colour = colour, .verbose = verbose, .width = width};
	struct str out = {0};

	report_find(format)->render(r, &options, &out);
	return str_take(&out);
}

static void assert_says(const char *text, const char *words)
{
	ck_assert_msg(strstr(text, words) != NULL, "no '%s' in\n%s", words, text);
}

START_TEST(a_rejection_is_understood_from_its_first_lines)
{
	static const char top[] =
		"REJECT  index-plain  as expected\n"
		"212 transactions waited up to 1.24 s behind statement 1 (CREATE INDEX, "
		"migration.sql:3), which held\n"
		"ShareLock on public.appointment for 1.25 s (2 more reasons below)\n"
		"\n"
		"Statements "
		"─────────────────────────────────────────────────────────────────────────"
		"────────────────\n"
		"1  CREATE INDEX  migration.sql:3  ok, 1.26 s\n"
		"   CREATE INDEX appointment_starts_idx ON public.appointment (starts_at)\n"
		"   held          ShareLock on public.appointment for 1.25 s: writes wait\n"
		"   behind it     212 transactions, up to 1.24 s each, 2 min 09 s in all: book "
		"150, "
		"pay 62\n"
		"   REJECT        lock-wait-too-long: 500 ms is allowed\n"
		"   instead       CREATE INDEX CONCURRENTLY, outside a transaction: writes go on "
		"while "
		"it builds\n"
		"2  ANALYZE       migration.sql:7  ok, 84.0 ms\n";
	struct result r;
	CLEANUP(cleanup_free) char *text = NULL;

	sample_index_plain(&r);
	verdict_judge(&r);
	text = draw(&r, "text", 0, false, false);
	ck_assert_msg(!strncmp(text, top, strlen(top)), "%s", text);
	assert_says(text, "migration    3,200      3,169       0       31");
	assert_says(text, "to do         the replication slot 'rehearse' stays behind");
	assert_says(text, "waits seen       log-file");
	ck_assert(!strstr(text, "the fixture came from the cache")); /* asks nothing of anybody */
	result_release(&r);
}
END_TEST

START_TEST(an_approval_says_what_was_looked_for)
{
	struct result r;
	CLEANUP(cleanup_free) char *text = NULL;

	sample_healthy(&r);
	verdict_judge(&r);
	text = draw(&r, "text", 0, false, false);
	assert_says(text,
		"APPROVE  index-plain\n"
		"no transaction waited behind the migration; p99 was 7.90 ms before, 7.90 ms "
		"during\n");
	result_release(&r);
}
END_TEST

START_TEST(an_approval_tells_the_waits_that_it_allowed)
{
	struct result r;
	CLEANUP(cleanup_free) char *text = NULL;

	sample_healthy(&r);
	sample_waits(&r, 1, "book", "public.a", "RowExclusiveLock", 34, 41000, false);
	verdict_judge(&r);
	text = draw(&r, "text", 0, false, false);
	assert_says(text, "34 transactions waited behind the migration, at most 41.0 ms");
	assert_says(text, "behind it     34 transactions, up to 41.0 ms each");
	result_release(&r);
}
END_TEST

START_TEST(what_was_not_carried_out_says_why_and_keeps_the_evidence)
{
	struct result r;
	CLEANUP(cleanup_free) char *text = NULL;
	CLEANUP(cleanup_free) char *markdown = NULL;

	sample_index_plain(&r);
	sample_set(&r.failure, "the replica went away");
	verdict_judge(&r);
	text = draw(&r, "text", 0, false, false);
	assert_says(
		text, "NOT CARRIED OUT  index-plain  expected: reject\nthe replica went away\n");
	assert_says(text, "lock-wait-too-long");
	ck_assert(!strstr(text, "APPROVE"));
	markdown = draw(&r, "markdown", 0, false, false);
	assert_says(markdown, "### ⚠ not carried out: index-plain");
	assert_says(markdown, "212 transactions waited");
	result_release(&r);
}
END_TEST

START_TEST(a_verdict_that_was_not_expected_is_said_so)
{
	struct result r;
	CLEANUP(cleanup_free) char *text = NULL;

	sample_healthy(&r);
	sample_set(&r.expected, "reject");
	verdict_judge(&r);
	text = draw(&r, "text", 0, false, false);
	assert_says(text, "APPROVE  index-plain  NOT AS EXPECTED: reject\n");
	result_release(&r);
}
END_TEST

START_TEST(the_line_is_one_line)
{
	struct result r;
	CLEANUP(cleanup_free) char *text = NULL;

	sample_index_plain(&r);
	verdict_judge(&r);
	text = draw(&r, "line", 40, false, false);
	ck_assert_str_eq(text,
		"index-plain: REJECT  212 transactions waited up to 1.24 s behind statement 1 "
		"(CREATE INDEX, migration.sql:3), which held ShareLock on public.appointment for "
		"1.25 s\n");
	result_release(&r);
}
END_TEST

START_TEST(verbose_leaves_nothing_out)
{
	static const char *const words[] = {"the fixture came from the cache", "RowExclusiveLock",
		"run outside a transaction: CONCURRENTLY", "55P03", "provision", "look_up",
		"9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
		"the client was late", "min_wait raised to 100 ms", "warm-up    book         40001",
		"max_pool_timeouts", "2 min 09 s of waiting in all", "22.0 MB"};
	struct result r;
	CLEANUP(cleanup_free) char *text = NULL;

	sample_full(&r);
	sample_set(&r.failure, "");
	verdict_judge(&r);
	text = draw(&r, "text", 0, true, false);
	for (size_t i = 0; i < N(words); i++)
		assert_says(text, words[i]);
	result_release(&r);
}
END_TEST

START_TEST(many_calm_statements_are_summed_up_and_listed_when_asked)
{
	struct result r;
	CLEANUP(cleanup_free) char *text = NULL;
	CLEANUP(cleanup_free) char *all = NULL;

	sample_healthy(&r);
	for (unsigned i = 0; i < 20; i++)
		sample_statement(&r, 20 + i, "COMMENT", "COMMENT ON TABLE a IS '…'", 0, 900);
	verdict_judge(&r);
	text = draw(&r, "text", 0, false, false);
	assert_says(text, "… 14 more that ran without anybody waiting");
	ck_assert(!strstr(text, "migration.sql:39"));
	all = draw(&r, "text", 0, true, false);
	assert_says(all, "migration.sql:39");
	result_release(&r);
}
END_TEST

START_TEST(markdown_shows_the_answer_and_folds_the_figures)
{
	struct result r;
	CLEANUP(cleanup_free) char *text = NULL;

	sample_index_plain(&r);
	verdict_judge(&r);
	text = draw(&r, "markdown", 0, false, false);
	ck_assert_msg(!strncmp(text,
			      "### ❌ reject: index-plain\n\n**212 transactions waited up to "
			      "1.24 s behind statement 1 ",
			      20),
		"%s", text);
	assert_says(text, "| reject | lock-wait-too-long | migration.sql:3 |");
	assert_says(text, "<details><summary>2 statements</summary>\n\n|");
	assert_says(text, "| migration | 3,200 | 3,169 | 0 | 31 |");
	ck_assert_msg(strstr(text, "CREATE INDEX CONCURRENTLY") < strstr(text, "<details>"),
		"what to do is folded away");
	result_release(&r);
}
END_TEST

START_TEST(an_approval_with_a_warning_keeps_its_message)
{
	struct result r;
	CLEANUP(cleanup_free) char *text = NULL;
	CLEANUP(cleanup_free) char *markdown = NULL;

	sample_healthy(&r);
	sample_rewritten(&r, 1, "public.small");
	verdict_judge(&r);
	ck_assert_str_eq(r.verdict, "approve");
	text = draw(&r, "text", 200, false, false);
	assert_says(text, "rewrote public.small");
	markdown = draw(&r, "markdown", 0, false, false);
	assert_says(markdown, "rewrote public.small<br>");
	result_release(&r);
}
END_TEST

START_TEST(json_is_the_result)
{
	struct result r;
	CLEANUP(cleanup_free) char *text = NULL;
	CLEANUP(cleanup_free) char *json = NULL;

	sample_full(&r);
	text = draw(&r, "json", 0, false, false);
	json = result_to_json(&r);
	ck_assert_str_eq(text, json);
	result_release(&r);
}
END_TEST

START_TEST(formats_are_found_by_name)
{
	size_t n;
	const struct report_format *formats = report_formats(&n);

	for (size_t i = 0; i < n; i++)
		ck_assert_ptr_eq(report_find(formats[i].name), &formats[i]);
	ck_assert_ptr_null(report_find("html"));
	ck_assert_ptr_null(report_find(NULL));
}
END_TEST

START_TEST(an_empty_result_is_drawn_without_harm)
{
	struct result r;
	size_t n;
	const struct report_format *formats = report_formats(&n);

	result_init(&r);
	for (size_t i = 0; i < n; i++) {
		CLEANUP(cleanup_free) char *text = draw(&r, formats[i].name, 0, true, true);

		ck_assert(*text);
	}
	result_release(&r);
	memset(&r, 0, sizeof(r)); /* no string at all */
	for (size_t i = 0; i < n; i++) {
		CLEANUP(cleanup_free) char *text = draw(&r, formats[i].name, 0, true, true);

		ck_assert(*text);
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("report");
	TCase *tcase = tcase_create("report");

	tcase_set_timeout(tcase, SUITE_TIMEOUT_S);
	tcase_add_test(tcase, a_rejection_is_understood_from_its_first_lines);
	tcase_add_test(tcase, an_approval_says_what_was_looked_for);
	tcase_add_test(tcase, an_approval_tells_the_waits_that_it_allowed);
	tcase_add_test(tcase, what_was_not_carried_out_says_why_and_keeps_the_evidence);
	tcase_add_test(tcase, a_verdict_that_was_not_expected_is_said_so);
	tcase_add_test(tcase, the_line_is_one_line);
	tcase_add_test(tcase, verbose_leaves_nothing_out);
	tcase_add_test(tcase, many_calm_statements_are_summed_up_and_listed_when_asked);
	tcase_add_test(tcase, markdown_shows_the_answer_and_folds_the_figures);
	tcase_add_test(tcase, an_approval_with_a_warning_keeps_its_message);
	tcase_add_test(tcase, json_is_the_result);
	tcase_add_test(tcase, formats_are_found_by_name);
	tcase_add_test(tcase, an_empty_result_is_drawn_without_harm);
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}
