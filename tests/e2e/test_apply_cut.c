/* `rehearse apply` that is killed in the middle of a statement, and what the next one makes of it.
 */
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "harness/base/clock.h"
#include "tests/support/apply_rig.h"
#include "tests/support/suite.h"

/* CASE, since a WHERE clause may be evaluated in any order, for the session that asks too. */
#define END_ITS_SESSION                                                       \
	"SELECT count(CASE WHEN application_name = 'rehearse-migration' THEN" \
	" pg_terminate_backend(pid) END) FROM pg_stat_activity"

/* Starts an apply that waits for a lock, and kills it there. */
static void kill_waiting(const char *text)
{
	char *file = cli_file(&apply_cli, "m.sql", text);
	const char *const words[] = {"apply", "--target", *apply_server->dsn, file, "--set",
		apply_server->set_engine, "--set", "migration.lock_timeout=1m",
		"--without-rehearsal", "a test", NULL};
	uint64_t deadline = clock_us() + APPLY_WAIT_US;
	struct cli_run run;
	int64_t waits = 0;
	struct err err = {0};

	cli_start(&apply_cli, &run, words);
	while (!waits && clock_us() < deadline) {
		clock_sleep_us(50000);
		ck_ok(db_number(apply_server->engine->db, apply_admin,
			      !strcmp(apply_server->engine->name, "postgres")
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

START_TEST(a_statement_cut_off_with_its_apply_is_looked_at_by_somebody)
{
	static const char text[] = "INSERT INTO t VALUES (1, 1);\nALTER TABLE t ADD y int;\n";
	struct db_conn *reader;

	apply_use(1); /* where DDL commits, nothing tells afterwards */
	reader = apply_session();
	apply_sql(reader, "START TRANSACTION; SELECT * FROM t");
	kill_waiting(text);
	apply_sql(reader, "COMMIT");
	apply_server->engine->db->close(reader);
	apply_wait_until(
		"SELECT COUNT(*) FROM information_schema.PROCESSLIST WHERE INFO LIKE 'ALTER%'",
		"0");
	apply_file(text, NULL, NULL, 3, "", "statement 2");
	apply_file(text, NULL, NULL, 3, "", "--in-doubt done or --in-doubt again");
	/* The server went on with what it had been sent. */
	apply_expect(apply_server->columns, "id.x.y");
	apply_file(text, "--in-doubt", "done", 0, "applied: 0 statements", "");
	apply_expect(APPLY_ROWS, "1");
	apply_done();
}
END_TEST

START_TEST(a_transaction_cut_off_with_its_apply_is_run_again)
{
	static const char text[] = "INSERT INTO t VALUES (1, 1);\nALTER TABLE t ADD y int;\n";
	struct db_conn *reader;

	apply_use(0);
	reader = apply_session();
	apply_sql(reader, "BEGIN; SELECT * FROM t");
	kill_waiting(text);
	apply_wait_until(END_ITS_SESSION, "0");
	apply_sql(reader, "COMMIT");
	apply_server->engine->db->close(reader);
	apply_file(text, NULL, NULL, 0, "applied: 1 statement, the rest", "");
	apply_expect(APPLY_ROWS, "1");
	apply_expect(apply_server->columns, "id.x.y");
	apply_done();
}
END_TEST

START_TEST(a_build_cut_off_with_its_apply_is_repaired)
{
	static const char text[] = "CREATE INDEX CONCURRENTLY i ON t (x);\n";
	struct db_conn *writer;

	apply_use(0);
	writer = apply_session();
	apply_sql(writer, "BEGIN; INSERT INTO t VALUES (1, 1)");
	kill_waiting(text);
	apply_wait_until(END_ITS_SESSION, "0");
	apply_sql(writer, "COMMIT");
	apply_server->engine->db->close(writer);
	apply_expect("SELECT indisvalid FROM pg_index WHERE indexrelid = 'i'::regclass", "f");
	apply_file(text, NULL, NULL, 0, "first: DROP INDEX CONCURRENTLY public.i", "");
	apply_expect("SELECT indisvalid FROM pg_index WHERE indexrelid = 'i'::regclass", "t");
	apply_done();
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("apply_cut");
	TCase *tc = tcase_create("apply_cut");

	tcase_add_unchecked_fixture(tc, apply_start, apply_stop);
	tcase_add_test(tc, a_statement_cut_off_with_its_apply_is_looked_at_by_somebody);
	tcase_add_test(tc, a_transaction_cut_off_with_its_apply_is_run_again);
	tcase_add_test(tc, a_build_cut_off_with_its_apply_is_repaired);
	suite_add_tcase(suite, tc);
	return suite_run(suite);
}
