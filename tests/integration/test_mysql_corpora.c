/*
 * Real migration histories for MySQL, split as the `mariadb` client splits them: the same
 * statements, and the same schema when they are sent one by one as when the client is given the
 * file. The corpora are other people's data and not part of this repository: without them there is
 * nothing to do.
 */
#include <dirent.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "adapters/mysql/dialect.h"
#include "adapters/mysql/dialect_lex.h"
#include "harness/base/cleanup.h"
#include "harness/base/fs.h"
#include "harness/base/mem.h"
#include "harness/base/proc.h"
#include "tests/support/suite.h"

/* Where the client's own split is no measure for ours, each with its reason. */
static const struct exception {
	const char *path, *reason;
} exceptions[] = {
	{"authelia-mysql/V0007.ConsistencyFixes.up.sql",
		"procedures without DELIMITER, which its own runner sends whole and the client "
		"cuts"},
	{NULL, NULL},
};

static char *shared; /* NULL: absent */
static unsigned n_files, n_statements;

static const char *excused(const char *path)
{
	for (const struct exception *e = exceptions; e->path; e++)
		if (!strcmp(e->path, path))
			return e->reason;
	return NULL;
}

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

/* Lines [first, last] of the file, as the project's own tool cuts them. */
static char *migration_text(const char *path, const json_t *lines)
{
	CLEANUP(cleanup_free) char *text = NULL;
	struct str out = {0};
	struct err err = {0};
	json_int_t line = 1;
	size_t len;

	ck_ok(fs_read(path, 0, &text, &len, &err), err);
	for (const char *at = text; *at; line++) {
		const char *end = strchrnul(at, '\n');

		end += *end == '\n';
		if (!lines ||
			(line >= json_integer_value(json_array_get(lines, 0)) &&
				line <= json_integer_value(json_array_get(lines, 1))))
			str_add_n(&out, at, (size_t)(end - at));
		at = end;
	}
	return str_take(&out);
}

static char *next_expected(const json_t *statements, size_t *at)
{
	while (*at < json_array_size(statements)) {
		const char *sql = json_string_value(json_array_get(statements, (*at)++));
		char *text = core(sql, strlen(sql));

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

		if (!got != !expected || (got && strcmp(got, expected) != 0))
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

static unsigned check_corpus(const char *name)
{
	CLEANUP(cleanup_free) char *list = mem_printf("%s/corpora/%s/splits.jsonl", shared, name);
	FILE *file = fopen(list, "re");
	char *line = NULL;
	size_t cap = 0;
	unsigned failed = 0;

	ck_assert_msg(file, "cannot open '%s'", list);
	while (getline(&line, &cap, file) > 0) {
		json_t *row = json_loads(line, 0, NULL);
		CLEANUP(cleanup_free)
		char *path =
			mem_printf("%s/%s", name, json_string_value(json_object_get(row, "path")));
		CLEANUP(cleanup_free)
		char *full = mem_printf("%s/corpora/%s/migrations/%s", shared, name,
			json_string_value(json_object_get(row, "path")));
		CLEANUP(cleanup_free)
		char *text = migration_text(full, json_object_get(row, "lines"));
		CLEANUP(cleanup_free) char *wrong = difference(text, json_object_get(row, "stmts"));

		n_files++;
		if (!wrong != !excused(path)) {
			printf("%s: %.600s\n", path,
				wrong ? wrong : "no longer needs to be excused");
			failed++;
		}
		json_decref(row);
	}
	free(line);
	fclose(file);
	return failed;
}

static void find_corpora(void)
{
	const char *set = getenv("REHEARSE_SHARED");
	CLEANUP(cleanup_free) char *corpora = NULL;

	shared = mem_strdup(set ? set : "../shared");
	corpora = mem_printf("%s/corpora", shared);
	if (!fs_is_dir(corpora))
		MEM_FREE(shared);
}

START_TEST(splits_every_corpus_as_the_client_does)
{
	CLEANUP(cleanup_free) char *dir = shared ? mem_printf("%s/corpora", shared) : NULL;
	struct dirent **entries;
	unsigned failed = 0;
	int n;

	if (!shared) {
		printf("skipped: no migration corpora beside the checkout (../shared/corpora)\n");
		return;
	}
	n = scandir(dir, &entries, NULL, alphasort);
	ck_assert_int_gt(n, 0);
	for (int i = 0; i < n; i++) {
		const char *dash = strrchr(entries[i]->d_name, '-');

		if (dash && !strcmp(dash, "-mysql"))
			failed += check_corpus(entries[i]->d_name);
		free(entries[i]);
	}
	free(entries);
	fflush(stdout); /* a failed test ends its process */
	ck_assert_uint_eq(failed, 0);
	/* All of them were there and read. */
	ck_assert_uint_gt(n_files, 250);
	ck_assert_uint_gt(n_statements, 1400);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("mysql corpora");
	TCase *tc = tcase_create("corpora");

	find_corpora();
	tcase_set_timeout(tc, 900);
	tcase_add_test(tc, splits_every_corpus_as_the_client_does);
	suite_add_tcase(suite, tc);
	return suite_run(suite);
}
