/* scenarios/README.md against the table of keys, both ways. */
#include <stdio.h>
#include <string.h>

#include "harness/base/cleanup.h"
#include "harness/base/fs.h"
#include "harness/base/mem.h"
#include "harness/scenario/keys.h"
#include "harness/scenario/scenario.h"
#include "tests/support/suite.h"

static char *readme;

static void setup(void)
{
	struct err err = {0};

	ck_ok(fs_read("scenarios/README.md", 0, &readme, NULL, &err), err);
}

static void teardown(void)
{
	MEM_FREE(readme);
}

/* The table's row as it must stand in the README. */
static void expected_row(const struct key *key, struct str *out)
{
	str_addf(out, "\n| `%s` | ", key->name);
	key_type_text(key, out);
	if (key->fallback)
		str_addf(out, " | `%s` | %s |\n", key->fallback, key->help);
	else
		str_addf(out, " | – | %s |\n", key->help);
}

START_TEST(every_key_is_documented_with_its_type_and_default)
{
	CLEANUP(cleanup_str) struct str row = {0};
	const char *const *names;

	ck_assert_uint_eq(scenario_keys(&names), key_count);
	ck_assert_str_eq(names[_i], key_table[_i].name);
	expected_row(&key_table[_i], &row);
	ck_assert_msg(strstr(readme, str_text(&row)), "missing in scenarios/README.md:%s",
		str_text(&row));
}
END_TEST

START_TEST(every_documented_key_exists)
{
	size_t rows = 0;

	for (const char *p = readme; (p = strstr(p, "\n| `")); rows++) {
		CLEANUP(cleanup_free) char *name = NULL;
		size_t i = 0;

		p += 4;
		name = mem_strndup(p, strcspn(p, "`\n"));
		while (i < key_count && strcmp(key_table[i].name, name) != 0)
			i++;
		ck_assert_msg(i < key_count, "scenarios/README.md has a row for '%s'", name);
	}
	ck_assert_uint_eq(rows, key_count);
}
END_TEST

static void write_file(const char *dir, const char *name, const char *text, size_t len)
{
	CLEANUP(cleanup_free) char *path = fs_join(dir, name);
	CLEANUP(cleanup_free) char *parent = fs_dirname(path);
	struct err err = {0};

	ck_ok(fs_mkdirs(parent, 0755, &err), err);
	ck_ok(fs_write(path, text, len, 0644, &err), err);
}

START_TEST(the_complete_example_is_a_scenario)
{
	static const char *const files[] = {"migrations/001_table.sql", "migrations/002_index.sql",
		"scripts/book.sql", "scripts/day-list.sql", "fixtures/dental/postgres/1.sql"};
	CLEANUP(cleanup_free) char *dir = NULL;
	const char *begin = strstr(readme, "```yaml\n"), *end;
	struct scenario s;
	struct err err = {0};

	ck_assert_ptr_nonnull(begin);
	begin += strlen("```yaml\n");
	end = strstr(begin, "```");
	ck_assert_ptr_nonnull(end);
	ck_ok(fs_temp_dir(&dir, &err), err);
	write_file(dir, "scenario.yaml", begin, (size_t)(end - begin));
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		write_file(dir, files[i], "", 0);
	ck_ok(scenario_load(dir, true, NULL, 0, &s, &err), err);
	ck_assert_uint_eq(s.n_disturbances, 2);
	ck_assert_double_eq(s.workload.rate, 50);
	scenario_release(&s);
	ck_ok(fs_remove_tree(dir, &err), err);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("scenario_docs");
	TCase *c = tcase_create("scenario_docs");

	tcase_add_checked_fixture(c, setup, teardown);
	tcase_add_loop_test(
		c, every_key_is_documented_with_its_type_and_default, 0, (int)key_count);
	tcase_add_test(c, every_documented_key_exists);
	tcase_add_test(c, the_complete_example_is_a_scenario);
	suite_add_tcase(suite, c);
	return suite_run(suite);
}
