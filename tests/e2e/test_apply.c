/* `rehearse apply` on servers that stand for production: refusals, resuming, repairs. */
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "adapters/mysql/mysql.h"
#include "adapters/postgres/postgres.h"
#include "harness/base/cleanup.h"
#include "harness/base/clock.h"
#include "harness/base/fs.h"
#include "harness/base/mem.h"
#include "tests/support/cli.h"
#include "tests/support/mariadb.h"
#include "tests/support/pg.h"
#include "tests/support/sample_result.h"
#include "tests/support/suite.h"

#define ROWS "SELECT count(*) FROM t"
#define WAIT_US 60000000
/* CASE, since a WHERE clause may be evaluated in any order, for the session that asks too. */
#define END_ITS_SESSION                                                       \
	"SELECT count(CASE WHEN application_name = 'rehearse-migration' THEN" \
	" pg_terminate_backend(pid) END) FROM pg_stat_activity"

static struct cli cli;
static struct test_pg pg;
static struct test_mariadb mariadb;

/* What the engines call things. */
static const struct server {
	const struct engine *engine;
	char *const *dsn;
	const char *set_engine;
	const char *empty;   /* an empty database with one table */
	const char *columns; /* of that table, dotted */
	const char *audit_exists;
	const char *audit; /* outcomes, in order */
} servers[] = {
	{&postgres_engine, &pg.dsn, "engine=postgres",
		"DROP SCHEMA public CASCADE; CREATE SCHEMA public; CREATE TABLE t (id int, x int)",
		"SELECT string_agg(attname, '.' ORDER BY attnum) FROM pg_attribute WHERE attnum > 0"
		" AND attrelid = 't'::regclass",
		"SELECT count(*) FROM pg_class WHERE relname = 'schema_migrations_audit'",
		"SELECT string_agg(statement_in_file || ' ' || outcome, ', ' ORDER BY id)"
		" FROM schema_migrations_audit"},
	{&mysql_engine, &mariadb.dsn, "engine=mysql",
		"DROP DATABASE IF EXISTS test; CREATE DATABASE test; USE test;"
		" CREATE TABLE t (id int, x int)",
		"SELECT group_concat(column_name ORDER BY ordinal_position SEPARATOR '.') FROM"
		" information_schema.columns WHERE table_schema = 'test' AND table_name = 't'",
		"SELECT count(*) FROM information_schema.tables WHERE"
		" table_name = 'schema_migrations_audit'",
		"SELECT group_concat(concat(statement_in_file, ' ', outcome) ORDER BY id"
		" SEPARATOR ', ') FROM schema_migrations_audit"},
};
enum { N_SERVERS = sizeof(servers) / sizeof(servers[0]) };

static const struct server *server; /* of the test that runs */
static struct db_conn *admin;

static void start(void)
{
	test_pg_start(&pg, NULL, 0);
	test_mariadb_start(&mariadb, NULL, 0);
	cli_init(&cli);
}

static void stop(void)
{
	cli_release(&cli);
	test_mariadb_stop(&mariadb);
	test_pg_stop(&pg);
}

static struct db_conn *session(void)
{
	struct db_target target = {.dsn = *server->dsn, .application = "test"};
	struct db_conn *conn;
	struct err err = {0};

	ck_ok(db_connect(server->engine->db, &target, &conn, &err), err);
	return conn;
}

static void sql(struct db_conn *conn, const char *text)
{
	struct err err = {0};

	ck_ok(db_exec(server->engine->db, conn, text, &err), err);
}

static void use(int i)
{
	server = &servers[i];
	admin = session();
	sql(admin, server->empty);
}

static void done(void)
{
	server->engine->db->close(admin);
}

static void expect(const char *query, const char *expected)
{
	CLEANUP(cleanup_free) char *got = NULL;
	struct err err = {0};

	ck_ok(db_text(server->engine->db, admin, query, &got, &err), err);
	ck_assert_msg(!strcmp(got, expected), "%s: '%s', not '%s'", query, got, expected);
}

