/* Scripts on a real server: the language, samples, pgbench's own, generated ones. */
#include "tests/integration/workload_run.h"

/* ---- the language, as the server sees it ---- */

START_TEST(gset_aset_if_and_combined_statements_work)
{
	struct run r;

	run_init(&r);
	sql("DROP TABLE IF EXISTS seen; CREATE TABLE seen (what text, n text)");
	add(&r, "flow",
		"SELECT 41 AS n, 'it''s' AS t, NULL AS nothing \\gset got_\n"
		"\\set n :got_n + 1\n"
		"INSERT INTO seen VALUES ('gset', :n), ('text', :got_t), ('null', :got_nothing);\n"
		"SELECT 1 AS a \\; SELECT g AS b FROM generate_series(1, 3) g \\aset\n"
		"INSERT INTO seen VALUES ('aset', :b);\n"
		"SELECT g AS none FROM generate_series(1, 0) g \\aset\n"
		"\\if :n = 42\n"
		"\\if :n < 0\nINSERT INTO seen VALUES ('wrong', 1);\n"
		"\\elif :n > 41\nINSERT INTO seen VALUES ('elif', :n);\n"
		"\\else\nINSERT INTO seen VALUES ('wrong', 2);\n\\endif\n"
		"\\else\nINSERT INTO seen VALUES ('wrong', 3);\n\\endif\n"
		"INSERT INTO seen VALUES (':n', :n::int) \\; INSERT INTO seen"
		" VALUES ('combined', (:n)::text || :got_t);\n"
		"SET lock_timeout = :n;\n");
	r.settings.rate = 50;
	run_for(&r, 700000);
	no_errors(phase(&r, PHASE_WARM_UP));
	ck_assert_int_gt(number("SELECT count(*) FROM seen WHERE what = 'gset' AND n = '42'"), 10);
	ck_assert_int_gt(
		number("SELECT count(*) FROM seen WHERE what = 'text' AND n = 'it''s'"), 10);
	ck_assert_int_gt(number("SELECT count(*) FROM seen WHERE what = 'null' AND n IS NULL"), 10);
	ck_assert_int_gt(number("SELECT count(*) FROM seen WHERE what = 'aset' AND n = '3'"), 10);
	ck_assert_int_gt(number("SELECT count(*) FROM seen WHERE what = 'elif' AND n = '42'"), 10);
	ck_assert_int_gt(number("SELECT count(*) FROM seen WHERE what = ':n' AND n = '42'"), 10);
	ck_assert_int_gt(
		number("SELECT count(*) FROM seen WHERE what = 'combined' AND n = '42it''s'"), 10);
	ck_assert_int_eq(number("SELECT count(*) FROM seen WHERE what = 'wrong'"), 0);
	ck_assert_int_eq(number("SELECT count(DISTINCT c) FROM (SELECT count(*) c FROM seen"
				" GROUP BY what) x"),
		1);
	run_release(&r);
}
END_TEST

START_TEST(gset_without_one_row_fails_the_transaction)
{
	const struct result_phase *p;
	struct run r;

	run_init(&r);
	add(&r, "none", "SELECT 1 AS x WHERE false \\gset\nSELECT :x;\n");
	add(&r, "two", "SELECT generate_series(1, 2) AS x \\gset\nSELECT :x;\n");
	run_for(&r, 400000);
	p = phase(&r, PHASE_WARM_UP);
	ck_assert_uint_gt(p->transactions.failed, 20);
	ck_assert_uint_eq(p->transactions.completed, 0);
	ck_assert_uint_eq(p->n_errors, 2);
	for (size_t i = 0; i < 2; i++) {
		const struct result_error *e = &p->errors[i];
		bool none = strcmp(e->transaction, "none") == 0;

		ck_assert_str_eq(e->code, none ? "no-row" : "many-rows");
		ck_assert_str_eq(e->class, "wrong-result");
		ck_assert_str_eq(e->text,
			none ? "none.sql:1: the query found 0 rows, the script needs one"
			     : "two.sql:1: the query found 2 rows, the script needs one");
	}
	run_release(&r);
}
END_TEST

START_TEST(samples_are_real_values_and_null_from_an_empty_table)
{
	struct run r;

	run_init(&r);
	sql("DROP TABLE IF EXISTS seen, bare; CREATE TABLE seen (k int, e int);"
	    "CREATE TABLE bare (x int)");
	add(&r, "sample",
		"\\sample k public.kv.k\n\\sample e bare.x\nINSERT INTO seen VALUES (:k, :e);\n");
	run_for(&r, 1000000);
	no_errors(phase(&r, PHASE_WARM_UP));
	ck_assert_int_eq(number("SELECT count(*) FROM seen s WHERE e IS NOT NULL"
				" OR NOT EXISTS (SELECT FROM kv WHERE kv.k = s.k)"),
		0);
	ck_assert_int_gt(number("SELECT count(DISTINCT k) FROM seen"), 50);
	run_release(&r);
}
END_TEST

