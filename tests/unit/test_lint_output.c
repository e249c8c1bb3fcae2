/* The forms that lint's findings are written in. */
#include <jansson.h>
#include <libxml/parser.h>
#include <stdlib.h>
#include <string.h>

#include "harness/base/cleanup.h"
#include "harness/base/mem.h"
#include "harness/lint/output.h"
#include "harness/report/draw.h"
#include "tests/support/json_schema.h"
#include "tests/support/lint_files.h"
#include "tests/support/suite.h"

static struct lint_files files;
static char *path; /* of the file that all is found in */

/* An error below a wide character, one that is allowed, a rewrite, a note and a wrong header. */
#define TEXT                                                       \
	"-- rehearse: class=instant-safe\n"                        \
	"\n"                                                       \
	"SELECT 'ä<&>'; CREATE INDEX i ON t (a);\n"               \
	"-- rehearse: allow index-plain reason=\"tiny & <old>\"\n" \
	"CREATE INDEX j ON t (a);\n"                               \
	"-- rehearse: allow drop reason=\"x\"\n"                   \
	"ALTER TABLE t ALTER a TYPE text;\n"                       \
	"\tDROP TABLE u,\n\tv;\n"

static void setup(void)
{
	lint_files_init(&files);
	path = lint_files_put(&files, "a%b, c.sql", TEXT);
	lint_files_run(&files);
}

static void teardown(void)
{
	lint_files_release(&files);
	MEM_FREE(path);
}

static char *render(const char *format, struct lint_output_options options)
{
	struct str out = {0};

	lint_output_find(format)->render(&files.lint, &options, &out);
	return str_take(&out);
}

#define RENDER(format) render(format, (struct lint_output_options){0})
#define HAS(text, part) ck_assert_msg(strstr((text), (part)) != NULL, "no '%s' in:\n%s", part, text)
#define HAS_NOT(text, part) ck_assert_msg(!strstr((text), (part)), "'%s' in:\n%s", part, text)

/* ---- json ---- */

START_TEST(json_is_what_the_schema_says)
{
	CLEANUP(cleanup_free) char *text = RENDER("json");
	CLEANUP(cleanup_free) char *complaint = schema_complaint(lint_schema(), text, "lint");

	ck_assert_str_eq(complaint, "");
}
END_TEST

/* The first statement takes no lock and breaks no rule: each is looked at alone. */
START_TEST(the_schema_is_what_json_says)
{
	CLEANUP(cleanup_free)
	char *only = lint_files_put(&files, "a%b, c.sql", "ALTER TABLE t ADD CHECK (a > 0);\n");
	CLEANUP(cleanup_free) char *text = NULL;
	json_t *root;

	lint_files_run(&files);
	text = RENDER("json");
	root = schema_parse(text);
	for (const char *const *list = (const char *const[]){"rewrites", "scans", NULL}; *list;
		list++)
		json_array_append_new(
			json_object_get(
				json_array_get(json_object_get(root, "statements"), 0), *list),
			json_string("t"));
	json_array_append_new(json_object_get(root, "ignored"),
		json_pack("{s:s, s:s}", "path", "p", "reason", "r"));
	CLEANUP(cleanup_free) char *full = json_dumps(root, 0);

	schema_is_used(lint_schema(), full, "lint");
	json_decref(root);
}
END_TEST

