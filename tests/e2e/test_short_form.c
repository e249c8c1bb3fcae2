/* `rehearse run --source DSN FILE` against servers that somebody else runs. */
#include <stdlib.h>
#include <string.h>

#include "harness/base/fs.h"
#include "harness/base/mem.h"
#include "tests/support/cli.h"
#include "tests/support/pg.h"
#include "tests/support/suite.h"

static struct cli cli;
static struct test_pg pg;

static const char tables[] =
	"CREATE TABLE patient (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,"
	" name text NOT NULL, seen date);\n"
	"INSERT INTO patient (name, seen) SELECT md5(i::text), current_date FROM"
	" generate_series(1, 300000) i;\n"
	"CREATE TABLE visit (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,"
	" patient_id bigint NOT NULL, note text);\n"
	"INSERT INTO visit (patient_id, note) SELECT i, md5(i::text) FROM"
	" generate_series(1, 50000) i;\n"
	"CREATE ROLE plain LOGIN PASSWORD 'word';\n"
	"ANALYZE;\n";

static void psql(const char *sql, struct str *ret_out)
{
	const char *const argv[] = {
		"psql", "-X", "-q", "-At", "-v", "ON_ERROR_STOP=1", "-d", pg.dsn, "-c", sql, NULL};
	struct err err = {0};

	ck_ok(pg_server_run(&pg.server, argv, NULL, NULL, ret_out, &err), err);
}

static void start(void)
{
	char *file;
	struct err err = {0};

	test_pg_start(&pg, NULL, 0);
	file = fs_join(pg.server.dir, "tables.sql");
	if (fs_write(file, tables, strlen(tables), 0644, &err))
		abort();
	{
		const char *const argv[] = {"psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "-d",
			pg.dsn, "-f", file, NULL};

		if (pg_server_run(&pg.server, argv, NULL, NULL, NULL, &err)) {
			fprintf(stderr, "%s\n", err.text);
			abort();
		}
	}
	free(file);
	cli_init(&cli);
}

static void stop(void)
{
	cli_release(&cli);
	test_pg_stop(&pg);
}

/* What the source looked like must be what it looks like afterwards. */
static char *fingerprint(void)
{
	struct str out = {0};

	psql("SELECT count(*) FROM pg_replication_slots;"
	     "SELECT count(*) FROM pg_stat_replication;"
	     "SELECT string_agg(relname || relfilenode, ',' ORDER BY oid) FROM pg_class WHERE"
	     " relnamespace = 'public'::regnamespace;"
	     "SELECT string_agg(name || setting, ',' ORDER BY name) FROM pg_settings WHERE name "
	     "LIKE"
	     " 'log%' OR name IN ('deadlock_timeout', 'archive_command');"
	     "SELECT n_tup_ins + n_tup_upd + n_tup_del FROM pg_stat_user_tables ORDER BY relname;",
		&out);
	return str_take(&out);
}

static void run_file(struct cli_run *run, const char *sql)
{
	char *file = cli_file(&cli, "migration.sql", sql);

	CLI(&cli, run, "run", "--source", pg.dsn, file, "--output", cli.output, "--set",
		"phases.warm_up=1s", "--set", "phases.baseline=3s", "--set", "phases.recovery=1s",
		"--set", "workload.rate=100/s", "--set", "verdict.max_lock_wait=100ms");
	free(file);
}

static void left_alone(char *before)
{
	char *after = fingerprint();

	ck_assert_str_eq(before, after);
	ck_assert_uint_eq(cli_entries(cli.tmp), 0);
	ck_assert_uint_eq(cli_processes(cli.tmp), 0);
	free(before);
	free(after);
}

START_TEST(a_plain_index_is_rejected_on_generated_traffic)
{
	char *before = fingerprint();
	struct cli_run run;
	json_t *result;

	run_file(
		&run, "CREATE INDEX patient_name ON patient (lower(name), name, reverse(name));\n");
	ck_assert_msg(run.code == 1, "exit code %d: %s%s", run.code, run.out, run.err);
	result = cli_result(&cli);
	ck_assert_uint_gt(json_array_size(json_object_get(result, "lock_waits")), 0);
	json_decref(result);
	left_alone(before);
	cli_run_release(&run);
}
END_TEST

