#include <stdlib.h>
#include <string.h>

#include "adapters/postgres/dialect.h"
#include "harness/base/cleanup.h"
#include "harness/base/mem.h"
#include "tests/support/suite.h"

#define BUILD (SQL_DDL | SQL_NO_TRANSACTION | SQL_UNCUT)
#define ALONE (SQL_DDL | SQL_NO_TRANSACTION)
#define BOTH (SQL_SETS_LOCK_TIMEOUT | SQL_SETS_STATEMENT_TIMEOUT)

static struct sql_script split(const char *text)
{
	struct sql_script script;
	struct err err = {0};

	ck_ok(postgres_dialect.split(text, strlen(text), &script, &err), err);
	return script;
}

/* ---- one statement: kind, flags, object, relations ---- */

static const struct {
	const char *sql, *kind;
	unsigned flags;
	const char *object, *relations;
} kinds[] = {
	{"CREATE TABLE public.a (id int REFERENCES b, c int)", "CREATE TABLE", SQL_DDL, "public.a",
		"b"},
	{"create table a (id int primary key, up int references a)", "CREATE TABLE", SQL_DDL, "a",
		""},
	{"CREATE TABLE p1 PARTITION OF p DEFAULT", "CREATE TABLE PARTITION OF", SQL_DDL, "p1", "p"},
	{"CREATE TABLE c AS SELECT * FROM d", "CREATE TABLE AS", SQL_DDL, "c", "d"},
	{"SELECT * INTO c FROM d", "SELECT INTO", SQL_DDL, "c", "d"},
	{"CREATE INDEX i ON \"User\" (a)", "CREATE INDEX", SQL_DDL, "i", "\"User\""},
	{"CREATE INDEX ON \"user\" (a)", "CREATE INDEX", SQL_DDL, "\"user\"", "\"user\""},
	{"CREATE UNIQUE INDEX CONCURRENTLY i ON s.t (a)", "CREATE INDEX CONCURRENTLY", BUILD, "i",
		"s.t"},
	{"DROP INDEX i, j", "DROP INDEX", SQL_DDL, "i", ""},
	{"DROP INDEX CONCURRENTLY s.i", "DROP INDEX CONCURRENTLY", BUILD, "s.i", ""},
	{"REINDEX TABLE t", "REINDEX TABLE", SQL_DDL, "t", "t"},
	{"REINDEX INDEX i", "REINDEX INDEX", SQL_DDL, "i", ""},
	{"REINDEX TABLE CONCURRENTLY t", "REINDEX CONCURRENTLY", BUILD, "t", "t"},
	{"REINDEX (CONCURRENTLY) INDEX i", "REINDEX CONCURRENTLY", BUILD, "i", ""},
	{"REINDEX (CONCURRENTLY false) INDEX i", "REINDEX INDEX", SQL_DDL, "i", ""},
	{"REINDEX SCHEMA s", "REINDEX SCHEMA", ALONE, "s", ""},
	{"REINDEX DATABASE d", "REINDEX DATABASE", ALONE, "d", ""},
	{"ALTER TABLE ONLY a.t ADD COLUMN x int, ADD COLUMN y int", "ALTER TABLE ADD COLUMN",
		SQL_DDL, "a.t", "a.t"},
	{"ALTER TABLE t ADD FOREIGN KEY (x) REFERENCES u NOT VALID",
		"ALTER TABLE ADD CONSTRAINT FOREIGN KEY NOT VALID", SQL_DDL, "t", "t u"},
	{"ALTER TABLE t ADD CONSTRAINT c CHECK (x > 0)", "ALTER TABLE ADD CONSTRAINT CHECK",
		SQL_DDL, "t", "t"},
	{"ALTER TABLE t ADD CONSTRAINT c UNIQUE USING INDEX i",
		"ALTER TABLE ADD CONSTRAINT UNIQUE USING INDEX", SQL_DDL, "t", "t"},
	{"ALTER TABLE t VALIDATE CONSTRAINT c", "ALTER TABLE VALIDATE CONSTRAINT",
		SQL_DDL | SQL_UNCUT, "t", "t"},
	/* Under the lock of its companion the scan blocks everybody: it must be cut. */
	{"ALTER TABLE t VALIDATE CONSTRAINT c, ADD COLUMN x int", "ALTER TABLE VALIDATE CONSTRAINT",
		SQL_DDL, "t", "t"},
	{"ALTER TABLE p DETACH PARTITION q CONCURRENTLY",
		"ALTER TABLE DETACH PARTITION CONCURRENTLY", BUILD, "p", "p q"},
	{"ALTER TABLE p DETACH PARTITION q", "ALTER TABLE DETACH PARTITION", SQL_DDL, "p", "p q"},
	{"ALTER TABLE t ALTER COLUMN x DROP DEFAULT", "ALTER TABLE ALTER COLUMN DROP DEFAULT",
		SQL_DDL, "t", "t"},
	{"ALTER TABLE t ALTER x TYPE bigint", "ALTER TABLE ALTER COLUMN TYPE", SQL_DDL, "t", "t"},
	{"ALTER TABLE t RENAME TO u", "ALTER TABLE RENAME", SQL_DDL, "t", "t"},
	{"ALTER TABLE t RENAME x TO y", "ALTER TABLE RENAME COLUMN", SQL_DDL, "t", "t"},
	{"ALTER INDEX i RENAME TO j", "ALTER INDEX RENAME", SQL_DDL, "i", ""},
	{"ALTER SCHEMA a RENAME TO b", "ALTER SCHEMA RENAME", SQL_DDL, "a", ""},
	{"ALTER TYPE e ADD VALUE 'x'", "ALTER TYPE ADD VALUE", SQL_DDL, "e", ""},
	{"DROP TABLE a.b, c", "DROP TABLE", SQL_DDL, "a.b", "a.b c"},
	{"DROP SCHEMA a, b", "DROP SCHEMA", SQL_DDL, "a", ""},
	{"DROP TRIGGER tr ON a.b", "DROP TRIGGER", SQL_DDL, "a.b.tr", "a.b"},
	{"COMMENT ON COLUMN a.b.c IS 'x'", "COMMENT", SQL_DDL, "a.b.c", "a.b"},
	{"GRANT SELECT ON a, b TO c", "GRANT", SQL_DDL, "a", "a b"},
	{"REVOKE ALL ON SCHEMA a, b FROM c", "REVOKE", SQL_DDL, "a", ""},
	{"TRUNCATE a, b", "TRUNCATE", SQL_DDL, "a", "a b"},
	{"CREATE VIEW v AS SELECT * FROM a JOIN b USING (id)", "CREATE VIEW", SQL_DDL, "v", "a b"},
	{"CREATE FUNCTION f() RETURNS int AS 'select 1' LANGUAGE sql", "CREATE FUNCTION", SQL_DDL,
		"f", ""},
	{"CREATE TRIGGER tr BEFORE INSERT ON t EXECUTE FUNCTION f()", "CREATE TRIGGER", SQL_DDL,
		"tr", "t"},
	{"VACUUM t", "VACUUM", SQL_NO_TRANSACTION | SQL_UNCUT, "t", "t"},
	{"VACUUM FULL t", "VACUUM FULL", SQL_NO_TRANSACTION, "t", "t"},
	{"ANALYZE t", "ANALYZE", 0, "t", "t"},
	{"CLUSTER", "CLUSTER", ALONE, "", ""},
	{"CLUSTER t", "CLUSTER", SQL_DDL, "t", "t"},
	{"CREATE DATABASE d", "CREATE DATABASE", ALONE, "d", ""},
	{"DROP DATABASE d", "DROP DATABASE", ALONE, "d", ""},
	{"ALTER DATABASE d SET TABLESPACE s", "ALTER DATABASE", ALONE, "d", ""},
	{"ALTER DATABASE d SET work_mem = '1MB'", "ALTER DATABASE SET", SQL_DDL, "d", ""},
	{"CREATE TABLESPACE s LOCATION '/x'", "CREATE TABLESPACE", ALONE, "s", ""},
	{"ALTER SYSTEM SET work_mem = '1MB'", "ALTER SYSTEM", ALONE, "work_mem", ""},
	{"CREATE SUBSCRIPTION s CONNECTION 'x' PUBLICATION p", "CREATE SUBSCRIPTION", ALONE, "s",
		""},
	{"CREATE SUBSCRIPTION s CONNECTION 'x' PUBLICATION p WITH (connect = false)",
		"CREATE SUBSCRIPTION", SQL_DDL, "s", ""},
	{"CREATE SUBSCRIPTION s CONNECTION 'x' PUBLICATION p WITH (create_slot = off)",
		"CREATE SUBSCRIPTION", SQL_DDL, "s", ""},
	{"ALTER SUBSCRIPTION s REFRESH PUBLICATION", "ALTER SUBSCRIPTION", ALONE, "s", ""},
	{"COMMIT PREPARED 'x'", "COMMIT PREPARED", SQL_NO_TRANSACTION, "", ""},
	{"WITH x AS (SELECT 1) INSERT INTO t SELECT * FROM x, u", "INSERT", SQL_DATA, "t", "t u"},
	{"WITH x AS (DELETE FROM t RETURNING *) SELECT * FROM x", "SELECT", SQL_DATA, "", "t"},
	{"UPDATE t SET a = 1 FROM u", "UPDATE", SQL_DATA, "t", "t u"},
	{"COPY t FROM '/x'", "COPY FROM", SQL_DATA, "t", "t"},
	{"DO $$ BEGIN PERFORM 1; END $$", "DO", SQL_DDL, "", ""},
	{"DO $$ BEGIN PERFORM 1; COMMIT; END $$", "DO", SQL_DDL | SQL_MAY_COMMIT, "", ""},
	{"DO $$ BEGIN /* COMMIT; */ PERFORM 'COMMIT;'; END $$", "DO", SQL_DDL, "", ""},
	{"CALL p(1)", "CALL", SQL_DDL | SQL_MAY_COMMIT, "p", ""},
	{"BEGIN", "BEGIN", SQL_TX_BEGIN, "", ""},
	{"START TRANSACTION READ WRITE", "START TRANSACTION", SQL_TX_BEGIN, "", ""},
	{"END", "COMMIT", SQL_TX_COMMIT, "", ""},
	{"COMMIT AND CHAIN", "COMMIT AND CHAIN", SQL_TX_COMMIT | SQL_TX_BEGIN, "", ""},
	{"ABORT", "ROLLBACK", SQL_TX_ROLLBACK, "", ""},
	{"ROLLBACK TO a", "ROLLBACK TO SAVEPOINT", 0, "a", ""},
	{"SET lock_timeout = '1s'", "SET", SQL_SETS_LOCK_TIMEOUT, "lock_timeout", ""},
	{"set session Lock_Timeout to 5", "SET", SQL_SETS_LOCK_TIMEOUT, "lock_timeout", ""},
	{"SET LOCAL statement_timeout TO DEFAULT", "SET LOCAL",
		SQL_SETS_STATEMENT_TIMEOUT | SQL_SETS_LOCAL, "statement_timeout", ""},
	{"RESET lock_timeout", "RESET", SQL_SETS_LOCK_TIMEOUT | SQL_RESETS, "lock_timeout", ""},
	{"RESET ALL", "RESET ALL", BOTH | SQL_RESETS, "", ""},
	{"DISCARD ALL", "DISCARD", BOTH | SQL_NO_TRANSACTION, "", ""},
	{"SET search_path = a", "SET", 0, "search_path", ""},
	{"SELECT set_config('lock_timeout', '1s', false)", "SELECT", SQL_SETS_LOCK_TIMEOUT, "", ""},
	{"SELECT pg_catalog.set_config('statement_timeout', '0', true)", "SELECT",
		SQL_SETS_STATEMENT_TIMEOUT | SQL_SETS_LOCAL, "", ""},
	{"SELECT 1", "SELECT", 0, "", ""},
};

