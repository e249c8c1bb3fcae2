/* Scenario files: what they may hold, what they come to, and how flags and their small part act. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "harness/base/cleanup.h"
#include "harness/base/fs.h"
#include "harness/base/mem.h"
#include "harness/scenario/scenario.h"
#include "tests/support/suite.h"

static char *dir;  /* a new one for each test */
static char *file; /* the scenario.yaml in it */

static void put(const char *name, const char *text)
{
	CLEANUP(cleanup_free) char *path = fs_join(dir, name);
	CLEANUP(cleanup_free) char *parent = fs_dirname(path);
	struct err err = {0};

	ck_ok(fs_mkdirs(parent, 0755, &err), err);
	ck_ok(fs_write(path, text, strlen(text), 0644, &err), err);
}

static void setup(void)
{
	struct err err = {0};

	ck_ok(fs_temp_dir(&dir, &err), err);
	file = fs_join(dir, "scenario.yaml");
	put("m.sql", "SELECT 1;\n");
	put("t.sql", "SELECT 1;\n");
	put("more/2.sql", "");
	put("more/1.sql", "");
	put("more/10.sql", "");
	put("more/.hidden.sql", "");
	put("more/readme.txt", "");
}

static void teardown(void)
{
	struct err err = {0};

	ck_ok(fs_remove_tree(dir, &err), err);
	MEM_FREE(dir);
	MEM_FREE(file);
}

/* Loads `text` as the scenario's file. */
static int load_with(const char *text, bool small, const struct scenario_override *overrides,
	size_t n, struct scenario *ret, struct err *err)
{
	put("scenario.yaml", text);
	return scenario_load(dir, small, overrides, n, ret, err);
}

/* The error without the file's name: ":12: key: message", or as it is when it names none. */
static const char *short_text(const struct err *err)
{
	size_t len = strlen(file);

	return strncmp(err->text, file, len) ? err->text : err->text + len;
}

#define MIGRATION "migration: {files: [m.sql]}\n"

START_TEST(defaults_are_the_documented_ones)
{
	struct scenario s;
	struct err err = {0};

	ck_ok(load_with(MIGRATION, false, NULL, 0, &s, &err), err);
	ck_assert_str_eq(s.engine, "postgres");
	ck_assert_str_eq(s.name, strrchr(dir, '/') + 1);
	ck_assert_str_eq(s.replica.provider, "embedded");
	ck_assert_str_eq(s.replica.source, "");
	ck_assert_ptr_null(s.replica.fixture);
	ck_assert_uint_eq(s.replica.catch_up_us, 60000000);
	ck_assert_double_eq(s.replica.scale, 1);
	ck_assert_int_eq(s.migration.transaction, TRANSACTION_STATEMENT);
	ck_assert_uint_eq(s.migration.lock_timeout_us, 2000000);
	ck_assert_uint_eq(s.migration.statement_timeout_us, 30000000);
	ck_assert_uint_eq(s.migration.uncut_lock_timeout_us, 0);
	ck_assert_uint_eq(s.migration.uncut_statement_timeout_us, 0);
	ck_assert_uint_eq(s.migration.attempts, 5);
	ck_assert_uint_eq(s.migration.backoff_us, 500000);
	ck_assert_uint_eq(s.migration.backoff_max_us, 10000000);
	ck_assert_uint_eq(s.migration.limit_us, 1800000000);
	ck_assert_int_eq(s.workload.mode, WORKLOAD_OPEN);
	ck_assert_double_eq(s.workload.rate, 200);
	ck_assert_int_eq(s.workload.arrivals, ARRIVALS_POISSON);
	ck_assert_uint_eq(s.workload.connections, 20);
	ck_assert_uint_eq(s.workload.acquire_timeout_us, 1000000);
	ck_assert_uint_eq(s.workload.workers, 0);
	ck_assert_uint_eq(s.workload.seed, 1);
	ck_assert_uint_eq(s.workload.statement_timeout_us, 0);
	ck_assert_uint_eq(s.workload.sample_size, 1000);
	ck_assert_uint_eq(s.phases.warm_up_us, 3000000);
	ck_assert_uint_eq(s.phases.baseline_us, 10000000);
	ck_assert_uint_eq(s.phases.recovery_us, 5000000);
	ck_assert_uint_eq(s.phases.migration_min_us, 2000000);
	ck_assert_uint_eq(s.observe.min_wait_us, 10000);
	ck_assert_str_eq(s.observe.source, "auto");
	ck_assert_uint_eq(s.verdict.max_lock_wait_us, 500000);
	ck_assert_double_eq(s.verdict.p99_ratio, 5);
	ck_assert_uint_eq(s.verdict.p99_floor_us, 50000);
	ck_assert(!s.verdict.allow_new_errors && !s.verdict.allow_unexercised);
	ck_assert_uint_eq(s.verdict.max_pool_timeouts, 0);
	ck_assert(!s.expect_given);
	scenario_release(&s);
}
END_TEST

