/* What single statements are seen to do, on a real MariaDB: algorithm, locks, rebuilt tables,
 * scans, redo; what a migration leaves behind. */
#include <stdio.h>
#include <string.h>

#include "harness/base/clock.h"
#include "tests/support/rig.h"
#include "tests/support/suite.h"

#define N(list) (sizeof(list) / sizeof((list)[0]))

static void fresh_schema(void)
{
	static const char *const statements[] = {"DROP VIEW IF EXISTS v",
		"DROP TABLE IF EXISTS t, t_new, t_old, isam, made, _t_gho, part",
		"CREATE TABLE t (id INT PRIMARY KEY, n INT, s VARCHAR(20), KEY (n)) ENGINE=InnoDB",
		"INSERT INTO t SELECT seq, seq, 'x' FROM seq_1_to_20000",
		"CREATE TABLE t_new LIKE t", "INSERT INTO t_new SELECT * FROM t",
		"CREATE TABLE isam (id INT PRIMARY KEY, n INT, KEY (n)) ENGINE=MyISAM",
		"INSERT INTO isam SELECT seq, seq FROM seq_1_to_20000",
		"CREATE TABLE part (id INT PRIMARY KEY, n INT) ENGINE=InnoDB PARTITION BY HASH (id)"
		" PARTITIONS 3",
		"INSERT INTO part SELECT seq, seq FROM seq_1_to_5000",
		"ANALYZE TABLE t, isam, part"};
	struct db_conn *conn = rig_session("setup");

	for (size_t i = 0; i < N(statements); i++)
		rig_run(conn, statements[i]);
	db->close(conn);
}

#define X "EXCLUSIVE"
#define SNW "SHARED_NO_WRITE"

static const struct {
	const char *sql, *algorithm, *object, *mode, *rewritten, *scanned;
} cases[] = {
	{"ALTER TABLE t ADD COLUMN a INT", "instant", "test.t", X, NULL, NULL},
	{"ALTER TABLE t ADD INDEX (s)", "inplace", "test.t", X, NULL, "test.t"},
	{"CREATE INDEX i ON t (s)", "inplace", "test.t", X, NULL, "test.t"},
	{"ALTER TABLE t FORCE", "rebuild", "test.t", X, "test.t", "test.t"},
	{"OPTIMIZE TABLE t", "rebuild", "test.t", X, "test.t", "test.t"},
	{"ALTER TABLE t MODIFY n BIGINT", "copy", "test.t", SNW, "test.t", "test.t"},
	{"ALTER TABLE isam ADD COLUMN a INT", "copy", "test.isam", SNW, "test.isam", "test.isam"},
	{"ALTER TABLE isam COMMENT 'x'", "instant", "test.isam", X, NULL, NULL},
	{"ALTER TABLE part FORCE", "rebuild", "test.part", X, "test.part", "test.part"},
	{"RENAME TABLE t TO t_old, t_new TO t", "", "test.t", X, NULL, NULL},
	{"TRUNCATE TABLE t", "", "test.t", X, "test.t", NULL},
	{"UPDATE t SET s = 'y' WHERE s = 'x'", "", "test.t", "SHARED_WRITE", NULL, "test.t"},
	{"UPDATE t SET s = 'y' WHERE id = 1", "", NULL, NULL, NULL, NULL},
};

START_TEST(statements_are_seen_to_do_what_they_do)
{
	struct statement_facts f;
	struct db_conn *conn;
	struct observer *o;

	fresh_schema();
	conn = rig_session("migration");
	o = rig_observe("auto", 10000);
	f = rig_facts(o, conn, cases[_i].sql, "");
	for (size_t i = 0; i < f.n_locks; i++)
		printf("%-40s %s %s %llu us\n", cases[_i].sql, f.locks[i].object, f.locks[i].mode,
			(unsigned long long)f.locks[i].hold_us);
	ck_assert_msg(
		!strcmp(f.algorithm, cases[_i].algorithm), "%s: %s", cases[_i].sql, f.algorithm);
	/* A statement of a millisecond may be over before its locks are looked at, but not one that
	 * changes a table: that held them, however short. */
	if (cases[_i].mode && *cases[_i].algorithm)
		ck_assert_msg(facts_lock(&f, cases[_i].object, cases[_i].mode) != NULL, "%s: no %s",
			cases[_i].sql, cases[_i].mode);
	ck_assert_msg(f.n_rewritten == (cases[_i].rewritten != NULL), "%s: %zu rewritten",
		cases[_i].sql, f.n_rewritten);
	if (cases[_i].rewritten)
		ck_assert(facts_name(f.rewritten, f.n_rewritten, cases[_i].rewritten));
	ck_assert_msg(f.n_scanned == (cases[_i].scanned != NULL), "%s: %zu scanned", cases[_i].sql,
		f.n_scanned);
	if (cases[_i].scanned)
		ck_assert(facts_name(f.scanned, f.n_scanned, cases[_i].scanned));
	ck_assert(!f.wal_exact);
	statement_facts_release(&f);
	ops->close(o);
	db->close(conn);
}
END_TEST

