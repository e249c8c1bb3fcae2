/*
 * What the analyser says a statement locks, rewrites and reads whole, against what a server does
 * with it: each statement runs in a transaction on tables with rows, and is rolled back.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "adapters/postgres/rules.h"
#include "harness/base/cleanup.h"
#include "harness/base/mem.h"
#include "tests/support/rig.h"
#include "tests/support/suite.h"

/* The schema that every statement meets, as an earlier migration would have made it. */
static const char base[] =
	"CREATE DOMAIN positive AS int CHECK (VALUE > 0);"
	"CREATE DOMAIN plain AS int;"
	"CREATE TYPE pair AS (x int, y int);"
	"CREATE TYPE mood AS ENUM ('sad', 'ok');"
	"CREATE TABLE parent (id int PRIMARY KEY, code text NOT NULL, v varchar(10));"
	"CREATE UNIQUE INDEX parent_code ON parent (code);"
	"CREATE TABLE t (id int PRIMARY KEY, parent_id int REFERENCES parent (id),"
	" a int, b int NOT NULL, v10 varchar(10), v varchar, txt text, n82 numeric(8,2), n numeric,"
	" ts timestamp, tz timestamptz, j json, c5 char(5), arr varchar(10)[], m mood, iv interval,"
	" bits bit(4), vb varbit(4), s2 int2, dp plain, dc positive, cd cidr, oi oid, CONSTRAINT "
	"t_b CHECK (b > 0));"
	"CREATE INDEX t_v10 ON t (v10);"
	"CREATE INDEX t_ts ON t (ts);"
	"CREATE INDEX t_expr ON t (lower(txt));"
	"CREATE TABLE plain_t (id int, a int, w varchar(10));"
	"ALTER TABLE plain_t ADD CONSTRAINT plain_t_a CHECK (a IS NOT NULL);"
	"CREATE TABLE child (id int PRIMARY KEY, t_id int NOT NULL REFERENCES t (id));"
	"ALTER TABLE child ADD CONSTRAINT child_late FOREIGN KEY (t_id) REFERENCES parent (id)"
	" NOT VALID;"
	"ALTER TABLE plain_t ADD CONSTRAINT plain_t_late CHECK (id > 0) NOT VALID;"
	"CREATE UNIQUE INDEX plain_t_id ON plain_t (id);"
	"CREATE UNIQUE INDEX plain_t_a_i ON plain_t (a);"
	"CREATE TABLE part (id int, v text, PRIMARY KEY (id)) PARTITION BY RANGE (id);"
	"CREATE TABLE part_1 PARTITION OF part FOR VALUES FROM (0) TO (1000);"
	"CREATE TABLE part_2 PARTITION OF part FOR VALUES FROM (1000) TO (2000);"
	"CREATE TABLE loose (id int NOT NULL, v text);"
	"CREATE TABLE proven (id int NOT NULL, v text,"
	" CHECK (id IS NOT NULL AND id >= 3000 AND id < 4000));"
	"CREATE TABLE defaulted (id int) PARTITION BY RANGE (id);"
	"CREATE TABLE defaulted_d PARTITION OF defaulted DEFAULT;"
	"CREATE TABLE defaulted_1 PARTITION OF defaulted FOR VALUES FROM (0) TO (10);"
	"CREATE TABLE fresh (id int NOT NULL);"
	"CREATE TABLE base_t (id int);"
	"CREATE TABLE derived (extra int) INHERITS (base_t);"
	"CREATE VIEW seen AS SELECT id FROM child;"
	"CREATE MATERIALIZED VIEW kept AS SELECT id FROM child;"
	"CREATE UNIQUE INDEX kept_id ON kept (id);"
	"CREATE TABLE typed OF pair;"
	"CREATE SEQUENCE counter;"
	"CREATE FUNCTION trg() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';"
	"CREATE TRIGGER tr BEFORE INSERT ON child FOR EACH ROW EXECUTE FUNCTION trg();"
	"CREATE FUNCTION steady() RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT 1';"
	"CREATE FUNCTION shaky() RETURNS int LANGUAGE plpgsql AS 'BEGIN RETURN 1; END';"
	"CREATE TABLE lone (id int PRIMARY KEY, t_id int REFERENCES t (id));";

