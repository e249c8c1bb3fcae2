/*
 * Real migration histories and PostgreSQL's own regression scripts, split as psql splits them.
 * The corpora are other people's data and not part of this repository: without them there is
 * nothing to do.
 */
#include <dirent.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "adapters/postgres/dialect.h"
#include "adapters/postgres/dialect_lex.h"
#include "harness/base/cleanup.h"
#include "harness/base/fs.h"
#include "harness/base/mem.h"
#include "tests/support/suite.h"

/* Where psql's own split is no measure for ours, each with its reason. */
static const struct exception {
	const char *path, *reason;
} exceptions[] = {
	{"postgres_regress/copyselect.sql", "COPY in the middle of statements joined by \\;"},
	{"postgres_regress/insert.sql", "the COPY failed there, so psql took its data for SQL"},
	{"postgres_regress/largeobject.sql", "\\lo_import and \\set with values from the server"},
	{"postgres_regress/psql.sql", "\\g without a statement sends the last one again"},
	{"postgres_regress/strings.sql", "changes standard_conforming_strings, and so the grammar"},
	{"postgres_regress/transactions.sql", "psql sends statements joined by \\; as one message"},
	{"postgres_regress/update.sql", "statements held in psql variables"},
	{NULL, NULL},
};

static char *corpora; /* NULL: absent */
static unsigned n_files, n_statements;

static const char *excused(const char *path)
{
	for (const struct exception *e = exceptions; e->path; e++)
		if (!strcmp(e->path, path))
			return e->reason;
	return NULL;
}

/* The tokens alone, a space between: comments and blanks belong to nobody, and psql leaves some
 * out. */
static char *core(const char *sql, size_t len)
{
	struct str out = {0};
	struct pg_token token;

	for (pg_lex_solid(sql, len, 0, &token); token.kind != PG_END;
		pg_lex_solid(sql, len, token.end, &token)) {
		if (token.kind == PG_SEMICOLON &&
			token.end + strspn(sql + token.end, " \t\r\n") >= len)
			break;
		if (out.len)
			str_add_char(&out, ' ');
		str_add_n(&out, sql + token.start, token.end - token.start);
	}
	return str_take(&out);
}

/* psql puts its variables' values in: :name, :'name', :"name" (but not x::type). */
static bool has_variable(const char *core_text)
{
	for (const char *at = core_text; (at = strstr(at, ": ")); at += 2)
		if ((at == core_text || at[-2] != ':') && at[2] != ':' && at[2] != '=')
			return true;
	return false;
}

static const char *find_placeholder(const char *at, const char *end, size_t *ret_len)
{
	static const char *const placeholders[] = {
		"{{ index .Options \"Namespace\" }}", "{{index .Options \"Namespace\" }}"};

	for (size_t i = 0; i < 2; i++) {
		const char *hole =
			memmem(at, (size_t)(end - at), placeholders[i], strlen(placeholders[i]));

		if (hole) {
			*ret_len = strlen(placeholders[i]);
			return hole;
		}
	}
	return NULL;
}

/* Lines [first, last] of the file, as the project's own tool cuts and fills them. */
static char *migration_text(const char *path, const json_t *lines)
{
	CLEANUP(cleanup_free) char *text = NULL;
	CLEANUP(cleanup_str) struct str out = {0};
	struct err err = {0};
	size_t len, n;
	const char *at;
	json_int_t line = 1;

	ck_ok(fs_read(path, 0, &text, &len, &err), err);
	for (at = text; *at; line++) {
		const char *end = strchrnul(at, '\n'), *hole;

		end += *end == '\n';
		if (lines &&
			(line < json_integer_value(json_array_get(lines, 0)) ||
				line > json_integer_value(json_array_get(lines, 1)))) {
			at = end;
			continue;
		}
		while ((hole = find_placeholder(at, end, &n))) {
			str_add_n(&out, at, (size_t)(hole - at));
			str_add(&out, "auth");
			at = hole + n;
		}
		str_add_n(&out, at, (size_t)(end - at));
		at = end;
	}
	return str_take(&out);
}

/* The next statement that is sent to a server; *commands: psql commands were passed, and those send
 * queries of their own. */
