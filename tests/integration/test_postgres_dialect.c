/* The dialect's texts on a real server. */
#include <stdlib.h>
#include <string.h>

#include "adapters/postgres/postgres.h"
#include "harness/base/cleanup.h"
#include "harness/base/mem.h"
#include "tests/support/pg.h"
#include "tests/support/suite.h"

static const struct db_adapter *const db = &postgres_db;
static const struct dialect *const dialect = &postgres_dialect;
static struct test_pg pg;
static struct db_conn *conn;

static void start_server(void)
{
	test_pg_start(&pg, NULL, 0);
}

static void stop_server(void)
{
	test_pg_stop(&pg);
}

static void sql(const char *text)
{
	struct err err = {0};

	ck_ok(db_exec(db, conn, text, &err), err);
}

static void setup(void)
{
	struct db_target target = {.dsn = pg.dsn};
	struct err err = {0};

	ck_ok(db_connect(db, &target, &conn, &err), err);
	sql("DROP SCHEMA IF EXISTS s CASCADE; DROP SCHEMA public CASCADE; CREATE SCHEMA public;"
	    "CREATE SCHEMA s;"
	    "CREATE TABLE few (id int PRIMARY KEY, word text);"
	    "INSERT INTO few VALUES (1, 'it''s \"quoted\" \\ é'), (2, NULL);"
	    "CREATE TABLE none (id int);"
	    "CREATE TABLE s.\"Many Rows\" (id int PRIMARY KEY, a int, b int, c int NOT NULL, "
	    "	note text, d int GENERATED ALWAYS AS (1) STORED);"
	    "CREATE INDEX ON s.\"Many Rows\" (a) WHERE b > 0;"
	    "INSERT INTO s.\"Many Rows\" SELECT i, i, i, i, 'x' FROM generate_series(1, 200000) i;"
	    "CREATE VIEW v AS SELECT id AS \"Key\" FROM s.\"Many Rows\";"
	    "CREATE TABLE parts (id int PRIMARY KEY, n int) PARTITION BY RANGE (id);"
	    "CREATE TABLE parts_1 PARTITION OF parts FOR VALUES FROM (0) TO (1000);"
	    "CREATE TABLE parts_2 PARTITION OF parts FOR VALUES FROM (1000) TO (3000);"
	    "INSERT INTO parts SELECT i, i FROM generate_series(1, 2000) i;"
	    "CREATE TABLE two_keys (a int, b int, PRIMARY KEY (a, b));"
	    "CREATE TABLE child (id bigint PRIMARY KEY, few_id int REFERENCES few);"
	    "CREATE TABLE schema_migrations_audit (id int PRIMARY KEY)");
}

static void teardown(void)
{
	db->close(conn);
}

/* ---- samples ---- */

static const struct {
	const char *table, *column;
	unsigned n, expected;
	const char *comment;
} samples[] = {
	{"few", "word", 10, 1, "few rows, a NULL left out"},
	{"none", "id", 10, 0, "empty"},
	{"s.\"Many Rows\"", "id", 100, 100, "large and never analyzed"},
	{"s.\"Many Rows\"", "id", 1, 1, "one"},
	{"v", "\"Key\"", 100, 100, "a view"},
	{"parts", "n", 100, 100, "partitioned"},
	{"parts_1", "n", 100, 100, "a partition"},
};

START_TEST(samples_any_table)
{
	CLEANUP(cleanup_free)
	char *text = dialect->sample(samples[_i].table, samples[_i].column, samples[_i].n);
	const struct db_result *r;

	sql("SET default_transaction_read_only = on");
	sql(text);
	r = db->result(conn);
	ck_assert_uint_eq(r->columns, 1);
	ck_assert_msg(r->rows == samples[_i].expected, "%s: %u rows", samples[_i].comment, r->rows);
	for (unsigned i = 0; i < r->rows; i++)
		ck_assert_ptr_nonnull(db->value(conn, i, 0));
}
END_TEST

START_TEST(a_sample_is_as_it_stands_and_at_random)
{
	CLEANUP(cleanup_free) char *few = dialect->sample("few", "word", 10);
	CLEANUP(cleanup_free) char *many = dialect->sample("s.\"Many Rows\"", "id", 50);
	unsigned high = 0;

	sql(few);
	ck_assert_str_eq(db->value(conn, 0, 0), "it's \"quoted\" \\ é");
	sql(many);
	for (unsigned i = 0; i < 50; i++)
		high += strtol(db->value(conn, i, 0), NULL, 10) > 100000;
	/* 2^-50 each to fail by chance. */
	ck_assert_uint_gt(high, 0);
	ck_assert_uint_lt(high, 50);
}
END_TEST

START_TEST(a_large_table_is_not_read_whole)
{
	CLEANUP(cleanup_free) char *text = dialect->sample("s.\"Many Rows\"", "id", 50);
	struct err err = {0};
	int64_t before, after, pages;
	static const char read[] =
		"SELECT pg_stat_get_xact_blocks_fetched('s.\"Many Rows\"'::regclass)";

	ck_ok(db_number(
		      db, conn, "SELECT pg_relation_size('s.\"Many Rows\"') / 8192", &pages, &err),
		err);
	sql("BEGIN");
	ck_ok(db_number(db, conn, read, &before, &err), err);
	sql(text);
	ck_ok(db_number(db, conn, read, &after, &err), err);
	sql("ROLLBACK");
	ck_assert_int_gt(after - before, 0);
	ck_assert_int_lt(after - before, pages / 2);
}
END_TEST

