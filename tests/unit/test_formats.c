/* Migration files of all tools, in small folders made here. */
#include <stdlib.h>
#include <string.h>

#include "harness/base/cleanup.h"
#include "harness/base/mem.h"
#include "harness/formats/formats.h"
#include "tests/support/files.h"
#include "tests/support/suite.h"

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

/* Reads `paths`, words below the directory; all of it when NULL. */
static int read_paths(const char *paths, const struct format_options *options,
	struct format_set *ret, struct err *err)
{
	CLEANUP(cleanup_free) char *words = mem_strdup(paths ? paths : "");
	char *items[TEST_FILES_MAX], *rest = NULL;
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
	struct test_file files[TEST_FILES_MAX];
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
		.error = "from: '3': plain SQL files have no versions", .comment = "no versions"},
	{{{"00002_b.sql", "-- +goose Up\nSELECT 2;\n-- +goose Down\nSELECT 3;\n"},
		 {"1_a.sql",
			 "-- text\n-- +goose Up\n-- +goose StatementBegin\nSELECT 1\n"
			 "-- +goose StatementEnd\n"},
		 {"3_c.go", "package x"}, {"seed.sql", "SELECT 9"}},
		.want = "goose: 1 a file [-- text -- +goose Up -- +goose StatementBegin SELECT 1 "
			"-- +goose StatementEnd] 00002 b file [-- +goose Up SELECT 2;] "
			"down [-- +goose Down SELECT 3;] not 3_c.go not seed.sql",
		.comment = "goose: by number, up apart from down"},
	{{{"1_a.sql", "-- +goose NO TRANSACTION\n-- +goose up\nSELECT 1; -- x\n"}},
		.want = "goose: 1 a none [-- +goose NO TRANSACTION -- +goose up SELECT 1; -- x]",
		.comment = "goose without a transaction"},
	{{{"1_a.sql",
		 "-- +goose Up\n-- +goose ENVSUB ON\nSELECT ${A}, '$B', ${C:-x}, ${D-y};\n"
		 "-- +goose ENVSUB OFF\nSELECT $$a$$;\n"}},
		.want = "goose: 1 a file [-- +goose Up -- +goose ENVSUB ON SELECT 7, '', x, y; "
			"-- +goose ENVSUB OFF SELECT $$a$$;]",
		.comment = "goose's variables"},
	{{{"1_a.sql", "-- +goose Up\n-- +goose ENVSUB ON\nSELECT ${A?};"}},
		.error = "1_a.sql:3: between ENVSUB ON*", .comment = "a form that is not known"},
	{{{"1_a.sql", "\n-- +goose Upp\nSELECT 1;"}},
		.error = "1_a.sql:2: goose: this directive is not known", .comment = "Upp"},
	{{{"1_a.sql", "SELECT 0;\n-- +goose Up\nSELECT 1;"}},
		.error = "1_a.sql:1: goose: a statement before 'Up'", .comment = "before Up"},
	{{{"1_a.sql", "-- +goose Up\nSELECT 1;\n-- +goose Up\n"}},
		.error = "1_a.sql:3: goose: a second 'Up'", .comment = "two Ups"},
	{{{"1_a.sql", "-- +goose Down\nSELECT 1;"}},
		.error = "1_a.sql:1: goose: 'Down' before 'Up'", .comment = "Down first"},
	{{{"1_a.sql", "-- +goose Up\n-- +goose StatementBegin\nSELECT 1;\n-- +goose Down\n"}},
		.error = "1_a.sql:2: goose: StatementBegin without StatementEnd",
		.comment = "a block that stays open"},
	{{{"1_a.sql", "-- +goose Up\n-- +goose StatementEnd\n"}},
		.error = "1_a.sql:2: goose: StatementEnd without StatementBegin",
		.comment = "a block that was not open"},
	{{{"1_a.sql", "-- +goose Up\nSELECT 1\n, 2\n-- +goose Down\n"}},
		.error = "1_a.sql:2: goose: no ';' at the end of this statement",
		.comment = "what goose refuses"},
	{{{"1_a.sql", "-- +goose Up\nSELECT 1;"}, {"2_b.sql", "SELECT 2;"}},
		.error = "2_b.sql:1: goose: a statement before 'Up'", .comment = "one without Up"},
	{{{"1_a.sql", "-- +goose Up\nSELECT 1;"}, {"2_b.sql", "-- x\n"}},
		.error = "2_b.sql:1: goose: the file has no 'Up'",
		.comment = "one without anything"},
	{{{"1_a.sql", "-- +goose Up\nSELECT 1;"}, {"01_b.sql", "-- +goose Up\nSELECT 2;"}},
		.error = "'01_b.sql' and '1_a.sql' have the same version, '01'",
		.comment = "one version twice"},
	{{{"1_a.sql", "-- +goose Up\nSELECT 1;"}, {"2_b.sql", "-- +goose Up\nSELECT 2;"},
		 {"3_c.sql", "-- +goose Up\nSELECT 3;"}},
		.from = "02", .to = "3",
		.want = "goose: 2 b file [-- +goose Up SELECT 2;] 3 c file [-- +goose Up SELECT "
			"3;]",
		.comment = "from and to"},
	{{{"1_a.sql", "-- +goose Up\nSELECT 1;"}}, .to = "7",
		.error = "to: '7': there is no such version among the files",
		.comment = "no version"},
	{{{"1_a.sql", "-- +goose Up\nSELECT 1;"}, {"2_b.sql", "-- +goose Up\nSELECT 2;"}},
		.from = "2", .to = "1",
		.error = "to: '1': there is no such version among the files",
		.comment = "backwards"},
	{{{"1_a.sql", "-- +goose Up\nSELECT 1;"}, {"2_b.sql", "\n-- migrate:up\nSELECT 2;"}},
		.error = "files of two formats: '1_a.sql' is goose (line 1), '2_b.sql' is dbmate "
			 "(line 2); name one of them as the format",
		.comment = "two formats"},

	{{{"1_a.sql",
		  "-- +migrate Up notransaction\nSELECT 1;\n-- +migrate Down\nSELECT 2;\n"
		  "-- +migrate Up\nSELECT 3;\n"},
		 {"10-b.sql", "-- +migrate Up\n"}, {"9-b.sql", "-- +migrate Up\n"}},
		.want = "sql-migrate: 1_a.sql none [-- +migrate Up notransaction SELECT 1; -- "
			"+migrate Up SELECT 3;] down [-- +migrate Down SELECT 2;] "
			"9-b.sql file [-- +migrate Up] 10-b.sql file [-- +migrate Up]",
		.comment = "sql-migrate"},

	{{{"20240102_b.sql",
		  "-- migrate:up transaction:false\nSELECT 2;\n\n-- migrate:down\n"
		  "SELECT 3;\n"},
		 {"20240101_a.sql", "-- a\n\n--migrate:up\nSELECT 1\n"}, {"x.sql", "SELECT 1"}},
		.want = "dbmate: 20240101 a file [-- a --migrate:up SELECT 1] "
			"20240102 b text [-- migrate:up transaction:false SELECT 2;] "
			"down [-- migrate:down SELECT 3;] not x.sql",
		.comment = "dbmate"},
	{{{"1_a.sql", "-- migrate:up transaction=false\n"}},
		.error = "1_a.sql:1: dbmate: this option of migrate:up is not known",
		.comment = "an option"},
	{{{"1_a.sql", "-- migrate:down\n-- migrate:up\n"}},
		.error = "1_a.sql:1: dbmate: migrate:down before migrate:up",
		.comment = "down first"},
	{{{"1_a.sql", "SELECT 1;\n-- migrate:up\n"}},
		.error = "1_a.sql:1: dbmate: a statement before migrate:up",
		.comment = "before up"},
	{{{"1_a.sql", "-- migrate:up\n"}, {"2_a.sql", "-- x\n"}},
		.error = "2_a.sql:1: dbmate: the file has no migrate:up", .comment = "no up"},

	{{{"V1.10__ten.sql", "SELECT 10"}, {"V1_9__nine.sql", "SELECT ${n}"},
		 {"more/V2__two.sql", "SELECT 2"}, {"R__view.sql", "-- ${x}\nSELECT 0"},
		 {"U1.9__nine.sql", "SELECT -9"}, {"afterMigrate.sql", "SELECT 1"}},
		.want = "flyway: 1.9 nine fit [SELECT 9] down file [SELECT -9] 1.10 ten fit "
			"[SELECT 10] 2 two fit [SELECT 2] view again fit [-- ${x} SELECT 0] "
			"not afterMigrate.sql",
		.comment = "Flyway: 1.10 after 1.9, repeatable ones last, folders below"},
	{{{"V1__a.sql", "SELECT ${n},\n${m}"}},
		.error = "V1__a.sql:2: the placeholder '${m}' has no value: give it in "
			 "migration.placeholders",
		.comment = "a placeholder without a value"},
	{{{"V1__a.sql", "SELECT ${m}"},
		 {"V1__a.sql.conf",
			 "executeInTransaction = false\nplaceholderReplacement=false\n"}},
		.want = "flyway: 1 a none [SELECT ${m}]", .comment = "a file's own settings"},
	{{{"V1__a.sql", "SELECT 1"}, {"V1__a.sql.conf", "executeInTransaction=no\n"}},
		.error = "V1__a.sql.conf:1: executeInTransaction must be true or false",
		.comment = "wrong settings"},
	{{{"V1__a.sql", "SELECT 1"}, {"V01.0__b.sql", "SELECT 1"}},
		.error = "'V01.0__b.sql' and 'V1__a.sql' have the same version, '01.0'",
		.comment = "1 is 01.0"},
	{{{"V1__a.sql", "SELECT 1"}, {"B3__base.sql", "SELECT 3"}, {"V4__d.sql", "SELECT 4"}},
		.from = "4", .want = "flyway: 4 d fit [SELECT 4] not B3__base.sql",
		.comment = "a baseline does not run"},

	{{{"00001_a/up.sql", "SELECT 1"}, {"00001_a/down.sql", "SELECT -1"},
		 {"2024-01-02-030405_b/up.sql", "SELECT 2"},
		 {"2024-01-02-030405_b/metadata.toml", "run_in_transaction = false\n"},
		 {".diesel_lock", ""}},
		.from = "00001",
		.want = "diesel: 00001 a file [SELECT 1] down file [SELECT -1] 20240102030405 b "
			"text [SELECT 2]",
		.comment = "diesel"},
	{{{"1_a/up.sql", "SELECT 1"}, {"1_a/.no-transaction", ""}},
		.want = "diesel: 1 a text [SELECT 1]", .comment = "a mark in the folder"},
	{{{"1_a/up.sql", "SELECT 1"}, {"1_a/metadata.toml", "\nrun_in_transaction = 0\n"}},
		.error = "1_a/metadata.toml:2: run_in_transaction must be true or false",
		.comment = "wrong metadata"},
	{{{"2024-01-02-030405_b/up.sql", "SELECT 2"}}, "2024-01-02-030405_b/up.sql",
		.want = "diesel: 20240102030405 b file [SELECT 2]",
		.comment = "one file of diesel's"},
	{{{"x/up.sql", "SELECT 2"}}, "x/up.sql", .want = "plain: unsaid [SELECT 2]",
		.comment = "up.sql in a folder without a version"},
	{{{"20240102030405_b/migration.sql", "SELECT 2"},
		 {"20240101030405_a/migration.sql", "SELECT 1"}},
		.to = "20240101030405", .want = "prisma: 20240101030405 a text [SELECT 1]",
		.comment = "Prisma"},

	{{{"2_b.up.sql", "SELECT 2"}, {"2_b.down.sql", "SELECT -2"}, {"10_c.up.sql", "SELECT 10"},
		 {"README.sql", "SELECT 0"}},
		.want = "golang-migrate: 2 b text [SELECT 2] down file [SELECT -2] 10 c text "
			"[SELECT 10] not README.sql",
		.comment = "golang-migrate"},
	{{{"2_b.up.sql", "SELECT 2"}, {"2_b.down.sql", "SELECT -2"}}, "2_b.down.sql",
		.error = "'2_b.down.sql' is a way down: name its way up", .comment = "a way down"},
	{{{"1_a.up.sql", "SELECT 1"}, {"2_b.up.sql", "-- no-transaction\nSELECT 2"},
		 {"3_c.up.sql", "SELECT 3"}},
		.want = "sqlx: 1 a file [SELECT 1] 2 b text [-- no-transaction SELECT 2] 3 c file "
			"[SELECT 3]",
		.comment = "sqlx by what it asks for"},
	{{{"Cargo.toml", ""}, {"migrations/1_a.up.sql", "SELECT 1"},
		 {"migrations/1_a.down.sql", "SELECT -1"}, {"migrations/2_b.sql", "SELECT 2"},
		 {"migrations/3_c.no-transaction.sql", "SELECT 3"}},
		"migrations",
		.want = "sqlx: 1 a file [SELECT 1] down file [SELECT -1] 2 b file [SELECT 2] 3 c "
			"text [SELECT 3]",
		.comment = "sqlx by the package around it"},
	{{{"V0010.Two.up.sql", "SELECT 2"}, {"V0009.One.up.sql", "SELECT 1"},
		 {"V0009.One.down.sql", "SELECT -1"}},
		.to = "V0009", .want = "pairs: V0009 One unsaid [SELECT 1] down file [SELECT -1]",
		.comment = "pairs of no tool that is known"},
	{{{"7_b.up.sql", "SELECT 2"}, {"7_a.up.sql", "SELECT 1"}},
		.error = "'7_a.up.sql' and '7_b.up.sql' have the same version, '7'",
		.comment = "golang-migrate refuses a version twice"},
	{{{"7_b.up.sql", "SELECT 2"}, {"7_a.up.sql", "SELECT 1"}, {"2_a.up.sql", "SELECT 0"}},
		.format = "pairs",
		.want = "pairs: 2 a unsaid [SELECT 0] 7 a unsaid [SELECT 1] 7 b unsaid [SELECT 2]",
		.comment = "other tools do not"},
	{{{"01_a/migration.sql", "SELECT 1"}, {"10_c/migration.sql", "SELECT 3"},
		 {"02_b/migration.sql", "SELECT 2"}},
		.want = "prisma: 01 a text [SELECT 1] 02 b text [SELECT 2] 10 c text [SELECT 3]",
		.comment = "Prisma's, numbered by hand"},
	{{{"01_a/migration.sql", "SELECT 1"}}, "01_a/migration.sql",
		.want = "plain: unsaid [SELECT 1]", .comment = "one such file may be anybody's"},
	{{{"1_a.sql", "-- +goose Up\nSELECT 1;"}}, .format = "plain",
		.want = "plain: unsaid [-- +goose Up SELECT 1;]",
		.comment = "a format that is named"},
	{{{"1_a.sql", "SELECT 1"}, {"2_b.sql", "SELECT 2"}}, .format = "sqlx",
		.want = "sqlx: 1 a file [SELECT 1] 2 b file [SELECT 2]", .comment = "sqlx by name"},
	{{{"a.sql", "SELECT 1"}}, .format = "sqlx",
		.error = "no migration among the files (as sqlx)",
		.comment = "none of that format"},
	{{{"a.sql", "SELECT 1"}}, .format = "fly",
		.error = "'fly' is no migration format: one of plain*", .comment = "no format"},
};