/* Values that are no defaults, so that one that lands in another's place is seen. */
static const char full[] = "name: n\n"
			   "replica:\n"
			   "  provider: promote\n"
			   "  source: host=a\n"
			   "  standby: host=b\n"
			   "  database: db\n"
			   "  disposable: yes\n"
			   "  catch_up: 1m\n"
			   "  scale: 0.25\n"
			   "  bin_dir: more\n"
			   "migration:\n"
			   "  files: [m.sql, more]\n"
			   "  transaction: all\n"
			   "  uncut_lock_timeout: 1ms\n"
			   "  attempts: 3\n"
			   "workload:\n"
			   "  scripts:\n"
			   "    - file: t.sql\n"
			   "    - {file: more/1.sql, name: second, weight: 7, read_only: true,\n"
			   "       statement_timeout: 4s}\n"
			   "  mode: closed\n"
			   "  arrivals: uniform\n"
			   "  seed: 2M\n"
			   "  variables: {clinics: 12, who: 'a: b'}\n"
			   "disturbances:\n"
			   "  - {kind: second_migrator, sql: LOCK a, start: 1s, duration: 2s}\n"
			   "  - {kind: dump, name: nightly, duration: 3s}\n"
			   "observe: {source: sampling}\n"
			   "verdict: {max_pool_timeouts: 9, allow_rewrite: true, p99_ratio: 0}\n"
			   "expect: {verdict: inconclusive, findings: [a, b]}\n";

START_TEST(single_values_reach_their_places)
{
	CLEANUP(cleanup_free) char *bin_dir = fs_join(dir, "more");
	struct scenario s;
	struct provider_config config;
	struct err err = {0};

	ck_ok(load_with(full, false, NULL, 0, &s, &err), err);
	scenario_provider_config(&s, &config);
	ck_assert_str_eq(s.file, file);
	ck_assert_str_eq(s.name, "n");
	ck_assert_str_eq(config.source, "host=a");
	ck_assert_str_eq(config.standby, "host=b");
	ck_assert_str_eq(config.database, "db");
	ck_assert(config.disposable);
	ck_assert_uint_eq(config.catch_up_us, 60000000);
	ck_assert_double_eq(config.scale, 0.25);
	ck_assert_str_eq(config.bin_dir, bin_dir);
	ck_assert_int_eq(s.migration.transaction, TRANSACTION_ALL);
	ck_assert_uint_eq(s.migration.uncut_lock_timeout_us, 1000);
	ck_assert_uint_eq(s.migration.attempts, 3);
	ck_assert_int_eq(s.workload.mode, WORKLOAD_CLOSED);
	ck_assert_int_eq(s.workload.arrivals, ARRIVALS_UNIFORM);
	ck_assert_uint_eq(s.workload.seed, 2000000);
	ck_assert_str_eq(s.observe.source, "sampling");
	ck_assert_uint_eq(s.verdict.max_pool_timeouts, 9);
	ck_assert(s.verdict.allow_rewrite && !s.verdict.allow_invalid_index);
	ck_assert_double_eq(s.verdict.p99_ratio, 0);
	ck_assert(s.expect_given && s.expect == VERDICT_INCONCLUSIVE);
	scenario_release(&s);
}
END_TEST