START_TEST(locks_come_with_times_and_with_whom_they_block)
{
	const char *sql = "ALTER TABLE t MODIFY n BIGINT, ALGORITHM=COPY";
	struct statement_facts f;
	const struct fact_lock *lock;
	struct db_conn *conn;
	struct observer *o;
	uint64_t before, took;

	fresh_schema();
	rig_once("INSERT INTO t SELECT seq + 20000, seq, 'x' FROM seq_1_to_400000");
	conn = rig_session("migration");
	o = rig_observe("auto", 10000);
	before = clock_wall_us();
	f = rig_facts(o, conn, sql, "");
	took = clock_wall_us() - before;
	lock = facts_lock(&f, "test.t", SNW);
	ck_assert_ptr_nonnull(lock);
	ck_assert(lock->blocks_writes && !lock->blocks_reads && !lock->new_object);
	ck_assert(lock->acquired_us >= before && lock->acquired_us <= before + took);
	ck_assert_msg(lock->hold_us > 50000 && lock->hold_us <= took, "%llu of %llu us",
		(unsigned long long)lock->hold_us, (unsigned long long)took);
	lock = facts_lock(&f, "test.t", X);
	ck_assert_ptr_nonnull(lock);
	ck_assert(lock->blocks_reads && lock->hold_us < took / 2);
	ck_assert_uint_gt(f.wal_bytes, 1000000);
	statement_facts_release(&f);
	ops->close(o);
	db->close(conn);
}
END_TEST

START_TEST(locks_that_stay_have_no_hold_time_yet)
{
	struct statement_facts f;
	const struct fact_lock *lock;
	struct db_conn *conn;
	struct observer *o;

	fresh_schema();
	conn = rig_session("migration");
	o = rig_observe("auto", 10000);
	rig_run(conn, "BEGIN");
	f = rig_facts(o, conn, "UPDATE t SET n = 0 WHERE id = 1", "");
	lock = facts_lock(&f, "test.t", "SHARED_WRITE");
	ck_assert_ptr_nonnull(lock);
	ck_assert_uint_eq(lock->hold_us, 0);
	ck_assert(!lock->blocks_writes);
	statement_facts_release(&f);
	f = rig_facts(o, conn, "UPDATE t SET n = 0 WHERE id = 2", "");
	ck_assert_msg(!facts_lock(&f, "test.t", "SHARED_WRITE"), "it was held before");
	statement_facts_release(&f);
	rig_run(conn, "COMMIT");
	f = rig_facts(o, conn, "LOCK TABLES t WRITE", "");
	lock = facts_lock(&f, "test.t", "SHARED_NO_READ_WRITE");
	ck_assert_ptr_nonnull(lock);
	ck_assert(lock->blocks_reads && lock->hold_us == 0);
	statement_facts_release(&f);
	ops->close(o);
	db->close(conn);
}
END_TEST

/* Long enough to be met by a sample; what a metadata lock does not tell is told beside it. */
START_TEST(tables_of_myisam_are_locked_as_a_whole)
{
	static const struct {
		const char *sql, *mode;
		bool reads;
	} statements[] = {
		{"UPDATE isam SET n = n + 1 WHERE SLEEP(0.0002) = 0 LIMIT 500", "table WRITE",
			true},
		{"INSERT INTO isam SELECT seq + 30000, SLEEP(0.0002) FROM seq_1_to_1000",
			"table WRITE", false},
		{"INSERT INTO t SELECT id + 50000, SLEEP(0.0002), '' FROM isam LIMIT 500",
			"table READ", false},
	};
	struct db_conn *conn;
	struct observer *o;

	fresh_schema();
	conn = rig_session("migration");
	o = rig_observe("auto", 10000);
	for (size_t i = 0; i < N(statements); i++) {
		struct statement_facts f = rig_facts(o, conn, statements[i].sql, "");
		const struct fact_lock *lock = facts_lock(&f, "test.isam", statements[i].mode);

		ck_assert_msg(lock != NULL, "%s", statements[i].sql);
		ck_assert(lock->blocks_writes);
		ck_assert_msg(lock->blocks_reads == statements[i].reads, "%s", statements[i].sql);
		ck_assert_uint_gt(lock->hold_us, 10000);
		ck_assert_ptr_null(facts_lock(&f, "test.t", "table WRITE"));
		statement_facts_release(&f);
	}
	ops->close(o);
	db->close(conn);
}
END_TEST

START_TEST(tables_of_the_migrations_own_are_new)
{
	struct statement_facts f;
	struct db_conn *conn;
	struct observer *o;

	fresh_schema();
	conn = rig_session("migration");
	o = rig_observe("auto", 10000);
	f = rig_facts(o, conn, "CREATE TABLE made (id INT PRIMARY KEY) ENGINE=InnoDB", "");
	statement_facts_release(&f);
	f = rig_facts(o, conn, "ALTER TABLE made FORCE", "");
	ck_assert_str_eq(f.algorithm, "rebuild");
	ck_assert_uint_eq(f.n_rewritten, 0);
	for (size_t i = 0; i < f.n_locks; i++)
		ck_assert(f.locks[i].new_object);
	statement_facts_release(&f);
	ops->close(o);
	db->close(conn);
}
END_TEST