static const char rows[] =
	"INSERT INTO parent SELECT g, g::text, 'x' FROM generate_series(1, 20) g;"
	"INSERT INTO t SELECT g, g, g, g, 'v', 'v', 'x', 1, 1, now(), now(), '{}', 'c', '{a}',"
	" 'ok', '1 s', B'1010', B'1010', 1 FROM generate_series(1, 20) g;"
	"INSERT INTO plain_t SELECT g, g, 'w' FROM generate_series(1, 20) g;"
	"INSERT INTO child SELECT g, g FROM generate_series(1, 20) g;"
	"INSERT INTO part SELECT g, 'x' FROM generate_series(1, 20) g;"
	"INSERT INTO part SELECT g + 1000, 'x' FROM generate_series(1, 20) g;"
	"INSERT INTO loose SELECT g + 2000, 'x' FROM generate_series(1, 20) g;"
	"INSERT INTO proven SELECT g + 3000, 'x' FROM generate_series(1, 20) g;"
	"INSERT INTO defaulted SELECT g + 100 FROM generate_series(1, 20) g;"
	"INSERT INTO base_t SELECT g FROM generate_series(1, 20) g;"
	"INSERT INTO derived SELECT g, g FROM generate_series(1, 20) g;"
	"INSERT INTO lone SELECT g, g FROM generate_series(1, 20) g;"
	"INSERT INTO fresh SELECT g + 20 FROM generate_series(0, 9) g;"
	"INSERT INTO typed SELECT g, g FROM generate_series(1, 20) g;"
	"REFRESH MATERIALIZED VIEW kept;";

