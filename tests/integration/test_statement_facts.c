/* What single statements are seen to do, on a real server: locks, rewrites, scans, WAL. */
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "harness/base/clock.h"
#include "tests/support/rig.h"
#include "tests/support/suite.h"

static void start_server(void)
{
	static const struct server_setting settings[] = {
		{(char *)"shared_preload_libraries", (char *)"pg_stat_statements"}};

	rig_start_pg_with(settings, 1);
}

/* In a session of its own, so that its scans are not counted as the migration's. */
static void fresh_schema(void)
{
	rig_once("DROP SCHEMA public CASCADE; CREATE SCHEMA public;"
		 "CREATE TABLE parent (id int PRIMARY KEY);"
		 "CREATE TABLE t (id int PRIMARY KEY, n int, s varchar(10), long text);"
		 "CREATE INDEX t_n ON t (n);"
		 "INSERT INTO parent SELECT g FROM generate_series(1, 10) g;"
		 "INSERT INTO t SELECT g, 1 + g % 10, 'x', repeat('y', 10)"
		 " FROM generate_series(1, 20000) g;"
		 "ALTER TABLE t ADD CONSTRAINT t_later CHECK (n > 0) NOT VALID;"
		 "CREATE TABLE p (id int, at date) PARTITION BY RANGE (at);"
		 "CREATE TABLE p1 PARTITION OF p FOR VALUES FROM ('2020-01-01') TO ('2021-01-01');"
		 "CREATE TABLE loose (id int, at date);"
		 "INSERT INTO loose VALUES (1, '2021-05-01');"
		 "ANALYZE");
}

/* One statement as a runner would send it: in a transaction of its own, or outside any. */
static struct statement_facts facts_of(
	struct observer *o, struct db_conn *conn, const char *sql, bool transaction, bool own)
{
	struct statement_facts facts;
	struct err err = {0};

	if (transaction)
		rig_run(conn, "BEGIN");
	ck_ok(ops->statement_begin(o, db->session_id(conn), sql, &err), err);
	ck_assert_msg(db_exec(db, conn, sql, &err) == 0, "%s: %s", sql, err.text);
	if (transaction)
		ck_ok(ops->statement_locks(o, &err), err);
	if (own)
		ck_ok(ops->statement_own(o, conn, &err), err);
	if (transaction)
		rig_run(conn, "COMMIT");
	ck_ok(ops->statement_end(o, &facts, &err), err);
	return facts;
}

#define AE "AccessExclusiveLock"
#define SRE "ShareRowExclusiveLock"
#define SUE "ShareUpdateExclusiveLock"

static const struct {
	const char *sql, *object, *mode, *rewritten, *scanned;
	bool outside; /* of a transaction */
} cases[] = {
	{"ALTER TABLE t ADD COLUMN a int", "public.t", AE, NULL, NULL, false},
	{"ALTER TABLE t ADD COLUMN a timestamptz DEFAULT now()", "public.t", AE, NULL, NULL, false},
	{"ALTER TABLE t ADD COLUMN a timestamptz DEFAULT clock_timestamp()", "public.t", AE,
		"public.t", "public.t", false},
	{"ALTER TABLE t ADD COLUMN a uuid DEFAULT gen_random_uuid()", "public.t", AE, "public.t",
		"public.t", false},
	{"ALTER TABLE t ALTER COLUMN n TYPE bigint", "public.t", AE, "public.t", "public.t", false},
	{"ALTER TABLE t ALTER COLUMN s TYPE varchar(20)", "public.t", AE, NULL, NULL, false},
	{"ALTER TABLE t ALTER COLUMN n SET NOT NULL", "public.t", AE, NULL, "public.t", false},
	{"ALTER TABLE t ADD CONSTRAINT c CHECK (n > 0)", "public.t", AE, NULL, "public.t", false},
	{"ALTER TABLE t ADD CONSTRAINT c CHECK (n > 0) NOT VALID", "public.t", AE, NULL, NULL,
		false},
	{"ALTER TABLE t VALIDATE CONSTRAINT t_later", "public.t", SUE, NULL, "public.t", false},
	{"ALTER TABLE t ADD CONSTRAINT f FOREIGN KEY (n) REFERENCES parent NOT VALID",
		"public.parent", SRE, NULL, NULL, false},
	{"ALTER TABLE t ADD CONSTRAINT f FOREIGN KEY (n) REFERENCES parent", "public.t", SRE, NULL,
		"public.t", false},
	{"CREATE INDEX t_s ON t (s)", "public.t", "ShareLock", NULL, "public.t", false},
	{"CREATE INDEX CONCURRENTLY t_s ON t (s)", "public.t", SUE, NULL, "public.t", true},
	{"DROP INDEX t_n", "public.t", AE, NULL, NULL, false},
	{"REINDEX INDEX t_n", "public.t_n", AE, "public.t_n", "public.t", false},
	{"VACUUM FULL t", "public.t", AE, "public.t", "public.t", true},
	{"CLUSTER t USING t_pkey", "public.t", AE, "public.t", "public.t", false},
	{"TRUNCATE t", "public.t", AE, "public.t", NULL, false},
	{"ALTER TABLE p ATTACH PARTITION loose FOR VALUES FROM ('2021-01-01') TO ('2022-01-01')",
		"public.p", SUE, NULL, "public.loose", false},
	{"CREATE TABLE p2 PARTITION OF p FOR VALUES FROM ('2021-01-01') TO ('2022-01-01')",
		"public.p", AE, NULL, NULL, false},
	{"CREATE TRIGGER g BEFORE UPDATE ON t FOR EACH ROW EXECUTE FUNCTION "
	 "suppress_redundant_updates_trigger()",
		"public.t", SRE, NULL, NULL, false},
	{"CREATE TABLE child (id int REFERENCES parent)", "public.parent", SRE, NULL, NULL, false},
	{"UPDATE t SET s = 'z'", "public.t", "RowExclusiveLock", NULL, "public.t", false},
	{"ALTER TABLE t RENAME TO u", "public.t", AE, NULL, NULL, false},
	{"DROP TABLE t", "public.t", AE, NULL, NULL, false},
};

