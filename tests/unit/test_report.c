/* Reports: what they say, how they fit, and that no name can do harm in them. */
#include <stdbool.h>
#include <string.h>

#include "harness/base/cleanup.h"
#include "harness/base/mem.h"
#include "harness/base/rng.h"
#include "harness/base/str.h"
#include "harness/measure/result.h"
#include "harness/measure/result_fields.h"
#include "harness/report/draw.h"
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

/* ---- width ---- */

static void assert_fits(const char *text, unsigned width)
{
	for (const char *line = text; *line;) {
		size_t n = strcspn(line, "\n");
		CLEANUP(cleanup_free) char *one = mem_strndup(line, n);

		ck_assert_msg(draw_columns(one) <= width, "%u columns at width %u: %s",
			draw_columns(one), width, one);
		ck_assert_msg(!n || one[n - 1] != ' ', "trailing space: '%s'", one);
		line += n + (line[n] == '\n');
	}
}

START_TEST(every_line_fits_the_width)
{
	struct result r;

	sample_full(&r);
	sample_set(&r.failure, "");
	sample_set(&r.statements[0].text,
		"CREATE INDEX "
		"a_name_that_is_much_longer_than_any_terminal_is_wide_and_has_no_space_"
		"to_break_at ON 預約 (開始時間)");
	sample_set(&r.statements[1].kind, "A KIND THAT IS VERY LONG INDEED, AS SOME ARE");
	sample_set(&r.rehearsal.scenario, "a-scenario-with-a-name-that-no-narrow-terminal-takes");
	verdict_judge(&r);
	for (unsigned width = 40; width <= 140; width++) {
		for (int verbose = 0; verbose < 2; verbose++) {
			CLEANUP(cleanup_free)
			char *text = draw(&r, "text", width, verbose, false);

			assert_fits(text, width);
		}
	}
	result_release(&r);
}
END_TEST

static char *without_colour(const char *text)
{
	struct str out = {0};

	while (*text) {
		if (*text == '\x1b') {
			ck_assert_msg(text[1] == '[', "escape that is no colour");
			text += 2 + strspn(text + 2, "0123456789;");
			ck_assert_msg(*text == 'm', "escape that is no colour");
		} else {
			str_add_char(&out, *text);
		}
		text++;
	}
	return str_take(&out);
}

START_TEST(colour_adds_nothing_but_colour)
{
	struct result r;
	CLEANUP(cleanup_free) char *plain = NULL;
	CLEANUP(cleanup_free) char *coloured = NULL;
	CLEANUP(cleanup_free) char *stripped = NULL;

	sample_full(&r);
	verdict_judge(&r);
	plain = draw(&r, "text", 0, true, false);
	coloured = draw(&r, "text", 0, true, true);
	stripped = without_colour(coloured);
	ck_assert(!strchr(plain, '\x1b'));
	ck_assert(strchr(coloured, '\x1b') != NULL);
	ck_assert_str_eq(plain, stripped);
	result_release(&r);
}
END_TEST

/* ---- hostile names ---- */

static const char *const hostile[] = {"\x1b[2J\x1b]0;owned\x07", "a\nb\r\nc\td",
	"\x9b"
	"31m \xc2\x9b"
	"31m",
	"\xff\xfe\xc3(", "\xe2\x80\xae evil \xe2\x81\xa6", "<script>alert(1)</script>",
	"| a | b |\n|---|", "`code` ``` fence", "[x](javascript:alert(1)) ![i](http://x/y)",
	"**bold** _it_ ~~no~~ $x$", "@everyone #12 www.evil.example https://evil.example",
	"</code></details><img src=x onerror=y>", "&lt;b&gt; &#60;", "\\| \\` \\", "%s%n%d", "",
	"\xf4\x90\x80\x80 \xed\xa0\x80 \xc0\x80", "\xef\xbb\xbf\xe2\x80\xa8line\xe2\x80\xa9"};

/* Puts hostile texts, chosen by rng, into every free string of a result. */
static void poison(const struct field_shape *shape, char *base, struct rng *rng)
{
	for (const struct field *f = shape->fields; f->name; f++) {
		char *at = base + f->offset;
		size_t n = f->type == FIELD_ITEMS || f->type == FIELD_STRINGS ||
				f->type == FIELD_INLINE
			? *(size_t *)(base + f->n_offset)
			: f->type == FIELD_STRUCT;
		char *items = f->type == FIELD_ITEMS ? *(char **)at : at;

		if (f->type == FIELD_STRING && !f->words)
			sample_set((char **)at, hostile[rng_next(rng) % N(hostile)]);
		for (size_t i = 0; i < n && f->type == FIELD_STRINGS; i++)
			sample_set(&(*(char ***)at)[i], hostile[rng_next(rng) % N(hostile)]);
		for (size_t i = 0; i < n && f->shape; i++)
			poison(f->shape, items + i * f->shape->size, rng);
	}
}

