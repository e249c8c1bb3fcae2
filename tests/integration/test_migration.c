/* The migration runner on a real server: transactions, time-outs, retries, errors, audit. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "adapters/postgres/postgres.h"
#include "harness/base/cleanup.h"
#include "harness/base/fs.h"
#include "harness/base/mem.h"
#include "tests/support/migrate.h"
#include "tests/support/suite.h"

/* ---- transaction modes ---- */

#define THREE "ALTER TABLE a ADD y int;\nALTER TABLE a ADD y int;\nALTER TABLE a ADD z int;\n"

START_TEST(file_mode_rolls_the_whole_file_back)
{
	migrate_runs_to(THREE, "rolled-back, failed 42701, not-run");
	migrate_columns_are("id x");
	migrate_audit_is("1 1 rolled-back, 2 1 failed 42701");
}
END_TEST

START_TEST(statement_mode_keeps_what_went_before)
{
	migrate.settings.transaction = TRANSACTION_STATEMENT;
	migrate_runs_to(THREE, "ok, failed 42701, not-run");
	migrate_columns_are("id x y");
	migrate_audit_is("1 1 ok, 2 1 failed 42701");
}
END_TEST

START_TEST(all_mode_spans_files)
{
	char *second = mem_printf("%s/002.sql", migrate.dir);
	char *files[] = {migrate.path, second};
	struct err err = {0};

	ck_ok(fs_write(second, "SELECT 1/0", 10, 0644, &err), err);
	migrate.settings.transaction = TRANSACTION_ALL;
	migrate.settings.files = files;
	migrate.settings.n_files = 2;
	migrate_runs_to("ALTER TABLE a ADD y int", "rolled-back, failed 22012");
	migrate_columns_are("id x");
	ck_assert_str_eq(migrate.result.statements[1].file, second);
	ck_assert_uint_eq(migrate.result.n_files, 2);
	mem_free(second);
}
END_TEST

START_TEST(the_files_own_transaction_is_honoured)
{
	migrate.settings.transaction = TRANSACTION_STATEMENT;
	migrate_runs_to("BEGIN;\nALTER TABLE a ADD y int;\nROLLBACK;\n"
			"BEGIN; ALTER TABLE a ADD z int; COMMIT;\n"
			"BEGIN; ALTER TABLE a ADD w int; SELECT 1/0; COMMIT;",
		"ok, rolled-back, ok, ok, ok, ok, ok, rolled-back, failed 22012, not-run");
	migrate_columns_are("id x z");
}
END_TEST

START_TEST(a_transaction_that_the_file_leaves_open_is_rolled_back)
{
	migrate_runs_to("BEGIN; ALTER TABLE a ADD y int;", "ok, rolled-back");
	migrate_columns_are("id x");
	ck_assert_ptr_nonnull(strstr(migrate.result.statements[1].note, "never committed"));
}
END_TEST

START_TEST(what_cannot_run_in_a_transaction_is_taken_out)
{
	migrate_runs_to("ALTER TABLE a ADD y int; CREATE INDEX CONCURRENTLY i ON a (y); VACUUM a;"
			"ALTER TABLE a ADD z int; SELECT 1/0",
		"ok, ok, ok, rolled-back, failed 22012");
	migrate_columns_are("id x y");
	ck_assert_str_eq(
		migrate.result.statements[1].note, "run outside a transaction: CONCURRENTLY");
	migrate_query_is("SELECT indisvalid FROM pg_index WHERE indexrelid = 'i'::regclass", "t");
}
END_TEST

START_TEST(an_error_at_commit_is_told_and_rolls_back)
{
	migrate_runs_to(
		"ALTER TABLE b ADD FOREIGN KEY (a_id) REFERENCES a DEFERRABLE INITIALLY DEFERRED;"
		"INSERT INTO b VALUES (1, 999)",
		"rolled-back, failed 23503");
	ck_assert_ptr_nonnull(strstr(migrate.result.statements[1].error, "at COMMIT: "));
	migrate_query_is("SELECT count(*) FROM b", "0");
}
END_TEST

/* ---- time-outs and retries ---- */

static struct db_conn *blocker;
static unsigned ended; /* statements that have ended */

static void count_ended(void *ctx, unsigned index, uint64_t wall_us)
{
	(void)ctx;
	(void)index;
	(void)wall_us;
	ended++;
}

