/* The migration runner on a real server. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "adapters/postgres/postgres.h"
#include "harness/base/cleanup.h"
#include "harness/base/clock.h"
#include "harness/base/fs.h"
#include "harness/base/interrupt.h"
#include "harness/base/mem.h"
#include "harness/migration/migration.h"
#include "tests/support/pg.h"
#include "tests/support/suite.h"

#define SECOND 1000000

static const struct db_adapter *const db = &postgres_db;
static const struct engine engine = {.name = "postgres",
	.db = &postgres_db,
	.dialect = &postgres_dialect,
	.observer = &postgres_observer};

static struct test_pg pg;
static struct db_conn *admin;

/* One rehearsed migration: what goes in, what came out. */
static struct {
	char *dir, *path;
	struct scenario_migration settings;
	struct migration_watch watch;
	struct observer *observer;
	struct migration migration;
	struct result result;
	struct err err;
	const char *dsn;
} t;

/* ---- surroundings ---- */

static void start_server(void)
{
	test_pg_start(&pg, NULL, 0);
}

static void stop_server(void)
{
	test_pg_stop(&pg);
}

static struct db_conn *session(void)
{
	struct db_target target = {.dsn = pg.dsn, .application = "test"};
	struct db_conn *conn;
	struct err err = {0};

	ck_ok(db_connect(db, &target, &conn, &err), err);
	return conn;
}

static void sql(struct db_conn *conn, const char *text)
{
	struct err err = {0};

	ck_ok(db_exec(db, conn, text, &err), err);
}

static void setup(void)
{
	struct err err = {0};

	memset(&t, 0, sizeof(t));
	ck_ok(fs_temp_dir(&t.dir, &err), err);
	t.path = mem_printf("%s/001.sql", t.dir);
	t.dsn = pg.dsn;
	t.settings = (struct scenario_migration){.files = &t.path,
		.n_files = 1,
		.transaction = TRANSACTION_FILE,
		.lock_timeout_us = 20 * SECOND,
		.statement_timeout_us = 30 * SECOND,
		.attempts = 1,
		.backoff_us = 10000,
		.backoff_max_us = 20000};
	result_init(&t.result);
	admin = session();
	sql(admin,
		"DROP SCHEMA public CASCADE; CREATE SCHEMA public;"
		"CREATE TABLE a (id int PRIMARY KEY, x int);"
		"CREATE TABLE b (id int PRIMARY KEY, a_id int);"
		"INSERT INTO a SELECT i, i FROM generate_series(1, 100) i");
}

static void teardown(void)
{
	struct err err = {0};

	migration_release(&t.migration);
	result_release(&t.result);
	db->close(admin);
	ck_ok(fs_remove_tree(t.dir, &err), err);
	mem_free(t.dir);
	mem_free(t.path);
}

static int run(const char *text)
{
	struct migration_run config = {.engine = &engine,
		.dsn = t.dsn,
		.settings = &t.settings,
		.observer = t.observer,
		.watch = &t.watch,
		.run_id = "0123456789abcdef",
		.seed = 1,
		.origin_us = clock_wall_us() - SECOND};
	struct err err = {0};

	ck_ok(fs_write(t.path, text, strlen(text), 0644, &err), err);
	ck_ok(migration_load(&t.settings, &postgres_dialect, &t.migration, &err), err);
	return migration_execute(&t.migration, &config, &t.result, &t.err);
}

static void outcomes_are(const char *expected)
{
	CLEANUP(cleanup_str) struct str got = {0};

	for (size_t i = 0; i < t.result.n_statements; i++) {
		const struct result_statement *s = &t.result.statements[i];

		str_addf(&got, "%s%s%s%s", i ? ", " : "", s->outcome, *s->code ? " " : "", s->code);
	}
	ck_assert_str_eq(str_text(&got), expected);
}

static void runs_to(const char *text, const char *outcomes)
{
	ck_assert_msg(run(text) == 0, "%s", t.err.text);
	outcomes_are(outcomes);
}

static void query_is(const char *query, const char *expected)
{
	CLEANUP(cleanup_free) char *got = NULL;
	struct err err = {0};

	ck_ok(db_text(db, admin, query, &got, &err), err);
	ck_assert_msg(!strcmp(got, expected), "%s: %s", query, got);
}