/* Under an old name, but made by the migration; and the old one under a new name. */
START_TEST(what_is_rewritten_goes_by_the_table_and_not_by_its_name)
{
	static const struct {
		const char *sql, *rewritten;
	} steps[] = {
		{"RENAME TABLE isam TO isam_old, t TO t_old", NULL},
		{"CREATE TABLE isam LIKE isam_old", NULL},
		{"ALTER TABLE isam MODIFY n BIGINT, ALGORITHM=COPY", NULL},
		{"ALTER TABLE isam_old MODIFY n BIGINT, ALGORITHM=COPY", "test.isam_old"},
		{"ALTER TABLE t_old RENAME TO t", NULL},
		{"ALTER TABLE t FORCE", "test.t"},
		{"DROP TABLE t", NULL},
		{"CREATE TABLE t (id INT PRIMARY KEY) ENGINE=InnoDB", NULL},
		{"ALTER TABLE t FORCE", NULL},
	};
	struct db_conn *conn;
	struct observer *o;

	fresh_schema();
	conn = rig_session("migration");
	o = rig_observe("auto", 10000);
	for (size_t i = 0; i < N(steps); i++) {
		struct statement_facts f = rig_facts(o, conn, steps[i].sql, "");

		ck_assert_msg(f.n_rewritten == (steps[i].rewritten != NULL), "%s: %zu",
			steps[i].sql, f.n_rewritten);
		if (steps[i].rewritten)
			ck_assert_str_eq(f.rewritten[0], steps[i].rewritten);
		statement_facts_release(&f);
	}
	rig_run(conn, "DROP TABLE isam_old");
	ops->close(o);
	db->close(conn);
}
END_TEST

START_TEST(a_failed_statement_did_nothing_unless_it_copied)
{
	struct statement_facts f;
	struct db_conn *conn;
	struct observer *o;

	fresh_schema();
	rig_once("UPDATE t SET n = 7 WHERE id < 3");
	conn = rig_session("migration");
	o = rig_observe("auto", 10000);
	f = rig_facts(o, conn, "ALTER TABLE t ADD COLUMN n INT", "1060");
	ck_assert_str_eq(f.algorithm, "");
	ck_assert_uint_eq(f.n_rewritten, 0);
	statement_facts_release(&f);
	f = rig_facts(o, conn, "ALTER TABLE t ADD UNIQUE (n), ALGORITHM=COPY", "1062");
	ck_assert_str_eq(f.algorithm, "copy");
	statement_facts_release(&f);
	ops->close(o);
	db->close(conn);
}
END_TEST

/* ---- leftovers ---- */

START_TEST(leftovers_are_told_with_what_was_there_before)
{
	struct leftover *list;
	size_t n, seen = 0;
	struct err err = {0};
	struct observer *o;

	fresh_schema();
	rig_once("CREATE VIEW v AS SELECT n FROM t_new");
	rig_once("ALTER TABLE isam DISABLE KEYS");
	o = rig_observe("auto", 10000);
	rig_once("CREATE TABLE _t_gho LIKE t");
	rig_once("DROP TABLE t_new");
	ck_ok(ops->leftovers(o, &list, &n, &err), err);
	for (size_t i = 0; i < n; i++) {
		const struct leftover *l = &list[i];

		if (!strcmp(l->kind, "disabled-keys") && !strcmp(l->object, "test.isam"))
			seen |= l->existed_before ? 1 : 0;
		if (!strcmp(l->kind, "orphan-table") && !strcmp(l->object, "test._t_gho"))
			seen |= l->existed_before ? 0 : 2;
		if (!strcmp(l->kind, "invalid-view") && !strcmp(l->object, "test.v"))
			seen |= l->existed_before ? 0 : 4;
	}
	ck_assert_uint_eq(seen, 7);
	leftovers_free(list, n);
	ops->close(o);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("mysql_facts");
	TCase *tc = tcase_create("facts");

	tcase_set_timeout(tc, SUITE_TIMEOUT_S);
	tcase_add_unchecked_fixture(tc, rig_start_mariadb, rig_stop);
	tcase_add_loop_test(tc, statements_are_seen_to_do_what_they_do, 0, N(cases));
	tcase_add_test(tc, locks_come_with_times_and_with_whom_they_block);
	tcase_add_test(tc, locks_that_stay_have_no_hold_time_yet);
	tcase_add_test(tc, tables_of_myisam_are_locked_as_a_whole);
	tcase_add_test(tc, tables_of_the_migrations_own_are_new);
	tcase_add_test(tc, what_is_rewritten_goes_by_the_table_and_not_by_its_name);
	tcase_add_test(tc, a_failed_statement_did_nothing_unless_it_copied);
	tcase_add_test(tc, leftovers_are_told_with_what_was_there_before);
	suite_add_tcase(suite, tc);
	return suite_run(suite);
}