START_TEST(what_cannot_be_sampled_is_told_with_its_place)
{
	struct run r;
	struct err err = {0};

	run_init(&r);
	add(&r, "bad", "SELECT 1;\n\\sample k no_table.k\nSELECT :k;\n");
	ck_assert_int_eq(load(&r, &err), -1);
	ck_assert_int_eq(err.kind, ERR_FAILED);
	ck_assert_ptr_nonnull(strstr(err.text, "bad.sql:2: cannot sample no_table.k"));
	run_release(&r);
}
END_TEST

START_TEST(a_read_only_transaction_that_changes_data_is_refused)
{
	struct run r;
	struct err err = {0};

	run_init(&r);
	add(&r, "reader", "SELECT 1;\n\\set k 1\n\n-- here\nUPDATE kv SET v = 1 WHERE k = :k;\n");
	r.scripts[0].read_only = true;
	ck_assert_int_eq(load(&r, &err), -1);
	ck_assert_int_eq(err.kind, ERR_USAGE);
	ck_assert_ptr_nonnull(
		strstr(err.text, "reader.sql:5: the transaction is marked read_only"));
	run_release(&r);
}
END_TEST

START_TEST(the_plan_shows_each_transaction_in_a_line)
{
	struct run r;
	struct err err = {0};
	struct str out = {0};

	run_init(&r);
	add(&r, "reader", "\\set k 1\nSELECT v\n  FROM kv\nWHERE k = :k;\nSELECT 2;\n");
	add(&r, "writer", "UPDATE kv SET v = 0;\n");
	r.scripts[0].weight = 3;
	r.scripts[0].read_only = true;
	ck_ok(workload_load(&r.config, &r.w, &err), err);
	workload_describe(r.w, &out);
	ck_assert_ptr_nonnull(strstr(str_text(&out), "reader "));
	ck_assert_ptr_nonnull(strstr(str_text(&out), "75.0 %  2 statements, read-only\n"));
	ck_assert_ptr_nonnull(strstr(str_text(&out), "25.0 %  1 statement\n"));
	str_release(&out);
	run_release(&r);
}
END_TEST

START_TEST(the_transactions_name_leads_every_statement)
{
	struct run r;

	run_init(&r);
	add(&r, "named", "SELECT pg_sleep(0.2), :client_id;\n");
	start(&r);
	clock_sleep_us(400000);
	ck_assert_int_gt(number("SELECT count(*) FROM pg_stat_activity"
				" WHERE query LIKE '/*tx:named*/SELECT pg_sleep%'"
				" AND application_name = 'rehearse workload'"),
		3);
	stop(&r, 10000000);
	no_errors(phase(&r, PHASE_WARM_UP));
	run_release(&r);
}
END_TEST

/* ---- pgbench ---- */

#define TPCB                                     \
	"\\set aid random(1, 100000 * :scale)\n" \
	"\\set bid random(1, 1 * :scale)\n"      \
	"\\set tid random(1, 10 * :scale)\n"     \
	"\\set delta random(-5000, 5000)\n"
#define TPCB_HEAD                                                                      \
	"BEGIN;\n"                                                                     \
	"UPDATE pgbench_accounts SET abalance = abalance + :delta WHERE aid = :aid;\n" \
	"SELECT abalance FROM pgbench_accounts WHERE aid = :aid;\n"
#define TPCB_TAIL                                                                             \
	"INSERT INTO pgbench_history (tid, bid, aid, delta, mtime) VALUES (:tid, :bid, :aid," \
	" :delta, CURRENT_TIMESTAMP);\n"                                                      \
	"END;\n"

static const char pgbench_tables[] =
	"CREATE TABLE pgbench_accounts (aid int NOT NULL PRIMARY KEY, bid int, abalance int,"
	" filler char(84));"
	"CREATE TABLE pgbench_branches (bid int NOT NULL PRIMARY KEY, bbalance int, filler "
	"char(88));"
	"CREATE TABLE pgbench_tellers (tid int NOT NULL PRIMARY KEY, bid int, tbalance int,"
	" filler char(84));"
	"CREATE TABLE pgbench_history (tid int, bid int, aid int, delta int, mtime timestamp,"
	" filler char(22));"
	"INSERT INTO pgbench_branches SELECT g, 0 FROM generate_series(1, 2) g;"
	"INSERT INTO pgbench_tellers SELECT g, (g - 1) / 10 + 1, 0 FROM generate_series(1, 20) g;"
	"INSERT INTO pgbench_accounts SELECT g, (g - 1) / 100000 + 1, 0, ''"
	" FROM generate_series(1, 200000) g";

