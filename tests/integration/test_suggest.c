/* Suggestions on a real server: the steps end in the schema that the statement itself makes. */
#include <string.h>

#include "adapters/postgres/postgres.h"
#include "adapters/suggest.h"
#include "harness/base/cleanup.h"
#include "harness/base/mem.h"
#include "harness/suggest/suggest.h"
#include "tests/support/pg.h"
#include "tests/support/suite.h"

static const struct db_adapter *const db = &postgres_db;
static struct test_pg pg;
static struct db_conn *conn;

static const char tables[] =
	"CREATE TABLE clinic (id int PRIMARY KEY, name text NOT NULL);\n"
	"CREATE TABLE visit (id int NOT NULL, clinic_id int, note text NOT NULL, fee int,\n"
	"    code varchar(10) NOT NULL);\n"
	"CREATE INDEX visit_fee ON visit (fee);\n"
	"CREATE INDEX visit_note ON visit (note);\n"
	"CREATE TABLE parts (id int, at date) PARTITION BY RANGE (at);\n"
	"CREATE TABLE parts_1 PARTITION OF parts FOR VALUES FROM ('2020-01-01') TO "
	"('2021-01-01');\n";

static const char rows[] = "INSERT INTO clinic VALUES (1, 'a'), (2, 'b');\n"
			   "INSERT INTO visit SELECT i, 1 + i % 2, 'n' || i, i, i FROM"
			   " generate_series(1, 3000) i";

/* All that a client sees of the schema, but for the order of columns. */
static const char schema[] =
	"SELECT string_agg(line, chr(10) ORDER BY line) FROM ("
	" SELECT format('%s %s.%s %s %s %s', c.relkind, c.relname, a.attname,"
	"  format_type(a.atttypid, a.atttypmod), a.attnotnull,"
	"  pg_get_expr(d.adbin, d.adrelid)) AS line"
	" FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid"
	" LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum"
	" WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p', 'v')"
	"  AND a.attnum > 0 AND NOT a.attisdropped"
	" UNION ALL SELECT format('%s %s %s %s', conrelid::regclass, conname,"
	"  pg_get_constraintdef(oid), convalidated) FROM pg_constraint"
	"  WHERE connamespace = 'public'::regnamespace"
	" UNION ALL SELECT format('%s %s', pg_get_indexdef(indexrelid), indisvalid) FROM pg_index"
	"  WHERE indrelid::regclass::text IN ('clinic', 'visit', 'visits', 'parts', 'parts_1')"
	" UNION ALL SELECT format('partition %s', inhrelid::regclass) FROM pg_inherits"
	"  WHERE inhrelid = 'parts_1'::regclass"
	" UNION ALL SELECT 'trigger ' || tgname FROM pg_trigger WHERE NOT tgisinternal"
	" UNION ALL SELECT 'function ' || proname FROM pg_proc"
	"  WHERE pronamespace = 'public'::regnamespace) s";

static void start(void)
{
	test_pg_start(&pg, NULL, 0);
}

static void stop(void)
{
	test_pg_stop(&pg);
}

static void setup(void)
{
	struct db_target target = {.dsn = pg.dsn};
	struct err err = {0};

	ck_ok(db_connect(db, &target, &conn, &err), err);
}

static void teardown(void)
{
	db->close(conn);
}

static void sql(const char *text)
{
	struct err err = {0};

	ck_assert_msg(!db_exec(db, conn, text, &err), "%s\n%s", err.text, text);
}

static void fresh(void)
{
	sql("DROP SCHEMA public CASCADE; CREATE SCHEMA public");
	sql(tables);
	sql(rows);
}

static char *query(const char *text)
{
	char *got;
	struct err err = {0};

	ck_ok(db_text(db, conn, text, &got, &err), err);
	return got;
}

static void plan_for(const char *statement, struct suggest_plan *plan)
{
	struct lint_target target = {postgres_engine.analyser->products, 150000};
	struct err err = {0};

	ck_ok(suggest_begin(plan, &postgres_engine, &target, &err), err);
	ck_ok(suggest_learn(plan, tables, strlen(tables), &err), err);
	ck_ok(suggest_add(plan, "m.sql", statement, strlen(statement), &err), err);
}

