/*
 * The Open Dental fixture's tables against the vendor's own, which are other people's text and not
 * part of this repository: without them only the generated files are compared.
 */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "harness/base/cleanup.h"
#include "harness/base/fs.h"
#include "harness/base/mem.h"
#include "harness/base/proc.h"
#include "tests/support/opendental.h"
#include "tests/support/suite.h"

#define SMALLEST "0.001"

static struct err err;

/* ---- a schema as sorted lines ---- */

struct lines {
	char **list;
	size_t n, cap;
};

static int by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void lines_release(struct lines *l)
{
	mem_free_strings(l->list, l->n);
	*l = (struct lines){0};
}

static void add(struct lines *l, char *line)
{
	*MEM_PUSH(l->list, l->n, l->cap) = line;
}

static void add_text(struct lines *l, char *text)
{
	char *at = text, *line;

	while ((line = od_line(&at)))
		add(l, mem_strdup(line));
	free(text);
}

static void check_same(struct lines *ours, struct lines *theirs)
{
	qsort(ours->list, ours->n, sizeof(*ours->list), by_text);
	qsort(theirs->list, theirs->n, sizeof(*theirs->list), by_text);
	for (size_t i = 0; i < ours->n && i < theirs->n; i++)
		ck_assert_msg(!strcmp(ours->list[i], theirs->list[i]),
			"first difference:\n  the fixture: %s\n  the vendor:  %s", ours->list[i],
			theirs->list[i]);
	ck_assert_uint_eq(ours->n, theirs->n);
}

/* With `collations` for comparing two databases; the vendor's facts hold character sets. */
static void read_database(struct lines *l, const char *database, bool collations)
{
	CLEANUP(cleanup_free)
	char *columns = mem_printf(
		"SELECT table_name, column_name, ordinal_position, column_type, is_nullable, "
		"column_default, IF(extra = '', '-', extra), %s FROM information_schema.columns "
		"WHERE table_schema = '%s'",
		collations ? "collation_name" : "character_set_name", database);
	CLEANUP(cleanup_free)
	char *keys = mem_printf(
		"SELECT table_name, CONCAT('key ', index_name), IF(non_unique, 'many', 'one'), "
		"GROUP_CONCAT(column_name, IF(sub_part IS NULL, '', CONCAT('(', sub_part, ')')) "
		"ORDER BY seq_in_index) FROM information_schema.statistics "
		"WHERE table_schema = '%s' GROUP BY 1, 2, 3",
		database);

	add_text(l, od_query(NULL, columns));
	add_text(l, od_query(NULL, keys));
}

static const char *text_or_dash(const json_t *value)
{
	return json_is_string(value) ? json_string_value(value) : "-";
}

static void read_json_table(struct lines *l, const char *table, json_t *facts)
{
	const char *key;
	json_t *index, *column;
	size_t i;

	json_array_foreach(json_object_get(facts, "columns"), i, column)
	{
		add(l,
			mem_printf("%s\t%s\t%d\t%s\t%s\t%s\t%s\t%s", table,
				json_string_value(json_object_get(column, "name")),
				(int)json_integer_value(json_object_get(column, "pos")),
				json_string_value(json_object_get(column, "type")),
				json_is_true(json_object_get(column, "null")) ? "YES" : "NO",
				text_or_dash(json_object_get(column, "default")),
				text_or_dash(json_object_get(column, "extra")),
				text_or_dash(json_object_get(column, "charset"))));
	}
	json_object_foreach(json_object_get(facts, "indexes"), key, index)
	{
		struct str line = {0};

		str_addf(&line, "%s\tkey %s\t%s\t", table, key,
			json_is_true(json_object_get(index, "unique")) ? "one" : "many");
		json_array_foreach(json_object_get(index, "columns"), i, column)
			str_addf(&line, "%s%s", i ? "," : "", json_string_value(column));
		add(l, str_take(&line));
	}
}

static void read_json(struct lines *l, const char *path)
{
	json_error_t json_err;
	json_t *root = json_load_file(path, 0, &json_err);
	const char *table;
	json_t *facts;

	ck_assert_msg(root != NULL, "%s: %s", path, json_err.text);
	json_object_foreach(json_object_get(root, "tables"), table, facts)
		read_json_table(l, table, facts);
	json_decref(root);
}

/* ---- the tests ---- */

static const struct variant {
	const char *fixture, *engine, *tables, *columns, *keys;
} variants[] = {
	{"opendental", "MyISAM", "422", "4419", "1330"},
	{"opendental-innodb", "InnoDB", "422", "4419", "1330"},
	{"opendental-24.2", "MyISAM", "420", "4384", "1319"},
	{"opendental-24.2-innodb", "InnoDB", "420", "4384", "1319"},
};

START_TEST(variant_has_all_tables_on_one_engine)
{
	const struct variant *v = &variants[_i];

	od_build(v->fixture, v->fixture, SMALLEST);
	od_expect(v->fixture,
		"SELECT COUNT(*) FROM information_schema.tables WHERE table_schema = DATABASE()",
		v->tables, "tables");
	od_expect(v->fixture,
		"SELECT COUNT(*) FROM information_schema.columns WHERE table_schema = DATABASE()",
		v->columns, "columns");
	od_expect(v->fixture,
		"SELECT COUNT(*) FROM information_schema.statistics "
		"WHERE table_schema = DATABASE() AND seq_in_index = 1",
		v->keys, "indexes");
	od_expect(v->fixture,
		"SELECT GROUP_CONCAT(DISTINCT engine) FROM information_schema.tables "
		"WHERE table_schema = DATABASE()",
		v->engine, "engines");
	od_expect(v->fixture,
		"SELECT COUNT(*) FROM information_schema.table_constraints "
		"WHERE table_schema = DATABASE() AND constraint_type <> 'PRIMARY KEY'",
		"0", "foreign keys and unique keys");
}
END_TEST