/* Applies `text` as a file, with one more word or two. */
static void apply(const char *text, const char *word, const char *value, int code, const char *says,
	const char *complains)
{
	char *file = cli_file(&cli, "m.sql", text);
	struct cli_run run;

	CLI(&cli, &run, "apply", "--target", *server->dsn, file, "--set", server->set_engine,
		"--set", "migration.backoff=10ms", "--set", "migration.lock_timeout=1s",
		"--without-rehearsal", "a test", word, value);
	ck_assert_msg(run.code == code, "exit %d: %s%s", run.code, run.out, run.err);
	ck_assert_msg(strstr(run.out, says), "'%s' is not in: %s", says, run.out);
	ck_assert_msg(strstr(run.err, complains), "'%s' is not in: %s", complains, run.err);
	cli_run_release(&run);
	free(file);
}

START_TEST(what_was_done_is_on_record_with_who_and_why)
{
	use(_i);
	apply("ALTER TABLE t ADD y int;\nINSERT INTO t VALUES (1, 1, 1);\n", NULL, NULL, 0,
		"applied: 2 statements", "2 of 2: INSERT");
	expect(server->columns, "id.x.y");
	expect(ROWS, "1");
	expect("SELECT count(*) FROM schema_migrations_audit WHERE outcome = 'ok' AND"
	       " note = 'without a rehearsal: a test' AND applied_by LIKE '%@%'",
		"2");
	/* Again: nothing is left to do. */
	apply("ALTER TABLE t ADD y int;\nINSERT INTO t VALUES (1, 1, 1);\n", NULL, NULL, 0,
		"applied: 0 statements, the rest was applied before", "");
	expect(ROWS, "1");
	done();
}
END_TEST

START_TEST(a_dry_run_changes_nothing_at_all)
{
	use(_i);
	apply("ALTER TABLE t ADD y int", "--dry-run", NULL, 0,
		"1 of 1 statements are to be run. Nothing was changed.", "");
	expect(server->columns, "id.x");
	expect(server->audit_exists, "0");
	done();
}
END_TEST

START_TEST(after_a_failure_it_goes_on_where_it_was)
{
	static const char broken[] = "INSERT INTO t VALUES (1, 1);\nALTER TABLE t ADD y int;\n"
				     "ALTER TABLE nowhere ADD z int;\nALTER TABLE t ADD z int;\n";
	static const char mended[] = "INSERT INTO t VALUES (1, 1);\nALTER TABLE t ADD y int;\n"
				     "ALTER TABLE t ADD w int;\nALTER TABLE t ADD z int;\n";
	static const char other[] = "INSERT INTO t VALUES (2, 2);\nALTER TABLE t ADD y int;\n";

	use(_i);
	apply(broken, NULL, NULL, 1, "NOT APPLIED: 2 of 4 statements are done", "");
	expect(server->columns, "id.x.y");
	apply(broken, "--dry-run", NULL, 0, "2 of 4 statements are to be run", "");
	apply(broken, NULL, NULL, 1, "applied-before", "");
	apply(mended, NULL, NULL, 0, "applied: 2 statements, the rest", "");
	expect(server->columns, "id.x.y.w.z");
	expect(ROWS, "1");
	apply(other, NULL, NULL, 3, "", "was applied with another text");
	expect(ROWS, "1");
	done();
}
END_TEST

START_TEST(a_failed_transaction_is_run_whole_again_but_nothing_twice)
{
	static const char first[] =
		"INSERT INTO t VALUES (1, 1);\nALTER TABLE t ADD y int;\n"
		"INSERT INTO t VALUES (2, 2, 2);\nINSERT INTO nowhere VALUES (1);\n";
	static const char second[] =
		"INSERT INTO t VALUES (1, 1);\nALTER TABLE t ADD y int;\n"
		"INSERT INTO t VALUES (2, 2, 2);\nINSERT INTO t VALUES (3, 3, 3);\n";
	bool commits = servers[_i].engine->db->features & DB_FEATURE_DDL_COMMITS;

	use(_i);
	apply(first, "--set", "migration.transaction=file", 1, "NOT APPLIED", "");
	/* Behind a DDL that committed, each statement commits by itself. */
	expect(ROWS, commits ? "2" : "0");
	apply(second, "--set", "migration.transaction=file", 0, "applied", "");
	expect(ROWS, "3");
	expect(server->columns, "id.x.y");
	done();
}
END_TEST