START_TEST(tells_kind_flags_object_and_relations)
{
	struct sql_script script = split(kinds[_i].sql);
	const struct sql_statement *s = script.statements;
	CLEANUP(cleanup_str) struct str relations = {0};

	ck_assert_msg(script.n == 1 && !script.error_line, "%s: %s", kinds[_i].sql, script.error);
	ck_assert_str_eq(s->kind, kinds[_i].kind);
	ck_assert_msg((s->flags & ~(unsigned)SQL_SESSION) == kinds[_i].flags, "%s: flags %x",
		kinds[_i].sql, s->flags);
	ck_assert_str_eq(s->object ? s->object : "", kinds[_i].object);
	for (size_t i = 0; i < s->n_relations; i++)
		str_addf(&relations, "%s%s", i ? " " : "", s->relations[i]);
	ck_assert_str_eq(str_text(&relations), kinds[_i].relations);
	sql_script_release(&script);
}
END_TEST

/* ---- splitting ---- */

/* Pieces as `line:text` joined by ` | `; unknown ones with `?`, those for the client with `!`. */
static const struct {
	const char *text, *pieces, *comment;
} splits[] = {
	{"", "", "empty"},
	{" -- a\n/* b; */;;\n", "", "comments and terminators only"},
	{"SELECT 1", "1:SELECT 1", "no terminator"},
	{"\n-- x\n/* y */ SELECT 1 ; -- z\nSELECT 2 -- end", "3:SELECT 1 | 4:SELECT 2",
		"line and text are of the first token to the last"},
	{"\xEF\xBB\xBFSELECT 1;", "1:SELECT 1", "byte order mark"},
	{"SELECT ';' , $a$;$$;$a$, \";\" /* /* ; */ ; */;SELECT E'\\';';",
		"1:SELECT ';' , $a$;$$;$a$, \";\" | 1:SELECT E'\\';'",
		"terminators inside of tokens"},
	{"CREATE RULE r AS ON INSERT TO t DO (SELECT 1; SELECT 2); SELECT 3",
		"1:CREATE RULE r AS ON INSERT TO t DO (SELECT 1; SELECT 2) | 1:SELECT 3", "rule"},
	{"CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT CASE WHEN true THEN 1 END; SELECT 2; "
	 "END;\n"
	 "SELECT 3",
		"1:CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT CASE WHEN true THEN 1 END; "
		"SELECT "
		"2; END | 2:SELECT 3",
		"SQL body"},
	{"SELECT 1;\nSELEC 2;\nSELECT 3", "1:SELECT 1 | 2:SELEC 2? | 3:SELECT 3",
		"one piece that does not parse leaves the others whole"},
	{"CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT 1; END; oops; SELECT 2",
		"1:CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT 1; END | 1:oops? | 1:SELECT "
		"2",
		"split by the scanner"},
	{"SELECT 'a;\nSELECT 2;", "1:SELECT 'a;\nSELECT 2;?", "a quote that is never closed"},
	{"\\restrict abc\nSELECT 1;\n\\unrestrict abc\n\\set ON_ERROR_STOP on\n\\echo it's done\n",
		"2:SELECT 1", "what changes only psql's output is left out"},
	{"SELECT 1;\n\\connect other\nSELECT 2;", "1:SELECT 1 | 2:\\connect other?! | 3:SELECT 2",
		"a psql command"},
	{"SELECT 'a' \\gset\nSELECT 2 \\g\nSELECT 3",
		"1:SELECT 'a' | 1:\\gset?! | 2:SELECT 2 | 3:SELECT 3", "psql commands that send"},
	{"COPY t (a) FROM stdin;\nit's\t;\n\\N\n\\.\nSELECT 1;",
		"1:COPY t (a) FROM stdin! | 5:SELECT 1", "data is not SQL"},
	{"COPY t FROM STDIN WITH (FORMAT csv);\n'\n", "1:COPY t FROM STDIN WITH (FORMAT csv)!",
		"data to the end"},
	{"COPY (SELECT 1 FROM stdin) TO '/x';\nSELECT 2",
		"1:COPY (SELECT 1 FROM stdin) TO '/x' | 2:SELECT 2", "a table named stdin"},
	{"\r\nSELECT 1;\r\nSELECT 2\r\n", "2:SELECT 1 | 3:SELECT 2", "carriage returns"},
};