/* ---- tables ---- */

START_TEST(lists_tables_that_a_workload_can_use_largest_first)
{
	static const char *const expected[][6] = {
		{"s.\"Many Rows\"", "id", "c = c", "200000", "s.Many Rows", "id, a, b, c, note, d"},
		{"public.parts", "id", "n = n", "2000", "public.parts", "id, n"},
		{"public.few", "id", "word = word", "2", "public.few", "id, word"},
		{"public.child", "id", NULL, "0", "public.child", "id, few_id"},
	};
	const struct db_result *r;

	sql("ANALYZE");
	sql(dialect->list_tables);
	r = db->result(conn);
	ck_assert_uint_eq(r->columns, 6);
	ck_assert_uint_eq(r->rows, 4);
	for (unsigned i = 0; i < 4; i++)
		for (unsigned k = 0; k < 6; k++) {
			const char *got = db->value(conn, i, k);

			ck_assert_str_eq(
				got ? got : "NULL", expected[i][k] ? expected[i][k] : "NULL");
		}
}
END_TEST

START_TEST(estimates_rows_of_a_table_never_analyzed)
{
	long rows;

	sql("CREATE TABLE fresh (id int PRIMARY KEY, filler text);"
	    "INSERT INTO fresh SELECT i, repeat('x', 60) FROM generate_series(1, 300000) i");
	sql(dialect->list_tables);
	ck_assert_str_eq(db->value(conn, 0, 0), "public.fresh");
	rows = strtol(db->value(conn, 0, 3), NULL, 10);
	ck_assert_int_gt(rows, 30000);
	ck_assert_int_lt(rows, 3000000);
}
END_TEST

/* ---- disturbances ---- */

static const struct {
	const char *kind, *locks;
} disturbances[] = {
	{"idle_in_transaction", "few few_pkey"},
	{"long_snapshot", ""},
	{"dump",
		"\"Many Rows\" child few \"none\" parts parts_1 parts_2 schema_migrations_audit "
		"two_keys"},
};

START_TEST(a_disturbance_holds_what_its_kind_says)
{
	CLEANUP(cleanup_free) char *text = dialect->disturbance(disturbances[_i].kind, "few");
	CLEANUP(cleanup_free) char *query = NULL, *got = NULL, *snapshot = NULL;
	struct db_target target = {.dsn = pg.dsn};
	struct db_conn *other;
	struct err err = {0};

	ck_ok(db_connect(db, &target, &other, &err), err);
	sql(text);
	ck_assert(db->in_transaction(conn));
	query = mem_printf("SELECT string_agg(quote_ident(relname), ' ' ORDER BY relname) "
			   "FROM pg_locks l JOIN pg_class c ON c.oid = l.relation "
			   "WHERE pid = %d AND relnamespace <> 'pg_catalog'::regnamespace "
			   "AND c.relkind IN ('r', 'p', 'i') AND mode = 'AccessShareLock'",
		(int)db->session_id(conn));
	ck_ok(db_text(db, other, query, &got, &err), err);
	if (_i == 0) /* which index a plan touches is the server's affair */
		ck_assert_ptr_nonnull(strstr(got, "few"));
	else
		ck_assert_str_eq(got, disturbances[_i].locks);
	mem_free(query);
	query = mem_printf("SELECT backend_xmin IS NOT NULL FROM pg_stat_activity WHERE pid = %d",
		(int)db->session_id(conn));
	ck_ok(db_text(db, other, query, &snapshot, &err), err);
	ck_assert_str_eq(snapshot, _i == 0 ? "f" : "t");
	db->close(other);
}
END_TEST

START_TEST(there_is_no_disturbance_of_an_unknown_kind)
{
	ck_assert_ptr_null(dialect->disturbance("second_migrator", "few"));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("postgres dialect");
	TCase *tc = tcase_create("texts");

	tcase_set_timeout(tc, SUITE_TIMEOUT_S);
	tcase_add_unchecked_fixture(tc, start_server, stop_server);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, samples_any_table, 0, sizeof(samples) / sizeof(samples[0]));
	tcase_add_test(tc, a_sample_is_as_it_stands_and_at_random);
	tcase_add_test(tc, a_large_table_is_not_read_whole);
	tcase_add_test(tc, lists_tables_that_a_workload_can_use_largest_first);
	tcase_add_test(tc, estimates_rows_of_a_table_never_analyzed);
	tcase_add_loop_test(tc, a_disturbance_holds_what_its_kind_says, 0,
		sizeof(disturbances) / sizeof(disturbances[0]));
	tcase_add_test(tc, there_is_no_disturbance_of_an_unknown_kind);
	suite_add_tcase(suite, tc);
	return suite_run(suite);
}