START_TEST(reads)
{
	static const struct server_setting placeholders[] = {
		{(char *)"n", (char *)"9"}, {(char *)"A", (char *)"7"}, {(char *)"B", (char *)""}};
	const struct format_options options = {.format = cases[_i].format,
		.from = cases[_i].from,
		.to = cases[_i].to,
		.placeholders = placeholders,
		.n_placeholders = 3};
	const char *error = cases[_i].error;
	struct format_set set = {0};
	struct err err = {0};
	int failed;

	test_files_write(dir, cases[_i].files);
	failed = read_paths(cases[_i].paths, &options, &set, &err);
	shorten(err.text);
	if (error) {
		size_t len = strcspn(error, "*");

		ck_assert_msg(failed && (err.kind == ERR_USAGE || strstr(err.text, "ENVSUB")) &&
				!strncmp(err.text, error, len) && (error[len] || !err.text[len]),
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

START_TEST(lines_stay_where_variables_are_filled_in)
{
	static const struct test_file files[TEST_FILES_MAX] = {
		{"1_a.sql", "-- +goose ENVSUB ON\n-- +goose Up\n\nSELECT $B;\n\n"},
		{"2_b.sql", "-- +goose Up\n-- +goose ENVSUB ON\nSELECT 1;\n-- +goose Down\nx"}};
	static const char *const want[] = {"-- +goose ENVSUB ON\n-- +goose Up\n\nSELECT ;\n\n",
		"-- +goose Up\n-- +goose ENVSUB ON\nSELECT 1;\n              \n "};
	static const struct server_setting b = {(char *)"B", (char *)""};
	const struct format_options options = {.placeholders = &b, .n_placeholders = 1};
	struct format_set set = {0};
	struct err err = {0};

	test_files_write(dir, files);
	ck_ok(read_paths(NULL, &options, &set, &err), err);
	for (size_t i = 0; i < 2; i++) {
		ck_assert_str_eq(set.files[i].text, want[i]);
		ck_assert_uint_eq(set.files[i].len, strlen(want[i]));
	}
	format_set_release(&set);
}
END_TEST

START_TEST(each_format_has_its_word)
{
	for (size_t i = 0; format_words[i]; i++) {
		const struct test_file file[TEST_FILES_MAX] = {{"1_a.up.sql", "-- +goose Up\n"},
			{"1_a.sql", "-- migrate:up\n-- +migrate Up\n-- +goose Up\n"},
			{"V1__a.sql", ""}, {"1_a/up.sql", ""},
			{"20240102030405_a/migration.sql", ""}};
		const struct format_options options = {.format = format_words[i]};
		struct format_set set = {0};
		struct err err = {0};

		test_files_write(dir, file);
		/* Found by its name, whatever it thinks of the files. */
		if (!read_paths(NULL, &options, &set, &err))
			ck_assert_str_eq(format_name(set.format), format_words[i]);
		ck_assert_msg(!strstr(err.text, "no migration format"), "%s", err.text);
		format_set_release(&set);
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("formats");
	TCase *tc = tcase_create("formats");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, reads, 0, sizeof(cases) / sizeof(cases[0]));
	tcase_add_test(tc, zeros_are_no_text);
	tcase_add_test(tc, lines_stay_where_variables_are_filled_in);
	tcase_add_test(tc, each_format_has_its_word);
	suite_add_tcase(suite, tc);
	return suite_run(suite);
}