/* Lets go once the first attempt has failed. */
static int let_go(void *ctx, struct err *err)
{
	(void)ctx;
	(void)err;
	if (ended >= 2 && blocker) {
		postgres_db.close(blocker);
		blocker = NULL;
	}
	return 0;
}

START_TEST(a_lock_timeout_runs_the_whole_transaction_again)
{
	blocker = migrate_session();
	migrate_sql(blocker, "BEGIN; LOCK TABLE b IN SHARE MODE");
	migrate.settings.lock_timeout_us = 200000;
	migrate.settings.attempts = 100;
	migrate.settings.backoff_us = migrate.settings.backoff_max_us = 200000;
	migrate.watch = (struct migration_watch){.statement_ended = count_ended, .tick = let_go};
	migrate_runs_to("ALTER TABLE a ADD y int; ALTER TABLE b ADD y int;", "ok, ok");
	ck_assert_uint_gt(migrate.result.statements[1].attempts, 1);
	ck_assert_uint_eq(
		migrate.result.statements[0].attempts, migrate.result.statements[1].attempts);
	migrate_columns_are("id x y");
	migrate_query_is(
		"SELECT string_agg(concat_ws(' ', statement_index, attempt, outcome, error_code), "
		"', ' "
		"ORDER BY id) FROM (SELECT * FROM schema_migrations_audit ORDER BY id LIMIT 2) s",
		"1 1 rolled-back, 2 1 timed-out 55P03");
	ck_assert_ptr_null(blocker);
}
END_TEST

START_TEST(attempts_end)
{
	struct db_conn *holder = migrate_session();

	migrate_sql(holder, "BEGIN; SELECT FROM b");
	migrate.settings.lock_timeout_us = 50000;
	migrate.settings.attempts = 3;
	migrate_runs_to("ALTER TABLE b ADD y int; SELECT 1", "timed-out 55P03, not-run");
	ck_assert_uint_eq(migrate.result.statements[0].attempts, 3);
	migrate_audit_is("1 1 timed-out 55P03, 1 2 timed-out 55P03, 1 3 timed-out 55P03");
	postgres_db.close(holder);
}
END_TEST

START_TEST(a_statement_timeout_is_not_tried_again)
{
	migrate.settings.statement_timeout_us = 100000;
	migrate.settings.attempts = 3;
	migrate_runs_to("SELECT pg_sleep(60)", "timed-out 57014");
	ck_assert_uint_eq(migrate.result.statements[0].attempts, 1);
}
END_TEST

#define EXPECT(name, value)                                     \
	"DO $$ BEGIN IF current_setting('" name "') <> '" value \
	"' THEN RAISE '%', current_setting('" name "'); END IF; END $$;"

START_TEST(sessions_get_the_scenarios_timeouts)
{
	migrate.settings.lock_timeout_us = 2 * MIGRATE_SECOND;
	migrate.settings.statement_timeout_us = 30 * MIGRATE_SECOND;
	migrate_runs_to(EXPECT("lock_timeout", "2s") EXPECT("statement_timeout", "30s")
				EXPECT("application_name", "rehearse-migration"),
		"ok, ok, ok");
}
END_TEST

START_TEST(the_files_own_timeout_holds_from_there_on)
{
	migrate.settings.transaction = TRANSACTION_STATEMENT;
	migrate.settings.statement_timeout_us = 30 * MIGRATE_SECOND;
	migrate_runs_to("SET lock_timeout = '77ms';" EXPECT("lock_timeout", "77ms")
				EXPECT("statement_timeout",
					"30s") "SELECT set_config('statement_timeout', '88s', "
					       "false);" EXPECT("lock_timeout", "77ms")
						       EXPECT("statement_timeout", "88s"),
		"ok, ok, ok, ok, ok, ok");
}
END_TEST

START_TEST(builds_have_timeouts_of_their_own)
{
	struct db_conn *old = migrate_session();

	migrate_sql(old, "BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT FROM b");
	/* The ordinary time-out would let it wait for the old snapshot. */
	migrate.settings.uncut_lock_timeout_us = 100000;
	migrate_runs_to("CREATE INDEX CONCURRENTLY i ON a (x)", "timed-out 55P03");
	migrate_query_is("SELECT indisvalid FROM pg_index WHERE indexrelid = 'i'::regclass", "f");
	postgres_db.close(old);
}
END_TEST

START_TEST(the_limit_cuts_the_migration)
{
	migrate.settings.limit_us = 300000;
	migrate_runs_to("ALTER TABLE a ADD y int; SELECT pg_sleep(60); SELECT 1",
		"rolled-back, timed-out 57014, not-run");
	ck_assert_str_eq(
		migrate.result.statements[1].error, "cut by the migration's limit of 300ms");
	migrate_columns_are("id x");
}
END_TEST