static const char *const statements[] = {
	/* columns */
	"ALTER TABLE t ADD COLUMN x int",
	"ALTER TABLE t ADD COLUMN IF NOT EXISTS a int",
	"ALTER TABLE t ADD COLUMN x int DEFAULT 1",
	"ALTER TABLE t ADD COLUMN x int NOT NULL DEFAULT 1",
	"ALTER TABLE t ADD COLUMN x text DEFAULT NULL",
	"ALTER TABLE t ADD COLUMN x timestamptz DEFAULT now()",
	"ALTER TABLE t ADD COLUMN x timestamptz DEFAULT CURRENT_TIMESTAMP",
	"ALTER TABLE t ADD COLUMN x timestamptz DEFAULT clock_timestamp()",
	"ALTER TABLE t ADD COLUMN x uuid DEFAULT gen_random_uuid()",
	"ALTER TABLE t ADD COLUMN x float8 DEFAULT random()",
	"ALTER TABLE t ADD COLUMN x text DEFAULT upper('a') || lower('B')",
	"ALTER TABLE t ADD COLUMN x int DEFAULT steady()",
	"ALTER TABLE t ADD COLUMN x int DEFAULT shaky()",
	"ALTER TABLE t ADD COLUMN x serial",
	"ALTER TABLE t ADD COLUMN x bigserial",
	"ALTER TABLE t ADD COLUMN x int GENERATED ALWAYS AS IDENTITY",
	"ALTER TABLE t ADD COLUMN x int GENERATED ALWAYS AS (a * 2) STORED",
	"ALTER TABLE t ADD COLUMN x positive",
	"ALTER TABLE t ADD COLUMN x positive DEFAULT 1",
	"ALTER TABLE t ADD COLUMN x plain DEFAULT 1",
	"ALTER TABLE t ADD COLUMN x mood DEFAULT 'ok'",
	"ALTER TABLE t ADD COLUMN x int CHECK (x > 0)",
	"ALTER TABLE t ADD COLUMN x int UNIQUE",
	"ALTER TABLE t ADD COLUMN x int REFERENCES parent (id)",
	"ALTER TABLE t ADD COLUMN x int DEFAULT 1 REFERENCES parent (id)",
	"ALTER TABLE plain_t ADD COLUMN x serial PRIMARY KEY",
	"ALTER TABLE base_t ADD COLUMN x int",
	"ALTER TABLE base_t ADD COLUMN x float8 DEFAULT random()",
	"ALTER TABLE part ADD COLUMN x int DEFAULT 1",
	"ALTER TABLE part ADD COLUMN x float8 DEFAULT random()",
	"ALTER TABLE t DROP COLUMN a",
	"ALTER TABLE t DROP COLUMN v10",
	"ALTER TABLE t DROP COLUMN parent_id",
	"ALTER TABLE t ALTER a SET DEFAULT 1",
	"ALTER TABLE t ALTER a DROP DEFAULT",
	"ALTER TABLE t ALTER a SET NOT NULL",
	"ALTER TABLE t ALTER b SET NOT NULL",
	"ALTER TABLE t ALTER b DROP NOT NULL",
	"ALTER TABLE plain_t ALTER a SET NOT NULL",
	"ALTER TABLE part ALTER v SET NOT NULL",
	"ALTER TABLE t ALTER a SET STATISTICS 100",
	"ALTER TABLE t ALTER a SET (n_distinct = 5)",
	"ALTER TABLE t ALTER txt SET STORAGE EXTERNAL",
	"ALTER TABLE t ALTER b ADD GENERATED ALWAYS AS IDENTITY",
	"ALTER TABLE t RENAME COLUMN a TO aa",
	"ALTER TABLE part RENAME COLUMN v TO vv",
	/* constraints */
	"ALTER TABLE t ADD CONSTRAINT c CHECK (a > 0)",
	"ALTER TABLE t ADD CONSTRAINT c CHECK (a > 0) NOT VALID",
	"ALTER TABLE part ADD CONSTRAINT c CHECK (id >= 0)",
	"ALTER TABLE plain_t ADD FOREIGN KEY (a) REFERENCES parent (id)",
	"ALTER TABLE plain_t ADD FOREIGN KEY (a) REFERENCES parent (id) NOT VALID",
	"ALTER TABLE part ADD FOREIGN KEY (id) REFERENCES part (id)",
	"ALTER TABLE plain_t ADD UNIQUE (a)",
	"ALTER TABLE plain_t ADD PRIMARY KEY (id)",
	"ALTER TABLE plain_t ADD CONSTRAINT pk PRIMARY KEY USING INDEX plain_t_id",
	"ALTER TABLE plain_t ADD CONSTRAINT plain_t_a_i PRIMARY KEY USING INDEX plain_t_a_i",
	"ALTER TABLE plain_t ADD CONSTRAINT un UNIQUE USING INDEX plain_t_id",
	"ALTER TABLE plain_t ADD EXCLUDE (id WITH =)",
	"ALTER TABLE child VALIDATE CONSTRAINT child_late",
	"ALTER TABLE plain_t VALIDATE CONSTRAINT plain_t_late",
	"ALTER TABLE plain_t VALIDATE CONSTRAINT plain_t_late, ADD COLUMN x int",
	"ALTER TABLE child DROP CONSTRAINT child_late",
	"ALTER TABLE t DROP CONSTRAINT t_b",
	"ALTER TABLE child DROP CONSTRAINT child_pkey",
	"ALTER TABLE child RENAME CONSTRAINT child_late TO child_later",
	"ALTER TABLE child ALTER CONSTRAINT child_late DEFERRABLE",
	/* tables */
	"ALTER TABLE child RENAME TO kid",
	"ALTER TABLE plain_t SET (fillfactor = 70)",
	"ALTER TABLE plain_t SET (autovacuum_enabled = off)",
	"ALTER TABLE plain_t SET UNLOGGED",
	"ALTER TABLE plain_t OWNER TO CURRENT_USER",
	"ALTER TABLE plain_t REPLICA IDENTITY FULL",
	"ALTER TABLE plain_t ENABLE ROW LEVEL SECURITY",
	"ALTER TABLE child DISABLE TRIGGER tr",
	"ALTER TABLE child ENABLE TRIGGER ALL",
	"ALTER TABLE child CLUSTER ON child_pkey",
	"ALTER TABLE derived NO INHERIT base_t",
	"CREATE TABLE x (id int REFERENCES parent (id))",
	"CREATE TABLE x (id int, FOREIGN KEY (id) REFERENCES parent (id))",
	"CREATE TABLE x (LIKE parent INCLUDING ALL)",
	"CREATE TABLE x () INHERITS (base_t)",
	"CREATE TABLE part_3 PARTITION OF part FOR VALUES FROM (5000) TO (6000)",
	"CREATE TABLE defaulted_2 PARTITION OF defaulted FOR VALUES FROM (10) TO (20)",
	"ALTER TABLE part ATTACH PARTITION loose FOR VALUES FROM (2000) TO (3000)",
	"ALTER TABLE part ATTACH PARTITION proven FOR VALUES FROM (3000) TO (4000)",
	"ALTER TABLE defaulted ATTACH PARTITION fresh FOR VALUES FROM (20) TO (30)",
	"ALTER TABLE part DETACH PARTITION part_1",
	"CREATE TABLE x AS SELECT * FROM t",
	"DROP TABLE lone",
	"DROP TABLE plain_t",
	"DROP TABLE part_1",
	"DROP TABLE part",
	"DROP TABLE t CASCADE",
	"TRUNCATE plain_t",
	"TRUNCATE loose",
	"TRUNCATE part",
	"TRUNCATE parent CASCADE",
	"LOCK TABLE plain_t IN SHARE MODE",
	"LOCK TABLE part",
	"CLUSTER child USING child_pkey",
	"COMMENT ON TABLE t IS 'x'",
	"COMMENT ON COLUMN t.a IS 'x'",
	"GRANT SELECT ON t TO PUBLIC",
	"REVOKE SELECT ON t FROM PUBLIC",
	/* indexes */
	"CREATE INDEX i ON t (a)",
	"CREATE UNIQUE INDEX i ON plain_t (id)",
	"CREATE INDEX i ON part (v)",
	"CREATE INDEX i ON ONLY part (v)",
	"CREATE INDEX IF NOT EXISTS t_v10 ON t (v10)",
	"DROP INDEX t_v10",
	"DROP INDEX parent_code",
	"ALTER INDEX t_v10 RENAME TO t_v",
	"ALTER INDEX t_v10 SET (fillfactor = 70)",
	"REINDEX INDEX t_v10",
	"REINDEX TABLE t",
	"REINDEX TABLE plain_t",
	/* the rest */
	"CREATE TRIGGER tr2 AFTER INSERT ON t EXECUTE FUNCTION trg()",
	"DROP TRIGGER tr ON child",
	"ALTER TRIGGER tr ON child RENAME TO tr3",
	"CREATE RULE r AS ON DELETE TO plain_t DO INSTEAD NOTHING",
	"CREATE POLICY p ON plain_t USING (true)",
	"CREATE STATISTICS st ON a, b FROM t",
	"CREATE VIEW v2 AS SELECT id FROM t",
	"CREATE OR REPLACE VIEW seen AS SELECT id FROM child WHERE id > 0",
	"DROP VIEW seen",
	"ALTER VIEW seen RENAME TO saw",
	"REFRESH MATERIALIZED VIEW kept",
	"REFRESH MATERIALIZED VIEW CONCURRENTLY kept",
	"DROP MATERIALIZED VIEW kept",
	"ALTER SEQUENCE counter RESTART",
	"DROP SEQUENCE counter",
	"ALTER TYPE pair ADD ATTRIBUTE z int CASCADE",
	"SET LOCAL timezone = 'UTC'; ALTER TABLE t ALTER ts TYPE timestamptz",
	"SET LOCAL timezone = 'UTC'; ALTER TABLE t ALTER tz TYPE timestamp",
	"SET LOCAL timezone = 'UTC'; ALTER TABLE t ALTER tz TYPE timestamp(3)",
	"ALTER TABLE t ALTER a TYPE bigint USING a::bigint",
	"ALTER TABLE t ALTER v10 TYPE text USING upper(v10)",
	"ALTER TABLE t ALTER v10 TYPE text USING v10::text",
	"ALTER TABLE plain_t ALTER w TYPE varchar(20)",
	"ALTER TABLE part ALTER v TYPE varchar(20)",
	"CREATE INDEX late ON t (a) WHERE v10 IS NOT NULL; ALTER TABLE t ALTER a TYPE plain",
	"ALTER TABLE parent ALTER id TYPE bigint",
	"ALTER TABLE lone ALTER t_id TYPE bigint",
	"ALTER DOMAIN positive ADD CHECK (VALUE < 10)",
	"ANALYZE t",
	"UPDATE plain_t SET a = 1 WHERE id = 1",
	"DELETE FROM loose",
	"INSERT INTO loose SELECT * FROM loose",
	"CREATE TABLE s2 (id int); ALTER TABLE s2 ADD PRIMARY KEY (id)",
	"ALTER TABLE t ADD COLUMN x int; ALTER TABLE t ADD COLUMN y int",
	"CREATE INDEX i ON t (a); ALTER TABLE t ADD COLUMN y int",
};