/* Outside a transaction locks are sampled, so that a quick statement's may be missed. */
static void check_case(int i, const struct statement_facts *f)
{
	const char *sql = cases[i].sql;

	if (!cases[i].outside)
		ck_assert_msg(facts_lock(f, cases[i].object, cases[i].mode), "%s: no %s on %s", sql,
			cases[i].mode, cases[i].object);
	if (cases[i].rewritten)
		ck_assert_msg(
			f->n_rewritten == 1 && strcmp(f->rewritten[0], cases[i].rewritten) == 0,
			"%s: %zu rewritten, first %s", sql, f->n_rewritten,
			f->n_rewritten ? f->rewritten[0] : "none");
	else
		ck_assert_msg(f->n_rewritten == 0, "%s: %s was not rewritten", sql,
			f->n_rewritten ? f->rewritten[0] : "");
	if (cases[i].scanned)
		ck_assert_msg(facts_name(f->scanned, f->n_scanned, cases[i].scanned),
			"%s: a scan of %s was not seen", sql, cases[i].scanned);
	else
		ck_assert_msg(!facts_name(f->scanned, f->n_scanned, "public.t"),
			"%s: t was not scanned", sql);
}

START_TEST(a_statement_is_seen_to_do_what_it_does)
{
	struct db_conn *conn = rig_session("migration");
	struct statement_facts facts;
	struct observer *o;

	fresh_schema();
	o = rig_observe("sampling", 10000);
	facts = facts_of(o, conn, cases[_i].sql, !cases[_i].outside, true);
	check_case(_i, &facts);
	for (size_t i = 0; i < facts.n_locks; i++) {
		const struct fact_lock *l = &facts.locks[i];

		ck_assert_uint_gt(l->hold_us, 0);
		ck_assert_msg(strncmp(l->object, "pg_", 3) != 0, "%s", l->object);
		if (strcmp(l->object, "public.t") == 0) {
			ck_assert(!l->new_object);
			ck_assert(l->blocks_reads == (strcmp(l->mode, AE) == 0));
		}
		if (strcmp(l->object, "public.t_s") == 0 || strcmp(l->object, "public.child") == 0)
			ck_assert(l->new_object);
	}
	statement_facts_release(&facts);
	ops->close(o);
	db->close(conn);
}
END_TEST

START_TEST(in_one_transaction_each_statement_has_what_is_its_own)
{
	struct db_conn *conn = rig_session("migration");
	struct statement_facts first, second;
	struct observer *o;
	struct err err = {0};

	fresh_schema();
	o = rig_observe("sampling", 10000);
	rig_run(conn, "BEGIN");
	ck_ok(ops->statement_begin(o, db->session_id(conn), "CREATE INDEX", &err), err);
	rig_run(conn, "ALTER TABLE t ALTER COLUMN n TYPE bigint");
	ck_ok(ops->statement_locks(o, &err), err);
	ck_ok(ops->statement_own(o, conn, &err), err);
	ck_ok(ops->statement_end(o, &first, &err), err);
	ck_ok(ops->statement_begin(o, db->session_id(conn), "CREATE INDEX", &err), err);
	rig_run(conn, "ALTER TABLE t ADD COLUMN a int; CREATE INDEX parent_id ON parent (id)");
	ck_ok(ops->statement_locks(o, &err), err);
	ck_ok(ops->statement_own(o, conn, &err), err);
	ck_ok(ops->statement_end(o, &second, &err), err);
	rig_run(conn, "COMMIT");

	ck_assert(facts_lock(&first, "public.t", AE));
	ck_assert_uint_eq(first.locks[0].hold_us, 0); /* still held: the caller fills it */
	ck_assert_uint_eq(first.n_rewritten, 1);
	ck_assert_str_eq(first.rewritten[0], "public.t");
	ck_assert(facts_name(first.scanned, first.n_scanned, "public.t"));

	ck_assert_msg(!facts_lock(&second, "public.t", AE), "it was held before");
	ck_assert(facts_lock(&second, "public.parent", "ShareLock"));
	ck_assert_uint_eq(second.n_rewritten, 0);
	ck_assert(facts_name(second.scanned, second.n_scanned, "public.parent"));
	ck_assert(!facts_name(second.scanned, second.n_scanned, "public.t"));
	statement_facts_release(&first);
	statement_facts_release(&second);
	ops->close(o);
	db->close(conn);
}
END_TEST

