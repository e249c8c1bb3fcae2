/* Wrong scenario files: each gets one line with file, line and key, whatever is in it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/base/cleanup.h"
#include "harness/base/fs.h"
#include "harness/base/mem.h"
#include "harness/scenario/scenario.h"
#include "tests/support/suite.h"

static char *dir, *file;

static void put(const char *name, const char *text, size_t len)
{
	CLEANUP(cleanup_free) char *path = fs_join(dir, name);
	struct err err = {0};

	ck_ok(fs_write(path, text, len, 0644, &err), err);
}

static void setup(void)
{
	struct err err = {0};

	ck_ok(fs_temp_dir(&dir, &err), err);
	file = fs_join(dir, "scenario.yaml");
	put("m.sql", "SELECT 1;\n", 10);
	put("t.sql", "SELECT 1;\n", 10);
}

static void teardown(void)
{
	struct err err = {0};

	ck_ok(fs_remove_tree(dir, &err), err);
	MEM_FREE(dir);
	MEM_FREE(file);
}

struct bad {
	const char *comment, *text;
	const char *error; /* the beginning of what follows the file's name */
};

#define M "migration: {files: [m.sql]}\n"
#define SCRIPT(rest) M "workload:\n  scripts:\n    - file: t.sql\n      " rest "\n"
#define DISTURB(item) M "disturbances:\n  - " item "\n"

static const struct bad yaml_cases[] = {
	{"empty", "", ":1: the file is empty"},
	{"comments alone", "# nothing\n\n", ":1: the file is empty"},
	{"a document without a value", "---\n", ":1: the file is empty"},
	{"a list", "- a\n", ":1: a scenario is a map of keys"},
	{"a word", "hello\n", ":1: a scenario is a map of keys"},
	{"two documents", M "---\n" M, ":2: a second document"},
	{"a tab", "migration:\n\tfiles: [m.sql]\n", ":2: indented with a tab"},
	{"a tab behind spaces", "migration:\n  \tfiles: [m.sql]\n", ":2: indented with a tab"},
	{"not closed", M "replica: {scale: 1\n", ":2: not YAML: "},
	{"bad nesting", "a: b\n  c: d\n", ":2: not YAML: "},
	{"latin 1", "name: caf\xe9\n", ":1: not UTF-8 text: "},
	{"not UTF-8 further down", M "\n\nname: \xff\xfe\n", ":4: not UTF-8 text: "},
	{"UTF-16", "\xff\xfen\0a\0", ":1: not UTF-8 text: "},
	{"a control character", M "name: \x01\n", ":2: not UTF-8 text: "},
	{"an escaped NUL", M "name: \"a\\0b\"\n", ":2: name: the value holds a NUL"},
	{"a key twice", M "name: a\nname: b\n", ":3: name: given twice, first in line 2"},
	{"a section twice", M "name: a\n" M, ":3: migration: given twice, first in line 1"},
	{"a nested key twice", M "workload:\n  seed: 1\n  rate: 1/s\n  seed: 2\n",
		":5: workload.seed: given twice, first in line 3"},
	{"an alias", M "name: &a x\ndescription: *a\n",
		":3: description: aliases are not supported"},
	{"an alias bomb", "a: &a [x,x]\nb: &b [*a,*a,*a]\nc: [*b,*b,*b]\n",
		":2: b: aliases are not supported"},
	{"a merge key", "a: &a {b: 1}\nc:\n  <<: *a\n", ":3: c.<<: aliases are not supported"},
	{"a map as key", "{a: 1}: 2\n", ":1: a key must be a plain word"},
	{"no value", M "name:\n", ":2: name: has no value; leave the key out"},
	{"null", M "name: null\n", ":2: name: has no value"},
	{"an empty section", M "replica:\n", ":2: replica: has no value"},
	{"nested too deep", "[[[[[[[[[[[[[[[[[[[[", ":1: a scenario is a map"},
	{"nested too deep in a key", "a: [[[[[[[[[[[[[[[[[[[[", ":1: nested too deep"},
};

