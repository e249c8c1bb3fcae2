/* Migration files of all tools, in small folders made here. */
#include <stdlib.h>
#include <string.h>

#include "harness/base/cleanup.h"
#include "harness/base/mem.h"
#include "harness/formats/formats.h"
#include "tests/support/suite.h"

#define MAX_FILES 6

static char *dir;

static void setup(void)
{
	struct err err = {0};

	ck_ok(fs_temp_dir(&dir, &err), err);
}

static void teardown(void)
{
	struct err err = {0};

	ck_ok(fs_remove_tree(dir, &err), err);
	MEM_FREE(dir);
}

struct file {
	const char *path, *text;
};

static void write_files(const struct file *files)
{
	struct err err = {0};

	for (size_t i = 0; i < MAX_FILES && files[i].path; i++) {
		CLEANUP(cleanup_free) char *path = fs_join(dir, files[i].path);
		CLEANUP(cleanup_free) char *parent = fs_dirname(path);

		ck_ok(fs_mkdirs(parent, 0700, &err), err);
		ck_ok(fs_write(path, files[i].text, strlen(files[i].text), 0600, &err), err);
	}
}

/* Reads `paths`, words below the directory; all of it when NULL. */
static int read_paths(const char *paths, const struct format_options *options,
	struct format_set *ret, struct err *err)
{
	CLEANUP(cleanup_free) char *words = mem_strdup(paths ? paths : "");
	char *items[MAX_FILES], *rest = NULL;
	size_t n = 0;
	int failed;

	for (char *word = strtok_r(words, " ", &rest); word; word = strtok_r(NULL, " ", &rest))
		items[n++] = fs_join(dir, word);
	if (!paths)
		items[n++] = mem_strdup(dir);
	failed = formats_read((const char *const *)items, n, options, ret, err);
	for (size_t i = 0; i < n; i++)
		mem_free(items[i]);
	return failed;
}

/* A text on one line, its runs of blanks as one. */
static void squeeze(struct str *out, const char *text)
{
	for (const char *p = text; *p; p++) {
		if (!strchr(" \t\r\n", *p))
			str_add_char(out, *p);
		else if (out->len && out->data[out->len - 1] != ' ')
			str_add_char(out, ' ');
	}
	while (out->len && out->data[out->len - 1] == ' ')
		out->data[--out->len] = '\0';
}

static const char *const transactions[] = {"unsaid", "file", "fit", "text", "none"};

/* "goose: 1 a file [SELECT 1;] down [SELECT 2;]; 2 ..." */
static char *described(const struct format_set *set)
{
	struct str out = {0};

	str_addf(&out, "%s:", format_name(set->format));
	for (size_t i = 0; i < set->n_files; i++) {
		const struct format_file *f = &set->files[i];
		struct str text = {0}, down = {0};

		squeeze(&text, f->text);
		squeeze(&down, f->down ? f->down : "");
		str_addf(&out, "%s%s%s%s%s %s%s [%s]", *f->version ? " " : "", f->version,
			*f->title ? " " : "", f->title, f->repeatable ? " again" : "",
			transactions[f->transaction], f->applied ? " applied" : "",
			str_text(&text));
		if (f->down)
			str_addf(&out, "%s[%s]", f->down_path ? " down file " : " down ",
				str_text(&down));
		str_release(&text);
		str_release(&down);
	}
	for (size_t i = 0; i < set->n_ignored; i++)
		str_addf(&out, " not %s", set->ignored[i].path + strlen(dir) + 1);
	return str_take(&out);
}

/* An error without the directory's name. */
static void shorten(char *text)
{
	size_t len = strlen(dir) + 1;

	for (char *at; (at = strstr(text, dir));)
		memmove(at, at + len, strlen(at + len) + 1);
}

/* ---- reading ---- */

static const struct {
	struct file files[MAX_FILES];
	const char *paths, *format, *from, *to;
	const char *want, *error, *comment;
} cases[] = {
	{{{"2.sql", "SELECT 2"}, {"10.sql", "SELECT 10"}, {"x.txt", ""}, {"sub/3.sql", "SELECT 3"}},
		.want = "plain: unsaid [SELECT 10] unsaid [SELECT 2]",
		.comment = "a folder of plain SQL, in name order, not below it"},
	{{{"b.sql", "SELECT 2"}, {"a.sql", "SELECT 1"}}, "b.sql a.sql",
		.want = "plain: unsaid [SELECT 2] unsaid [SELECT 1]", .comment = "as given"},
	{{{"a.sql", "SELECT 1"}}, "b.sql", .error = "no such file: 'b.sql'", .comment = "no file"},
	{{{"x.txt", ""}}, "x", .error = "no such file: 'x'", .comment = "no folder"},
	{{{"x/y.txt", ""}}, "x/", .error = "no *.sql file in 'x'", .comment = "an empty folder"},
	{{{"a.sql", "SELECT 1"}}, .from = "3",
		.error = "from '3': plain SQL files have no versions", .comment = "no versions"},
	{{{"a.sql", "SELECT 1"}}, .format = "fly",
		.error = "'fly' is no migration format: one of plain*", .comment = "no format"},
};

START_TEST(reads)
{
	const struct format_options options = {
		.format = cases[_i].format, .from = cases[_i].from, .to = cases[_i].to};
	const char *error = cases[_i].error;
	struct format_set set = {0};
	struct err err = {0};
	int failed;

	write_files(cases[_i].files);
	failed = read_paths(cases[_i].paths, &options, &set, &err);
	shorten(err.text);
	if (error) {
		size_t len = strcspn(error, "*");

		ck_assert_msg(failed && err.kind == ERR_USAGE && !strncmp(err.text, error, len) &&
				(error[len] || !err.text[len]),
			"%s: got '%s'", cases[_i].comment, err.text);
	} else {
		CLEANUP(cleanup_free) char *got = failed ? NULL : described(&set);

		ck_assert_msg(got && !strcmp(got, cases[_i].want), "%s: got '%s', not '%s'",
			cases[_i].comment, got ? got : err.text, cases[_i].want);
	}
	format_set_release(&set);
}
END_TEST

START_TEST(zeros_are_no_text)
{
	CLEANUP(cleanup_free) char *path = fs_join(dir, "a.sql");
	struct format_set set = {0};
	struct err err = {0};

	ck_ok(fs_write(path, "SELECT\0 1", 9, 0600, &err), err);
	ck_assert_int_eq(read_paths(NULL, NULL, &set, &err), -1);
	shorten(err.text);
	ck_assert_str_eq(err.text, "'a.sql' is not text: byte 7 is zero");
	ck_assert_int_eq(err.kind, ERR_USAGE);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("formats");
	TCase *tc = tcase_create("formats");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, reads, 0, sizeof(cases) / sizeof(cases[0]));
	tcase_add_test(tc, zeros_are_no_text);
	suite_add_tcase(suite, tc);
	return suite_run(suite);
}