/* What not every version knows. */
static const struct {
	unsigned since;
	const char *sql;
} newer[] = {
	{140000, "ALTER TABLE t ALTER txt SET COMPRESSION pglz"},
	{180000, "ALTER TABLE t ADD COLUMN x int GENERATED ALWAYS AS (a * 2) VIRTUAL"},
	{180000, "ALTER TABLE t ADD CONSTRAINT c NOT NULL a NOT VALID"},
	{180000, "ALTER TABLE t ADD CONSTRAINT c NOT NULL a"},
	{180000, "ALTER TABLE t ADD CONSTRAINT c CHECK (a > 0) NOT ENFORCED"},
	{180000, "ALTER TABLE plain_t ADD FOREIGN KEY (a) REFERENCES parent (id) NOT ENFORCED"},
	{180000,
		"ALTER TABLE t ADD CONSTRAINT c NOT NULL a NOT VALID; ALTER TABLE t VALIDATE "
		"CONSTRAINT c; ALTER TABLE t ALTER a SET NOT NULL"},
};

static struct db_conn *conn;
static struct analysis_state *state; /* knows `base` */

static char *ask(const char *sql)
{
	struct err err = {0};
	char *text;

	ck_ok(db_text(db, conn, sql, &text, &err), err);
	return text;
}

