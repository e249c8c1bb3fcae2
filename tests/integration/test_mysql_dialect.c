/* The dialect's texts on a real server. */
#include <stdlib.h>
#include <string.h>

#include "adapters/mysql/client.h"
#include "adapters/mysql/dialect.h"
#include "adapters/mysql/dialect_words.h"
#include "harness/base/cleanup.h"
#include "harness/base/mem.h"
#include "tests/support/mariadb.h"
#include "tests/support/suite.h"

static const struct db_adapter *const db = &mysql_db;
static const struct dialect *const dialect = &mysql_dialect;
static struct test_mariadb server;
static struct db_conn *conn;

static void sql(const char *text)
{
	struct err err = {0};

	ck_ok(db_exec(db, conn, text, &err), err);
}

static char *text_of(const char *query)
{
	struct err err = {0};
	char *text;

	ck_ok(db_text(db, conn, query, &text, &err), err);
	return text;
}

static long number_of(const char *query)
{
	CLEANUP(cleanup_free) char *text = text_of(query);

	return strtol(text, NULL, 10);
}

static struct db_conn *connect_again(const char *init)
{
	struct db_target target = {.dsn = server.dsn, .init_sql = init};
	struct db_conn *other;
	struct err err = {0};

	ck_ok(db_connect(db, &target, &other, &err), err);
	return other;
}

static void setup(void)
{
	conn = connect_again(NULL);
}

static void teardown(void)
{
	db->close(conn);
}

/* The tables are only read by the tests, so they are made once. */
static void start_server(void)
{
	test_mariadb_start(&server, NULL, 0);
	setup();
	sql("CREATE TABLE few (id int PRIMARY KEY, word varchar(20));"
	    "INSERT INTO few VALUES (1, 'it''s é'), (2, NULL);"
	    "CREATE TABLE none (id int);"
	    "CREATE DATABASE s;"
	    "CREATE TABLE s.`Many ``Rows` (id int PRIMARY KEY, a int, b int NOT NULL, note text, "
	    "	d int AS (id + 1), KEY (a));"
	    "INSERT INTO s.`Many ``Rows` (id, a, b, note) SELECT seq, seq, seq, 'x' "
	    "	FROM seq_1_to_200000;"
	    "CREATE TABLE my_isam (id int PRIMARY KEY, n int) ENGINE=MyISAM;"
	    "INSERT INTO my_isam SELECT seq, seq FROM seq_1_to_100000;"
	    "CREATE TABLE by_text (id char(36) PRIMARY KEY, n int);"
	    "INSERT INTO by_text SELECT LEFT(SHA2(seq, 256), 36), seq FROM seq_1_to_40000;"
	    "CREATE TABLE by_bytes (id binary(16) PRIMARY KEY, n int);"
	    "INSERT INTO by_bytes SELECT UNHEX(LEFT(SHA2(seq, 256), 32)), seq FROM seq_1_to_40000;"
	    "CREATE TABLE large_keys (id bigint unsigned PRIMARY KEY, n int);"
	    "INSERT INTO large_keys SELECT 18446744073709500000 + seq, seq FROM seq_1_to_40000;"
	    "CREATE TABLE negative (id bigint PRIMARY KEY, n int);"
	    "INSERT INTO negative SELECT -9000000000000000000 + CAST(seq AS signed) * "
	    "	200000000000000, seq FROM seq_1_to_40000;"
	    "CREATE TABLE no_key AS SELECT id, n FROM my_isam;"
	    "CREATE VIEW v AS SELECT id AS `Key` FROM my_isam;"
	    "CREATE TABLE parts (id int PRIMARY KEY, n int) PARTITION BY HASH (id) PARTITIONS 4;"
	    "INSERT INTO parts SELECT seq, seq FROM seq_1_to_30000;"
	    "CREATE TABLE two_keys (a int, b int, PRIMARY KEY (a, b));"
	    "CREATE TABLE child (id bigint PRIMARY KEY, few_id int REFERENCES few (id),"
	    "	stamp timestamp NOT NULL DEFAULT current_timestamp ON UPDATE current_timestamp);"
	    "CREATE TABLE changing (id int PRIMARY KEY, n int, grade varchar(9) CHECK (grade <> "
	    "''),"
	    "	note text, name varchar(30), flag tinyint(1), seen datetime(3), other datetime,"
	    "	of_key varchar(9) UNIQUE);"
	    "INSERT INTO changing VALUES"
	    "	(1, 1, 'a', 'long', 'Ångström', NULL, '2026-01-05 09:59:59.5', NULL, 'x'),"
	    "	(2, 2, 'b', NULL, '7 of 9', 1, '0001-01-01', NULL, 'y'),"
	    "	(3, 3, 'c', NULL, 'éclair', 7, '9999-12-31 23:59:59', NULL, 'z')");
	teardown();
}

