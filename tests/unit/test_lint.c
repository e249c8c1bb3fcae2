/* ci/lint.sh on a tree of its own: each rule finds its one offender, and nothing else. */
#include <stdlib.h>
#include <string.h>

#include "harness/base/cleanup.h"
#include "harness/base/fs.h"
#include "harness/base/mem.h"
#include "harness/base/proc.h"
#include "tests/support/suite.h"

static char *dir;

static void put(const char *name, const char *text)
{
	CLEANUP(cleanup_free) char *path = fs_join(dir, name);
	CLEANUP(cleanup_free) char *parent = fs_dirname(path);
	struct err err = {0};

	ck_ok(fs_mkdirs(parent, 0755, &err), err);
	ck_ok(fs_write(path, text, strlen(text), 0644, &err), err);
}

#define GUARD(name, text) \
	"#ifndef REHEARSE_" name "_H\n#define REHEARSE_" name "_H\n" text "#endif\n"

static void setup(void)
{
	struct err err = {0};

	ck_ok(fs_temp_dir(&dir, &err), err);
	put("harness/base/err.h", GUARD("BASE_ERR", "struct err;\n"));
	put("adapters/db.h", GUARD("ADAPTERS_DB", "#include \"harness/base/err.h\"\n"));
	put("harness/a/a.c", "#include \"adapters/db.h\"\n\nint main(void);\n");
	put("harness/command/run.c", "#include <stdlib.h>\n\nvoid f(void)\n{\n\texit(0);\n}\n");
	put("ci/fine.sh", "#!/bin/sh\necho fine\n");
}

static void teardown(void)
{
	struct err err = {0};

	ck_ok(fs_remove_tree(dir, &err), err);
	MEM_FREE(dir);
}

static void lint(struct str *out)
{
	const char *const argv[] = {
		"sh", "-c", "sh ci/lint.sh \"$1\" 2>/dev/null; echo \"exit $?\"", "sh", dir, NULL};
	struct err err = {0};

	ck_ok(proc_run(&(struct proc_spec){.argv = argv}, out, &err), err);
}

static const struct {
	const char *file, *text, *finding;
} cases[] = {
	{"harness/x.c", "#include <libpq-fe.h>\n",
		"harness/x.c:1: harness/ must not include 'libpq-fe.h'"},
	{"harness/x.c", "\n#include <mysql/mysql.h>\n",
		"harness/x.c:2: harness/ must not include 'mysql/mysql.h'"},
	{"harness/x.c", "#include <curl/curl.h>\n",
		"harness/x.c:1: harness/ must not include 'curl/curl.h'"},
	{"harness/x.c", "#include \"adapters/postgres/server.h\"\n",
		"harness/x.c:1: harness/ must not include 'adapters/postgres/server.h'"},
	{"adapters/p/x.c", "#include \"harness/a/a.h\"\n",
		"adapters/p/x.c:1: adapters/ must not include 'harness/a/a.h'"},
	{"harness/x.h", GUARD("X", "struct s {\n\tsize_t n;\n};\n"),
		"harness/x.h:1: does not compile alone: "},
	{"harness/x.h", "struct s;\n", "harness/x.h:1: no include guard"},
	{"harness/x.h", "#ifndef REHEARSE_X_H\n#define REHEARSE_Y_H\n#endif\n",
		"harness/x.h:1: no include guard"},
	{"harness/x.h", GUARD("BASE_ERR", "struct s;\n"),
		"harness/x.h:1: the guard REHEARSE_BASE_ERR_H is also that of harness/base/err.h"},
	{"harness/x.c", "int f(char *a)\n{\n\treturn atoi(a);\n}\n",
		"harness/x.c:3: 'atoi' is banned"},
	{"harness/x.c", "void f(void)\n{\n\texit (1);\n}\n",
		"harness/x.c:3: 'exit' is for commands only"},
	{"tests/x.c", "int i; \n", "tests/x.c:1: white space at the end of the line"},
	{"ci/x.sh", "if true\n", "ci/x.sh:2: "},
};