static void analyse(const char *sql, struct str *locks, struct str *rewrites, struct str *scans);

/* ---- what the server did: of relations that were there before, in alphabetical order ---- */

static const char locks_sql[] =
	"SELECT string_agg(DISTINCT b.name || ' ' || l.mode, ', ' ORDER BY b.name || ' ' || l.mode)"
	" FROM pg_locks l JOIN probe.before b ON b.oid = l.relation"
	" WHERE l.pid = pg_backend_pid() AND l.granted AND l.mode IN ('ShareLock',"
	" 'ShareRowExclusiveLock', 'ExclusiveLock', 'AccessExclusiveLock',"
	" 'ShareUpdateExclusiveLock')";
static const char rewrites_sql[] =
	"SELECT string_agg(b.name, ', ' ORDER BY b.name) FROM probe.before b JOIN pg_class c"
	" USING (oid) WHERE c.relkind IN ('r', 'm') AND b.relfilenode <> c.relfilenode";
/* How a foreign key's other table, which is `parent`, is looked up is the planner's choice. */
static const char scans_sql[] =
	"SELECT string_agg(b.name, ', ' ORDER BY b.name) FROM probe.before b"
	" JOIN pg_stat_xact_user_tables s ON s.relid = b.oid"
	" WHERE s.seq_tup_read > 0 AND b.name <> 'public.parent'";

static unsigned differ;

static void compare(const char *sql, const char *what, const char *predicted, const char *measured)
{
	if (!strcmp(predicted, measured))
		return;
	differ++;
	printf("%s\n  %s predicted: %s\n  %s measured:  %s\n", sql, what, predicted, what,
		measured);
}

