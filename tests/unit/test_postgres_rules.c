/*
 * The rules of PostgreSQL: for each an unsafe form that is found and a safe one that is not. Locks,
 * rewrites and scans are compared with a server in tests/integration/test_postgres_predictions.c.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "adapters/postgres/dialect.h"
#include "adapters/postgres/rules.h"
#include "harness/base/cleanup.h"
#include "harness/base/mem.h"
#include "tests/support/suite.h"

enum {
	TX = 1,	   /* a transaction around the script, as a tool may open one */
	BARE = 2,  /* the runner sets no time-outs */
	STYLE = 4, /* opinions too */
};

/* What an earlier migration has left. */
static const char earlier[] =
	"CREATE TABLE u (id int PRIMARY KEY, code text);"
	"CREATE TABLE t (id int PRIMARY KEY, a int, b int NOT NULL, v varchar(10), n numeric(8,2),"
	" u_id int REFERENCES u (id));"
	"CREATE INDEX t_u ON t (u_id); CREATE INDEX t_v ON t (v);"
	"ALTER TABLE t ADD CONSTRAINT t_a CHECK (a IS NOT NULL);"
	"ALTER TABLE t ADD CONSTRAINT t_late CHECK (a > 0) NOT VALID;"
	"CREATE UNIQUE INDEX t_a_i ON t (a); CREATE UNIQUE INDEX t_n_i ON t (n);"
	"CREATE DOMAIN positive AS int CHECK (VALUE > 0); CREATE TYPE mood AS ENUM ('sad');"
	"CREATE TABLE p (id int, v text) PARTITION BY RANGE (id);"
	"CREATE TABLE p1 PARTITION OF p FOR VALUES FROM (0) TO (10);"
	"CREATE TABLE q (id int NOT NULL, v text, CHECK (id >= 10 AND id < 20));"
	"CREATE TABLE loose (id int); CREATE MATERIALIZED VIEW kept AS SELECT 1;"
	"CREATE VIEW seen AS SELECT 1; CREATE TYPE pair AS (x int);"
	"CREATE FUNCTION steady() RETURNS int LANGUAGE sql STABLE AS 'SELECT 1';";

#define SAFE SQL_CLASS_INSTANT_SAFE
#define BUILD SQL_CLASS_CONCURRENT_BUILD
#define EXPAND SQL_CLASS_EXPAND_CONTRACT

