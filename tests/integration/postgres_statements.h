/* The schema, the rows and the statements of test_postgres_predictions.c. */
#ifndef REHEARSE_TESTS_POSTGRES_STATEMENTS_H
#define REHEARSE_TESTS_POSTGRES_STATEMENTS_H

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
	"CREATE TABLE counted (id serial PRIMARY KEY, n int GENERATED ALWAYS AS IDENTITY, p_id "
	"int);"
	"CREATE INDEX ON counted (lower(p_id::text));"
	"CREATE TABLE a_table_with_a_rather_long_name (a_first_column int, a_second_column int,"
	" UNIQUE (a_first_column, a_second_column));"
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
	"INSERT INTO defaulted SELECT g FROM generate_series(0, 9) g;"
	"INSERT INTO base_t SELECT g FROM generate_series(1, 20) g;"
	"INSERT INTO derived SELECT g, g FROM generate_series(1, 20) g;"
	"INSERT INTO counted (p_id) SELECT g FROM generate_series(1, 20) g;"
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
	"ALTER TABLE base_t ADD COLUMN x int UNIQUE",
	"ALTER TABLE base_t ADD FOREIGN KEY (id) REFERENCES parent (id)",
	"ALTER TABLE base_t ADD PRIMARY KEY (id)",
	"ALTER TABLE base_t ADD UNIQUE (id)",
	"ALTER TABLE base_t ADD CHECK (id > 0)",
	"ALTER TABLE part ADD UNIQUE (id)",
	"ALTER TABLE defaulted ADD PRIMARY KEY (id)",
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
	"DROP TABLE counted",
	"DROP TABLE a_table_with_a_rather_long_name",
	"ALTER TABLE counted DROP COLUMN id",
	"ALTER TABLE counted DROP COLUMN n",
	"DROP INDEX counted_lower_idx",
	"ALTER TABLE counted DROP CONSTRAINT counted_pkey, ADD CONSTRAINT f FOREIGN KEY (p_id)"
	" REFERENCES parent (id)",
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

#endif