static void stop_server(void)
{
	test_mariadb_stop(&server);
}

/* ---- samples ---- */

static const struct {
	const char *table, *column;
	unsigned n, expected;
	const char *comment;
} samples[] = {
	{"few", "word", 10, 1, "few rows, a NULL left out"},
	{"none", "id", 10, 0, "empty, no key"},
	{"s.`Many ``Rows`", "id", 100, 100, "large, a name to be quoted"},
	{"s.`Many ``Rows`", "`id`", 1, 1, "one"},
	{"my_isam", "n", 100, 100, "MyISAM"},
	{"by_text", "id", 100, 100, "keys that are text"},
	{"by_bytes", "n", 100, 100, "keys that are bytes"},
	{"large_keys", "n", 100, 100, "keys that no double holds"},
	{"negative", "n", 100, 100, "keys far below zero"},
	{"no_key", "id", 100, 100, "no key"},
	{"v", "`Key`", 100, 100, "a view"},
	{"parts", "n", 100, 100, "partitioned"},
	{"my_isam", "n", 2000, 2000, "many"},
};

START_TEST(samples_any_table)
{
	CLEANUP(cleanup_free)
	char *text = dialect->sample(samples[_i].table, samples[_i].column, samples[_i].n);
	const struct db_result *r;

	/* Whatever the session's sql_mode is, and writing nothing. */
	sql("SET SESSION TRANSACTION READ ONLY");
	if (_i % 2)
		sql("SET sql_mode = 'ANSI,NO_BACKSLASH_ESCAPES,TRADITIONAL'");
	sql(text);
	r = db->result(conn);
	ck_assert_msg(r->rows == samples[_i].expected, "%s: %u rows", samples[_i].comment, r->rows);
	for (unsigned i = 0; i < r->rows; i++)
		ck_assert_ptr_nonnull(db->value(conn, i, 0));
}
END_TEST

static const char *const spread[] = {"my_isam", "by_text", "by_bytes", "large_keys", "negative"};

START_TEST(a_sample_is_drawn_from_all_of_the_table)
{
	CLEANUP(cleanup_free) char *text = dialect->sample(spread[_i], "n", 64);
	CLEANUP(cleanup_free) char *most = mem_printf("SELECT max(n) FROM %s", spread[_i]);
	long max = number_of(most);
	unsigned high = 0, rows;

	sql(text);
	rows = db->result(conn)->rows;
	for (unsigned i = 0; i < rows; i++)
		high += strtol(db->value(conn, i, 0), NULL, 10) > max / 2;
	/* 32 points: 2^-32 each to fail by chance. */
	ck_assert_uint_gt(high, 0);
	ck_assert_uint_lt(high, rows);
}
END_TEST

START_TEST(a_sample_is_as_it_stands)
{
	CLEANUP(cleanup_free) char *text = dialect->sample("few", "word", 10);

	sql(text);
	ck_assert_str_eq(db->value(conn, 0, 0), "it's é");
}
END_TEST

START_TEST(a_large_table_is_not_read_whole)
{
	CLEANUP(cleanup_free) char *text = dialect->sample("s.`Many ``Rows`", "id", 50);
	long read;
	static const char reads[] =
		"SELECT sum(variable_value) FROM performance_schema.session_status WHERE "
		"variable_name IN ('Handler_read_next', 'Handler_read_rnd_next', "
		"'Handler_read_key', 'Handler_read_first')";

	sql("FLUSH STATUS");
	sql(text);
	read = number_of(reads);
	ck_assert_int_gt(read, 0);
	ck_assert_int_lt(read, 100000);
}
END_TEST

/* ---- tables ---- */