START_TEST(splits_scripts)
{
	struct sql_script script = split(splits[_i].text);
	CLEANUP(cleanup_str) struct str got = {0};

	for (size_t i = 0; i < script.n; i++) {
		const struct sql_statement *s = &script.statements[i];

		str_addf(&got, "%s%u:%.*s%s%s", i ? " | " : "", s->line, (int)s->len,
			splits[_i].text + s->offset, s->flags & SQL_UNKNOWN ? "?" : "",
			s->flags & SQL_CLIENT ? "!" : "");
	}
	ck_assert_msg(!strcmp(str_text(&got), splits[_i].pieces), "%s: got %s", splits[_i].comment,
		str_text(&got));
	sql_script_release(&script);
}
END_TEST

START_TEST(tells_the_line_where_the_parser_stopped)
{
	struct sql_script script = split("SELECT 'é';\n\nSELECT 'ü'\n  FRM 'secret';\nSELEC");

	ck_assert_uint_eq(script.error_line, 4);
	ck_assert_str_eq(script.error, "syntax error at or near a literal");
	ck_assert_uint_eq(script.n, 3);
	sql_script_release(&script);
}
END_TEST

START_TEST(a_nul_byte_or_latin_1_is_unknown_not_fatal)
{
	static const char nul[] = "SELECT 1;\nSELECT '\0';\nSELECT 3",
			  latin[] = "SELECT 1;\nSELECT '\xE9'";
	struct sql_script script;
	struct err err = {0};

	ck_ok(postgres_dialect.split(nul, sizeof(nul) - 1, &script, &err), err);
	ck_assert_uint_eq(script.n, 3);
	ck_assert_uint_eq(script.error_line, 2);
	ck_assert_uint_eq(script.statements[1].flags, SQL_UNKNOWN);
	ck_assert_str_eq(script.statements[2].kind, "SELECT");
	sql_script_release(&script);
	script = split(latin);
	ck_assert_uint_eq(script.n, 2);
	ck_assert_uint_eq(script.statements[1].flags, SQL_UNKNOWN);
	sql_script_release(&script);
}
END_TEST