/* What a query or the look-up of a foreign key reads is the planner's choice. */
static bool plans(const char *sql)
{
	static const char *const heads[] = {"UPDATE", "DELETE", "INSERT", "CREATE TABLE x AS",
		"ANALYZE", "REFRESH", "ALTER TABLE parent ALTER", "ALTER TABLE lone ALTER"};

	for (size_t i = 0; i < sizeof(heads) / sizeof(heads[0]); i++)
		if (!strncmp(heads[i], sql, strlen(heads[i])))
			return true;
	return false;
}

/* false: the server refused it, which some may. */
static bool try_statement(const char *sql, bool may_fail)
{
	bool ran = false;
	struct str locks = {0}, rewrites = {0}, scans = {0};
	struct err err = {0};

	/* A session of its own: what it has read before counts in no scan. */
	conn = rig_session("migration");
	rig_run(conn, "BEGIN");
	if (db_exec(db, conn, sql, &err)) {
		differ += !may_fail;
		if (!may_fail)
			printf("%s\n  %s\n", sql, err.text);
	} else {
		CLEANUP(cleanup_free) char *held = ask(locks_sql);
		CLEANUP(cleanup_free) char *rewritten = ask(rewrites_sql);
		CLEANUP(cleanup_free) char *scanned = ask(scans_sql);

		ran = true;
		analyse(sql, &locks, &rewrites, &scans);
		compare(sql, "locks", str_text(&locks), held);
		compare(sql, "rewrites", str_text(&rewrites), rewritten);
		if (!plans(sql))
			compare(sql, "scans", str_text(&scans), scanned);
	}
	db->close(conn);
	str_release(&locks);
	str_release(&rewrites);
	str_release(&scans);
	return ran;
}

/* ---- what was predicted, in the same form ---- */

static int by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void add_sorted(struct str *out, char **words, size_t n)
{
	qsort(words, n, sizeof(*words), by_text);
	for (size_t i = 0; i < n; i++)
		if (!i || strcmp(words[i], words[i - 1]) != 0)
			str_addf(out, "%s%s", out->len ? ", " : "", words[i]);
}

struct words {
	char **items;
	size_t n, cap;
};

static void run_script(
	const char *text, struct words *locks, struct words *rewrites, struct words *scans)
{
	struct statement_context context = {.in_transaction = true};
	struct sql_script script;
	struct err err = {0};

	ck_ok(postgres_dialect.split(text, strlen(text), &script, &err), err);
	pg_analyser.begin_migration(state);
	for (size_t i = 0; i < script.n; i++) {
		struct analysis a;

		pg_analyser.statement(state, text, &script, i, &context, &a);
		for (size_t k = 0; locks && k < a.n_locks; k++)
			if (a.locks[k].blocks_writes ||
				!strcmp(a.locks[k].mode, "ShareUpdateExclusiveLock"))
				*MEM_PUSH(locks->items, locks->n, locks->cap) =
					mem_printf("%s %s", a.locks[k].object, a.locks[k].mode);
		for (size_t k = 0; rewrites && k < a.n_rewritten; k++)
			*MEM_PUSH(rewrites->items, rewrites->n, rewrites->cap) =
				mem_strdup(a.rewritten[k]);
		for (size_t k = 0; scans && k < a.n_scanned; k++)
			*MEM_PUSH(scans->items, scans->n, scans->cap) = mem_strdup(a.scanned[k]);
		analysis_release(&a);
	}
	pg_analyser.transaction_ended(state);
	sql_script_release(&script);
}

static char *schema; /* what the analyser is shown as the migrations before */

static void open_state(unsigned version)
{
	struct lint_target target = {pg_analyser.products, version};

	state = pg_analyser.open(&target);
	run_script(schema, NULL, NULL, NULL);
}

static void analyse(const char *sql, struct str *locks, struct str *rewrites, struct str *scans)
{
	struct words words[3] = {{0}};
	struct str *const out[3] = {locks, rewrites, scans};

	open_state(pg.programs.version);
	run_script(sql, &words[0], &words[1], &words[2]);
	pg_analyser.close(state);
	for (size_t i = 0; i < 3; i++) {
		add_sorted(out[i], words[i].items, words[i].n);
		mem_free_strings(words[i].items, words[i].n);
	}
}