/* Statement by statement, as the runner sends them. */
static void run_file(const struct suggest_file *file)
{
	struct sql_script script;
	struct err err = {0};

	ck_ok(postgres_dialect.split(file->text, strlen(file->text), &script, &err), err);
	for (size_t i = 0; i < script.n; i++) {
		CLEANUP(cleanup_free)
		char *one = mem_strndup(
			file->text + script.statements[i].offset, script.statements[i].len);

		sql(one);
	}
	sql_script_release(&script);
}

static void run_phase(const struct suggest_plan *plan, enum suggest_phase phase)
{
	for (size_t i = 0; i < plan->n_files; i++)
		if (plan->files[i].phase == phase)
			run_file(&plan->files[i]);
}

/* What is left of the types' and names' changes once both phases have run. */
static const struct {
	const char *statement;
	const char *instead; /* makes the schema to compare with; NULL: the statement itself */
	unsigned expand, contract; /* files */
	const char *comment;
} cases[] = {
	{"CREATE INDEX i ON visit (clinic_id) WHERE fee > 0", NULL, 1, 0, "index"},
	{"CREATE UNIQUE INDEX IF NOT EXISTS i ON visit USING btree (id) INCLUDE (fee)", NULL, 1, 0,
		"index with everything"},
	{"DROP INDEX visit_fee, visit_note", NULL, 2, 0, "two indexes"},
	{"REINDEX INDEX visit_fee", NULL, 1, 0, "reindex"},
	{"ALTER TABLE visit ADD CONSTRAINT f FOREIGN KEY (clinic_id) REFERENCES clinic ON DELETE "
	 "CASCADE",
		NULL, 2, 0, "foreign key"},
	{"ALTER TABLE ONLY public.visit ADD FOREIGN KEY (clinic_id) REFERENCES clinic (id)", NULL,
		2, 0, "foreign key without a name"},
	{"ALTER TABLE visit ADD CHECK (fee > 0), ADD COLUMN extra numeric(10, 2) DEFAULT 1.5", NULL,
		3, 0, "check without a name, and a command that needs nothing"},
	{"ALTER TABLE visit ADD CONSTRAINT u UNIQUE (id, code)", NULL, 2, 0, "unique"},
	{"ALTER TABLE visit ADD PRIMARY KEY (id)", NULL, 2, 0, "key on a column that is NOT NULL"},
	{"ALTER TABLE visit ADD PRIMARY KEY (fee)", NULL, 6, 0, "key on one that is not yet"},
	{"ALTER TABLE visit ALTER fee SET NOT NULL, ALTER clinic_id SET NOT NULL", NULL, 8, 0,
		"not null, twice"},
	{"ALTER TABLE visit ADD COLUMN u uuid NOT NULL DEFAULT gen_random_uuid()", NULL, 7, 0,
		"volatile default"},
	{"ALTER TABLE visit ADD t timestamptz DEFAULT clock_timestamp() NULL", NULL, 3, 0,
		"volatile default, nullable"},
	{"ALTER TABLE visit RENAME note TO remark", NULL, 7, 1, "column renamed"},
	{"ALTER TABLE visit RENAME COLUMN fee TO \"Fee due\"", NULL, 3, 1, "to a name in quotes"},
	{"ALTER TABLE visit RENAME TO visits", NULL, 1, 1, "table renamed"},
	{"ALTER TABLE visit ALTER fee TYPE bigint",
		"ALTER TABLE visit ALTER fee TYPE bigint; ALTER TABLE visit RENAME fee TO fee_new",
		3, 1, "type"},
	{"ALTER TABLE visit ALTER COLUMN code SET DATA TYPE int USING (code::int + 1)",
		"ALTER TABLE visit ALTER code TYPE int USING 0; ALTER TABLE visit RENAME code TO "
		"code_new",
		7, 1, "type by an expression"},
	{"ALTER TABLE visit DROP COLUMN note", NULL, 1, 1, "column dropped"},
	{"ALTER TABLE parts DETACH PARTITION parts_1",
		"ALTER TABLE parts DETACH PARTITION parts_1; ALTER TABLE parts_1 ADD CHECK"
		" (at IS NOT NULL AND at >= '2020-01-01'::date AND at < '2021-01-01'::date)",
		1, 0, "partition: the server itself leaves a CHECK that stands for the bounds"},
	{"ALTER TABLE visit ADD CHECK (fee >= id)", NULL, 2, 0, "check of two columns"},
};