START_TEST(lists_and_maps_reach_their_places)
{
	struct scenario s;
	struct err err = {0};

	ck_ok(load_with(full, false, NULL, 0, &s, &err), err);
	ck_assert_uint_eq(s.workload.n_scripts, 2);
	ck_assert_str_eq(s.workload.scripts[0].name, "t");
	ck_assert_uint_eq(s.workload.scripts[0].weight, 1);
	ck_assert_str_eq(s.workload.scripts[1].name, "second");
	ck_assert_uint_eq(s.workload.scripts[1].weight, 7);
	ck_assert(s.workload.scripts[1].read_only && !s.workload.scripts[0].read_only);
	ck_assert_uint_eq(s.workload.scripts[1].statement_timeout_us, 4000000);
	ck_assert_uint_eq(s.workload.n_variables, 2);
	ck_assert_str_eq(s.workload.variables[1].name, "who");
	ck_assert_str_eq(s.workload.variables[1].value, "a: b");
	ck_assert_uint_eq(s.n_disturbances, 2);
	ck_assert_int_eq(s.disturbances[0].kind, DISTURB_SECOND_MIGRATOR);
	ck_assert_str_eq(s.disturbances[0].name, "second_migrator 1");
	ck_assert_str_eq(s.disturbances[0].sql, "LOCK a");
	ck_assert_uint_eq(s.disturbances[0].start_us, 1000000);
	ck_assert_int_eq(s.disturbances[1].kind, DISTURB_DUMP);
	ck_assert_str_eq(s.disturbances[1].name, "nightly");
	ck_assert_uint_eq(s.disturbances[1].duration_us, 3000000);
	ck_assert_uint_eq(s.n_expect_findings, 2);
	ck_assert_str_eq(s.expect_findings[1], "b");
	scenario_release(&s);
}
END_TEST

START_TEST(a_migration_directory_stands_for_itself)
{
	static const char *const want[] = {"m.sql", "more/"};
	struct scenario s;
	struct err err = {0};

	ck_ok(load_with("migration: {files: [m.sql, more/]}\n", false, NULL, 0, &s, &err), err);
	ck_assert_uint_eq(s.migration.n_files, 2);
	for (size_t i = 0; i < 2; i++)
		ck_assert_str_eq(s.migration.files[i] + strlen(dir) + 1, want[i]);
	scenario_release(&s);
}
END_TEST

START_TEST(the_short_form_needs_no_file)
{
	CLEANUP(cleanup_free) char *migration = fs_join(dir, "m.sql");
	const struct scenario_override source = {"replica.source", "host=a"};
	struct scenario s;
	struct err err = {0};

	ck_ok(scenario_defaults(&source, 1, &s, &err), err);
	ck_assert_str_eq(s.replica.provider, "clone");
	ck_assert_ptr_null(s.file);
	ck_assert_int_eq(scenario_check(&s, &err), -1);
	ck_assert_str_eq(
		err.text, "migration.files: no migration is given: name a file or a directory");
	ck_assert_int_eq(scenario_add_migration(&s, "no/such", &err), -1);
	ck_assert_int_eq(err.kind, ERR_USAGE);
	ck_ok(scenario_add_migration(&s, migration, &err), err);
	ck_ok(scenario_check(&s, &err), err);
	ck_assert_str_eq(s.migration.files[0], migration);
	scenario_release(&s);
}
END_TEST

static const struct {
	const char *comment, *key, *value, *error; /* error NULL: accepted */
} override_cases[] = {
	{"a scalar", "workload.rate", "60/m", NULL},
	{"an item's key", "workload.scripts.0.weight", "3", NULL},
	{"the next item", "expect.findings.2", "c", NULL},
	{"a new name in a map", "workload.variables.new_one", "1", NULL},
	{"a wrong value", "workload.rate", "400", "'400' is not a rate (say 400/s)"},
	{"a misspelt key", "worklod.rate", "1/s", "unknown key; did you mean 'workload.rate'?"},
	{"far behind the end", "disturbances.7.name", "x",
		"disturbances has 2 items, the next would be number 2"},
	{"a list", "migration.files", "m.sql",
		"is a list; name an item, as in 'migration.files.0'"},
	{"a section", "workload", "x", "holds keys of its own; name one, as in 'workload.KEY'"},
	{"the small part", "small.name", "x", "only a file has a small part; set the key itself"},
	{"nothing", "", "x", "the key is empty"},
	{"found wrong with the whole", "workload.scripts.1.name", "a b",
		"'a b' cannot be a name: up to 63 letters, digits and '_.-'"},
	{"a password, which only files must not hold", "replica.source", "host=h password=geheim",
		NULL},
};