static void columns_of_a_are(const char *expected)
{
	query_is("SELECT string_agg(attname, ' ' ORDER BY attnum) FROM pg_attribute "
		 "WHERE attrelid = 'a'::regclass AND attnum > 0 AND NOT attisdropped",
		expected);
}

static void audit_is(const char *expected)
{
	query_is("SELECT string_agg(concat_ws(' ', statement_index, attempt, outcome, error_code), "
		 "', ' "
		 "ORDER BY id) FROM schema_migrations_audit",
		expected);
}

/* ---- transaction modes ---- */

#define THREE "ALTER TABLE a ADD y int;\nALTER TABLE a ADD y int;\nALTER TABLE a ADD z int;\n"

START_TEST(file_mode_rolls_the_whole_file_back)
{
	runs_to(THREE, "rolled-back, failed 42701, not-run");
	columns_of_a_are("id x");
	audit_is("1 1 rolled-back, 2 1 failed 42701");
}
END_TEST

START_TEST(statement_mode_keeps_what_went_before)
{
	t.settings.transaction = TRANSACTION_STATEMENT;
	runs_to(THREE, "ok, failed 42701, not-run");
	columns_of_a_are("id x y");
	audit_is("1 1 ok, 2 1 failed 42701");
}
END_TEST

START_TEST(all_mode_spans_files)
{
	char *second = mem_printf("%s/002.sql", t.dir);
	char *files[] = {t.path, second};
	struct err err = {0};

	ck_ok(fs_write(second, "SELECT 1/0", 10, 0644, &err), err);
	t.settings.transaction = TRANSACTION_ALL;
	t.settings.files = files;
	t.settings.n_files = 2;
	runs_to("ALTER TABLE a ADD y int", "rolled-back, failed 22012");
	columns_of_a_are("id x");
	ck_assert_str_eq(t.result.statements[1].file, second);
	ck_assert_uint_eq(t.result.n_files, 2);
	mem_free(second);
}
END_TEST

START_TEST(the_files_own_transaction_is_honoured)
{
	t.settings.transaction = TRANSACTION_STATEMENT;
	runs_to("BEGIN;\nALTER TABLE a ADD y int;\nROLLBACK;\n"
		"BEGIN; ALTER TABLE a ADD z int; COMMIT;\n"
		"BEGIN; ALTER TABLE a ADD w int; SELECT 1/0; COMMIT;",
		"ok, rolled-back, ok, ok, ok, ok, ok, rolled-back, failed 22012, not-run");
	columns_of_a_are("id x z");
}
END_TEST

START_TEST(a_transaction_that_the_file_leaves_open_is_rolled_back)
{
	runs_to("BEGIN; ALTER TABLE a ADD y int;", "ok, rolled-back");
	columns_of_a_are("id x");
	ck_assert_ptr_nonnull(strstr(t.result.statements[1].note, "never committed"));
}
END_TEST

START_TEST(what_cannot_run_in_a_transaction_is_taken_out)
{
	runs_to("ALTER TABLE a ADD y int; CREATE INDEX CONCURRENTLY i ON a (y); VACUUM a;"
		"ALTER TABLE a ADD z int; SELECT 1/0",
		"ok, ok, ok, rolled-back, failed 22012");
	columns_of_a_are("id x y");
	ck_assert_str_eq(t.result.statements[1].note, "run outside a transaction: CONCURRENTLY");
	query_is("SELECT indisvalid FROM pg_index WHERE indexrelid = 'i'::regclass", "t");
}
END_TEST

START_TEST(an_error_at_commit_is_told_and_rolls_back)
{
	runs_to("ALTER TABLE b ADD FOREIGN KEY (a_id) REFERENCES a DEFERRABLE INITIALLY DEFERRED;"
		"INSERT INTO b VALUES (1, 999)",
		"rolled-back, failed 23503");
	ck_assert_ptr_nonnull(strstr(t.result.statements[1].error, "at COMMIT: "));
	query_is("SELECT count(*) FROM b", "0");
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
		db->close(blocker);
		blocker = NULL;
	}
	return 0;
}