START_TEST(json_tells_statements_and_findings)
{
	CLEANUP(cleanup_free) char *text = RENDER("json");
	json_t *root = schema_parse(text), *s, *f;

	ck_assert_str_eq(json_string_value(json_object_get(root, "server")), "scripted 1.5000");
	ck_assert_uint_eq(json_array_size(json_object_get(root, "statements")), 5);
	s = json_array_get(json_object_get(root, "statements"), 1);
	ck_assert_str_eq(json_string_value(json_object_get(s, "file")), path);
	ck_assert_int_eq(json_integer_value(json_object_get(s, "line")), 3);
	ck_assert_str_eq(json_string_value(json_object_get(s, "kind")), "CREATE INDEX");
	ck_assert_str_eq(
		json_string_value(json_object_get(s, "class")), "concurrent-build eligible");
	ck_assert_str_eq(
		json_string_value(json_array_get(json_object_get(s, "rules"), 0)), "index-plain");
	s = json_array_get(json_object_get(s, "locks"), 0);
	ck_assert_str_eq(json_string_value(json_object_get(s, "mode")), "ShareLock");
	s = json_array_get(json_object_get(root, "statements"), 3);
	ck_assert_uint_eq(json_array_size(json_object_get(s, "rewrites")), 1);
	f = json_array_get(json_object_get(root, "findings"), 1);
	ck_assert_str_eq(json_string_value(json_object_get(f, "rule")), "index-plain");
	ck_assert_int_eq(json_integer_value(json_object_get(f, "column")), 16);
	ck_assert_int_eq(json_integer_value(json_object_get(f, "end_column")), 28);
	f = json_array_get(json_object_get(root, "findings"), 2);
	ck_assert(json_is_true(json_object_get(f, "allowed")));
	ck_assert_str_eq(json_string_value(json_object_get(f, "reason")), "tiny & <old>");
	f = json_object_get(root, "summary");
	ck_assert_int_eq(json_integer_value(json_object_get(f, "errors")), 2);
	ck_assert_int_eq(json_integer_value(json_object_get(f, "allowed")), 1);
	json_decref(root);
}
END_TEST

/* ---- sarif ---- */

static void has_text(const json_t *object, const char *member)
{
	const json_t *text = json_object_get(json_object_get(object, member), "text");

	ck_assert_msg(json_is_string(text) && *json_string_value(text), "no %s", member);
}

static void check_rule(const json_t *rule)
{
	static const char *const allowed[] = {"id", "shortDescription", "fullDescription", "help",
		"helpUri", "defaultConfiguration"};
	const char *key;
	json_t *value;

	json_object_foreach((json_t *)rule, key, value)
	{
		bool known = false;

		for (size_t i = 0; i < sizeof(allowed) / sizeof(allowed[0]); i++)
			known = known || !strcmp(key, allowed[i]);
		ck_assert_msg(known, "a rule has '%s'", key);
	}
	ck_assert(json_is_string(json_object_get(rule, "id")));
	has_text(rule, "shortDescription");
	has_text(rule, "fullDescription");
	has_text(rule, "help");
}

/* Where a place is in a text: lines and code points from 1. */
static size_t offset_of(const char *text, json_int_t line, json_int_t column)
{
	const char *at = text;

	for (; line > 1; line--) {
		at = strchr(at, '\n');
		ck_assert_ptr_nonnull(at);
		at++;
	}
	while (column > 1) {
		ck_assert(*at);
		at++;
		column -= (*at & 0xC0) != 0x80;
	}
	return (size_t)(at - text);
}

/* The place is that of the text which is shown with it. */
static void check_region(const json_t *region, const struct lint_finding *finding)
{
	const char *text = finding->file->source->text;
	const char *snippet =
		json_string_value(json_object_get(json_object_get(region, "snippet"), "text"));
	size_t start = offset_of(text, json_integer_value(json_object_get(region, "startLine")),
		json_integer_value(json_object_get(region, "startColumn")));
	size_t end = offset_of(text, json_integer_value(json_object_get(region, "endLine")),
		json_integer_value(json_object_get(region, "endColumn")));

	ck_assert_uint_eq(start, finding->offset);
	ck_assert_uint_eq(end, finding->offset + finding->len);
	ck_assert_int_eq(snippet != NULL, finding->len > 0);
	ck_assert(!snippet ||
		(strlen(snippet) == end - start && !strncmp(snippet, text + start, end - start)));
}