/* No byte that a terminal obeys; well-formed UTF-8 without C1 controls and marks of direction. */
static void assert_harmless(const char *text)
{
	CLEANUP(cleanup_str) struct str flat = {0};
	CLEANUP(cleanup_free) char *clean = NULL;
	size_t same = 0;

	for (const char *s = text; *s; s++)
		str_add_char(&flat, *s == '\n' ? '~' : *s);
	clean = draw_clean(str_text(&flat));
	while (clean[same] && clean[same] == flat.data[same])
		same++;
	ck_assert_msg(!strcmp(clean, str_text(&flat)), "not harmless: %.60s", text + same);
}

/* Only our own tags, and each row of a table has its head's number of cells. */
static void assert_markdown(const char *text)
{
	static const char *const tags[] = {
		"<code>", "</code>", "<br>", "<details>", "</details>", "<summary>", "</summary>"};
	size_t cells = 0, in_row = 0;

	for (const char *s = text; *s; s++) {
		bool escaped = s > text && s[-1] == '\\';
		bool known = *s != '<';

		for (size_t i = 0; i < N(tags); i++)
			known = known || !strncmp(s, tags[i], strlen(tags[i]));
		ck_assert_msg(known, "a tag: %.40s", s);
		ck_assert_msg(*s != '`' || escaped, "a code span: %.40s", s);
		ck_assert_msg(*s != '[' || escaped, "a link: %.40s", s);
		ck_assert_msg(*s != '@' || s[1] == '&', "a mention: %.40s", s);
		ck_assert_msg(strncmp(s, "://", 3) != 0, "an address: %.40s", s);
		ck_assert_msg(strncmp(s, "www.", 4) != 0, "an address: %.40s", s);
		if (*s == '\\' && s[1])
			s++; /* what it escapes */
		else if (*s == '|')
			in_row++;
		if (*s == '\n') {
			ck_assert_msg(!in_row || !cells || in_row == cells, "%zu cells, not %zu",
				in_row, cells);
			cells = in_row;
			in_row = 0;
		}
	}
}

START_TEST(hostile_names_are_made_harmless)
{
	struct rng rng;
	struct result r;

	rng_seed(&rng, (uint64_t)_i);
	sample_full(&r);
	sample_set(&r.failure, "");
	verdict_judge(&r);
	poison(&result_shape, (char *)&r, &rng);
	if (_i % 4)
		sample_set(&r.failure, "");
	if (_i % 2)
		verdict_judge(&r); /* findings made from hostile names */
	for (unsigned width = 40; width <= 120; width += 40) {
		CLEANUP(cleanup_free) char *text = draw(&r, "text", width, true, false);
		CLEANUP(cleanup_free) char *colour = draw(&r, "text", width, true, true);
		CLEANUP(cleanup_free) char *stripped = without_colour(colour);

		assert_harmless(text);
		assert_harmless(stripped);
		assert_fits(text, width);
	}
	CLEANUP(cleanup_free) char *line = draw(&r, "line", 0, false, false);
	CLEANUP(cleanup_free) char *markdown = draw(&r, "markdown", 0, false, false);

	assert_harmless(line);
	ck_assert_ptr_eq(strchr(line, '\n'), line + strlen(line) - 1);
	assert_harmless(markdown);
	assert_markdown(markdown);
	result_release(&r);
}
END_TEST

static const struct {
	const char *from, *to;
} cleaned[] = {
	{"plain", "plain"},
	{"a\r\n\tb", "a b"},
	{"\x1b[31m", "\xef\xbf\xbd[31m"},
	{"\xc2\x9b", "\xef\xbf\xbd"},
	{"\xff", "\xef\xbf\xbd"},
	{"\xc3", "\xef\xbf\xbd"},
	{"\xe2\x80\xae", "\xef\xbf\xbd"},
	{"µs … 預", "µs … 預"},
};

START_TEST(clean_text_keeps_letters_and_loses_controls)
{
	CLEANUP(cleanup_free) char *clean = draw_clean(cleaned[_i].from);

	ck_assert_str_eq(clean, cleaned[_i].to);
}
END_TEST

START_TEST(columns_are_counted_as_a_terminal_does)
{
	ck_assert_uint_eq(draw_columns("µs"), 2);
	ck_assert_uint_eq(draw_columns("預約"), 4);
	ck_assert_uint_eq(draw_columns("e\xcc\x81"), 1);
}
END_TEST

/* ---- Markdown and formats ---- */

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
	assert_markdown(text);
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
	tcase_add_test(tcase, every_line_fits_the_width);
	tcase_add_test(tcase, colour_adds_nothing_but_colour);
	tcase_add_loop_test(tcase, hostile_names_are_made_harmless, 0, 40);
	tcase_add_loop_test(tcase, clean_text_keeps_letters_and_loses_controls, 0, (int)N(cleaned));
	tcase_add_test(tcase, columns_are_counted_as_a_terminal_does);
	tcase_add_test(tcase, markdown_shows_the_answer_and_folds_the_figures);
	tcase_add_test(tcase, an_approval_with_a_warning_keeps_its_message);
	tcase_add_test(tcase, json_is_the_result);
	tcase_add_test(tcase, formats_are_found_by_name);
	tcase_add_test(tcase, an_empty_result_is_drawn_without_harm);
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}