static const struct sql_statement *next_sent(
	const struct sql_script *script, size_t *at, bool *commands)
{
	*commands = false;
	while (*at < script->n) {
		const struct sql_statement *s = &script->statements[(*at)++];

		if (s->kind[0] != '\\')
			return s;
		*commands = true;
	}
	return NULL;
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

static bool same(const char *ours, const char *theirs)
{
	if (!ours || !theirs)
		return ours == theirs;
	return !strcmp(ours, theirs) || has_variable(ours);
}

/* NULL when the same; else what differs first. Caller frees. */
static char *difference(const char *text, const json_t *statements)
{
	struct sql_script script;
	struct err err = {0};
	size_t ours = 0, theirs = 0;
	char *different = NULL;
	bool commands, more = true;

	ck_ok(postgres_dialect.split(text, strlen(text), &script, &err), err);
	while (!different && more) {
		const struct sql_statement *s = next_sent(&script, &ours, &commands);
		CLEANUP(cleanup_free) char *got = s ? core(text + s->offset, s->len) : NULL;
		char *expected = next_expected(statements, &theirs);

		while (commands && expected && !same(got, expected)) {
			mem_free(expected);
			expected = next_expected(statements, &theirs);
		}
		if (!same(got, expected))
			different = mem_printf("line %u: got '%s', psql sends '%s'",
				s ? s->line : 0, got ? got : "", expected ? expected : "");
		more = s && expected;
		n_statements += more;
		mem_free(expected);
	}
	sql_script_release(&script);
	return different;
}

static unsigned check_corpus(const char *name)
{
	CLEANUP(cleanup_free) char *list = mem_printf("%s/%s/splits.jsonl", corpora, name);
	FILE *file = fopen(list, "re");
	char *line = NULL;
	size_t cap = 0;
	unsigned failed = 0;

	ck_assert_msg(file, "cannot open '%s'", list);
	while (getline(&line, &cap, file) > 0) {
		json_t *row = json_loads(line, 0, NULL);
		const char *path = json_string_value(json_object_get(row, "path"));
		CLEANUP(cleanup_free)
		char *full = mem_printf("%s/%s/migrations/%s", corpora, name, path);
		CLEANUP(cleanup_free)
		char *text = migration_text(full, json_object_get(row, "lines"));
		CLEANUP(cleanup_free) char *wrong = difference(text, json_object_get(row, "stmts"));

		n_files++;
		if (wrong && !excused(path)) {
			printf("%s/%s: %.600s\n", name, path, wrong);
			failed++;
		} else if (!wrong && excused(path)) {
			printf("%s/%s: no longer needs to be excused\n", name, path);
			failed++;
		}
		json_decref(row);
	}
	fflush(stdout); /* a failed test ends its process */
	free(line);
	fclose(file);
	return failed;
}

static void find_corpora(void)
{
	const char *shared = getenv("REHEARSE_SHARED");

	corpora = mem_printf("%s/corpora", shared ? shared : "../shared");
	if (!fs_is_dir(corpora))
		MEM_FREE(corpora);
}

START_TEST(splits_every_corpus_as_psql_does)
{
	struct dirent **entries;
	unsigned failed = 0;
	int n;

	if (!corpora) {
		printf("skipped: no migration corpora beside the checkout (../shared/corpora)\n");
		return;
	}
	n = scandir(corpora, &entries, NULL, alphasort);
	ck_assert_int_gt(n, 0);
	for (int i = 0; i < n; i++) {
		const char *name = entries[i]->d_name;
		const char *dash = strrchr(name, '-');

		if (dash && !strcmp(dash, "-postgres"))
			failed += check_corpus(name);
		free(entries[i]);
	}
	free(entries);
	ck_assert_uint_eq(failed, 0);
	/* All of them were there and read. */
	ck_assert_uint_gt(n_files, 1000);
	ck_assert_uint_gt(n_statements, 40000);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("split corpora");
	TCase *tc = tcase_create("corpora");

	find_corpora();
	tcase_set_timeout(tc, 600);
	tcase_add_test(tc, splits_every_corpus_as_psql_does);
	suite_add_tcase(suite, tc);
	return suite_run(suite);
}