static bool limits_some(const struct db_conn *conn)
{
	(void)conn;
	return false;
}

static char *sets_nothing(uint64_t lock_us, uint64_t statement_us)
{
	(void)lock_us;
	(void)statement_us;
	return mem_strdup("");
}

/* As on a server whose own time-out leaves some statements alone. */
START_TEST(what_the_server_does_not_cut_the_harness_does)
{
	struct db_adapter db = postgres_db;
	struct dialect dialect = postgres_dialect;
	const struct engine engine = {
		.name = "some", .db = &db, .dialect = &dialect, .observer = &postgres_observer};

	db.limits_all = limits_some;
	dialect.session_timeouts = sets_nothing;
	migrate.engine = &engine;
	migrate.settings.statement_timeout_us = 300000;
	migrate_runs_to("ALTER TABLE a ADD y int; SELECT pg_sleep(60); SELECT 1",
		"rolled-back, timed-out 57014, not-run");
	ck_assert_msg(strstr(migrate.result.statements[1].note,
			      "cancelled by the harness after 300ms: this server's own time-out"),
		"%s", migrate.result.statements[1].note);
	ck_assert_str_eq(migrate.result.statements[0].note, "");
	migrate_columns_are("id x");
}
END_TEST

START_TEST(a_time_out_of_the_files_own_is_left_to_the_server)
{
	struct db_adapter db = postgres_db;
	struct dialect dialect = postgres_dialect;
	const struct engine engine = {
		.name = "some", .db = &db, .dialect = &dialect, .observer = &postgres_observer};

	db.limits_all = limits_some;
	dialect.session_timeouts = sets_nothing;
	migrate.engine = &engine;
	migrate.settings.transaction = TRANSACTION_STATEMENT;
	migrate.settings.statement_timeout_us = 300000;
	migrate_runs_to("SET statement_timeout = '1min'; SELECT pg_sleep(0.7)", "ok, ok");
}
END_TEST

/* ---- errors ---- */

START_TEST(a_syntax_error_is_told_with_the_files_line)
{
	CLEANUP(cleanup_free) char *where = mem_printf("%s:4: syntax error", migrate.path);

	migrate_runs_to("-- one\nALTER TABLE a ADD y int;\nALTER\nTABEL a ADD z int;\n",
		"rolled-back, failed 42601");
	ck_assert_msg(!strncmp(migrate.result.statements[1].error, where, strlen(where)), "%s",
		migrate.result.statements[1].error);
	ck_assert_uint_eq(migrate.result.statements[1].line, 3);
}
END_TEST

START_TEST(what_only_a_client_understands_fails_with_a_word)
{
	migrate_runs_to("COPY a FROM stdin;\n1\t2\n\\.\nSELECT 1;", "failed client, not-run");
	ck_assert_ptr_nonnull(strstr(migrate.result.statements[0].error, "'COPY FROM STDIN'"));
}
END_TEST

START_TEST(a_dropped_connection_is_an_outcome)
{
	migrate_runs_to("ALTER TABLE a ADD y int; DO $$ BEGIN PERFORM "
			"pg_terminate_backend(pg_backend_pid()); "
			"END $$; SELECT 1",
		"rolled-back, failed 57P01, not-run");
	migrate_audit_is("1 1 rolled-back, 2 1 failed 57P01");
	migrate_columns_are("id x");
}
END_TEST

START_TEST(the_audit_survives_a_migration_that_drops_it)
{
	migrate_runs_to("DROP TABLE schema_migrations_audit", "ok");
	migrate_audit_is("1 1 ok");
}
END_TEST

START_TEST(the_audit_tells_file_times_and_masked_text)
{
	migrate_runs_to("SELECT 1;\nCOMMENT ON TABLE a IS 'secret';", "ok, ok");
	migrate_query_is("SELECT concat_ws(' ', run_id, line, statement_kind, statement) "
			 "FROM schema_migrations_audit",
		"0123456789abcdef 2 COMMENT COMMENT ON TABLE a IS ?");
	migrate_query_is(
		"SELECT bool_and(length(file_sha256) = 64 AND file LIKE '%/001.sql' AND started_at "
		"<= finished_at AND abs(extract(epoch FROM now() - started_at)) < 60) "
		"FROM schema_migrations_audit",
		"t");
	ck_assert_str_eq(migrate.result.statements[1].text, "COMMENT ON TABLE a IS ?");
}
END_TEST

