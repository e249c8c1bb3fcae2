/* A result's way into JSON and back, and its agreement with the published schema. */
#include <jansson.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "harness/base/cleanup.h"
#include "harness/base/fs.h"
#include "harness/base/mem.h"
#include "harness/base/str.h"
#include "harness/measure/result.h"
#include "tests/support/json_schema.h"
#include "tests/support/sample_result.h"
#include "tests/support/suite.h"

#define N(a) (sizeof(a) / sizeof((a)[0]))

/* The text of a full result with `to` in the place of the first `from`; caller frees. */
static char *changed(const char *from, const char *to)
{
	struct result r;
	CLEANUP(cleanup_free) char *text = NULL;
	const char *at;

	sample_full(&r);
	text = result_to_json(&r);
	result_release(&r);
	at = strstr(text, from);
	ck_assert_msg(at != NULL, "no %s", from);
	return mem_printf("%.*s%s%s", (int)(at - text), text, to, at + strlen(from));
}

START_TEST(every_member_is_in_the_schema)
{
	CLEANUP(cleanup_free) char *text = changed("", "");
	CLEANUP(cleanup_free) char *complaint = schema_complaint(result_schema(), text, "result");

	ck_assert_str_eq(complaint, "");
}
END_TEST

START_TEST(everything_in_the_schema_is_written)
{
	CLEANUP(cleanup_free) char *text = changed("", "");

	schema_is_used(result_schema(), text, "result");
}
END_TEST

START_TEST(the_checker_finds_what_is_wrong)
{
	static const struct {
		const char *from, *to, *complaint;
	} cases[] = {
		{"\"verdict\": \"reject\"", "\"verdict\": \"maybe\"", "is not one of the enum"},
		{"\"verdict\": \"reject\"", "\"verdict\": 1", "has the wrong type"},
		{"\"line\": 3", "\"line\": -3", "is below the minimum"},
		{"\"line\": 3", "\"row\": 3", "is not in the schema"},
		{"\"line\": 3,", "", "line: is missing"},
		{"\"format\": 1", "\"format\": 2", "is not one of the enum"},
	};

	for (size_t i = 0; i < N(cases); i++) {
		CLEANUP(cleanup_free) char *wrong = changed(cases[i].from, cases[i].to);
		CLEANUP(cleanup_free)
		char *complaint = schema_complaint(result_schema(), wrong, "result");

		ck_assert_msg(strstr(complaint, cases[i].complaint) != NULL, "%s: '%s'",
			cases[i].to, complaint);
	}
}
END_TEST

static void assert_round_trip(const struct result *r)
{
	CLEANUP(cleanup_free) char *first = result_to_json(r);
	CLEANUP(cleanup_free) char *second = NULL;
	struct result back = {0};
	struct err err = {0};

	ck_ok(result_from_json(first, strlen(first), "r.json", &back, &err), err);
	second = result_to_json(&back);
	ck_assert_str_eq(first, second);
	result_release(&back);
}

START_TEST(a_result_comes_back_as_it_was)
{
	struct result r;

	sample_full(&r);
	assert_round_trip(&r);
	result_release(&r);
	sample_healthy(&r);
	assert_round_trip(&r);
	result_release(&r);
	result_init(&r); /* nothing measured */
	assert_round_trip(&r);
	result_release(&r);
}
END_TEST

START_TEST(values_come_back_and_not_only_their_text)
{
	CLEANUP(cleanup_free) char *text = changed("", "");
	struct result back = {0};
	struct err err = {0};

	ck_ok(result_from_json(text, strlen(text), "r.json", &back, &err), err);
	ck_assert(back.rehearsal.seed == UINT64_MAX);
	ck_assert(back.rehearsal.rate == 0.1);
	ck_assert_uint_eq(back.n_phases, 4);
	ck_assert_int_eq(back.phases[2].id, PHASE_MIGRATION);
	ck_assert_uint_eq(back.phases[2].latency_us.p99, 1190000);
	ck_assert_uint_eq(back.n_statements, 2);
	ck_assert_str_eq(back.statements[0].locks[0].mode, "ShareLock");
	ck_assert(back.statements[0].locks[0].blocks_writes);
	ck_assert(!back.statements[0].locks[0].blocks_reads);
	ck_assert_str_eq(back.statements[0].rewritten[0], "public.appointment");
	ck_assert_int_eq(back.findings[0].severity, SEVERITY_REJECT);
	ck_assert_int_eq(back.lock_waits[0].cause, CAUSE_MIGRATION);
	result_release(&back);
}
END_TEST

/* Reads a changed full result; the error's text is empty when it was taken. */
static void read_changed(const char *from, const char *to, struct err *err)
{
	CLEANUP(cleanup_free) char *text = changed(from, to);
	struct result back = {0};

	if (!result_from_json(text, strlen(text), "result.json", &back, err))
		result_release(&back);
}