static const struct {
	const char *script; /* the last statement is looked at */
	unsigned version, flags;
	enum sql_class class;
	const char *rules, *comment;
} cases[] = {
	{"CREATE INDEX i ON t (a)", 150000, 0, BUILD, "index-without-concurrently", ""},
	{"CREATE INDEX CONCURRENTLY i ON t (a)", 150000, 0, BUILD, "", ""},
	{"CREATE INDEX IF NOT EXISTS t_v ON t (v)", 150000, 0, SAFE, "", "it is there"},
	{"CREATE TABLE x (a int); CREATE INDEX i ON x (a)", 150000, 0, SAFE, "", "a new table"},
	{"CREATE TEMP TABLE x (a int); CREATE INDEX i ON x (a)", 150000, 0, SAFE, "",
		"a temporary table"},
	{"CREATE INDEX CONCURRENTLY i ON t (a)", 150000, TX, BUILD, "concurrently-in-transaction",
		""},
	{"DROP INDEX CONCURRENTLY t_v", 150000, TX, BUILD,
		"index-dropped concurrently-in-transaction", ""},
	{"VACUUM t", 150000, TX, EXPAND, "not-in-transaction", ""},
	{"VACUUM t", 150000, 0, SAFE, "", ""},
	{"CREATE INDEX CONCURRENTLY IF NOT EXISTS i ON t (a)", 150000, 0, BUILD,
		"concurrently-if-not-exists", ""},
	{"CREATE INDEX CONCURRENTLY i ON p (v)", 150000, 0, BUILD, "concurrently-on-partitioned",
		""},
	{"SET lock_timeout = '2s'; CREATE INDEX CONCURRENTLY i ON t (a)", 150000, 0, BUILD,
		"timeout-on-concurrent-build", ""},
	{"SET statement_timeout = '2s'; CREATE INDEX CONCURRENTLY i ON t (a)", 150000, 0, BUILD,
		"timeout-on-concurrent-build", ""},
	{"SET lock_timeout = '2s'; SET lock_timeout = 0; CREATE INDEX CONCURRENTLY i ON t (a)",
		150000, 0, BUILD, "", "turned off again"},
	{"SET lock_timeout = '2s'; RESET lock_timeout; CREATE INDEX CONCURRENTLY i ON t (a)",
		150000, 0, BUILD, "", "turned off again"},
	{"DROP INDEX t_v", 150000, 0, BUILD, "index-dropped drop-index-without-concurrently", ""},
	{"DROP INDEX CONCURRENTLY t_v", 150000, 0, SAFE, "index-dropped", ""},
	{"CREATE INDEX CONCURRENTLY i ON t (a); DROP INDEX i", 150000, 0, SAFE, "", "a new index"},
	{"REINDEX TABLE t", 150000, 0, BUILD, "reindex-without-concurrently", ""},
	{"REINDEX INDEX t_v", 150000, 0, BUILD, "reindex-without-concurrently", ""},
	{"REINDEX TABLE CONCURRENTLY t", 150000, 0, BUILD, "", ""},
	{"ALTER TABLE t ADD FOREIGN KEY (a) REFERENCES u (id)", 150000, 0, EXPAND,
		"foreign-key-without-not-valid", ""},
	{"ALTER TABLE t ADD CONSTRAINT f FOREIGN KEY (u_id) REFERENCES u (id) NOT VALID", 150000, 0,
		SAFE, "", ""},
	{"ALTER TABLE t ADD COLUMN x int REFERENCES u (id)", 150000, 0, SAFE,
		"foreign-key-without-index", "NULLs are not looked up"},
	{"ALTER TABLE t ADD COLUMN x int DEFAULT 1 REFERENCES u (id)", 150000, 0, EXPAND,
		"foreign-key-without-not-valid foreign-key-without-index", ""},
	{"CREATE TABLE x (u_id int REFERENCES u (id))", 150000, 0, SAFE,
		"foreign-key-without-index", ""},
	{"CREATE TABLE x (u_id int REFERENCES u (id)); CREATE INDEX i ON x (u_id)", 150000, 0, SAFE,
		"", ""},
	{"CREATE TABLE x (u_id int PRIMARY KEY REFERENCES u (id))", 150000, 0, SAFE, "",
		"the key is its index"},
	{"ALTER TABLE t ADD CONSTRAINT c CHECK (a > 0)", 150000, 0, EXPAND,
		"check-without-not-valid", ""},
	{"ALTER TABLE t ADD CONSTRAINT c CHECK (a > 0) NOT VALID", 150000, 0, SAFE, "", ""},
	{"ALTER TABLE t ADD COLUMN x int CHECK (x > 0)", 150000, 0, EXPAND,
		"check-without-not-valid", ""},
	{"ALTER TABLE t ADD CONSTRAINT c UNIQUE (a)", 150000, 0, BUILD, "unique-without-index", ""},
	{"ALTER TABLE t ADD CONSTRAINT c UNIQUE USING INDEX t_a_i", 150000, 0, SAFE, "", ""},
	{"ALTER TABLE t ADD COLUMN x int UNIQUE", 150000, 0, BUILD, "unique-without-index", ""},
	{"ALTER TABLE loose ADD PRIMARY KEY (id)", 150000, 0, BUILD, "primary-key-without-index",
		""},
	{"ALTER TABLE t ADD CONSTRAINT c PRIMARY KEY USING INDEX t_n_i", 150000, 0, EXPAND,
		"primary-key-on-nullable", ""},
	{"ALTER TABLE t ADD CONSTRAINT c PRIMARY KEY USING INDEX t_a_i", 150000, 0, SAFE, "",
		"a CHECK proves it"},
	{"ALTER TABLE t ADD EXCLUDE (a WITH =)", 150000, 0, EXPAND, "exclusion-constraint", ""},
	{"ALTER TABLE t ADD CONSTRAINT c CHECK (b > 0) NOT VALID; ALTER TABLE t VALIDATE "
	 "CONSTRAINT c",
		150000, TX, EXPAND, "validate-in-same-transaction", ""},
	{"ALTER TABLE t ADD CONSTRAINT c CHECK (b > 0) NOT VALID; ALTER TABLE t VALIDATE "
	 "CONSTRAINT c",
		150000, 0, SAFE, "", "each alone"},
	{"BEGIN; ALTER TABLE t ADD CONSTRAINT c CHECK (b > 0) NOT VALID; COMMIT; ALTER TABLE t "
	 "VALIDATE CONSTRAINT c",
		150000, 0, SAFE, "", "COMMIT between"},
	{"ALTER TABLE t VALIDATE CONSTRAINT t_late", 150000, TX, SAFE, "", ""},
	{"ALTER TABLE t VALIDATE CONSTRAINT t_late, ADD COLUMN x int", 150000, 0, EXPAND,
		"validate-beside-other-changes", ""},
	{"ALTER TABLE t ALTER v SET NOT NULL", 150000, 0, EXPAND, "set-not-null-scans", ""},
	{"ALTER TABLE t ALTER a SET NOT NULL", 150000, 0, SAFE, "", "a CHECK proves it"},
	{"ALTER TABLE t ALTER a SET NOT NULL", 110000, 0, EXPAND, "set-not-null-scans",
		"before 12 it is read all the same"},
	{"ALTER TABLE t ALTER b SET NOT NULL", 150000, 0, SAFE, "", "it is already"},
	{"ALTER TABLE t ADD CONSTRAINT c CHECK (v IS NOT NULL) NOT VALID; ALTER TABLE t ALTER v "
	 "SET NOT NULL",
		150000, 0, EXPAND, "set-not-null-scans", "not validated"},
	{"ALTER TABLE t ADD CONSTRAINT c CHECK (v IS NOT NULL) NOT VALID; ALTER TABLE t VALIDATE "
	 "CONSTRAINT c; ALTER TABLE t ALTER v SET NOT NULL",
		150000, 0, SAFE, "", "the whole way"},
	{"ALTER TABLE t ALTER b DROP NOT NULL", 150000, 0, SAFE, "drop-not-null", ""},
	{"ALTER TABLE t DROP CONSTRAINT t_a", 150000, 0, SAFE, "drop-constraint", ""},
	{"ALTER TABLE t ADD COLUMN x int NOT NULL", 150000, 0, EXPAND, "add-required-column", ""},
	{"ALTER TABLE t ADD COLUMN x int NOT NULL DEFAULT 0", 150000, 0, SAFE, "", ""},
	{"ALTER TABLE t ADD COLUMN x int", 150000, 0, SAFE, "", ""},
	{"ALTER TABLE t ADD COLUMN IF NOT EXISTS a int NOT NULL", 150000, 0, SAFE, "",
		"it is there"},
	{"CREATE TABLE x (a int); ALTER TABLE x ADD COLUMN b int NOT NULL", 150000, 0, SAFE, "",
		"a new table"},
	{"ALTER TABLE t ADD COLUMN x timestamptz DEFAULT now()", 150000, 0, SAFE, "", "stable"},
	{"ALTER TABLE t ADD COLUMN x timestamptz DEFAULT clock_timestamp()", 150000, 0, EXPAND,
		"add-column-volatile-default", ""},
	{"ALTER TABLE t ADD COLUMN x uuid DEFAULT gen_random_uuid()", 150000, 0, EXPAND,
		"add-column-volatile-default", ""},
	{"ALTER TABLE t ADD COLUMN x int DEFAULT steady()", 150000, 0, SAFE, "", "declared STABLE"},
	{"ALTER TABLE t ADD COLUMN x int DEFAULT other()", 150000, 0, EXPAND,
		"add-column-volatile-default", "not known"},
	{"ALTER TABLE t ADD COLUMN x int DEFAULT 0", 100000, 0, EXPAND, "add-column-default", ""},
	{"ALTER TABLE t ADD COLUMN x int DEFAULT NULL", 100000, 0, SAFE, "", ""},
	{"ALTER TABLE t ADD COLUMN x int GENERATED ALWAYS AS (a * 2) STORED", 150000, 0, EXPAND,
		"add-generated-column", ""},
	{"ALTER TABLE t ADD COLUMN x serial", 150000, 0, EXPAND, "add-serial-column", ""},
	{"ALTER TABLE t ADD COLUMN x int GENERATED ALWAYS AS IDENTITY", 150000, 0, EXPAND,
		"add-serial-column", ""},
	{"ALTER TABLE t ADD COLUMN x positive", 150000, 0, EXPAND, "add-column-of-domain", ""},
	{"ALTER TABLE t ADD COLUMN x json", 150000, 0, SAFE, "json-column", ""},
	{"ALTER TABLE t ADD COLUMN x jsonb", 150000, 0, SAFE, "", ""},
	{"ALTER TABLE t ALTER a TYPE bigint", 150000, 0, EXPAND, "type-change-rewrites", ""},
	{"ALTER TABLE t ALTER v TYPE varchar(20)", 150000, 0, SAFE, "", "wider"},
	{"ALTER TABLE t ALTER v TYPE text", 150000, 0, SAFE, "", ""},
	{"ALTER TABLE t ALTER v TYPE varchar(5)", 150000, 0, EXPAND, "type-change-rewrites",
		"narrower"},
	{"ALTER TABLE t ALTER n TYPE numeric(10,2)", 150000, 0, SAFE, "", "more digits"},
	{"ALTER TABLE t ALTER n TYPE numeric(10,3)", 150000, 0, EXPAND, "type-change-rewrites",
		"another scale"},
	{"ALTER TABLE t ALTER v TYPE text COLLATE \"C\"", 150000, 0, EXPAND, "type-change-rebuilds",
		"its index is sorted anew"},
	{"ALTER TABLE unseen ALTER v TYPE text", 150000, 0, EXPAND, "type-change-unproven",
		"from what is not known"},
	{"ALTER TABLE t RENAME COLUMN a TO aa", 150000, 0, EXPAND, "rename-column", ""},
	{"ALTER TABLE t DROP COLUMN a", 150000, 0, EXPAND, "drop-column", ""},
	{"ALTER TABLE t DROP COLUMN a CASCADE", 150000, 0, EXPAND, "drop-column drop-cascade", ""},
	{"ALTER TABLE t ADD COLUMN g int GENERATED ALWAYS AS (1) STORED; ALTER TABLE t ALTER g "
	 "DROP EXPRESSION",
		150000, 0, SAFE, "drop-expression", ""},
	{"ALTER TABLE t RENAME TO tt", 150000, 0, EXPAND, "rename-table", ""},
	{"ALTER INDEX t_v RENAME TO t_w", 150000, 0, SAFE, "", "nobody names an index"},
	{"ALTER TABLE t RENAME CONSTRAINT t_a TO t_b", 150000, 0, SAFE, "", ""},
	{"DROP TABLE t", 150000, 0, EXPAND, "drop-table", ""},
	{"DROP TABLE IF EXISTS unseen", 150000, 0, EXPAND, "drop-table", ""},
	{"DROP TABLE t CASCADE", 150000, 0, EXPAND, "drop-table drop-cascade", ""},
	{"CREATE TABLE x (a int); DROP TABLE x", 150000, 0, SAFE, "", "a new table"},
	{"ALTER TABLE t SET SCHEMA other", 150000, 0, EXPAND, "set-schema", ""},
	{"TRUNCATE t", 150000, 0, EXPAND, "truncate", ""},
	{"TRUNCATE u CASCADE", 150000, 0, EXPAND, "truncate truncate-cascade", ""},
	{"CLUSTER t USING t_v", 150000, 0, EXPAND, "cluster", ""},
	{"VACUUM FULL t", 150000, 0, EXPAND, "vacuum-full", ""},
	{"ALTER TABLE t SET UNLOGGED", 150000, 0, EXPAND, "table-copied", ""},
	{"ALTER TABLE t SET TABLESPACE other", 150000, 0, EXPAND, "table-copied", ""},
	{"LOCK TABLE t", 150000, TX, EXPAND, "lock-table", ""},
	{"LOCK TABLE t IN ROW EXCLUSIVE MODE", 150000, TX, SAFE, "", ""},
	{"ALTER TABLE p ATTACH PARTITION loose FOR VALUES FROM (10) TO (20)", 150000, 0, EXPAND,
		"attach-partition-scans", ""},
	{"ALTER TABLE p ATTACH PARTITION q FOR VALUES FROM (10) TO (20)", 150000, 0, SAFE, "",
		"a CHECK proves it"},
	{"ALTER TABLE p ATTACH PARTITION q FOR VALUES FROM (10) TO (20)", 110000, 0, EXPAND,
		"attach-partition-locks-parent", ""},
	{"ALTER TABLE p DETACH PARTITION p1", 150000, 0, BUILD, "detach-without-concurrently", ""},
	{"ALTER TABLE p DETACH PARTITION p1", 130000, 0, SAFE, "", "there is no other way yet"},
	{"ALTER TABLE p DETACH PARTITION p1 CONCURRENTLY", 150000, 0, SAFE, "", ""},
	{"CREATE TABLE p2 PARTITION OF p FOR VALUES FROM (20) TO (30)", 150000, 0, EXPAND,
		"partition-of-locks-parent", ""},
	{"REFRESH MATERIALIZED VIEW kept", 150000, 0, BUILD, "refresh-without-concurrently", ""},
	{"REFRESH MATERIALIZED VIEW CONCURRENTLY kept", 150000, 0, SAFE, "", ""},
	{"ALTER TABLE t DISABLE TRIGGER ALL", 150000, 0, SAFE, "disable-trigger", ""},
	{"CREATE TRIGGER tr BEFORE INSERT ON t EXECUTE FUNCTION f()", 150000, 0, SAFE,
		"trigger-on-existing-table", ""},
	{"DROP TRIGGER tr ON t", 150000, 0, SAFE, "trigger-on-existing-table", ""},
	{"CREATE RULE r AS ON DELETE TO t DO INSTEAD NOTHING", 150000, 0, SAFE, "rewrite-rule", ""},
	{"ALTER TABLE t ENABLE ROW LEVEL SECURITY", 150000, 0, SAFE, "row-security", ""},
	{"REVOKE SELECT ON t FROM PUBLIC", 150000, 0, SAFE, "rights-changed", ""},
	{"GRANT SELECT ON t TO PUBLIC", 150000, 0, SAFE, "", ""},
	{"ALTER TABLE p1 NO INHERIT p", 150000, 0, SAFE, "no-inherit", ""},
	{"ALTER TABLE t REPLICA IDENTITY FULL", 150000, 0, SAFE, "replica-identity", ""},
	{"ALTER TABLE t REPLICA IDENTITY USING INDEX t_a_i", 150000, 0, SAFE, "", ""},
	{"DROP SCHEMA other", 150000, 0, EXPAND, "drop-schema", ""},
	{"DROP DATABASE other", 150000, 0, EXPAND, "drop-database", ""},
	{"DROP VIEW seen", 150000, 0, EXPAND, "drop-object", ""},
	{"DROP FUNCTION steady()", 150000, 0, EXPAND, "drop-object", ""},
	{"DROP TYPE mood", 150000, 0, EXPAND, "drop-object", ""},
	{"CREATE TYPE x AS ENUM ('a'); DROP TYPE x", 150000, 0, SAFE, "", "a new type"},
	{"ALTER VIEW seen RENAME TO saw", 150000, 0, EXPAND, "rename-object", ""},
	{"ALTER TYPE mood RENAME VALUE 'sad' TO 'blue'", 150000, 0, EXPAND, "rename-enum-value",
		""},
	{"ALTER TYPE mood ADD VALUE 'ok'", 110000, TX, EXPAND, "enum-value-in-transaction", ""},
	{"ALTER TYPE mood ADD VALUE 'ok'", 110000, 0, SAFE, "", ""},
	{"ALTER TYPE mood ADD VALUE 'ok'", 150000, TX, SAFE, "", ""},
	{"ALTER TYPE mood ADD VALUE 'ok'; INSERT INTO t (m) VALUES ('ok')", 150000, TX, EXPAND,
		"enum-value-used-at-once", ""},
	{"ALTER TYPE mood ADD VALUE 'ok'; INSERT INTO t (m) VALUES ('ok')", 150000, 0, SAFE, "",
		"committed between"},
	{"ALTER DOMAIN positive ADD CHECK (VALUE < 9)", 150000, 0, EXPAND, "domain-constraint", ""},
	{"ALTER DOMAIN positive ADD CONSTRAINT c CHECK (VALUE < 9) NOT VALID", 150000, 0, SAFE, "",
		""},
	{"ALTER DOMAIN positive VALIDATE CONSTRAINT c", 150000, 0, EXPAND, "domain-validate", ""},
	{"ALTER TYPE pair ADD ATTRIBUTE y int CASCADE", 150000, 0, EXPAND, "composite-type-change",
		""},
	{"CREATE EXTENSION hstore", 150000, 0, SAFE, "extension-changed", ""},
	{"CREATE OR REPLACE VIEW seen AS SELECT 2", 150000, 0, SAFE, "replaced-in-place", ""},
	{"CREATE OR REPLACE FUNCTION steady() RETURNS int LANGUAGE sql AS 'SELECT 2'", 150000, 0,
		SAFE, "replaced-in-place", ""},
	{"CREATE PUBLICATION pub FOR ALL TABLES", 150000, 0, SAFE, "logical-replication", ""},
	{"ALTER SYSTEM SET work_mem = '1GB'", 150000, 0, SAFE, "server-settings", ""},
	{"UPDATE t SET a = 1", 150000, 0, EXPAND, "update-without-where", ""},
	{"UPDATE t SET a = 1 WHERE id < 1000", 150000, 0, SAFE, "", ""},
	{"UPDATE t SET a = 1, a = 2 WHERE id = 1", 150000, 0, SAFE, "column-assigned-twice", ""},
	{"DELETE FROM t", 150000, 0, EXPAND, "delete-without-where", ""},
	{"DELETE FROM t WHERE id = 1", 150000, 0, SAFE, "", ""},
	{"CREATE TABLE x (a int); UPDATE x SET a = 1", 150000, 0, SAFE, "", "a new table"},
	{"ALTER TABLE u ADD COLUMN x int; UPDATE t SET a = 1 WHERE id < 10", 150000, TX, EXPAND,
		"backfill-with-ddl", ""},
	{"ALTER TABLE u ADD COLUMN x int; UPDATE t SET a = 1 WHERE id < 10", 150000, 0, SAFE, "",
		"each alone"},
	{"ALTER TABLE u ADD COLUMN x int; INSERT INTO t (id) VALUES (1)", 150000, TX, SAFE,
		"statements-under-lock", ""},
	{"ALTER TABLE t ADD COLUMN x int", 150000, BARE, SAFE, "lock-timeout-missing", ""},
	{"SET lock_timeout = '2s'; ALTER TABLE t ADD COLUMN x int", 150000, BARE, SAFE, "", ""},
	{"SELECT set_config('lock_timeout', '2s', false); ALTER TABLE t ADD COLUMN x int", 150000,
		BARE, SAFE, "", ""},
	{"BEGIN; SET LOCAL lock_timeout = '2s'; COMMIT; ALTER TABLE t ADD COLUMN x int", 150000,
		BARE, SAFE, "lock-timeout-missing", "gone with its transaction"},
	{"SET lock_timeout = '2s'; ALTER TABLE t ALTER a TYPE bigint", 150000, BARE, EXPAND,
		"type-change-rewrites statement-timeout-missing", ""},
	{"UPDATE t SET a = 1 WHERE id = 1", 150000, BARE, SAFE, "", "no strong lock"},
	{"CREATE TABLE x (a int)", 150000, BARE, SAFE, "", ""},
	{"CREATE INDEX CONCURRENTLY i ON t (a)", 150000, BARE, BUILD, "", ""},
	{"ALTER TABLE u ADD COLUMN x int; ALTER TABLE t VALIDATE CONSTRAINT t_late", 150000, TX,
		EXPAND, "slow-under-earlier-lock", ""},
	{"ALTER TABLE u ADD COLUMN x int; ALTER TABLE t ADD COLUMN x int", 150000, TX, SAFE,
		"several-tables-locked", ""},
	{"ALTER TABLE t ADD COLUMN x int; ALTER TABLE t ADD COLUMN y int", 150000, TX, SAFE, "",
		"one table"},
	{"ALTER TABLE u ADD COLUMN x int; CREATE TABLE x (a int)", 150000, TX, SAFE, "",
		"a new table"},
	{"BEGIN; ALTER TABLE t ADD COLUMN x int", 150000, 0, SAFE, "transaction-not-ended", ""},
	{"BEGIN; ALTER TABLE t ADD COLUMN x int; COMMIT", 150000, 0, SAFE, "", ""},
	{"BEGIN", 150000, TX, SAFE, "nested-transaction transaction-not-ended", ""},
	{"COMMIT", 150000, TX, SAFE, "nested-transaction", ""},
	{"DO $$ BEGIN PERFORM 1; END $$", 150000, 0, SAFE, "", ""},
	{"DO $$ BEGIN CREATE TYPE x AS ENUM ('a'); EXCEPTION WHEN duplicate_object THEN NULL; "
	 "END $$",
		150000, 0, SAFE, "", "harmless inside"},
	{"DO $$ BEGIN IF NOT EXISTS (SELECT FROM t) THEN ALTER TABLE t DROP COLUMN a; END IF; END "
	 "$$",
		150000, 0, EXPAND, "drop-column", "what is inside counts"},
	{"DO $$ BEGIN EXECUTE 'DROP TABLE t'; END $$", 150000, 0, EXPAND, "drop-table",
		"a literal"},
	{"DO $$ BEGIN EXECUTE 'DROP TABLE ' || current_user; END $$", 150000, 0, EXPAND,
		"code-not-known", "put together as it runs"},
	{"DO $$ BEGIN PERFORM other(); END $$", 150000, 0, EXPAND, "code-not-known", ""},
	{"DO LANGUAGE plpgsql", 150000, 0, EXPAND, "code-not-known", "no body"},
	{"DO LANGUAGE plpython3u 'x'", 150000, 0, EXPAND, "code-not-known", "another language"},
	{"DO 'BEGIN CREATE INDEX \"i\" ON t (a); UPDATE u SET code = ''x''; END'", 150000, 0,
		EXPAND, "index-without-concurrently update-without-where backfill-with-ddl",
		"quoted"},
	{"CALL p()", 150000, 0, EXPAND, "code-not-known", ""},
	{"SELECT other()", 150000, 0, EXPAND, "code-not-known", ""},
	{"SELECT pg_catalog.setval('s', 1)", 150000, 0, SAFE, "", ""},
	{"SELECT now()", 150000, 0, SAFE, "", ""},
	{"\\connect other", 150000, 0, EXPAND, "client-command", ""},
	{"COPY t FROM stdin;", 150000, 0, EXPAND, "client-command", ""},
	{"ALTER TABLE t ADD COLUMN x int GENERATED ALWAYS AS (a * 2) VIRTUAL", 180000, 0, SAFE, "",
		"computed when it is read"},
	{"ALTER TABLE t ADD COLUMN x int GENERATED ALWAYS AS (a * 2) VIRTUAL", 170000, 0, EXPAND,
		"not-understood", "not yet"},
	{"ALTER TABLE t ADD CONSTRAINT c NOT NULL v NOT VALID", 180000, 0, SAFE, "", ""},
	{"ALTER TABLE t ADD CONSTRAINT c NOT NULL v", 180000, 0, EXPAND, "check-without-not-valid",
		""},
	{"ALTER TABLE t ADD CONSTRAINT c NOT NULL v NOT VALID; ALTER TABLE t VALIDATE CONSTRAINT "
	 "c; "
	 "ALTER TABLE t ALTER v SET NOT NULL",
		180000, 0, SAFE, "", "the whole way of version 18"},
	{"ALTER TABLE t ADD CONSTRAINT c CHECK (a > 0) NOT ENFORCED", 180000, 0, SAFE, "", ""},
	{"CREATE TABEL x ()", 150000, 0, EXPAND, "not-understood", ""},
	{"ALTER TABLE t ADD COLUMN "
	 "a234567890123456789012345678901234567890123456789012345678901234 int",
		150000, 0, SAFE, "name-too-long", ""},
	{"CREATE TABLE x (id int PRIMARY KEY)", 150000, 0, SAFE, "", "an opinion is asked for"},
	{"CREATE TABLE x (id int PRIMARY KEY)", 150000, STYLE, SAFE,
		"style-int4-key style-unqualified style-repeatable", ""},
	{"CREATE TABLE public.x (id serial)", 150000, STYLE | TX, SAFE,
		"style-serial style-int4-key", ""},
	{"CREATE TABLE public.x (a varchar(5), b char(5), c timestamp, d text, e timestamptz)",
		150000, STYLE | TX, SAFE, "style-varchar style-char style-timestamp", ""},
	{"CREATE TYPE x AS ENUM ('a')", 150000, STYLE, SAFE, "style-enum", ""},
	{"ALTER TYPE mood ADD VALUE 'ok'", 150000, STYLE, SAFE, "style-enum-order", ""},
	{"CREATE DOMAIN x AS int CHECK (VALUE > 0)", 150000, STYLE, SAFE, "style-domain-constraint",
		""},
	{"ALTER TABLE t ADD COLUMN x int; ALTER TABLE t ADD COLUMN y int", 150000, STYLE | TX, SAFE,
		"style-alters-apart", ""},
	{"CREATE INDEX CONCURRENTLY ON t (a)", 150000, STYLE, BUILD, "concurrently-not-named", ""},
	{"CREATE INDEX CONCURRENTLY i ON t (a, b, v, n)", 150000, STYLE, BUILD,
		"index-many-columns", ""},
	{"ALTER TABLE t ADD COLUMN x int DEFAULT upper('a')::int + length('b')", 150000, 0, SAFE,
		"", ""},
	{"SELECT count(*), max(id) FROM t", 150000, 0, SAFE, "", ""},
	{"ALTER TABLE u ADD COLUMN x int; SELECT count(*) FROM t", 150000, TX, SAFE,
		"statements-under-lock", ""},
	{"ALTER TABLE t ALTER v TYPE text USING upper(v)", 150000, 0, EXPAND,
		"type-change-rewrites", ""},
	{"SET LOCAL timezone = 'UTC'; ALTER TABLE t ALTER v TYPE text", 150000, TX, SAFE, "", ""},
	{"CREATE TABLE x (LIKE t); ALTER TABLE x ALTER a SET NOT NULL", 150000, 0, SAFE, "", ""},
	{"ALTER TABLE u RENAME COLUMN code TO c; ALTER TABLE u ALTER c TYPE varchar", 150000, 0,
		SAFE, "", "the type goes with the name"},
	{"ALTER TABLE t RENAME TO tt; CREATE TABLE t (a int); DROP TABLE t", 150000, 0, SAFE, "",
		"the new one"},
	{"DROP TABLE t; ALTER TABLE t ADD COLUMN x int NOT NULL", 150000, 0, EXPAND,
		"add-required-column", "another table of that name is not known"},
	{"SET search_path = other; ALTER TABLE t ALTER v TYPE text", 150000, 0, EXPAND,
		"type-change-unproven", "another schema's table"},
	{"ALTER TABLE other.t ALTER v TYPE text", 150000, 0, EXPAND, "type-change-unproven",
		"another schema's table"},
	{"ALTER TABLE public.t ALTER v TYPE text", 150000, 0, SAFE, "", "the same table"},
	{"ALTER POLICY p ON t USING (true)", 150000, 0, SAFE, "rights-changed", ""},
	{"ALTER TABLE t ALTER b SET DEFAULT 1", 150000, 0, SAFE, "", ""},
	{"ALTER TABLE t ALTER b SET STATISTICS 10", 150000, 0, SAFE, "", ""},
	{"ALTER TABLE t SET (fillfactor = 70)", 150000, 0, SAFE, "", ""},
	{"COMMENT ON TABLE t IS 'x'", 150000, 0, SAFE, "", ""},
};