static void check_sarif_result(
	const json_t *result, const json_t *rules, const struct lint_finding *finding)
{
	const json_t *place = json_object_get(
		json_array_get(json_object_get(result, "locations"), 0), "physicalLocation");
	const char *level = json_string_value(json_object_get(result, "level"));
	size_t index = (size_t)json_integer_value(json_object_get(result, "ruleIndex"));
	const char *uri = json_string_value(
		json_object_get(json_object_get(place, "artifactLocation"), "uri"));

	has_text(result, "message");
	ck_assert(!strcmp(level, "error") || !strcmp(level, "warning") || !strcmp(level, "note"));
	ck_assert_str_eq(json_string_value(json_object_get(result, "ruleId")),
		json_string_value(json_object_get(json_array_get(rules, index), "id")));
	ck_assert_msg(!strncmp(uri, "file:///", 8) && strstr(uri, "/a%25b,%20c.sql"), "%s", uri);
	check_region(json_object_get(place, "region"), finding);
}

START_TEST(sarif_has_what_its_schema_requires)
{
	CLEANUP(cleanup_free) char *text = RENDER("sarif");
	json_t *root = schema_parse(text), *run, *driver, *item;
	size_t i;

	ck_assert_str_eq(json_string_value(json_object_get(root, "version")), "2.1.0");
	ck_assert_uint_eq(json_array_size(json_object_get(root, "runs")), 1);
	run = json_array_get(json_object_get(root, "runs"), 0);
	ck_assert_str_eq(
		json_string_value(json_object_get(run, "columnKind")), "unicodeCodePoints");
	driver = json_object_get(json_object_get(run, "tool"), "driver");
	ck_assert_str_eq(json_string_value(json_object_get(driver, "name")), "rehearse");
	json_array_foreach(json_object_get(driver, "rules"), i, item) check_rule(item);
	ck_assert_uint_eq(json_array_size(json_object_get(run, "results")), files.lint.n_findings);
	json_array_foreach(json_object_get(run, "results"), i, item)
		check_sarif_result(item, json_object_get(driver, "rules"), &files.lint.findings[i]);
	json_decref(root);
}
END_TEST

START_TEST(sarif_suppresses_what_is_allowed)
{
	CLEANUP(cleanup_free) char *text = RENDER("sarif");
	json_t *root = schema_parse(text), *item;
	json_t *results =
		json_object_get(json_array_get(json_object_get(root, "runs"), 0), "results");
	size_t i;

	json_array_foreach(results, i, item)
	{
		json_t *one = json_array_get(json_object_get(item, "suppressions"), 0);

		ck_assert_int_eq(one != NULL, files.lint.findings[i].allowed);
		if (!one)
			continue;
		ck_assert_str_eq(json_string_value(json_object_get(one, "kind")), "inSource");
		ck_assert_str_eq(
			json_string_value(json_object_get(one, "justification")), "tiny & <old>");
	}
	json_decref(root);
}
END_TEST

/* ---- junit ---- */

static unsigned count(xmlNodePtr node, const char *name)
{
	unsigned n = 0;

	for (; node; node = node->next)
		n += (node->type == XML_ELEMENT_NODE && !strcmp((const char *)node->name, name)) +
			count(node->children, name);
	return n;
}

static void check_attribute(xmlNodePtr node, const char *name, const char *expected)
{
	xmlChar *value = xmlGetProp(node, (const xmlChar *)name);

	ck_assert_ptr_nonnull(value);
	ck_assert_str_eq((const char *)value, expected);
	xmlFree(value);
}

START_TEST(junit_has_a_test_for_each_statement)
{
	CLEANUP(cleanup_free) char *text = RENDER("junit");
	xmlDocPtr doc = xmlReadMemory(text, (int)strlen(text), "junit.xml", NULL, 0);
	xmlNodePtr root = doc ? xmlDocGetRootElement(doc) : NULL;

	ck_assert_ptr_nonnull(root);
	ck_assert_str_eq((const char *)root->name, "testsuites");
	check_attribute(root, "tests", "6");
	check_attribute(root, "failures", "3");
	ck_assert_uint_eq(count(root, "testsuite"), 1);
	ck_assert_uint_eq(count(root, "testcase"), 6);
	ck_assert_uint_eq(count(root, "failure"), 3);
	xmlFreeDoc(doc);
	HAS(text, "name=\"line 3: CREATE INDEX\"");
	HAS_NOT(text, "tiny");
}
END_TEST