START_TEST(an_override_sets_any_key_or_says_why_not)
{
	const struct scenario_override o = {override_cases[_i].key, override_cases[_i].value};
	const char *error = override_cases[_i].error;
	CLEANUP(cleanup_free) char *want = mem_printf("--set %s: %s", o.key, error ? error : "");
	struct scenario s = {0};
	struct err err = {0};

	if (!error) {
		ck_ok(load_with(full, false, &o, 1, &s, &err), err);
	} else {
		ck_assert_int_eq(load_with(full, false, &o, 1, &s, &err), -1);
		ck_assert_int_eq(err.kind, ERR_USAGE);
		ck_assert_msg(!strncmp(err.text, want, strlen(want)), "%s: %s",
			override_cases[_i].comment, err.text);
		ck_assert_ptr_null(strstr(err.text, "geheim"));
	}
	scenario_release(&s);
}
END_TEST

START_TEST(overrides_reach_items_of_lists_and_names_of_maps)
{
	const struct scenario_override o[] = {{"workload.scripts.0.weight", "3"},
		{"disturbances.1.duration", "5s"}, {"expect.findings.2", "c"},
		{"workload.variables.clinics", "13"}, {"workload.variables.new", "1"},
		{"disturbances.2.kind", "long_snapshot"}, {"disturbances.2.duration", "1s"}};
	struct scenario s;
	struct err err = {0};

	ck_ok(load_with(full, false, o, sizeof(o) / sizeof(o[0]), &s, &err), err);
	ck_assert_uint_eq(s.workload.scripts[0].weight, 3);
	ck_assert_uint_eq(s.disturbances[1].duration_us, 5000000);
	ck_assert_str_eq(s.expect_findings[2], "c");
	ck_assert_uint_eq(s.workload.n_variables, 3);
	ck_assert_str_eq(s.workload.variables[0].value, "13");
	ck_assert_uint_eq(s.n_disturbances, 3);
	ck_assert_int_eq(s.disturbances[2].kind, DISTURB_LONG_SNAPSHOT);
	scenario_release(&s);
}
END_TEST

START_TEST(overrides_come_after_small_and_small_after_the_file)
{
	static const char text[] = MIGRATION "workload: {rate: 9/s, connections: 8, seed: 7}\n"
					     "replica: {settings: {work_mem: 1MB}}\n"
					     "small:\n"
					     "  workload.rate: 5/s\n"
					     "  workload.seed: 6\n"
					     "  replica.settings.work_mem: 2MB\n";
	const struct scenario_override o[] = {
		{"workload.seed", "5"}, {"replica.settings.auto_explain.log_analyze", "on"}};
	struct scenario s;
	struct err err = {0};

	ck_ok(load_with(text, true, o, 2, &s, &err), err);
	ck_assert_double_eq(s.workload.rate, 5);
	ck_assert_uint_eq(s.workload.connections, 8);
	ck_assert_uint_eq(s.workload.seed, 5);
	ck_assert_uint_eq(s.replica.n_settings, 2);
	ck_assert_str_eq(s.replica.settings[0].value, "2MB");
	ck_assert_str_eq(s.replica.settings[1].name, "auto_explain.log_analyze");
	scenario_release(&s);
	ck_ok(load_with(text, false, NULL, 0, &s, &err), err);
	ck_assert_double_eq(s.workload.rate, 9);
	ck_assert_str_eq(s.replica.settings[0].value, "1MB");
	scenario_release(&s);
}
END_TEST

START_TEST(a_dsn_from_the_environment_may_hold_a_password_and_is_never_shown)
{
	static const char clone[] = MIGRATION "replica: {source: env:REHEARSE_TEST_DSN}\n";
	static const char embedded[] =
		MIGRATION "replica: {source: env:REHEARSE_TEST_DSN, provider: embedded}\n";
	struct scenario s;
	struct err err = {0};

	unsetenv("REHEARSE_TEST_DSN");
	ck_assert_int_eq(load_with(clone, false, NULL, 0, &s, &err), -1);
	ck_assert_str_eq(short_text(&err),
		":2: replica.source: the environment variable 'REHEARSE_TEST_DSN' is not set");
	setenv("REHEARSE_TEST_DSN", "postgres://u:geheim@h/d", 1);
	ck_ok(load_with(clone, false, NULL, 0, &s, &err), err);
	ck_assert_str_eq(s.replica.source, "postgres://u:geheim@h/d");
	ck_assert_str_eq(s.replica.provider, "clone");
	ck_ok(scenario_check(&s, &err), err);
	scenario_release(&s);
	ck_assert_int_eq(load_with(embedded, false, NULL, 0, &s, &err), -1);
	ck_assert_ptr_null(strstr(err.text, "geheim"));
}
END_TEST