static const struct bad shape_cases[] = {
	{"unknown", M "colour: red\n", ":2: colour: unknown key (scenarios/README.md lists all)"},
	{"a typing error", M "workload:\n  rat: 1/s\n",
		":3: workload.rat: unknown key; did you mean 'workload.rate'?"},
	{"in the wrong place", M "rate: 1/s\n",
		":2: rate: unknown key; did you mean 'workload.rate'?"},
	{"a misspelt section", M "worklaod:\n  rate: 1/s\n",
		":2: worklaod: unknown key; did you mean 'workload'?"},
	{"in a list's item", SCRIPT("wieght: 2"),
		":5: workload.scripts.0.wieght: unknown key; did you mean "
		"'workload.scripts.0.weight'?"},
	{"dotted at the top", M "workload.rate: 1/s\n",
		":2: workload.rate: dotted keys are for `small:` only"},
	{"a list for a map", M "workload: [a]\n",
		":2: workload: must be a map of keys, not a list"},
	{"a value for a map", M "workload: fast\n",
		":2: workload: must be a map of keys, not a single value"},
	{"a map for a list", M "disturbances: {kind: dump}\n",
		":2: disturbances: must be a list (lines that begin with '- '), not a map"},
	{"a value for a list", "migration:\n  files: m.sql\n",
		":2: migration.files: must be a list (lines that begin with '- '), not a single"},
	{"a list for a value", M "name:\n  - a\n", ":2: name: must be a single value, not a list"},
	{"a list in a list", "migration: {files: [[m.sql]]}\n",
		":1: migration.files.0: must be a single value, not a list"},
	{"a map in settings", M "replica: {settings: {a: {b: c}}}\n",
		":2: replica.settings.a: must be a single value, not a map"},
	{"an unknown key in small", M "small: {workload.rats: 1/s}\n",
		":2: small.workload.rats: unknown key; did you mean 'workload.rate'?"},
	{"a wrong value in small", M "small:\n  workload.rate: 10\n",
		":3: small.workload.rate: '10' is not a rate (say 10/s)"},
	{"a nested small", M "small: {workload: {rate: 1/s}}\n",
		":2: small.workload: must be a single value, not a map"},
};

static const struct bad value_cases[] = {
	{"no unit", M "phases: {warm_up: 400}\n",
		":2: phases.warm_up: '400' is not a duration (say 400ms, 400s or 400m)"},
	{"not a duration", M "phases: {warm_up: soon}\n",
		":2: phases.warm_up: 'soon' is not a duration (say 500ms, 2s or 5m)"},
	{"negative", M "phases: {warm_up: -1s}\n", ":2: phases.warm_up: '-1s' is not a duration"},
	{"a rate", M "workload:\n\n  rate: 400\n", ":4: workload.rate: '400' is not a rate"},
	{"no rate at all", M "workload: {rate: 0/s}\n",
		":2: workload.rate: '0/s' is out of range (1/h to 1000000/s)"},
	{"a fraction", M "workload: {connections: 1.5}\n",
		":2: workload.connections: '1.5' is not a whole number"},
	{"too many", M "workload: {connections: 99k}\n",
		":2: workload.connections: '99k' is out of range (1 to 10000)"},
	{"not a number", M "replica: {scale: big}\n", ":2: replica.scale: 'big' is not a number"},
	{"infinity", M "replica: {scale: inf}\n", ":2: replica.scale: 'inf' is not a number"},
	{"a ratio below 1", M "verdict: {p99_ratio: 0.5}\n",
		":2: verdict.p99_ratio: '0.5' is out of range (0, or 1 to 1000000)"},
	{"a time-out that a server takes for off", M "workload: {statement_timeout: 300us}\n",
		":2: workload.statement_timeout: '300us' is out of range (0, or 1ms to 24h)"},
	{"not a bool", M "verdict: {allow_rewrite: maybe}\n",
		":2: verdict.allow_rewrite: 'maybe' is not true or false"},
	{"a misspelt word", M "workload: {mode: opne}\n",
		":2: workload.mode: 'opne' is not known; did you mean 'open'?"},
	{"another word", M "expect: {verdict: fine}\n",
		":2: expect.verdict: 'fine' is not one of: approve, reject, inconclusive"},
	{"a line break in a value", M "workload: {rate: \"1\\n2\"}\n",
		":2: workload.rate: '1?2' is not a rate"},
	{"no weight", SCRIPT("weight: 0"),
		":5: workload.scripts.0.weight: '0' is out of range (1 to 1000000)"},
	{"a script that is not there", M "workload: {scripts: [{file: x.sql}]}\n",
		":2: workload.scripts.0.file: no such file: '"},
	{"a script without a file", M "workload:\n  scripts:\n    - weight: 2\n",
		":4: workload.scripts.0.file: is missing"},
	{"a name for two scripts", SCRIPT("name: a\n    - {file: t.sql, name: a}"),
		":6: workload.scripts.1.name: 'a' is the name of two scripts"},
	{"a name that would end the comment it is sent in", SCRIPT("name: a*/b"),
		":5: workload.scripts.0.name: 'a*/b' cannot be a name"},
	{"a variable's name", M "workload: {variables: {a-b: 1}}\n",
		":2: workload.variables.a-b: 'a-b' is not a name"},
	{"a migration that is not there", "migration:\n  files:\n    - m.sql\n    - n.sql\n",
		":4: migration.files.1: no such file: '"},
	{"no migration", "name: a\n", ":1: migration.files: no migration is given"},
	{"no baseline", M "  # none\nname: a\nphases: {baseline: 0}\n",
		":4: phases.baseline: '0' is out of range (100ms to 168h)"},
	{"findings alone", M "expect: {findings: [a]}\n", ":2: expect.verdict: is missing"},
};