static void *scan_all_the_time(void *arg)
{
	struct db_conn *conn = arg;

	for (int i = 0; i < 20; i++) {
		db_exec(db, conn, "SELECT count(*) FROM parent", NULL);
		clock_sleep_us(5000);
	}
	return NULL;
}

START_TEST(scans_of_others_are_not_the_migrations)
{
	struct db_conn *conn = rig_session("migration"), *other = rig_session("migration");
	struct statement_facts facts;
	struct observer *o;
	pthread_t thread;

	fresh_schema();
	o = rig_observe("sampling", 10000);
	pthread_create(&thread, NULL, scan_all_the_time, other);
	facts = facts_of(o, conn,
		"ALTER TABLE t ADD CONSTRAINT f FOREIGN KEY (n) REFERENCES parent NOT VALID;"
		" SELECT pg_sleep(0.2)",
		true, true);
	pthread_join(thread, NULL);
	ck_assert_uint_eq(facts.n_scanned, 0);
	statement_facts_release(&facts);
	ops->close(o);
	db->close(conn);
	db->close(other);
}
END_TEST

START_TEST(locks_outside_a_transaction_are_sampled_with_their_time)
{
	struct db_conn *conn = rig_session("migration"), *old = rig_session("migration");
	struct statement_facts facts;
	struct observer *o;
	struct err err = {0};
	const struct fact_lock *lock = NULL;

	fresh_schema();
	o = rig_observe("sampling", 10000);
	/* The build waits for this one, and holds its lock for that long. */
	rig_run(old, "BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT 1 FROM parent");
	ck_ok(ops->statement_begin(o, db->session_id(conn), "CREATE INDEX", &err), err);
	ck_assert_int_eq(db->query_start(conn, "CREATE INDEX CONCURRENTLY t_s ON t (s)"), 0);
	for (int i = 0; i < 60 && db->step(conn) == DB_AGAIN; i++)
		clock_sleep_us(10000);
	rig_run(old, "COMMIT");
	while (db->step(conn) == DB_AGAIN)
		clock_sleep_us(1000);
	ck_ok(ops->statement_end(o, &facts, &err), err);
	for (size_t i = 0; i < facts.n_locks; i++)
		if (strcmp(facts.locks[i].object, "public.t") == 0 &&
			strcmp(facts.locks[i].mode, SUE) == 0)
			lock = &facts.locks[i];
	ck_assert_ptr_nonnull(lock);
	ck_assert(!lock->blocks_reads && !lock->blocks_writes);
	ck_assert_uint_ge(lock->hold_us, 500000);
	ck_assert_uint_le(lock->hold_us, 5000000);
	statement_facts_release(&facts);
	ops->close(o);
	db->close(conn);
	db->close(old);
}
END_TEST

START_TEST(wal_is_the_statements_own_where_the_server_counts_it)
{
	struct db_conn *conn = rig_session("migration"), *other = rig_session("migration");
	struct statement_facts facts;
	struct observer *o;
	struct err err = {0};

	fresh_schema();
	rig_run(conn, "CREATE TABLE noise (t text)");
	o = rig_observe("sampling", 10000);
	rig_run(conn, "BEGIN");
	ck_ok(ops->statement_begin(o, db->session_id(conn), "CREATE INDEX", &err), err);
	rig_run(conn, "ALTER TABLE t ADD COLUMN a int");
	rig_run(other, "INSERT INTO noise SELECT repeat('n', 1000) FROM generate_series(1, 5000)");
	ck_ok(ops->statement_locks(o, &err), err);
	rig_run(conn, "COMMIT");
	ck_ok(ops->statement_end(o, &facts, &err), err);
	ck_assert(facts.wal_exact);
	ck_assert_uint_gt(facts.wal_bytes, 0);
	ck_assert_uint_lt(facts.wal_bytes, 1000000);
	statement_facts_release(&facts);
	ops->close(o);
	db->close(conn);
	db->close(other);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("statement_facts");
	TCase *tc = tcase_create("facts");

	tcase_set_timeout(tc, SUITE_TIMEOUT_S);
	tcase_add_unchecked_fixture(tc, start_server, rig_stop);
	tcase_add_loop_test(
		tc, a_statement_is_seen_to_do_what_it_does, 0, sizeof(cases) / sizeof(cases[0]));
	tcase_add_test(tc, in_one_transaction_each_statement_has_what_is_its_own);
	tcase_add_test(tc, scans_of_others_are_not_the_migrations);
	tcase_add_test(tc, locks_outside_a_transaction_are_sampled_with_their_time);
	tcase_add_test(tc, wal_is_the_statements_own_where_the_server_counts_it);
	suite_add_tcase(suite, tc);
	return suite_run(suite);
}