/* The indexes of a column that is copied are for people to think of; the rest must be the same. */
static bool copies_column(int i)
{
	return strstr(cases[i].statement, "RENAME note") ||
		strstr(cases[i].statement, "RENAME COL") || strstr(cases[i].statement, " TYPE ");
}

START_TEST(the_steps_end_in_the_same_schema)
{
	CLEANUP(cleanup_free) char *wanted = NULL;
	CLEANUP(cleanup_free) char *got = NULL;
	struct suggest_plan plan;

	fresh();
	if (copies_column(_i))
		sql("DROP INDEX visit_fee, visit_note");
	sql(cases[_i].instead ? cases[_i].instead : cases[_i].statement);
	wanted = query(schema);
	fresh();
	if (copies_column(_i))
		sql("DROP INDEX visit_fee, visit_note");
	plan_for(cases[_i].statement, &plan);
	ck_assert_uint_eq(plan.n_rewritten, 1);
	ck_assert_uint_eq(plan.numbers[SUGGEST_EXPAND], cases[_i].expand);
	ck_assert_uint_eq(plan.numbers[SUGGEST_CONTRACT], cases[_i].contract);
	ck_assert_int_eq(plan.n_applications, cases[_i].contract > 0);
	run_phase(&plan, SUGGEST_EXPAND);
	run_phase(&plan, SUGGEST_CONTRACT);
	got = query(schema);
	ck_assert_msg(!strcmp(got, wanted), "%s: %s\nis\n%s\nnot\n%s", cases[_i].comment,
		cases[_i].statement, got, wanted);
	suggest_release(&plan);
}
END_TEST

/* ---- what there is no suggestion for ---- */

static const struct {
	const char *sql;
	const char *comment;
} plain[] = {
	{"CREATE INDEX CONCURRENTLY i ON visit (fee)", "already safe"},
	{"CREATE INDEX i ON parts (id)", "the server refuses CONCURRENTLY there"},
	{"CREATE TABLE n (id int); CREATE INDEX i ON n (id); ALTER TABLE n ALTER id SET NOT NULL;",
		"nobody uses it yet"},
	{"ALTER TABLE visit ADD CHECK (fee > 0) NOT VALID", "already safe"},
	{"ALTER TABLE visit ALTER note SET NOT NULL", "it is"},
	{"ALTER TABLE visit ALTER code TYPE varchar(20)", "free"},
	{"ALTER TABLE visit ADD COLUMN at timestamptz NOT NULL DEFAULT now()", "not volatile"},
	{"DROP INDEX visit_fee CASCADE", "CONCURRENTLY takes no CASCADE"},
	{"DROP TABLE visit", "no form of it is safe"},
	{"UPDATE visit SET fee = 0", "no DDL"},
	{"nonsense here", "not understood"},
};

START_TEST(what_is_safe_or_unknown_is_taken_over)
{
	struct suggest_plan plan;

	plan_for(plain[_i].sql, &plan);
	ck_assert_msg(!plan.n_rewritten, "%s: %s", plain[_i].comment, plan.files[0].text);
	ck_assert_uint_eq(plan.n_files, plan.n_statements);
	suggest_release(&plan);
}
END_TEST

/* ---- both versions of the application at once ---- */