START_TEST(lists_tables_that_a_workload_can_use_largest_first)
{
	static const char *const expected[][6] = {
		{"`test`.`by_bytes`", "`id`", "`n` = `n`", NULL, "test.by_bytes", "`id`, `n`"},
		{"`test`.`child`", "`id`", NULL, "0", "test.child", "`id`, `few_id`, `stamp`"},
		{"`test`.`few`", "`id`",
			"`word` = CONCAT(IF(HEX(LEFT(`word`, 1)) = HEX(UPPER(LEFT(`word`, 1))),"
			" LOWER(LEFT(`word`, 1)), UPPER(LEFT(`word`, 1))), SUBSTR(`word`, 2))",
			"2", "test.few", "`id`, `word`"},
		{"`test`.`my_isam`", "`id`", "`n` = `n`", "100000", "test.my_isam", "`id`, `n`"},
	};
	const struct db_result *r;
	unsigned found = 0;

	sql(dialect->list_tables);
	r = db->result(conn);
	ck_assert_uint_eq(r->columns, 6);
	ck_assert_uint_eq(r->rows, 9);
	for (unsigned i = 0; i < r->rows; i++)
		for (unsigned k = 0; k < sizeof(expected) / sizeof(expected[0]); k++) {
			if (strcmp(db->value(conn, i, 0), expected[k][0]) != 0)
				continue;
			found++;
			for (unsigned c = 1; c < 6; c++)
				if (c != 3 || expected[k][c])
					ck_assert_pstr_eq(db->value(conn, i, c), expected[k][c]);
		}
	ck_assert_uint_eq(found, sizeof(expected) / sizeof(expected[0]));
	sql("USE s");
	sql(dialect->list_tables);
	ck_assert_uint_eq(db->result(conn)->rows, 1);
	ck_assert_str_eq(db->value(conn, 0, 0), "`s`.`Many ``Rows`");
	ck_assert_ptr_nonnull(strstr(db->value(conn, 0, 2), "`note` = "));
	ck_assert_str_eq(db->value(conn, 0, 5), "`id`, `a`, `b`, `note`, `d`");
}
END_TEST

/* A server writes nothing when the values are as they were: each update has to change each row,
 * and the next one takes it back. */
START_TEST(an_update_of_the_workload_writes_the_row_and_harms_nothing)
{
	static const char all[] = "SELECT GROUP_CONCAT(HEX(CONCAT_WS('|', id, n, grade, note, name,"
				  " flag, seen, other, of_key)) ORDER BY id) FROM changing";
	CLEANUP(cleanup_free) char *before = text_of(all), *update = NULL;

	sql(dialect->list_tables);
	for (unsigned i = 0; i < db->result(conn)->rows; i++)
		if (!strcmp(db->value(conn, i, 4), "test.changing"))
			update = mem_printf("UPDATE changing SET %s", db->value(conn, i, 2));
	ck_assert_ptr_nonnull(update);
	ck_assert_ptr_null(strstr(update, "grade"));
	ck_assert_ptr_null(strstr(update, "of_key"));
	for (unsigned n = 1; n <= 2; n++) {
		CLEANUP(cleanup_free) char *after = NULL;

		sql(update);
		ck_assert_uint_eq(db->result(conn)->affected, 3);
		after = text_of(all);
		ck_assert_int_eq(strcmp(before, after) == 0, n == 2);
	}
	/* The same to whoever compares. */
	sql(update);
	ck_assert_int_eq(number_of("SELECT COUNT(*) FROM changing WHERE name IN"
				   " ('ångström', '7 of 9', 'éclair')"),
		3);
	sql(update);
}
END_TEST

/* ---- disturbances ---- */

static const struct {
	const char *kind, *table;
	bool locks_few, locks_all;
} disturbances[] = {
	{"idle_in_transaction", "few", true, false},
	{"idle_in_transaction", "my_isam", false, false},
	{"long_snapshot", "few", false, false},
	{"dump", "few", true, true},
};

/* Can another session alter it at once? */
static bool is_locked(struct db_conn *other, const char *table)
{
	CLEANUP(cleanup_free)
	char *alter = mem_printf("ALTER TABLE %s /*M! NOWAIT */ COMMENT 'x'", table);
	struct err err = {0};

	ck_ok(db_exec(db, other, "SET lock_wait_timeout = 1", &err), err);
	ck_ok(db_run(db, other, alter, NULL, &err), err);
	if (db->result(other)->error.class == DB_CLASS_NONE)
		return false;
	ck_assert(db->result(other)->error.lock_timeout);
	return true;
}