static void run(
	struct analysis_state *state, const char *text, unsigned flags, struct analysis *ret)
{
	struct sql_script script;
	struct statement_context context = {
		.in_transaction = flags & TX,
		.lock_timeout_set = !(flags & BARE),
		.statement_timeout_set = !(flags & BARE),
		.style = flags & STYLE,
	};
	struct err err = {0};

	ck_ok(postgres_dialect.split(text, strlen(text), &script, &err), err);
	pg_analyser.begin_migration(state);
	for (size_t i = 0; i < script.n; i++) {
		analysis_release(ret);
		pg_analyser.statement(state, text, &script, i, &context, ret);
	}
	pg_analyser.transaction_ended(state);
	sql_script_release(&script);
}

static char *rules_of(const struct analysis *a)
{
	struct str text = {0};

	for (size_t i = 0; i < a->n_hits; i++)
		str_addf(&text, "%s%s", i ? " " : "", a->hits[i].rule->id);
	return str_take(&text);
}

START_TEST(a_statement)
{
	struct lint_target target = {pg_analyser.products, cases[_i].version};
	struct analysis_state *state = pg_analyser.open(&target);
	struct analysis a;

	analysis_init(&a);
	run(state, earlier, 0, &a);
	run(state, cases[_i].script, cases[_i].flags, &a);
	{
		CLEANUP(cleanup_free) char *rules = rules_of(&a);

		ck_assert_msg(!strcmp(rules, cases[_i].rules), "%s (%u): %s: found '%s'",
			cases[_i].script, cases[_i].version, cases[_i].comment, rules);
		ck_assert_msg(a.class == cases[_i].class, "%s: %s: class %s", cases[_i].script,
			cases[_i].comment, sql_class_word(a.class));
	}
	for (size_t i = 0; i < a.n_hits; i++) {
		ck_assert_uint_gt(a.hits[i].len, 0);
		ck_assert_uint_le(a.hits[i].offset + a.hits[i].len, strlen(cases[_i].script));
	}
	analysis_release(&a);
	pg_analyser.close(state);
}
END_TEST