START_TEST(settings_of_the_session_are_made_again)
{
	bool is_postgres = !strcmp(servers[_i].engine->name, "postgres");

	use(_i);
	sql(admin, is_postgres ? "CREATE SCHEMA other" : "CREATE DATABASE IF NOT EXISTS other");
	apply(is_postgres ? "SET search_path = other;\nCREATE TABLE a (id int);\nSELECT 1/0;\n"
			  : "USE other;\nCREATE TABLE a (id int);\nSELECT * FROM nowhere;\n",
		NULL, NULL, 1, "NOT APPLIED", "");
	apply(is_postgres ? "SET search_path = other;\nCREATE TABLE a (id int);\n"
			    "CREATE TABLE b (id int);\n"
			  : "USE other;\nCREATE TABLE a (id int);\nCREATE TABLE b (id int);\n",
		NULL, NULL, 0, "applied: 2 statements", "");
	expect("SELECT count(*) FROM information_schema.tables WHERE table_schema = 'other'", "2");
	sql(admin, is_postgres ? "DROP SCHEMA other CASCADE" : "DROP DATABASE other");
	done();
}
END_TEST

START_TEST(only_one_applies_at_a_time)
{
	struct db_conn *other;

	use(_i);
	other = session();
	sql(other, server->engine->dialect->apply_lock);
	apply("ALTER TABLE t ADD y int", NULL, NULL, 3, "", "another apply is at work");
	expect(server->columns, "id.x");
	expect(server->audit_exists, "0");
	server->engine->db->close(other);
	done();
}
END_TEST

/* Starts an apply that waits for a lock, and kills it there. */
static void kill_waiting(const char *text)
{
	char *file = cli_file(&cli, "m.sql", text);
	const char *const words[] = {"apply", "--target", *server->dsn, file, "--set",
		server->set_engine, "--set", "migration.lock_timeout=1m", "--without-rehearsal",
		"a test", NULL};
	uint64_t deadline = clock_us() + WAIT_US;
	struct cli_run run;
	int64_t waits = 0;
	struct err err = {0};

	cli_start(&cli, &run, words);
	while (!waits && clock_us() < deadline) {
		clock_sleep_us(50000);
		ck_ok(db_number(server->engine->db, admin,
			      !strcmp(server->engine->name, "postgres")
				      ? "SELECT count(*) FROM pg_locks WHERE NOT granted"
				      : "SELECT COUNT(*) FROM information_schema.PROCESSLIST WHERE "
					"STATE LIKE 'Waiting for table metadata lock'",
			      &waits, &err),
			err);
	}
	ck_assert_msg(waits, "it never waited");
	ck_assert_int_eq(kill(run.pid, SIGKILL), 0);
	cli_wait(&run);
	ck_assert_int_eq(run.code, 128 + SIGKILL);
	cli_run_release(&run);
	free(file);
}

static void wait_until(const char *query, const char *expected)
{
	uint64_t deadline = clock_us() + WAIT_US;
	CLEANUP(cleanup_free) char *got = NULL;
	struct err err = {0};

	do {
		MEM_FREE(got);
		ck_ok(db_text(server->engine->db, admin, query, &got, &err), err);
		if (!strcmp(got, expected))
			return;
		clock_sleep_us(50000);
	} while (clock_us() < deadline);
	ck_abort_msg("%s: still '%s'", query, got);
}

START_TEST(a_statement_cut_off_with_its_apply_is_looked_at_by_somebody)
{
	static const char text[] = "INSERT INTO t VALUES (1, 1);\nALTER TABLE t ADD y int;\n";
	struct db_conn *reader;

	use(1); /* where DDL commits, nothing tells afterwards */
	reader = session();
	sql(reader, "START TRANSACTION; SELECT * FROM t");
	kill_waiting(text);
	sql(reader, "COMMIT");
	server->engine->db->close(reader);
	wait_until("SELECT COUNT(*) FROM information_schema.PROCESSLIST WHERE INFO LIKE 'ALTER%'",
		"0");
	apply(text, NULL, NULL, 3, "", "statement 2");
	apply(text, NULL, NULL, 3, "", "--in-doubt done or --in-doubt again");
	/* The server went on with what it had been sent. */
	expect(server->columns, "id.x.y");
	apply(text, "--in-doubt", "done", 0, "applied: 0 statements", "");
	expect(ROWS, "1");
	done();
}
END_TEST

