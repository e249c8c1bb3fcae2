/* Real migration histories for MySQL, split as the `mariadb` client splits them. */
#include <strings.h>

#include "adapters/mysql/dialect.h"
#include "adapters/mysql/dialect_lex.h"
#include "harness/base/rng.h"
#include "tests/integration/mysql_corpora.h"

static unsigned n_files, n_statements;

/* The tokens alone, a space between: comments and blanks belong to nobody. */
static char *core(const char *sql, size_t len)
{
	struct my_lexer lexer = {.text = sql, .len = len};
	struct my_token token;
	struct str out = {0};

	for (my_lex_solid(&lexer, &token); token.kind != MY_END; my_lex_solid(&lexer, &token)) {
		if (out.len)
			str_add_char(&out, ' ');
		str_add_n(&out, sql + token.start, token.end - token.start);
	}
	return str_take(&out);
}

static char *next_expected(const json_t *statements, size_t *at)
{
	while (*at < json_array_size(statements)) {
		const char *sql = json_string_value(json_array_get(statements, (*at)++));
		/* The client's own way of sending USE. */
		const char *use = strncmp(sql, "@use ", 5) ? sql : sql + 1;
		char *text = core(use, strlen(use));

		if (*text)
			return text;
		mem_free(text);
	}
	return NULL;
}

/* NULL when the same; else what differs first. Caller frees. */
static char *difference(const char *text, const json_t *statements)
{
	struct sql_script script;
	struct err err = {0};
	size_t ours = 0, theirs = 0;
	char *different = NULL;
	bool more = true;

	ck_ok(mysql_dialect.split(text, strlen(text), &script, &err), err);
	while (!different && more) {
		const struct sql_statement *s = ours < script.n ? &script.statements[ours++] : NULL;
		CLEANUP(cleanup_free) char *got = s ? core(text + s->offset, s->len) : NULL;
		CLEANUP(cleanup_free) char *expected = next_expected(statements, &theirs);

		if (!got != !expected || (got && strcasecmp(got, expected) != 0))
			different = mem_printf("line %u: got '%s', the client sends '%s'",
				s ? s->line : 0, got ? got : "", expected ? expected : "");
		else if (s && (s->flags & SQL_UNKNOWN))
			different = mem_printf("line %u: unknown '%s'", s->line, got);
		more = s && expected;
		n_statements += more;
	}
	sql_script_release(&script);
	return different;
}

static unsigned check_splits(const struct files *files)
{
	unsigned failed = 0;

	for (size_t i = 0; i < files->n; i++) {
		const struct file *f = &files->items[i];
		CLEANUP(cleanup_free)
		char *wrong = difference(f->text, json_object_get(f->row, "stmts"));

		n_files++;
		if (!wrong != !excused(f->name)) {
			printf("%s: %.600s\n", f->name,
				wrong ? wrong : "no longer needs to be excused");
			failed++;
		}
	}
	return failed;
}

START_TEST(splits_every_corpus_as_the_client_does)
{
	char *names[CORPORA_NAMES];
	unsigned n, failed = 0;

	if (absent())
		return;
	n = list("corpora", "-mysql", names);
	for (unsigned i = 0; i < n; i++) {
		struct files files = {0};

		read_corpus(names[i], &files);
		failed += check_splits(&files);
		release_files(&files);
		mem_free(names[i]);
	}
	fflush(stdout); /* a failed test ends its process */
	ck_assert_uint_eq(failed, 0);
	/* All of them were there and read. */
	ck_assert_uint_gt(n_files, 250);
	ck_assert_uint_gt(n_statements, 1400);
}
END_TEST

/* ---- cut off and garbled ---- */

static void check_bounds(const char *text, size_t len)
{
	char *exact = mem_alloc(len);
	struct sql_script script;
	struct err err = {0};
	size_t end = 0;

	memcpy(exact, text, len);
	ck_ok(mysql_dialect.split(exact, len, &script, &err), err);
	for (size_t i = 0; i < script.n; i++) {
		const struct sql_statement *s = &script.statements[i];
		char *masked = mysql_dialect.mask(exact + s->offset, s->len);

		ck_assert_uint_ge(s->offset, end);
		ck_assert_uint_le(s->len, len - s->offset);
		end = s->offset + s->len;
		mem_free(masked);
	}
	sql_script_release(&script);
	mem_free(exact);
}

START_TEST(scripts_cut_off_or_garbled_split_inside_of_their_text)
{
	static const char noise[] = "'\"`\\;/*!-#\n@(";
	char *names[CORPORA_NAMES];
	struct rng rng;
	unsigned n;

	if (absent())
		return;
	rng_seed(&rng, 11);
	n = list("corpora", "-mysql", names);
	for (unsigned i = 0; i < n; i++) {
		struct files files = {0};

		read_corpus(names[i], &files);
		for (size_t k = 0; k < files.n; k++) {
			char *text = files.items[k].text;
			int64_t len = (int64_t)strlen(text);

			if (!len)
				continue;
			check_bounds(text, (size_t)rng_between(&rng, 0, len));
			for (unsigned hits = 0; hits < 8; hits++)
				text[rng_between(&rng, 0, len - 1)] =
					noise[rng_between(&rng, 0, sizeof(noise) - 2)];
			check_bounds(text, (size_t)len);
		}
		release_files(&files);
		mem_free(names[i]);
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("mysql corpora");
	TCase *tc = tcase_create("split");

	find_corpora();
	tcase_set_timeout(tc, 300);
	tcase_add_test(tc, splits_every_corpus_as_the_client_does);
	tcase_add_test(tc, scripts_cut_off_or_garbled_split_inside_of_their_text);
	suite_add_tcase(suite, tc);
	return suite_run(suite);
}
