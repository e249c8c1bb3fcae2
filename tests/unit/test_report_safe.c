/* Reports on any terminal and from any names: they fit, and no name does harm in them. */
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

int main(void)
{
	Suite *suite = suite_create("report_safe");
	TCase *tcase = tcase_create("report_safe");

	tcase_set_timeout(tcase, SUITE_TIMEOUT_S);
	tcase_add_test(tcase, every_line_fits_the_width);
	tcase_add_test(tcase, colour_adds_nothing_but_colour);
	tcase_add_loop_test(tcase, hostile_names_are_made_harmless, 0, 40);
	tcase_add_loop_test(tcase, clean_text_keeps_letters_and_loses_controls, 0, (int)N(cleaned));
	tcase_add_test(tcase, columns_are_counted_as_a_terminal_does);
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}