START_TEST(a_disturbance_holds_what_its_kind_says)
{
	CLEANUP(cleanup_free)
	char *text = dialect->disturbance(disturbances[_i].kind, disturbances[_i].table);
	struct db_conn *other = connect_again(NULL);
	bool all = disturbances[_i].locks_all;

	sql(text);
	ck_assert(db->in_transaction(conn));
	ck_assert_int_eq(is_locked(other, "few"), disturbances[_i].locks_few);
	ck_assert_int_eq(
		is_locked(other, "my_isam"), all || !strcmp(disturbances[_i].table, "my_isam"));
	ck_assert_int_eq(is_locked(other, "s.`Many ``Rows`"), all);
	sql(dialect->rollback);
	ck_assert(!is_locked(other, "few"));
	db->close(other);
}
END_TEST

START_TEST(a_snapshot_is_held_from_the_start)
{
	CLEANUP(cleanup_free) char *text = dialect->disturbance("long_snapshot", "few");
	CLEANUP(cleanup_free) char *seen = NULL;
	struct db_conn *other = connect_again(NULL);
	struct err err = {0};

	sql("SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED");
	sql(text);
	ck_ok(db_exec(db, other, "INSERT INTO few VALUES (3, 'late')", &err), err);
	seen = text_of("SELECT count(*) FROM few");
	ck_ok(db_exec(db, other, "DELETE FROM few WHERE id = 3", &err), err);
	ck_assert_str_eq(seen, "2");
	db->close(other);
}
END_TEST

START_TEST(there_is_no_disturbance_of_an_unknown_kind)
{
	ck_assert_ptr_null(dialect->disturbance("second_migrator", "few"));
}
END_TEST

/* ---- time-outs, literals, transactions, audit ---- */

static const struct {
	uint64_t lock_us, statement_us;
	const char *values, *mysql; /* MySQL's limit is in milliseconds */
} timeouts[] = {
	{2000000, 1500000, "2 2 1.500000", "2 2 1500"},
	{1, 1, "1 1 0.000001", "1 1 1"},
	{0, 0, "31536000 31536000 0.000000", "31536000 31536000 0"},
	{DIALECT_KEEP, 5000000, "9 9 5.000000", "9 9 5000"},
	{5000000, DIALECT_KEEP, "5 5 9.000000", "5 5 9000"},
	{UINT64_MAX - 1, DIALECT_KEEP, "31536000 31536000 9.000000", "31536000 31536000 9000"},
};

START_TEST(the_server_takes_the_timeouts)
{
	CLEANUP(cleanup_free)
	char *text = dialect->session_timeouts(timeouts[_i].lock_us, timeouts[_i].statement_us);
	CLEANUP(cleanup_free) char *got = NULL;

	sql("SET lock_wait_timeout = 9, innodb_lock_wait_timeout = 9 "
	    "/*M! , max_statement_time = 9 */ /*!80000 , max_execution_time = 9000 */");
	sql(text);
	/* Also when a microsecond is too short for this very question. */
	sql("SET @v = concat_ws(' ', @@lock_wait_timeout, @@innodb_lock_wait_timeout, "
	    "/*M! @@max_statement_time), SESSION max_statement_time = 0 */"
	    "/*!80000 @@max_execution_time), SESSION max_execution_time = 0 */");
	got = text_of("SELECT @v");
	ck_assert_str_eq(
		got, server.programs.flavour.mariadb ? timeouts[_i].values : timeouts[_i].mysql);
}
END_TEST

START_TEST(a_literal_means_the_same_in_every_mode)
{
	static const char text[] = "it's \\ \"é\" \\' -- ; ";
	static const char *const modes[] = {"", "NO_BACKSLASH_ESCAPES", "ANSI"};
	CLEANUP(cleanup_str) struct str query = {0};

	str_add(&query, "SELECT ");
	dialect->add_literal(&query, text);
	for (unsigned i = 0; i < 3; i++) {
		CLEANUP(cleanup_free) char *mode = mem_printf("SET sql_mode = '%s'", modes[i]);
		char *got;

		sql(mode);
		got = text_of(str_text(&query));
		ck_assert_str_eq(got, text);
		mem_free(got);
	}
}
END_TEST