START_TEST(junit_takes_any_bytes)
{
	CLEANUP(cleanup_free)
	char *only = lint_files_put(&files, "a%b, c.sql", "DROP TABLE \"\x01\xff\";\nSELEC;\n");
	CLEANUP(cleanup_free) char *text = NULL;
	xmlDocPtr doc;

	lint_files_run(&files);
	text = RENDER("junit");
	doc = xmlReadMemory(text, (int)strlen(text), "junit.xml", NULL, 0);
	ck_assert_ptr_nonnull(doc);
	xmlFreeDoc(doc);
}
END_TEST

/* ---- code hosts ---- */

START_TEST(github_gets_a_line_each)
{
	CLEANUP(cleanup_free) char *text = RENDER("github");

	HAS(text, "::error file=");
	HAS(text, "/a%25b%2C c.sql,line=3,endLine=3,col=16,endColumn=28,title=index-plain::");
	HAS(text, "writers of t wait%0AInstead: build it concurrently\n");
	HAS(text, "line=8,endLine=9,title=drop::");
	HAS(text, "::notice file=");
	HAS_NOT(text, "line=5,");
}
END_TEST

START_TEST(gitlab_tells_the_same_problem_by_the_same_fingerprint)
{
	CLEANUP(cleanup_free) char *text = RENDER("gitlab");
	json_t *before = schema_parse(text), *after, *item;
	CLEANUP(cleanup_free)
	char *moved = lint_files_put(&files, "a%b, c.sql", "-- one line more\n" TEXT);
	CLEANUP(cleanup_free) char *again = NULL;
	size_t i, k;

	lint_files_run(&files);
	again = RENDER("gitlab");
	after = schema_parse(again);
	ck_assert_uint_eq(json_array_size(before), 4);
	ck_assert_uint_eq(json_array_size(after), 4);
	json_array_foreach(before, i, item)
	{
		ck_assert(json_equal(json_object_get(item, "fingerprint"),
			json_object_get(json_array_get(after, i), "fingerprint")));
		ck_assert(json_is_string(json_object_get(item, "description")));
		ck_assert(json_is_string(json_object_get(item, "check_name")));
		for (k = 0; k < i; k++)
			ck_assert(!json_equal(json_object_get(item, "fingerprint"),
				json_object_get(json_array_get(before, k), "fingerprint")));
	}
	item = json_object_get(json_array_get(before, 1), "location");
	ck_assert_int_eq(
		json_integer_value(json_object_get(json_object_get(item, "lines"), "begin")), 3);
	json_decref(before);
	json_decref(after);
}
END_TEST

/* ---- text ---- */

START_TEST(text_shows_the_place)
{
	/* Wide enough for any temporary directory. */
	CLEANUP(cleanup_free)
	char *text = render("text", (struct lint_output_options){.width = 400});

	HAS(text, "a%b, c.sql:3:16  error  index-plain\n");
	HAS(text,
		"    3 │ SELECT 'ä<&>'; CREATE INDEX i ON t (a);\n"
		"      │                ^^^^^^^^^^^^\n"
		"  writers of t wait\n"
		"  why      writers wait\n"
		"  instead  build it concurrently\n");
	HAS(text, "    8 │     DROP TABLE u,\n      │     ^^^^^^^^^^^^^\n");
	HAS(text, "c.sql:5  index-plain: tiny & <old>");
	HAS(text, "2 errors, 1 warning, 1 note, 1 allowed\n");
	HAS(text,
		"1 file, 5 statements: 2 instant-safe, 2 concurrent-build eligible, "
		"1 expand-contract required\n");
	HAS_NOT(text, "\x1b");
}
END_TEST

START_TEST(text_in_colour_quiet_and_with_statements)
{
	CLEANUP(cleanup_free)
	char *text = render("text",
		(struct lint_output_options){.colour = true, .quiet = true, .verbose = true});

	HAS(text, "\x1b[1;31merror\x1b[0m");
	HAS_NOT(text, "allow-unused");
	HAS(text, "ShareLock on t; rewrites t");
}
END_TEST