START_TEST(both_columns_are_kept_alike_whichever_is_written)
{
	static const char same[] =
		"SELECT count(*) FILTER (WHERE note = remark) || ' of ' || count(*) FROM visit";
	CLEANUP(cleanup_free) char *got = NULL;
	struct suggest_plan plan;

	fresh();
	plan_for("ALTER TABLE visit RENAME note TO remark", &plan);
	run_phase(&plan, SUGGEST_EXPAND);
	sql("INSERT INTO visit (id, note, code) VALUES (9001, 'old', '')");
	sql("INSERT INTO visit (id, remark, code) VALUES (9002, 'new', '')");
	sql("UPDATE visit SET note = 'old app' WHERE id = 1");
	sql("UPDATE visit SET remark = 'new app' WHERE id = 2");
	got = query(same);
	ck_assert_str_eq(got, "3002 of 3002");
	MEM_FREE(got);
	got = query("SELECT string_agg(note, ',' ORDER BY id) FROM visit WHERE id IN (1, 2, 9002)");
	ck_assert_str_eq(got, "old app,new app,new");
	suggest_release(&plan);
}
END_TEST

START_TEST(a_changed_type_holds_what_the_expression_says)
{
	CLEANUP(cleanup_free) char *got = NULL;
	struct suggest_plan plan;

	fresh();
	plan_for("ALTER TABLE visit ALTER code TYPE int USING (code::int * 10)", &plan);
	run_phase(&plan, SUGGEST_EXPAND);
	sql("INSERT INTO visit (id, note, code) VALUES (9001, '', '77')");
	sql("UPDATE visit SET code = '78' WHERE id = 1");
	got = query("SELECT count(*) FILTER (WHERE code_new = code::int * 10) || ' of ' || count(*)"
		    " FROM visit");
	ck_assert_str_eq(got, "3001 of 3001");
	suggest_release(&plan);
}
END_TEST

START_TEST(the_old_name_of_a_table_can_still_be_written)
{
	CLEANUP(cleanup_free) char *got = NULL;
	struct suggest_plan plan;

	fresh();
	plan_for("ALTER TABLE clinic RENAME TO office", &plan);
	run_phase(&plan, SUGGEST_EXPAND);
	sql("INSERT INTO clinic VALUES (3, 'c'); UPDATE clinic SET name = 'z' WHERE id = 1;"
	    "DELETE FROM clinic WHERE id = 2");
	got = query("SELECT string_agg(id || name, ',' ORDER BY id) FROM office");
	ck_assert_str_eq(got, "1z,3c");
	suggest_release(&plan);
}
END_TEST

START_TEST(an_old_server_gets_only_what_it_knows)
{
	struct lint_target target = {postgres_engine.analyser->products, 110000};
	static const char statements[] =
		"REINDEX TABLE visit; ALTER TABLE visit ALTER fee SET NOT NULL;"
		"ALTER TABLE parts DETACH PARTITION parts_1;";
	struct suggest_plan plan;
	struct err err = {0};

	ck_ok(suggest_begin(&plan, &postgres_engine, &target, &err), err);
	ck_ok(suggest_learn(&plan, tables, strlen(tables), &err), err);
	ck_ok(suggest_add(&plan, "m.sql", statements, strlen(statements), &err), err);
	ck_assert_uint_eq(plan.n_rewritten, 0);
	suggest_release(&plan);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("suggest");
	TCase *tc = tcase_create("suggest");

	tcase_add_unchecked_fixture(tc, start, stop);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(
		tc, the_steps_end_in_the_same_schema, 0, sizeof(cases) / sizeof(cases[0]));
	tcase_add_loop_test(
		tc, what_is_safe_or_unknown_is_taken_over, 0, sizeof(plain) / sizeof(plain[0]));
	tcase_add_test(tc, both_columns_are_kept_alike_whichever_is_written);
	tcase_add_test(tc, a_changed_type_holds_what_the_expression_says);
	tcase_add_test(tc, the_old_name_of_a_table_can_still_be_written);
	tcase_add_test(tc, an_old_server_gets_only_what_it_knows);
	suite_add_tcase(suite, tc);
	return suite_run(suite);
}