START_TEST(quotes_every_word_that_the_server_reserves)
{
	const struct db_result *r;
	char **words;
	unsigned n, refused = 0;
	struct err err = {0};

	sql("SELECT LOWER(word) FROM information_schema.keywords WHERE word REGEXP "
	    "'^[A-Za-z0-9_]+$'");
	r = db->result(conn);
	n = r->rows;
	ck_assert_uint_gt(n, 500);
	words = mem_zalloc(n * sizeof(*words));
	for (unsigned i = 0; i < n; i++)
		words[i] = mem_strdup(db->value(conn, i, 0));
	for (unsigned i = 0; i < n; i++) {
		CLEANUP(cleanup_free)
		char *create = mem_printf("CREATE TEMPORARY TABLE %s (%s int)", words[i], words[i]);

		ck_ok(db_run(db, conn, create, NULL, &err), err);
		if (db->result(conn)->error.class == DB_CLASS_NONE)
			continue;
		refused++;
		ck_assert_msg(my_reserved(words[i], strlen(words[i])), "%s", words[i]);
	}
	ck_assert_uint_gt(refused, 200);
	mem_free_strings(words, n);
}
END_TEST

START_TEST(a_dump_takes_thousands_of_tables)
{
	CLEANUP(cleanup_free) char *text = dialect->disturbance("dump", "few");
	CLEANUP(cleanup_str) struct str many = {0};
	struct db_conn *other = connect_again(NULL);

	str_add(&many, "CREATE DATABASE many; USE many");
	for (unsigned i = 0; i < 1500; i++)
		str_addf(&many, "; CREATE TABLE t%u (id int) ENGINE=MyISAM", i);
	sql(str_text(&many));
	sql(text);
	ck_assert(is_locked(other, "many.t0"));
	ck_assert(is_locked(other, "many.t1499"));
	sql("ROLLBACK; DROP DATABASE many");
	db->close(other);
}
END_TEST

START_TEST(writes_the_audit_table)
{
	static const char *const values[] = {"run", "a.sql", "0123", "7", "1", "DROP TABLE",
		"DROP TABLE t", "2", "1700000000123456", "1700000000654321", "ok", "", "3", "4567",
		"89", "somebody", "why"};
	CLEANUP(cleanup_free) char *got = NULL;
	struct db_param params[17];
	struct err err = {0};

	sql("SET time_zone = '+05:00', sql_mode = 'TRADITIONAL'");
	sql(dialect->audit_create);
	sql(dialect->audit_create);
	for (unsigned i = 0; i < 17; i++)
		params[i] = (struct db_param){values[i], strlen(values[i])};
	ck_ok(db_prepare(db, conn, 0, dialect->audit_insert, 17, &err), err);
	ck_ok(db_execute(db, conn, 0, params, 17, &err), err);
	got = text_of("SELECT concat_ws(' ', run_id, file, line, statement_index, statement_kind, "
		      "attempt, unix_timestamp(started_at), unix_timestamp(finished_at), outcome, "
		      "error_code IS NULL, statement_in_file, statement_sha256, waited_us, "
		      "applied_by, note) FROM schema_migrations_audit");
	sql("DROP TABLE schema_migrations_audit");
	ck_assert_str_eq(got,
		"run a.sql 7 1 DROP TABLE 2 1700000000.123456 1700000000.654321 ok 1 3 4567 89 "
		"somebody why");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("mysql dialect");
	TCase *tc = tcase_create("texts");

	tcase_add_unchecked_fixture(tc, start_server, stop_server);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, samples_any_table, 0, sizeof(samples) / sizeof(samples[0]));
	tcase_add_loop_test(
		tc, a_sample_is_drawn_from_all_of_the_table, 0, sizeof(spread) / sizeof(spread[0]));
	tcase_add_test(tc, a_sample_is_as_it_stands);
	tcase_add_test(tc, a_large_table_is_not_read_whole);
	tcase_add_test(tc, lists_tables_that_a_workload_can_use_largest_first);
	tcase_add_test(tc, an_update_of_the_workload_writes_the_row_and_harms_nothing);
	tcase_add_loop_test(tc, a_disturbance_holds_what_its_kind_says, 0,
		sizeof(disturbances) / sizeof(disturbances[0]));
	tcase_add_test(tc, a_snapshot_is_held_from_the_start);
	tcase_add_test(tc, there_is_no_disturbance_of_an_unknown_kind);
	tcase_add_loop_test(
		tc, the_server_takes_the_timeouts, 0, sizeof(timeouts) / sizeof(timeouts[0]));
	tcase_add_test(tc, a_literal_means_the_same_in_every_mode);
	tcase_add_test(tc, quotes_every_word_that_the_server_reserves);
	tcase_add_test(tc, a_dump_takes_thousands_of_tables);
	tcase_add_test(tc, writes_the_audit_table);
	suite_add_tcase(suite, tc);
	return suite_run(suite);
}