/* A rule that no case breaks would be one that nothing proves. */
START_TEST(every_rule_has_a_case_and_all_its_words)
{
	for (size_t i = 0; i < pg_analyser.n_rules; i++) {
		const struct lint_rule *rule = &pg_analyser.rules[i];
		bool found = false;

		for (size_t k = 0; k < sizeof(cases) / sizeof(cases[0]); k++) {
			CLEANUP(cleanup_free) char *ids = mem_printf(" %s ", cases[k].rules);
			CLEANUP(cleanup_free) char *id = mem_printf(" %s ", rule->id);

			found |= strstr(ids, id) != NULL;
		}
		ck_assert_msg(found, "no case of %s", rule->id);
		ck_assert(*rule->title && *rule->detects && *rule->why && *rule->remedy);
		ck_assert(strstr(rule->link, ".html"));
		for (size_t k = 0; k < i; k++)
			ck_assert_str_ne(rule->id, pg_analyser.rules[k].id);
	}
}
END_TEST

/* Where the caret stands, and what is to be written instead. */
static const struct {
	const char *script, *caret, *message, *remedy;
} shown[] = {
	{"CREATE UNIQUE INDEX i ON t (a)", "CREATE",
		"builds an index on public.t while every writer of it waits",
		"CREATE UNIQUE INDEX CONCURRENTLY i ON t (a)"},
	{"DROP INDEX IF EXISTS t_v", "t_v", "drops t_v while its table is locked for everybody",
		"DROP INDEX CONCURRENTLY IF EXISTS t_v"},
	{"/* \u00e4 */ ALTER TABLE t ADD COLUMN x int, DROP COLUMN a", "a",
		"programs that still name public.t.a fail", ""},
	{"ALTER TABLE t ADD COLUMN x uuid DEFAULT gen_random_uuid()", "DEFAULT",
		"gen_random_uuid() gives each row a value of its own: rewrites all of public.t "
		"while "
		"everybody waits",
		"ADD COLUMN x without the default, then ALTER COLUMN x SET DEFAULT …, then fill "
		"the old "
		"rows in batches"},
	{"ALTER TABLE t ADD CONSTRAINT c CHECK (a > 0)", "CONSTRAINT",
		"reads all of public.t while everybody waits",
		"add NOT VALID here; in a later transaction: ALTER TABLE public.t VALIDATE "
		"CONSTRAINT c"},
	{"ALTER TABLE t ALTER v TYPE varchar(5)", "v",
		"from varchar(10) to varchar(5): rewrites all of public.t and its indexes while "
		"everybody waits",
		""},
};