START_TEST(long_text_is_cut_between_characters)
{
	struct str text = {0};

	str_add(&text, "SELECT 1 AS \"");
	for (unsigned i = 0; i < 31; i++)
		str_add(&text, "é");
	str_add(&text, "\"");
	for (unsigned i = 0; i < 60; i++)
		str_addf(&text, ", 1 AS \"é%u\"", i);
	migrate_runs_to(str_text(&text), "ok");
	ck_assert_uint_le(strlen(migrate.result.statements[0].text), 200);
	ck_assert_ptr_nonnull(strstr(migrate.result.statements[0].text, "…"));
	str_release(&text);
}
END_TEST

/* ---- interruption ---- */

static int interrupt_now(void *ctx, struct err *err)
{
	(void)ctx;
	return err_set(err, ERR_INTERRUPTED, "asked to end");
}

START_TEST(the_tick_can_end_it)
{
	migrate.watch.tick = interrupt_now;
	ck_assert_int_eq(migrate_run("ALTER TABLE a ADD y int; SELECT pg_sleep(60)"), -1);
	ck_assert_int_eq(migrate.err.kind, ERR_INTERRUPTED);
	migrate_outcomes_are("rolled-back, failed");
	migrate_columns_are("id x");
}
END_TEST

static struct test_pg doomed;

static int kill_server(void *ctx, struct err *err)
{
	(void)ctx;
	(void)err;
	if (doomed.server.pid > 0)
		kill(doomed.server.pid, SIGKILL);
	return 0;
}

START_TEST(a_server_that_is_gone_is_a_failure)
{
	test_pg_start(&doomed, NULL, 0);
	migrate.dsn = doomed.dsn;
	migrate.watch.tick = kill_server;
	ck_assert_int_eq(migrate_run("SELECT pg_sleep(60)"), -1);
	ck_assert_int_eq(migrate.err.kind, ERR_FAILED);
	ck_assert_msg(
		!strncmp(migrate.err.text, "the replica is gone", 19), "%s", migrate.err.text);
	test_pg_stop(&doomed);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("migration");
	TCase *tc = tcase_create("runner");

	tcase_set_timeout(tc, SUITE_TIMEOUT_S);
	tcase_add_unchecked_fixture(tc, migrate_start_server, migrate_stop_server);
	tcase_add_checked_fixture(tc, migrate_setup, migrate_teardown);
	tcase_add_test(tc, file_mode_rolls_the_whole_file_back);
	tcase_add_test(tc, statement_mode_keeps_what_went_before);
	tcase_add_test(tc, all_mode_spans_files);
	tcase_add_test(tc, the_files_own_transaction_is_honoured);
	tcase_add_test(tc, a_transaction_that_the_file_leaves_open_is_rolled_back);
	tcase_add_test(tc, what_cannot_run_in_a_transaction_is_taken_out);
	tcase_add_test(tc, an_error_at_commit_is_told_and_rolls_back);
	tcase_add_test(tc, a_lock_timeout_runs_the_whole_transaction_again);
	tcase_add_test(tc, attempts_end);
	tcase_add_test(tc, a_statement_timeout_is_not_tried_again);
	tcase_add_test(tc, sessions_get_the_scenarios_timeouts);
	tcase_add_test(tc, the_files_own_timeout_holds_from_there_on);
	tcase_add_test(tc, builds_have_timeouts_of_their_own);
	tcase_add_test(tc, the_limit_cuts_the_migration);
	tcase_add_test(tc, what_the_server_does_not_cut_the_harness_does);
	tcase_add_test(tc, a_time_out_of_the_files_own_is_left_to_the_server);
	tcase_add_test(tc, a_syntax_error_is_told_with_the_files_line);
	tcase_add_test(tc, what_only_a_client_understands_fails_with_a_word);
	tcase_add_test(tc, a_dropped_connection_is_an_outcome);
	tcase_add_test(tc, the_audit_survives_a_migration_that_drops_it);
	tcase_add_test(tc, the_audit_tells_file_times_and_masked_text);
	tcase_add_test(tc, long_text_is_cut_between_characters);
	tcase_add_test(tc, the_tick_can_end_it);
	tcase_add_test(tc, a_server_that_is_gone_is_a_failure);
	suite_add_tcase(suite, tc);
	return suite_run(suite);
}