static const struct bad whole_cases[] = {
	{"clone", M "replica: {provider: clone}\n",
		":2: replica.source: provider 'clone' needs the DSN"},
	{"promote without a source", M "replica: {provider: promote, standby: host=b}\n",
		":2: replica.source: provider 'promote' needs the DSN of the standby's primary"},
	{"promote without a standby", M "replica: {provider: promote, source: host=b}\n",
		":2: replica.standby: provider 'promote' needs the DSN of the standby to"},
	{"embedded with a source", M "replica: {provider: embedded, source: host=b}\n",
		":2: replica.source: provider 'embedded' takes no source"},
	{"a fixture to clone", M "replica: {source: host=b, fixture: ./}\n",
		":2: replica.fixture: provider 'clone' has the source's data"},
	{"a return of what is no standby", M "replica: {return: true}\n",
		":2: replica.return: only provider 'promote' has a standby to give back"},
	{"a return without commands",
		M "replica: {provider: promote, source: a, standby: b, return: copy}\n",
		":2: replica.return: needs replica.stop and replica.start"},
	{"an unknown provider", M "replica: {provider: clon}\n",
		":2: replica.provider: 'clon' is not known; did you mean 'clone'?"},
	{"a password in a URI", M "replica: {source: 'postgres://u:geheim@h/d'}\n",
		":2: replica.source: the DSN holds a password"},
	{"a password with a slash", M "replica: {source: 'postgres://u:ge/heim@h/d'}\n",
		":2: replica.source: the DSN holds a password"},
	{"a password in a URI's query", M "replica: {source: 'postgres://h/d?password=geheim'}\n",
		":2: replica.source: the DSN holds a password"},
	{"a password as a keyword", M "replica: {source: 'host=h Password = geheim'}\n",
		":2: replica.source: the DSN holds a password"},
	{"the standby's password", M "replica: {standby: 'password=geheim'}\n",
		":2: replica.standby: the DSN holds a password"},
	{"a password in the small part", M "small:\n  replica.source: 'password=geheim'\n",
		":3: small.replica.source: the DSN holds a password"},
	{"a disturbance without a kind", DISTURB("duration: 1s"),
		":3: disturbances.0.kind: is missing"},
	{"without a duration", DISTURB("kind: dump"), ":3: disturbances.0.duration: is missing"},
	{"without its table", DISTURB("{kind: idle_in_transaction, duration: 1s}"),
		":3: disturbances.0.table: is missing: 'idle_in_transaction' needs it"},
	{"without its SQL", DISTURB("{kind: second_migrator, duration: 1s}"),
		":3: disturbances.0.sql: is missing: 'second_migrator' needs it"},
	{"with another's table", DISTURB("{kind: dump, duration: 1s, table: a}"),
		":3: disturbances.0.table: 'dump' does not use it; it is for "
		"'idle_in_transaction'"},
	{"with another's SQL", DISTURB("{kind: dump, duration: 1s, sql: a}"),
		":3: disturbances.0.sql: 'dump' does not use it"},
	{"backoff", "migration: {files: [m.sql], backoff: 20s}\n",
		":1: migration.backoff: is longer than backoff_max"},
	{"programs", M "replica: {bin_dir: nowhere}\n",
		":2: replica.bin_dir: no such directory: '"},
	{"settings of another's server",
		M "replica: {provider: promote, source: a=b, standby: c=d, settings: {a: 1}}\n",
		":2: replica.settings: provider 'promote' does not start the server"},
};

static void check_bad(const struct bad *bad)
{
	struct scenario s = {0};
	struct err err = {0};
	/* The one case with NULs in it has 6 bytes. */
	size_t len = (unsigned char)bad->text[0] == 0xff ? 6 : strlen(bad->text);
	CLEANUP(cleanup_free) char *want = mem_printf("%s%s", file, bad->error);

	put("scenario.yaml", bad->text, len);
	ck_assert_msg(
		scenario_load(file, false, NULL, 0, &s, &err) == -1, "%s: accepted", bad->comment);
	ck_assert_msg(!strncmp(err.text, want, strlen(want)), "%s:\n got  %s\n want %s",
		bad->comment, err.text, want);
	ck_assert_int_eq(err.kind, ERR_USAGE);
	ck_assert_ptr_null(strchr(err.text, '\n'));
	ck_assert_ptr_null(strstr(err.text, "heim"));
	ck_assert_ptr_null(s.name);
}

START_TEST(what_is_not_yaml_is_told_with_its_line)
{
	check_bad(&yaml_cases[_i]);
}
END_TEST