START_TEST(each_rule_finds_its_offender)
{
	CLEANUP(cleanup_str) struct str out = {0};
	const char *finding = cases[_i].finding;

	put(cases[_i].file, cases[_i].text);
	lint(&out);
	ck_assert_msg(!strncmp(out.data, finding, strlen(finding)), "%s", out.data);
	ck_assert_ptr_nonnull(strstr(out.data, "exit 1\n"));
}
END_TEST

/* The marks are put together here, so that this file is clean itself. */
START_TEST(marks_and_paths_of_one_machine_are_found)
{
	CLEANUP(cleanup_str) struct str out = {0};

	put("README.md",
		"TO"
		"DO later\nFIX"
		"ME\nsee /wo"
		"rk/x\n");
	lint(&out);
	ck_assert_ptr_nonnull(strstr(out.data, "README.md:1: unfinished"));
	ck_assert_ptr_nonnull(strstr(out.data, "README.md:2: unfinished"));
	ck_assert_ptr_nonnull(strstr(out.data, "README.md:3: a path of one machine"));
}
END_TEST

START_TEST(lengths_are_counted_as_people_see_them)
{
	CLEANUP(cleanup_str) struct str text = {0}, out = {0};

	/* 8 columns for the tab, 92 for the letters: just as wide as allowed; then one more. */
	for (int line = 0; line < 2; line++) {
		str_add(&text, "\t//");
		for (int i = 0; i < 90 + line; i++)
			str_add(&text, "µ");
		str_add(&text, "\n");
	}
	while (text.len < 60000 / 100)
		str_add(&text, "\n");
	str_add(&text, "void f(void)\n{\n");
	for (int i = 0; i < 77; i++)
		str_add(&text, "\tf();\n");
	str_add(&text, "}\n\nvoid g(void)\n{\n");
	for (int i = 0; i < 78; i++)
		str_add(&text, "\tg();\n");
	str_add(&text, "}\n");
	put("harness/x.c", str_text(&text));
	lint(&out);
	ck_assert_ptr_nonnull(strstr(out.data, "harness/x.c:2: the line has 101 columns"));
	ck_assert_ptr_null(strstr(out.data, "x.c:1:"));
	ck_assert_ptr_nonnull(strstr(out.data, "the function g has 81 lines"));
	ck_assert_ptr_null(strstr(out.data, "the function f"));
	for (int i = 0; i < 400; i++)
		str_add(&text, "\n");
	put("harness/x.c", str_text(&text));
	str_clear(&out);
	lint(&out);
	ck_assert_ptr_nonnull(strstr(out.data, "harness/x.c:501: the file has "));
}
END_TEST

START_TEST(comments_strings_and_longer_names_are_no_calls)
{
	CLEANUP(cleanup_str) struct str out = {0};

	put("harness/x.c",
		"/* exit(1) and\n * atoi() */\n"
		"int f(void);\nint my_exit(int);\n"
		"int f(void)\n{\n\tconst char *s = \"exit(\\\"1\\\") /*\"; // gets(\n"
		"\treturn *s + my_exit('\"') + obj->system(1);\n}\n");
	lint(&out);
	ck_assert_msg(strstr(out.data, "no findings\nexit 0\n"), "%s", out.data);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("lint");
	TCase *c = tcase_create("lint");

	tcase_set_timeout(c, SUITE_TIMEOUT_S);
	tcase_add_checked_fixture(c, setup, teardown);
	tcase_add_loop_test(
		c, each_rule_finds_its_offender, 0, (int)(sizeof(cases) / sizeof(cases[0])));
	tcase_add_test(c, marks_and_paths_of_one_machine_are_found);
	tcase_add_test(c, lengths_are_counted_as_people_see_them);
	tcase_add_test(c, comments_strings_and_longer_names_are_no_calls);
	suite_add_tcase(suite, c);
	return suite_run(suite);
}