START_TEST(a_lock_timeout_runs_the_whole_transaction_again)
{
	blocker = session();
	sql(blocker, "BEGIN; LOCK TABLE b IN SHARE MODE");
	t.settings.lock_timeout_us = 200000;
	t.settings.attempts = 100;
	t.settings.backoff_us = t.settings.backoff_max_us = 200000;
	t.watch = (struct migration_watch){.statement_ended = count_ended, .tick = let_go};
	runs_to("ALTER TABLE a ADD y int; ALTER TABLE b ADD y int;", "ok, ok");
	ck_assert_uint_gt(t.result.statements[1].attempts, 1);
	ck_assert_uint_eq(t.result.statements[0].attempts, t.result.statements[1].attempts);
	columns_of_a_are("id x y");
	query_is("SELECT string_agg(concat_ws(' ', statement_index, attempt, outcome, error_code), "
		 "', ' "
		 "ORDER BY id) FROM (SELECT * FROM schema_migrations_audit ORDER BY id LIMIT 2) s",
		"1 1 rolled-back, 2 1 timed-out 55P03");
	ck_assert_ptr_null(blocker);
}
END_TEST

START_TEST(attempts_end)
{
	struct db_conn *holder = session();

	sql(holder, "BEGIN; SELECT FROM b");
	t.settings.lock_timeout_us = 50000;
	t.settings.attempts = 3;
	runs_to("ALTER TABLE b ADD y int; SELECT 1", "timed-out 55P03, not-run");
	ck_assert_uint_eq(t.result.statements[0].attempts, 3);
	audit_is("1 1 timed-out 55P03, 1 2 timed-out 55P03, 1 3 timed-out 55P03");
	db->close(holder);
}
END_TEST

START_TEST(a_statement_timeout_is_not_tried_again)
{
	t.settings.statement_timeout_us = 100000;
	t.settings.attempts = 3;
	runs_to("SELECT pg_sleep(60)", "timed-out 57014");
	ck_assert_uint_eq(t.result.statements[0].attempts, 1);
}
END_TEST

#define EXPECT(name, value)                                     \
	"DO $$ BEGIN IF current_setting('" name "') <> '" value \
	"' THEN RAISE '%', current_setting('" name "'); END IF; END $$;"

START_TEST(sessions_get_the_scenarios_timeouts)
{
	t.settings.lock_timeout_us = 2 * SECOND;
	t.settings.statement_timeout_us = 30 * SECOND;
	runs_to(EXPECT("lock_timeout", "2s") EXPECT("statement_timeout", "30s")
			EXPECT("application_name", "rehearse-migration"),
		"ok, ok, ok");
}
END_TEST

START_TEST(the_files_own_timeout_holds_from_there_on)
{
	t.settings.transaction = TRANSACTION_STATEMENT;
	t.settings.statement_timeout_us = 30 * SECOND;
	runs_to("SET lock_timeout = '77ms';" EXPECT("lock_timeout", "77ms") EXPECT(
			"statement_timeout", "30s") "SELECT set_config('statement_timeout', '88s', "
						    "false);" EXPECT("lock_timeout", "77ms")
							    EXPECT("statement_timeout", "88s"),
		"ok, ok, ok, ok, ok, ok");
}
END_TEST

START_TEST(builds_have_timeouts_of_their_own)
{
	struct db_conn *old = session();

	sql(old, "BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT FROM b");
	/* The ordinary time-out would let it wait for the old snapshot. */
	t.settings.uncut_lock_timeout_us = 100000;
	runs_to("CREATE INDEX CONCURRENTLY i ON a (x)", "timed-out 55P03");
	query_is("SELECT indisvalid FROM pg_index WHERE indexrelid = 'i'::regclass", "f");
	db->close(old);
}
END_TEST

START_TEST(the_limit_cuts_the_migration)
{
	t.settings.limit_us = 300000;
	runs_to("ALTER TABLE a ADD y int; SELECT pg_sleep(60); SELECT 1",
		"rolled-back, timed-out 57014, not-run");
	ck_assert_str_eq(t.result.statements[1].error, "cut by the migration's limit of 300ms");
	columns_of_a_are("id x");
}
END_TEST