START_TEST(an_unknown_key_or_a_wrong_shape_is_told_with_its_line)
{
	check_bad(&shape_cases[_i]);
}
END_TEST

START_TEST(a_wrong_value_is_told_with_its_line)
{
	check_bad(&value_cases[_i]);
}
END_TEST

START_TEST(what_does_not_go_together_is_told_with_its_line)
{
	check_bad(&whole_cases[_i]);
}
END_TEST

static const char *const good_dsns[] = {
	"postgres://u@h:5432/d",
	"postgres://[::1]:5432/d",
	"host=h user=u passfile=/home/u/.pgpass",
	"postgres://u:@h/d",
	"host=h password=''",
};

START_TEST(a_dsn_without_a_password_is_taken)
{
	CLEANUP(cleanup_free)
	char *text = mem_printf(M "replica: {source: \"%s\"}\n", good_dsns[_i]);
	struct scenario s;
	struct err err = {0};

	put("scenario.yaml", text, strlen(text));
	ck_ok(scenario_load(file, false, NULL, 0, &s, &err), err);
	ck_assert_str_eq(s.replica.source, good_dsns[_i]);
	ck_assert_str_eq(s.replica.provider, "clone");
	scenario_release(&s);
}
END_TEST

START_TEST(a_file_of_any_size_is_answered)
{
	CLEANUP(cleanup_str) struct str text = {0};
	struct scenario s;
	struct err err = {0};

	str_add(&text, "a:\n");
	for (int i = 0; i < 6000; i++)
		str_addf(&text, "  k%d: 1\n", i);
	put("scenario.yaml", text.data, text.len);
	ck_assert_int_eq(scenario_load(file, false, NULL, 0, &s, &err), -1);
	ck_assert_ptr_nonnull(strstr(err.text, "too many values for a scenario"));
	while (text.len < 2000000)
		str_add(&text, "# a comment that goes on and on\n");
	put("scenario.yaml", text.data, text.len);
	ck_assert_int_eq(scenario_load(file, false, NULL, 0, &s, &err), -1);
	ck_assert_int_eq(err.kind, ERR_USAGE);
	ck_assert_ptr_nonnull(strstr(err.text, "larger than"));
}
END_TEST

/* Whatever is cut off or overwritten, there is a scenario or one line; run under a sanitizer. */
START_TEST(a_damaged_file_is_answered_in_one_line)
{
	static const char text[] =
		M "workload:\n  scripts:\n    - {file: t.sql, weight: 2}\n  rate: 5/s\n"
		  "  variables: {a: 1}\nreplica: {settings: {b.c: 'x'}}\n"
		  "disturbances:\n  - kind: dump\n    duration: 1s\n"
		  "expect: {verdict: reject, findings: [a]}\nsmall: {workload.rate: 2/s}\n";
	static const char damage[] = "\t:{}[]&*#'\"\x80-,.\n";

	for (size_t i = 0; i < 3 * sizeof(text); i++) {
		CLEANUP(cleanup_free) char *copy = mem_strdup(text);
		struct scenario s = {0};
		struct err err = {0};
		size_t at = i % sizeof(text);

		if (i >= sizeof(text) && copy[at])
			copy[at] = damage[i * 7 % (sizeof(damage) - 1)];
		put("scenario.yaml", copy, i < sizeof(text) ? at : strlen(copy));
		if (scenario_load(file, i % 2, NULL, 0, &s, &err)) {
			ck_assert_msg(!strchr(err.text, '\n') && *err.text, "%s", err.text);
			ck_assert(err.kind == ERR_USAGE || err.kind == ERR_UNSUPPORTED);
		}
		scenario_release(&s);
	}
}
END_TEST

#define ADD(c, test, cases) \
	tcase_add_loop_test(c, test, 0, (int)(sizeof(cases) / sizeof((cases)[0])))

int main(void)
{
	Suite *suite = suite_create("scenario_errors");
	TCase *c = tcase_create("scenario_errors");

	tcase_set_timeout(c, SUITE_TIMEOUT_S);
	tcase_add_checked_fixture(c, setup, teardown);
	ADD(c, what_is_not_yaml_is_told_with_its_line, yaml_cases);
	ADD(c, an_unknown_key_or_a_wrong_shape_is_told_with_its_line, shape_cases);
	ADD(c, a_wrong_value_is_told_with_its_line, value_cases);
	ADD(c, what_does_not_go_together_is_told_with_its_line, whole_cases);
	ADD(c, a_dsn_without_a_password_is_taken, good_dsns);
	tcase_add_test(c, a_file_of_any_size_is_answered);
	tcase_add_test(c, a_damaged_file_is_answered_in_one_line);
	suite_add_tcase(suite, c);
	return suite_run(suite);
}