START_TEST(long_lines_show_the_place)
{
	CLEANUP(cleanup_str) struct str sql = {0};
	CLEANUP(cleanup_free) char *only = NULL;
	CLEANUP(cleanup_free) char *text = NULL;

	for (unsigned i = 0; i < 40; i++)
		str_addf(&sql, "SELECT %u; ", i);
	str_add(&sql, "CREATE INDEX i ON t (a); ");
	for (unsigned i = 0; i < 40; i++)
		str_addf(&sql, "SELECT %u; ", i);
	only = lint_files_put(&files, "a%b, c.sql", str_text(&sql));
	lint_files_run(&files);
	text = render("text", (struct lint_output_options){.width = 70});
	HAS(text, "SELECT 39; CREATE INDEX i ON t (a); SELECT 0;");
	for (const char *line = text, *end; (end = strchr(line, '\n')); line = end + 1) {
		CLEANUP(cleanup_free) char *one = mem_strndup(line, (size_t)(end - line));
		const char *mark = strstr(one, "^^^"), *place;

		ck_assert_msg(draw_columns(one) <= 70 || strstr(one, "a%b"), "%s", one);
		if (!mark)
			continue;
		place = strstr(text, "CREATE INDEX");
		while (place > text && place[-1] != '\n')
			place--;
		CLEANUP(cleanup_free)
		char *head = mem_strndup(place, (size_t)(strstr(place, "CREATE INDEX") - place));
		CLEANUP(cleanup_free) char *below = mem_strndup(one, (size_t)(mark - one));

		ck_assert_uint_eq(draw_columns(head), draw_columns(below));
	}
}
END_TEST

START_TEST(files_that_the_tool_does_not_run_are_told)
{
	CLEANUP(cleanup_free) char *text = NULL;
	CLEANUP(cleanup_free) char *json = NULL;
	CLEANUP(cleanup_free) char *complaint = NULL;

	for (unsigned i = 0; i < 7; i++) {
		CLEANUP(cleanup_free) char *name = mem_printf("V%u__x.sql", i + 1);
		CLEANUP(cleanup_free) char *other = mem_printf("note%u.sql", i);
		CLEANUP(cleanup_free) char *file = lint_files_put(&files, name, "SELECT 1;\n");
		CLEANUP(cleanup_free) char *more = lint_files_put(&files, other, "SELECT 1;\n");
	}
	files.config.format.format = "flyway";
	lint_files_run(&files);
	text = RENDER("text");
	HAS(text, "\nnot read\n");
	HAS(text, "and 3 more (--verbose)");
	json = RENDER("json");
	HAS(json, "note6.sql");
	complaint = schema_complaint(lint_schema(), json, "lint");
	ck_assert_str_eq(complaint, "");
}
END_TEST

START_TEST(a_clean_file_is_said_to_be_clean)
{
	CLEANUP(cleanup_free)
	char *only = lint_files_put(
		&files, "a%b, c.sql", "-- rehearse: class=instant-safe\nSELECT 1;\n");
	CLEANUP(cleanup_free) char *text = NULL;

	lint_files_run(&files);
	text = RENDER("text");
	HAS(text, "\nclean\n1 file, 1 statement: 1 instant-safe\n");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("lint_output");
	TCase *tc = tcase_create("lint_output");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, json_is_what_the_schema_says);
	tcase_add_test(tc, the_schema_is_what_json_says);
	tcase_add_test(tc, json_tells_statements_and_findings);
	tcase_add_test(tc, sarif_has_what_its_schema_requires);
	tcase_add_test(tc, sarif_suppresses_what_is_allowed);
	tcase_add_test(tc, junit_has_a_test_for_each_statement);
	tcase_add_test(tc, junit_takes_any_bytes);
	tcase_add_test(tc, github_gets_a_line_each);
	tcase_add_test(tc, gitlab_tells_the_same_problem_by_the_same_fingerprint);
	tcase_add_test(tc, text_shows_the_place);
	tcase_add_test(tc, text_in_colour_quiet_and_with_statements);
	tcase_add_test(tc, long_lines_show_the_place);
	tcase_add_test(tc, files_that_the_tool_does_not_run_are_told);
	tcase_add_test(tc, a_clean_file_is_said_to_be_clean);
	suite_add_tcase(suite, tc);
	return suite_run(suite);
}