START_TEST(what_is_shown)
{
	struct lint_target target = {pg_analyser.products, 150000};
	struct analysis_state *state = pg_analyser.open(&target);
	const struct rule_hit *hit;
	struct analysis a;

	analysis_init(&a);
	run(state, earlier, 0, &a);
	run(state, shown[_i].script, 0, &a);
	ck_assert_uint_gt(a.n_hits, 0);
	hit = &a.hits[a.n_hits - 1];
	ck_assert_str_eq(hit->message, shown[_i].message);
	ck_assert_str_eq(hit->remedy, shown[_i].remedy);
	ck_assert_uint_eq(hit->len, strlen(shown[_i].caret));
	ck_assert(!strncmp(shown[_i].script + hit->offset, shown[_i].caret, hit->len));
	analysis_release(&a);
	pg_analyser.close(state);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("postgres_rules");
	TCase *tc = tcase_create("rules");

	tcase_add_loop_test(tc, a_statement, 0, sizeof(cases) / sizeof(cases[0]));
	tcase_add_test(tc, every_rule_has_a_case_and_all_its_words);
	tcase_add_loop_test(tc, what_is_shown, 0, sizeof(shown) / sizeof(shown[0]));
	suite_add_tcase(suite, tc);
	return suite_run(suite);
}