START_TEST(a_transaction_cut_off_with_its_apply_is_run_again)
{
	static const char text[] = "INSERT INTO t VALUES (1, 1);\nALTER TABLE t ADD y int;\n";
	struct db_conn *reader;

	use(0);
	reader = session();
	sql(reader, "BEGIN; SELECT * FROM t");
	kill_waiting(text);
	wait_until(END_ITS_SESSION, "0");
	sql(reader, "COMMIT");
	server->engine->db->close(reader);
	apply(text, NULL, NULL, 0, "applied: 1 statement, the rest", "");
	expect(ROWS, "1");
	expect(server->columns, "id.x.y");
	done();
}
END_TEST

START_TEST(the_record_is_in_the_transaction_of_what_it_records)
{
	use(0);
	apply("INSERT INTO t VALUES (1, 1);\n", NULL, NULL, 0, "applied: 1 statement", "");
	expect("SELECT (SELECT xmin::text FROM t) = (SELECT xmin::text FROM"
	       " schema_migrations_audit WHERE outcome = 'ok')",
		"t");
	done();
}
END_TEST

START_TEST(an_invalid_index_is_dropped_and_built_anew)
{
	static const char text[] = "CREATE UNIQUE INDEX CONCURRENTLY i ON t (x);\n";

	use(0);
	sql(admin, "INSERT INTO t VALUES (1, 1), (2, 1)");
	apply(text, NULL, NULL, 1, "23505", "");
	expect("SELECT indisvalid FROM pg_index WHERE indexrelid = 'i'::regclass", "f");
	sql(admin, "DELETE FROM t WHERE id = 2");
	apply(text, NULL, NULL, 0, "first: DROP INDEX CONCURRENTLY public.i", "");
	expect("SELECT indisvalid FROM pg_index WHERE indexrelid = 'i'::regclass", "t");
	done();
}
END_TEST

START_TEST(a_build_cut_off_with_its_apply_is_repaired)
{
	static const char text[] = "CREATE INDEX CONCURRENTLY i ON t (x);\n";
	struct db_conn *writer;

	use(0);
	writer = session();
	sql(writer, "BEGIN; INSERT INTO t VALUES (1, 1)");
	kill_waiting(text);
	wait_until(END_ITS_SESSION, "0");
	sql(writer, "COMMIT");
	server->engine->db->close(writer);
	expect("SELECT indisvalid FROM pg_index WHERE indexrelid = 'i'::regclass", "f");
	apply(text, NULL, NULL, 0, "first: DROP INDEX CONCURRENTLY public.i", "");
	expect("SELECT indisvalid FROM pg_index WHERE indexrelid = 'i'::regclass", "t");
	done();
}
END_TEST

START_TEST(a_lock_that_is_not_granted_is_asked_for_again_and_the_wait_told)
{
	static const char text[] = "ALTER TABLE t ADD y int;\n";
	struct db_conn *reader;

	use(_i);
	reader = session();
	sql(reader, _i ? "START TRANSACTION; SELECT * FROM t" : "BEGIN; SELECT * FROM t");
	apply(text, "--set", "migration.attempts=2", 1, "for locks, 2 attempts", "again");
	expect("SELECT count(*) FROM schema_migrations_audit WHERE outcome = 'timed-out' AND"
	       " attempt IN (1, 2)",
		"2");
	server->engine->db->close(reader);
	wait_until(ROWS, "0");
	apply(text, NULL, NULL, 0, "applied: 1 statement", "");
	done();
}
END_TEST

/* ---- the approval ---- */

static char *approval(const char *file_text, const char *version, const char *verdict)
{
	char *path = fs_join(cli.root, "result.json");
	char *sha256 = mem_zalloc(FS_SHA256_TEXT);
	struct result r;
	struct err err = {0};

	sample_healthy(&r);
	fs_sha256(file_text, strlen(file_text), sha256);
	ck_assert_uint_eq(r.n_files, 1);
	sample_set(&r.files[0].sha256, sha256);
	sample_set(&r.verdict, verdict);
	sample_set(&r.rehearsal.engine, server->engine->name);
	sample_set(&r.rehearsal.server_version, version);
	sample_set(&r.rehearsal.transaction_mode, "statement");
	ck_ok(result_save(&r, path, &err), err);
	result_release(&r);
	free(sha256);
	return path;
}