/* ---- texts ---- */

static const struct {
	const char *sql, *masked;
} masks[] = {
	{"INSERT INTO p -- who\nVALUES ('Anna', 42,\n\t-1.5e3, $x$ y $x$)",
		"INSERT INTO p VALUES (?, ?, -?, ?)"},
	{"ALTER TABLE t ADD c varchar(255), ADD d numeric (10, 2) DEFAULT 7",
		"ALTER TABLE t ADD c varchar(255), ADD d numeric (10, 2) DEFAULT ?"},
	{"CREATE ROLE r PASSWORD 'x'", "CREATE ROLE r PASSWORD ?"},
	{"DO $$ SELECT 'x' $$", "DO ?"},
	{"\\connect postgresql://u:secret@h/d", "\\connect"},
	{"SELECT 'never closed", "SELECT ?"},
};

START_TEST(masks_literals)
{
	CLEANUP(cleanup_free)
	char *masked = postgres_dialect.mask(masks[_i].sql, strlen(masks[_i].sql));

	ck_assert_str_eq(masked, masks[_i].masked);
}
END_TEST

START_TEST(quotes_and_sets_timeouts)
{
	char *text = postgres_dialect.quote_name("a \"b\"");
	struct str out = {0};

	ck_assert_str_eq(text, "\"a \"\"b\"\"\"");
	mem_free(text);
	postgres_dialect.add_literal(&out, "it's");
	ck_assert_str_eq(str_text(&out), "'it''s'");
	str_clear(&out);
	postgres_dialect.add_literal(&out, "\\'");
	ck_assert_str_eq(str_text(&out), " E'\\\\'''");
	str_release(&out);
	text = postgres_dialect.session_timeouts(2000000, 0);
	ck_assert_str_eq(text, "SET lock_timeout = 2000; SET statement_timeout = 0");
	mem_free(text);
	text = postgres_dialect.session_timeouts(DIALECT_KEEP, 1);
	ck_assert_str_eq(text, "SET statement_timeout = 1");
	mem_free(text);
	text = postgres_dialect.session_timeouts(DIALECT_KEEP, DIALECT_KEEP);
	ck_assert_str_eq(text, "");
	mem_free(text);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("postgres split");
	TCase *tc = tcase_create("dialect");

	tcase_set_timeout(tc, SUITE_TIMEOUT_S);
	tcase_add_loop_test(
		tc, tells_kind_flags_object_and_relations, 0, sizeof(kinds) / sizeof(kinds[0]));
	tcase_add_loop_test(tc, splits_scripts, 0, sizeof(splits) / sizeof(splits[0]));
	tcase_add_test(tc, tells_the_line_where_the_parser_stopped);
	tcase_add_test(tc, a_nul_byte_or_latin_1_is_unknown_not_fatal);
	tcase_add_loop_test(tc, masks_literals, 0, sizeof(masks) / sizeof(masks[0]));
	tcase_add_test(tc, quotes_and_sets_timeouts);
	suite_add_tcase(suite, tc);
	return suite_run(suite);
}