/* ---- errors ---- */

START_TEST(a_syntax_error_is_told_with_the_files_line)
{
	CLEANUP(cleanup_free) char *where = mem_printf("%s:4: syntax error", t.path);

	runs_to("-- one\nALTER TABLE a ADD y int;\nALTER\nTABEL a ADD z int;\n",
		"rolled-back, failed 42601");
	ck_assert_msg(!strncmp(t.result.statements[1].error, where, strlen(where)), "%s",
		t.result.statements[1].error);
	ck_assert_uint_eq(t.result.statements[1].line, 3);
}
END_TEST

START_TEST(what_only_a_client_understands_fails_with_a_word)
{
	runs_to("COPY a FROM stdin;\n1\t2\n\\.\nSELECT 1;", "failed client, not-run");
	ck_assert_ptr_nonnull(strstr(t.result.statements[0].error, "'COPY FROM STDIN'"));
}
END_TEST

START_TEST(a_dropped_connection_is_an_outcome)
{
	runs_to("ALTER TABLE a ADD y int; DO $$ BEGIN PERFORM "
		"pg_terminate_backend(pg_backend_pid()); "
		"END $$; SELECT 1",
		"rolled-back, failed 57P01, not-run");
	audit_is("1 1 rolled-back, 2 1 failed 57P01");
	columns_of_a_are("id x");
}
END_TEST

START_TEST(the_audit_survives_a_migration_that_drops_it)
{
	runs_to("DROP TABLE schema_migrations_audit", "ok");
	audit_is("1 1 ok");
}
END_TEST

START_TEST(the_audit_tells_file_times_and_masked_text)
{
	runs_to("SELECT 1;\nCOMMENT ON TABLE a IS 'secret';", "ok, ok");
	query_is("SELECT concat_ws(' ', run_id, line, statement_kind, statement) "
		 "FROM schema_migrations_audit",
		"0123456789abcdef 2 COMMENT COMMENT ON TABLE a IS ?");
	query_is(
		"SELECT bool_and(length(file_sha256) = 64 AND file LIKE '%/001.sql' AND started_at "
		"<= finished_at AND abs(extract(epoch FROM now() - started_at)) < 60) "
		"FROM schema_migrations_audit",
		"t");
	ck_assert_str_eq(t.result.statements[1].text, "COMMENT ON TABLE a IS ?");
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
	runs_to(str_text(&text), "ok");
	ck_assert_uint_le(strlen(t.result.statements[0].text), 200);
	ck_assert_ptr_nonnull(strstr(t.result.statements[0].text, "…"));
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
	t.watch.tick = interrupt_now;
	ck_assert_int_eq(run("ALTER TABLE a ADD y int; SELECT pg_sleep(60)"), -1);
	ck_assert_int_eq(t.err.kind, ERR_INTERRUPTED);
	outcomes_are("rolled-back, failed");
	columns_of_a_are("id x");
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
	t.dsn = doomed.dsn;
	t.watch.tick = kill_server;
	ck_assert_int_eq(run("SELECT pg_sleep(60)"), -1);
	ck_assert_int_eq(t.err.kind, ERR_FAILED);
	ck_assert_msg(!strncmp(t.err.text, "the replica is gone", 19), "%s", t.err.text);
	test_pg_stop(&doomed);
}
END_TEST

/* ---- what is told ---- */

static char told[512];

static void tell(const char *word, unsigned index)
{
	size_t len = strlen(told);

	if (index)
		snprintf(told + len, sizeof(told) - len, "%s%u ", word, index);
	else
		snprintf(told + len, sizeof(told) - len, "%s ", word);
}

static void on_session(void *ctx, uint64_t id)
{
	(void)ctx;
	tell(id ? "session" : "no session", 0);
}

static void on_started(void *ctx, unsigned index, uint64_t wall_us)
{
	(void)ctx;
	(void)wall_us;
	tell("+", index);
}

static void on_ended(void *ctx, unsigned index, uint64_t wall_us)
{
	(void)ctx;
	(void)wall_us;
	tell("-", index);
}

static void on_transaction(void *ctx, uint64_t wall_us)
{
	(void)ctx;
	(void)wall_us;
	tell("end", 0);
}