START_TEST(a_fixture_is_found_above_the_file_or_by_its_path)
{
	CLEANUP(cleanup_free) char *below = fs_join(dir, "a/b");
	CLEANUP(cleanup_free) char *want = fs_join(dir, "fixtures/dental/postgres");
	struct scenario s;
	struct err err = {0};

	put("fixtures/dental/postgres/1.sql", "");
	put("a/b/scenario.yaml", "migration: {files: [../../m.sql]}\nreplica: {fixture: dental}\n");
	ck_ok(scenario_load(below, false, NULL, 0, &s, &err), err);
	ck_assert_str_eq(s.replica.fixture, want);
	ck_assert_str_eq(s.name, "b");
	scenario_release(&s);
	ck_ok(load_with(MIGRATION "replica: {fixture: fixtures/dental/postgres}\n", false, NULL, 0,
		      &s, &err),
		err);
	ck_assert_str_eq(s.replica.fixture, want);
	scenario_release(&s);
	ck_assert_int_eq(
		load_with(MIGRATION "replica: {fixture: dentist}\n", false, NULL, 0, &s, &err), -1);
	ck_assert_ptr_nonnull(strstr(short_text(&err),
		":2: replica.fixture: there is no 'fixtures/dentist/postgres' in or above"));
}
END_TEST

START_TEST(a_missing_file_is_named)
{
	struct scenario s;
	struct err err = {0};

	ck_assert_int_eq(scenario_load("no/such", false, NULL, 0, &s, &err), -1);
	ck_assert_int_eq(err.kind, ERR_USAGE);
	ck_assert_str_eq(err.text, "cannot open 'no/such': No such file or directory");
	ck_assert_int_eq(scenario_load(dir, false, NULL, 0, &s, &err), -1);
	ck_assert_ptr_nonnull(strstr(err.text, "scenario.yaml': No such file"));
}
END_TEST

START_TEST(an_engine_that_is_not_built_in_is_unsupported)
{
	struct scenario s;
	struct err err = {0};

	ck_assert_int_eq(load_with(MIGRATION "engine: oracle\n", false, NULL, 0, &s, &err), -1);
	ck_assert_int_eq(err.kind, ERR_UNSUPPORTED);
	ck_assert_str_eq(short_text(&err), ":2: engine: engine 'oracle' is not supported");
}
END_TEST

START_TEST(names_of_enums_are_the_files_words)
{
	ck_assert_str_eq(verdict_name(VERDICT_REJECT), "reject");
	ck_assert_str_eq(transaction_mode_name(TRANSACTION_FILE), "file");
	ck_assert_str_eq(disturbance_kind_name(DISTURB_LONG_SNAPSHOT), "long_snapshot");
	ck_assert_str_eq(disturbance_kind_name((enum disturbance_kind)77), "unknown");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("scenario");
	TCase *c = tcase_create("scenario");

	tcase_set_timeout(c, SUITE_TIMEOUT_S);
	tcase_add_checked_fixture(c, setup, teardown);
	tcase_add_test(c, defaults_are_the_documented_ones);
	tcase_add_test(c, single_values_reach_their_places);
	tcase_add_test(c, lists_and_maps_reach_their_places);
	tcase_add_test(c, a_migration_directory_stands_for_itself);
	tcase_add_test(c, the_short_form_needs_no_file);
	tcase_add_loop_test(c, an_override_sets_any_key_or_says_why_not, 0,
		(int)(sizeof(override_cases) / sizeof(override_cases[0])));
	tcase_add_test(c, overrides_reach_items_of_lists_and_names_of_maps);
	tcase_add_test(c, overrides_come_after_small_and_small_after_the_file);
	tcase_add_test(c, a_dsn_from_the_environment_may_hold_a_password_and_is_never_shown);
	tcase_add_test(c, a_fixture_is_found_above_the_file_or_by_its_path);
	tcase_add_test(c, a_missing_file_is_named);
	tcase_add_test(c, an_engine_that_is_not_built_in_is_unsupported);
	tcase_add_test(c, names_of_enums_are_the_files_words);
	suite_add_tcase(suite, c);
	return suite_run(suite);
}