START_TEST(a_nullable_column_is_approved_on_generated_traffic)
{
	char *before = fingerprint();
	struct cli_run run;

	run_file(&run, "ALTER TABLE patient ADD COLUMN email text;\n");
	ck_assert_msg(run.code == 0, "exit code %d: %s%s", run.code, run.out, run.err);
	left_alone(before);
	cli_run_release(&run);
}
END_TEST

static const struct {
	const char *dsn_tail; /* appended to the server's DSN; later words win */
	const char *says;
	const char *comment;
} sources[] = {
	{" port=1", "port", "nobody listens there"},
	{" user=nobody_such", "nobody_such", "unknown role"},
	{" dbname=nowhere", "nowhere", "unknown database"},
	{" user=plain password=secretword", "may not take a base backup",
		"role without the right to replicate"},
};

START_TEST(a_source_that_cannot_be_used_is_told_in_a_line)
{
	char *dsn = mem_printf("%s%s", pg.dsn, sources[_i].dsn_tail);
	char *file = cli_file(&cli, "migration.sql", "ALTER TABLE patient ADD COLUMN fax text;\n");
	struct cli_run run;

	CLI(&cli, &run, "run", "--quiet", "--source", dsn, file, "--output", cli.output);
	ck_assert_msg(
		run.code == 3, "%s: exit code %d: %s", sources[_i].comment, run.code, run.err);
	ck_assert_msg(
		strstr(run.err, sources[_i].says) != NULL, "%s: %s", sources[_i].comment, run.err);
	ck_assert_ptr_null(strstr(run.err, "secretword"));
	ck_assert_uint_eq(cli_entries(cli.tmp), 0);
	cli_run_release(&run);
	free(file);
	free(dsn);
}
END_TEST

START_TEST(a_password_never_reaches_files_or_the_terminal)
{
	char *dsn = mem_printf("%s password=secretword", pg.dsn);
	char *file = cli_file(&cli, "migration.sql",
		"ALTER TABLE patient ADD COLUMN ssn text DEFAULT 'row-value-4711';\n");
	const char *const names[] = {"result.json", "report.md"};
	struct cli_run run;

	CLI(&cli, &run, "run", "--verbose", "--source", dsn, file, "--output", cli.output, "--set",
		"phases.warm_up=1s", "--set", "phases.baseline=2s", "--set", "phases.recovery=1s");
	ck_assert_msg(run.code == 0 || run.code == 4, "%s", run.err);
	ck_assert_ptr_null(strstr(run.out, "secretword"));
	ck_assert_ptr_null(strstr(run.err, "secretword"));
	ck_assert_ptr_null(strstr(run.out, "4711"));
	for (size_t i = 0; i < 2; i++) {
		char *path = fs_join(cli.output, names[i]), *text = NULL;
		struct err err = {0};

		ck_ok(fs_read(path, 0, &text, NULL, &err), err);
		ck_assert_ptr_null(strstr(text, "secretword"));
		ck_assert_ptr_null(strstr(text, "4711"));
		free(text);
		free(path);
	}
	cli_run_release(&run);
	free(file);
	free(dsn);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("short form");
	TCase *t = tcase_create("clone");

	tcase_add_unchecked_fixture(t, start, stop);
	tcase_set_timeout(t, 300);
	tcase_add_test(t, a_plain_index_is_rejected_on_generated_traffic);
	tcase_add_test(t, a_nullable_column_is_approved_on_generated_traffic);
	tcase_add_loop_test(t, a_source_that_cannot_be_used_is_told_in_a_line, 0,
		sizeof(sources) / sizeof(sources[0]));
	tcase_add_test(t, a_password_never_reaches_files_or_the_terminal);
	suite_add_tcase(s, t);
	return suite_run(s);
}