START_TEST(wrong_input_is_named_by_path_and_member)
{
	static const struct {
		const char *from, *to, *message;
	} cases[] = {
		{"\"verdict\": \"reject\"", "\"verdict\": \"maybe\"",
			"result.json: member 'verdict' is 'maybe', not one of '', 'approve', "
			"'reject', 'inconclusive'"},
		{"\"verdict\": \"reject\"", "\"verdict\": 7",
			"result.json: member 'verdict' is an integer, not a string"},
		{"\"line\": 3", "\"line\": -3",
			"result.json: member 'statements[0].line' is -3, out of range"},
		{"\"line\": 3", "\"line\": 4294967296",
			"result.json: member 'statements[0].line' is 4294967296, out of range"},
		{"\"line\": 3", "\"line\": 3.5",
			"result.json: member 'statements[0].line' is a fraction, not a "
			"non-negative integer"},
		{"\"line\": 3", "\"row\": 3",
			"result.json: member 'statements[0].line' is missing"},
		{"\"exact\": true", "\"exact\": \"yes\"",
			"result.json: member 'observation.exact' is a string, not true or false"},
		{"\"name\": \"baseline\"", "\"name\": \"base\\u001b\\nline\"",
			"result.json: member 'phases[1].name' is 'base??line', not one of "
			"'warm-up', 'baseline', 'migration', 'recovery'"},
		{"\"p99\": 7900", "\"p99\": null",
			"result.json: member 'phases[0].latency_us.p99' is null, not a "
			"non-negative integer"},
		{"\"rewritten\": [\n        \"public.appointment\"", "\"rewritten\": [\n        1",
			"result.json: member 'statements[0].rewritten[0]' is an integer, not a "
			"string"},
		{"\"phases\": [\n", "\"phases\": [{},{},{},{},{}], \"p\": [\n",
			"result.json: member 'phases' has 5 items, at most 4 fit"},
		{"\"format\": 1", "\"format\": 2",
			"result.json: member 'format' is 2, this version reads format 1"},
		{"\"format\": 1,", "",
			"result.json: member 'format' is missing or no integer: not a "
			"rehearsal's result"},
		{"\"line\": 3", "\"line\": 3, \"of_a_later_version\": {\"a\": [1]}", ""},
	};

	for (size_t i = 0; i < N(cases); i++) {
		struct err err = {0};

		read_changed(cases[i].from, cases[i].to, &err);
		ck_assert_str_eq(err.text, cases[i].message);
		ck_assert(err.kind == ERR_USAGE || !*cases[i].message);
	}
}
END_TEST

START_TEST(what_is_no_json_is_named_by_path)
{
	static const char *const texts[] = {"", "{", "[1,\n2", "{\"a\":1,\"a\":2}", "\x1b[31m",
		"[]", "\"\\u0000\"", "\xff\xfe"};

	for (size_t i = 0; i < N(texts); i++) {
		struct result r = {0};
		struct err err = {0};

		ck_assert_int_eq(
			result_from_json(texts[i], strlen(texts[i]), "x.json", &r, &err), -1);
		ck_assert_msg(!strncmp(err.text, "x.json:", 7), "%s", err.text);
		ck_assert_msg(!strpbrk(err.text, "\n\x1b"), "%s", err.text);
		ck_assert_int_eq(err.kind, ERR_USAGE);
	}
}
END_TEST

/* Cut text fails as JSON; a missing tail of members fails in the reader: both must clean up. */
START_TEST(a_result_cut_anywhere_is_refused)
{
	CLEANUP(cleanup_free) char *text = changed("", "");
	size_t len = strlen(text);
	struct result back = {0};

	for (size_t cut = 0; cut + 2 < len; cut += 97) {
		struct err err = {0};

		ck_assert_int_eq(result_from_json(text, cut, "cut.json", &back, &err), -1);
	}
}
END_TEST

START_TEST(odd_bytes_and_missing_strings_still_make_json)
{
	struct result r;
	CLEANUP(cleanup_free) char *text = NULL;
	CLEANUP(cleanup_free) char *complaint = NULL;

	sample_full(&r);
	sample_set(
		&r.statements[0].locks[0].object, "a\xff\xc3(\xed\xa0\x80\x1b[31m\n\"\\\xf4\x90");
	MEM_FREE(r.statements[0].kind);
	r.rehearsal.rate = 0.0 / 0.0;
	text = result_to_json(&r);
	complaint = schema_complaint(result_schema(), text, "result");
	ck_assert_str_eq(complaint, "");
	assert_round_trip(&r);
	result_release(&r);
}
END_TEST

START_TEST(a_result_is_saved_and_loaded)
{
	CLEANUP(cleanup_free) char *dir = NULL;
	CLEANUP(cleanup_free) char *path = NULL;
	struct result r, back = {0};
	struct err err = {0};

	ck_ok(fs_temp_dir(&dir, &err), err);
	path = fs_join(dir, "result.json");
	sample_full(&r);
	ck_ok(result_save(&r, path, &err), err);
	result_init(&back);
	ck_ok(result_load(path, &back, &err), err);
	ck_assert_str_eq(back.rehearsal.run_id, r.rehearsal.run_id);
	result_release(&back);
	result_release(&r);
	ck_ok(fs_remove_tree(dir, &err), err);
	ck_assert_int_eq(result_load(path, &back, &err), -1);
	ck_assert_int_eq(err.kind, ERR_USAGE);
	ck_assert_msg(strstr(err.text, path) != NULL, "%s", err.text);
}
END_TEST

START_TEST(release_is_safe_twice_and_on_nothing)
{
	struct result r;

	sample_full(&r);
	result_release(&r);
	result_release(&r);
	result_release(NULL);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("result");
	TCase *tcase = tcase_create("result");

	tcase_set_timeout(tcase, SUITE_TIMEOUT_S);
	tcase_add_test(tcase, every_member_is_in_the_schema);
	tcase_add_test(tcase, everything_in_the_schema_is_written);
	tcase_add_test(tcase, the_checker_finds_what_is_wrong);
	tcase_add_test(tcase, a_result_comes_back_as_it_was);
	tcase_add_test(tcase, values_come_back_and_not_only_their_text);
	tcase_add_test(tcase, wrong_input_is_named_by_path_and_member);
	tcase_add_test(tcase, what_is_no_json_is_named_by_path);
	tcase_add_test(tcase, a_result_cut_anywhere_is_refused);
	tcase_add_test(tcase, odd_bytes_and_missing_strings_still_make_json);
	tcase_add_test(tcase, a_result_is_saved_and_loaded);
	tcase_add_test(tcase, release_is_safe_twice_and_on_nothing);
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}