static void apply_approved(const char *rehearsed, const char *version, const char *verdict,
	const char *mode, int code, const char *complains)
{
	static const char text[] = "ALTER TABLE t ADD y int";
	char *file = cli_file(&cli, "m.sql", text);
	char *result = approval(rehearsed, version, verdict);
	struct cli_run run;

	CLI(&cli, &run, "apply", "--target", *server->dsn, file, "--set", server->set_engine,
		"--set", mode, "--result", result);
	ck_assert_msg(run.code == code, "exit %d: %s%s", run.code, run.out, run.err);
	ck_assert_msg(strstr(run.err, complains), "'%s' is not in: %s", complains, run.err);
	cli_run_release(&run);
	free(file);
	free(result);
}

START_TEST(only_what_was_rehearsed_and_approved_is_applied)
{
	static const char text[] = "ALTER TABLE t ADD y int";
	static const char by_statement[] = "migration.transaction=statement";
	CLEANUP(cleanup_free) char *version = NULL;
	struct err err = {0};

	use(_i);
	ck_ok(db_text(server->engine->db, admin, server->engine->dialect->server_version, &version,
		      &err),
		err);
	apply_approved(text, version, "reject", by_statement, 3, "the verdict is 'reject'");
	apply_approved("ALTER TABLE t ADD z int", version, "approve", by_statement, 3,
		"is not the file that was rehearsed");
	apply_approved(text, "9.9", "approve", by_statement, 3, "it was rehearsed on version 9.9");
	apply_approved(text, version, "approve", "migration.transaction=file", 3,
		"it was rehearsed with migration.transaction 'statement'");
	expect(server->columns, "id.x");
	expect(server->audit_exists, "0");
	apply_approved(text, version, "approve", by_statement, 0, "1 of 1");
	expect(server->columns, "id.x.y");
	done();
}
END_TEST

START_TEST(wrong_words_touch_nothing)
{
	static const struct {
		const char *words[6];
		const char *says;
	} cases[] = {
		{{"m.sql", "--without-rehearsal", "x"}, "--target: which server"},
		{{"m.sql", "--target", "dbname=x"}, "give --result FILE"},
		{{"m.sql", "--target", "dbname=x", "--without-rehearsal", ""},
			"a reason is required"},
		{{"--target", "dbname=x", "--without-rehearsal", "x"}, "name the migration"},
		{{"m.sql", "--target", "env:NO_SUCH_NAME", "--without-rehearsal", "x"},
			"'NO_SUCH_NAME' is not set"},
		{{"--target", "dbname=x", "--result", "nowhere.json"}, "nowhere.json"},
	};
	const char *words[8] = {"apply"};
	struct cli_run run;

	memcpy(words + 1, cases[_i].words, sizeof(cases[_i].words));
	cli_run(&cli, &run, words);
	ck_assert_msg(run.code == 2, "exit %d: %s", run.code, run.err);
	ck_assert_msg(strstr(run.err, cases[_i].says), "%s", run.err);
	cli_run_release(&run);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("apply");
	TCase *tc = tcase_create("apply");

	tcase_add_unchecked_fixture(tc, start, stop);
	tcase_add_loop_test(tc, what_was_done_is_on_record_with_who_and_why, 0, N_SERVERS);
	tcase_add_loop_test(tc, a_dry_run_changes_nothing_at_all, 0, N_SERVERS);
	tcase_add_loop_test(tc, after_a_failure_it_goes_on_where_it_was, 0, N_SERVERS);
	tcase_add_loop_test(
		tc, a_failed_transaction_is_run_whole_again_but_nothing_twice, 0, N_SERVERS);
	tcase_add_loop_test(tc, settings_of_the_session_are_made_again, 0, N_SERVERS);
	tcase_add_loop_test(tc, only_one_applies_at_a_time, 0, N_SERVERS);
	tcase_add_loop_test(
		tc, a_lock_that_is_not_granted_is_asked_for_again_and_the_wait_told, 0, N_SERVERS);
	tcase_add_loop_test(tc, only_what_was_rehearsed_and_approved_is_applied, 0, N_SERVERS);
	tcase_add_test(tc, a_statement_cut_off_with_its_apply_is_looked_at_by_somebody);
	tcase_add_test(tc, a_transaction_cut_off_with_its_apply_is_run_again);
	tcase_add_test(tc, the_record_is_in_the_transaction_of_what_it_records);
	tcase_add_test(tc, an_invalid_index_is_dropped_and_built_anew);
	tcase_add_test(tc, a_build_cut_off_with_its_apply_is_repaired);
	tcase_add_loop_test(tc, wrong_words_touch_nothing, 0, 6);
	suite_add_tcase(suite, tc);
	return suite_run(suite);
}