static void start(void)
{
	rig_start();
	conn = rig_session("migration");
	rig_run(conn, "ALTER DATABASE postgres SET timezone = 'Asia/Kolkata'");
	rig_run(conn, base);
	rig_run(conn, rows);
	rig_run(conn,
		"CREATE SCHEMA probe; CREATE TABLE probe.before AS SELECT oid,"
		" 'public.' || relname AS name, relfilenode FROM pg_class"
		" WHERE relnamespace = 'public'::regnamespace");
	db->close(conn);
	schema = mem_strdup(base);
}

/* Every type of `t` into every other one; what needs a USING is left out. */
START_TEST(types_change_as_predicted)
{
	static const char *const columns[] = {"a", "b", "v10", "v", "txt", "n82", "n", "ts", "tz",
		"j", "c5", "arr", "m", "iv", "bits", "vb", "s2", "dp", "dc", "cd", "oi"};
	static const char *const types[] = {"int", "bigint", "smallint", "text", "varchar",
		"varchar(5)", "varchar(10)", "varchar(20)", "char(5)", "char(9)", "numeric",
		"numeric(8,2)", "numeric(10,2)", "numeric(10,3)", "numeric(6,2)", "timestamp",
		"timestamp(3)", "timestamptz", "timestamptz(6)", "jsonb", "varchar(10)[]",
		"varchar(20)[]", "text[]", "mood", "interval", "bit(8)", "varbit(4)", "varbit(9)",
		"varbit", "plain", "positive", "inet", "oid", "text COLLATE \"C\""};
	unsigned n = 0, before = differ;

	for (size_t i = 0; i < sizeof(columns) / sizeof(columns[0]); i++)
		for (size_t k = 0; k < sizeof(types) / sizeof(types[0]); k++) {
			CLEANUP(cleanup_free)
			char *sql =
				mem_printf("ALTER TABLE t ALTER %s TYPE %s", columns[i], types[k]);

			n += try_statement(sql, true);
		}
	printf("%u type changes, %u differ\n", n, differ - before);
	fflush(stdout);
	ck_assert_uint_gt(n, 200);
	ck_assert_uint_eq(differ, before);
}
END_TEST

static void try_all(void)
{
	size_t n = sizeof(statements) / sizeof(statements[0]);
	unsigned before = differ;

	for (size_t i = 0; i < n; i++)
		try_statement(statements[i], false);
	for (size_t i = 0; i < sizeof(newer) / sizeof(newer[0]); i++)
		if (pg.programs.version >= newer[i].since) {
			try_statement(newer[i].sql, false);
			n++;
		}
	printf("%zu statements, %u differ\n", n, differ - before);
	fflush(stdout);
	ck_assert_uint_eq(differ, before);
}

START_TEST(predictions_are_what_the_server_does)
{
	try_all();
}
END_TEST

/* The same where the schema is read from the server, as in a rehearsal. */
START_TEST(predictions_from_the_server_s_own_schema)
{
	const struct db_result *result;
	struct str text = {0};
	struct err err = {0};

	conn = rig_session("migration");
	ck_ok(db_exec(db, conn, pg_analyser.schema_sql, &err), err);
	result = db->result(conn);
	for (unsigned i = 0; i < result->rows; i++)
		if (!strstr(db->value(conn, i, 0), "probe."))
			str_addf(&text, "%s;\n", db->value(conn, i, 0));
	db->close(conn);
	mem_free(schema);
	schema = str_take(&text);
	try_all();
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("postgres_predictions");
	TCase *tc = tcase_create("predictions");

	tcase_set_timeout(tc, SUITE_TIMEOUT_S);
	tcase_add_unchecked_fixture(tc, start, rig_stop);
	tcase_add_test(tc, types_change_as_predicted);
	tcase_add_test(tc, predictions_are_what_the_server_does);
	tcase_add_test(tc, predictions_from_the_server_s_own_schema);
	suite_add_tcase(suite, tc);
	return suite_run(suite);
}