START_TEST(pgbench_scripts_run_unchanged_and_scale_is_counted)
{
	struct run r;
	const struct result_phase *p;

	run_init(&r);
	r.settings.rate = 150;
	sql(pgbench_tables);
	add(&r, "tpcb-like",
		TPCB TPCB_HEAD
		"UPDATE pgbench_tellers SET tbalance = tbalance + :delta WHERE tid = :tid;\n"
		"UPDATE pgbench_branches SET bbalance = bbalance + :delta WHERE bid = "
		":bid;\n" TPCB_TAIL);
	add(&r, "simple-update", TPCB TPCB_HEAD TPCB_TAIL);
	add(&r, "select-only",
		"\\set aid random(1, 100000 * :scale)\n"
		"SELECT abalance FROM pgbench_accounts WHERE aid = :aid;\n");
	run_for(&r, 2000000);
	p = phase(&r, PHASE_WARM_UP);
	no_errors(p);
	check_identity(&p->transactions);
	for (size_t i = 0; i < p->n_types; i++)
		ck_assert_uint_gt(p->types[i].transactions.completed, 40);
	ck_assert_int_eq(number("SELECT count(*) FROM pgbench_history"),
		(int64_t)(p->types[0].transactions.completed + p->types[1].transactions.completed));
	ck_assert_int_eq(number("SELECT sum(abalance) - (SELECT sum(delta) FROM pgbench_history)"
				" FROM pgbench_accounts"),
		0);
	ck_assert_int_gt(number("SELECT max(aid) FROM pgbench_history"), 100000);
	sql("DROP TABLE pgbench_accounts, pgbench_branches, pgbench_tellers, pgbench_history");
	run_release(&r);
}
END_TEST

START_TEST(scale_without_its_table_is_told_with_its_place)
{
	struct run r;
	struct err err = {0};

	run_init(&r);
	add(&r, "scaled", "SELECT 1;\n\\set x :scale\nSELECT :x;\n");
	ck_assert_int_eq(load(&r, &err), -1);
	ck_assert_ptr_nonnull(strstr(err.text, "scaled.sql:2: undefined variable 'scale'"));
	run_release(&r);
}
END_TEST

/* ---- generated ---- */

START_TEST(a_workload_is_generated_from_the_schema)
{
	struct run r;
	const struct result_phase *p;
	char *tables[] = {(char *)"\"odd\".\"Small One\""};

	run_init(&r);
	sql("DROP SCHEMA IF EXISTS odd CASCADE; CREATE SCHEMA odd;"
	    "CREATE TABLE odd.\"Small One\" (\"Key\" text PRIMARY KEY, \"A b\" int);"
	    "INSERT INTO odd.\"Small One\" VALUES ('a''b', 1), ('c', 2);"
	    "CREATE TABLE odd.keyless (a int)");
	r.config.tables = tables;
	r.config.n_tables = 1;
	run_for(&r, 1000000);
	p = phase(&r, PHASE_WARM_UP);
	no_errors(p);
	ck_assert_str_eq(p->types[0].name, "read odd.Small One");
	ck_assert_str_eq(p->types[1].name, "update odd.Small One");
	ck_assert_uint_gt(
		p->types[0].transactions.completed, 2 * p->types[1].transactions.completed);
	ck_assert_ptr_nonnull(strstr(r.result.rehearsal.workload,
		"generated from the schema: odd.Small One, public.kv"));
	ck_assert_ptr_null(strstr(r.result.rehearsal.workload, "keyless"));
	run_release(&r);
	sql("DROP SCHEMA odd CASCADE");
}
END_TEST

START_TEST(a_schema_without_keys_is_told_with_a_remedy)
{
	struct run r;
	struct err err = {0};

	run_init(&r);
	r.config.database = "template1";
	ck_assert_int_eq(load(&r, &err), -1);
	ck_assert_int_eq(err.kind, ERR_FAILED);
	ck_assert_ptr_nonnull(strstr(err.text, "workload.scripts"));
	run_release(&r);
}
END_TEST

START_TEST(too_many_connections_are_told_before_anything_runs)
{
	struct run r;
	struct err err = {0};

	run_init(&r);
	r.settings.connections = 150;
	add(&r, "one", "SELECT 1;\n");
	ck_assert_int_eq(load(&r, &err), -1);
	ck_assert_int_eq(err.kind, ERR_FAILED);
	ck_assert_ptr_nonnull(strstr(err.text, "of the workload's pool"));
	run_release(&r);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("workload_language");
	TCase *tc = tcase_create("workload_language");

	tcase_set_timeout(tc, SUITE_TIMEOUT_S);
	tcase_add_unchecked_fixture(tc, start_server, stop_server);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, gset_aset_if_and_combined_statements_work);
	tcase_add_test(tc, gset_without_one_row_fails_the_transaction);
	tcase_add_test(tc, samples_are_real_values_and_null_from_an_empty_table);
	tcase_add_test(tc, what_cannot_be_sampled_is_told_with_its_place);
	tcase_add_test(tc, a_read_only_transaction_that_changes_data_is_refused);
	tcase_add_test(tc, the_plan_shows_each_transaction_in_a_line);
	tcase_add_test(tc, the_transactions_name_leads_every_statement);
	tcase_add_test(tc, pgbench_scripts_run_unchanged_and_scale_is_counted);
	tcase_add_test(tc, scale_without_its_table_is_told_with_its_place);
	tcase_add_test(tc, a_workload_is_generated_from_the_schema);
	tcase_add_test(tc, a_schema_without_keys_is_told_with_a_remedy);
	tcase_add_test(tc, too_many_connections_are_told_before_anything_runs);
	suite_add_tcase(suite, tc);
	return suite_run(suite);
}