static void on_locks(void *ctx, unsigned index, const struct statement_facts *facts)
{
	(void)ctx;
	tell(facts->n_locks ? "locks " : "none ", index);
}

static const struct migration_watch everything = {.session = on_session,
	.statement_started = on_started,
	.statement_ended = on_ended,
	.transaction_ended = on_transaction,
	.locks = on_locks};

static void observe(void)
{
	static struct replica_info replica;
	struct observer_config config = {
		.replica = &replica, .min_wait_us = 10000, .source = "auto"};
	struct err err = {0};

	replica = (struct replica_info){.dsn = pg.dsn,
		.database = (char *)"postgres",
		.log_dir = pg.server.log_dir,
		.version_number = pg.programs.version};
	ck_ok(postgres_observer.open(&config, &t.observer, &err), err);
}

static const struct result_lock *lock_on(size_t statement, const char *object)
{
	const struct result_statement *s = &t.result.statements[statement];

	for (size_t i = 0; i < s->n_locks; i++)
		if (!strcmp(s->locks[i].object, object))
			return &s->locks[i];
	return NULL;
}

START_TEST(locks_are_held_until_the_transaction_ends)
{
	const struct result_lock *l;

	observe();
	t.watch = everything;
	runs_to("ALTER TABLE a ADD y int; SELECT pg_sleep(0.3)", "ok, ok");
	ck_assert_str_eq(told, "session +1 -1 locks 1 +2 -2 none 2 end ");
	l = lock_on(0, "public.a");
	ck_assert_ptr_nonnull(l);
	ck_assert_str_eq(l->mode, "AccessExclusiveLock");
	ck_assert(l->blocks_reads && l->blocks_writes && !l->new_object);
	ck_assert_uint_ge(l->hold_us, 300000);
	ck_assert_uint_lt(l->hold_us, 20 * SECOND);
	/* Time 0 was a second before. */
	ck_assert_uint_ge(l->start_us, SECOND);
	ck_assert_uint_lt(l->start_us, 60 * SECOND);
	ck_assert_uint_ge(t.result.statements[0].start_us, SECOND);
	postgres_observer.close(t.observer);
}
END_TEST

START_TEST(a_statement_alone_is_seen_before_its_commit)
{
	observe();
	t.watch = everything;
	t.settings.transaction = TRANSACTION_STATEMENT;
	runs_to("ALTER TABLE a ALTER x TYPE bigint; CREATE INDEX CONCURRENTLY i ON a (x)",
		"ok, ok");
	ck_assert_ptr_nonnull(lock_on(0, "public.a"));
	ck_assert_uint_gt(lock_on(0, "public.a")->hold_us, 0);
	ck_assert_uint_eq(t.result.statements[0].n_rewritten, 1);
	ck_assert_str_eq(t.result.statements[0].rewritten[0], "public.a");
	ck_assert_uint_gt(t.result.statements[0].wal_bytes, 0);
	ck_assert_ptr_nonnull(strstr(told, "session +1 -1 end locks 1 +2 -2 end "));
	postgres_observer.close(t.observer);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("migration");
	TCase *tc = tcase_create("runner");

	tcase_add_unchecked_fixture(tc, start_server, stop_server);
	tcase_add_checked_fixture(tc, setup, teardown);
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
	tcase_add_test(tc, a_syntax_error_is_told_with_the_files_line);
	tcase_add_test(tc, what_only_a_client_understands_fails_with_a_word);
	tcase_add_test(tc, a_dropped_connection_is_an_outcome);
	tcase_add_test(tc, the_audit_survives_a_migration_that_drops_it);
	tcase_add_test(tc, the_audit_tells_file_times_and_masked_text);
	tcase_add_test(tc, long_text_is_cut_between_characters);
	tcase_add_test(tc, the_tick_can_end_it);
	tcase_add_test(tc, a_server_that_is_gone_is_a_failure);
	tcase_add_test(tc, locks_are_held_until_the_transaction_ends);
	tcase_add_test(tc, a_statement_alone_is_seen_before_its_commit);
	suite_add_tcase(suite, tc);
	return suite_run(suite);
}