START_TEST(tables_columns_and_keys_are_the_vendors)
{
	const char *fixture = variants[_i].fixture;
	CLEANUP(cleanup_free) char *path = od_vendor("schema/schema-24.3.63.json");
	struct lines ours = {0}, theirs = {0};

	if (!path)
		return;
	if (!od_server.programs.flavour.mariadb) {
		printf("skipped: the vendor's columns are written down in MariaDB's words\n");
		fflush(stdout);
		return;
	}
	od_build(fixture, fixture, SMALLEST);
	read_database(&ours, fixture, false);
	read_json(&theirs, path);
	ck_assert_uint_eq(theirs.n, 4419 + 1330);
	check_same(&ours, &theirs);
	lines_release(&ours);
	lines_release(&theirs);
}
END_TEST

static const struct dump {
	const char *fixture, *file;
} dumps[] = {
	{"opendental", "schema/schema-24.3.63.sql"},
	{"opendental-24.2", "schema/schema-24.2.51.sql"},
	{"opendental-24.2-innodb", "schema/schema-24.2.51.sql"},
};

START_TEST(loading_the_vendors_dump_gives_the_same_tables)
{
	const struct dump *d = &dumps[_i];
	CLEANUP(cleanup_free) char *path = od_vendor(d->file);
	struct lines ours = {0}, theirs = {0};

	if (!path)
		return;
	od_build(d->fixture, d->fixture, SMALLEST);
	free(od_query(NULL,
		"DROP DATABASE IF EXISTS vendor; CREATE DATABASE vendor CHARACTER SET utf8mb3"));
	od_file("vendor", path, "SET @unused = 0");
	read_database(&ours, d->fixture, true);
	read_database(&theirs, "vendor", true);
	check_same(&ours, &theirs);
	lines_release(&ours);
	lines_release(&theirs);
}
END_TEST

static void run(const char *const *argv)
{
	struct proc_spec spec = {.argv = argv, .timeout_us = 60000000};

	ck_ok(proc_run(&spec, NULL, &err), err);
}

static void check_file(const char *kept_dir, const char *made_dir, const char *name)
{
	CLEANUP(cleanup_free) char *kept = fs_join(kept_dir, name);
	CLEANUP(cleanup_free) char *made = fs_join(made_dir, name);
	CLEANUP(cleanup_free) char *a = NULL, *b = NULL;

	ck_ok(fs_read(kept, 0, &a, NULL, &err), err);
	ck_ok(fs_read(made, 0, &b, NULL, &err), err);
	ck_assert_msg(*a && !strcmp(a, b), "%s is not what the generator makes", kept);
}

START_TEST(generated_files_are_what_the_generator_makes)
{
	static const char *const files[] = {
		"mysql/02_tables.sql", "mysql/60_rest.sql", "before-24.3/03_before.sql"};
	CLEANUP(cleanup_free) char *dir = fs_join(od_server.dir, "generated");
	const char *const argv[] = {"sh", "fixtures/opendental/generate.sh", dir, NULL};

	run(argv);
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		check_file("fixtures/opendental", dir, files[i]);
}
END_TEST

START_TEST(facts_are_what_the_vendors_files_say)
{
	static const char *const files[] = {
		"tables.tsv", "columns.tsv", "keys.tsv", "references.tsv", "before-24.3.tsv"};
	CLEANUP(cleanup_free) char *path = od_vendor("schema/schema-24.3.63.sql");
	CLEANUP(cleanup_free) char *copy = fs_join(od_server.dir, "copy");
	CLEANUP(cleanup_free) char *script = fs_join(copy, "facts.sh");
	CLEANUP(cleanup_free) char *made = fs_join(copy, "facts");
	CLEANUP(cleanup_free) char *schema = NULL, *vendor = NULL;

	if (!path)
		return;
	schema = fs_dirname(path);
	vendor = fs_dirname(schema);
	ck_ok(fs_copy_tree("fixtures/opendental", copy, &err), err);
	run((const char *const[]){"sh", script, vendor, NULL});
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		check_file("fixtures/opendental/facts", made, files[i]);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("opendental_schema");
	TCase *t = tcase_create("schema");

	tcase_add_unchecked_fixture(t, od_start, od_stop);
	tcase_set_timeout(t, SUITE_TIMEOUT_S);
	tcase_add_loop_test(t, variant_has_all_tables_on_one_engine, 0, 4);
	tcase_add_loop_test(t, tables_columns_and_keys_are_the_vendors, 0, 2);
	tcase_add_loop_test(t, loading_the_vendors_dump_gives_the_same_tables, 0, 3);
	tcase_add_test(t, generated_files_are_what_the_generator_makes);
	tcase_add_test(t, facts_are_what_the_vendors_files_say);
	suite_add_tcase(s, t);
	return suite_run(s);
}
