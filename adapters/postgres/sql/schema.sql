-- The schema as statements that would make it, as far as the analyser looks at it: types, tables
-- and columns, indexes, constraints, partitions; bodies of views and functions are left out.
WITH spaces AS (
	SELECT oid, quote_ident(nspname) AS name
	FROM pg_catalog.pg_namespace
	WHERE nspname !~ '^pg_' AND nspname <> 'information_schema'
), relations AS (
	SELECT c.oid, c.relkind, s.name || '.' || quote_ident(c.relname) AS name, c.relispartition
	FROM pg_catalog.pg_class c JOIN spaces s ON s.oid = c.relnamespace
	WHERE c.relpersistence <> 't'
), statements(place, text) AS (
	SELECT 0, 'SET timezone = UTC'
	WHERE current_setting('TimeZone') IN ('UTC', 'Etc/UTC', 'GMT')
	UNION ALL
	SELECT 1, format('CREATE TYPE %s.%I AS ENUM (%s)', s.name, t.typname, '''-''')
	FROM pg_catalog.pg_type t JOIN spaces s ON s.oid = t.typnamespace
	WHERE t.typtype = 'e'
	UNION ALL
	SELECT 1, format('CREATE TYPE %s AS (x int)', name) FROM relations WHERE relkind = 'c'
	UNION ALL
	SELECT 2, format('CREATE DOMAIN %s.%I AS %s%s', s.name, t.typname,
		format_type(t.typbasetype, t.typtypmod),
		CASE WHEN t.typnotnull OR EXISTS (SELECT FROM pg_catalog.pg_constraint k
			WHERE k.contypid = t.oid) THEN ' CHECK (true)' END)
	FROM pg_catalog.pg_type t JOIN spaces s ON s.oid = t.typnamespace
	WHERE t.typtype = 'd'
	UNION ALL
	-- Of several of one name the worst comes last, and counts.
	SELECT CASE p.provolatile WHEN 'i' THEN 3 WHEN 's' THEN 4 ELSE 5 END,
		format('CREATE FUNCTION %s.%I() RETURNS int LANGUAGE sql %s AS ''''', s.name, p.proname,
			CASE p.provolatile WHEN 'i' THEN 'IMMUTABLE' WHEN 's' THEN 'STABLE'
				ELSE 'VOLATILE' END)
	FROM pg_catalog.pg_proc p JOIN spaces s ON s.oid = p.pronamespace
	UNION ALL
	SELECT 6, format('CREATE TABLE %s (%s)%s', r.name, (
			SELECT string_agg(format('%I %s%s', a.attname,
				format_type(a.atttypid, a.atttypmod),
				CASE WHEN a.attnotnull THEN ' NOT NULL' END),
				', ' ORDER BY a.attnum)
			FROM pg_catalog.pg_attribute a
			WHERE a.attrelid = r.oid AND a.attnum > 0 AND NOT a.attisdropped),
		CASE WHEN r.relkind = 'p' THEN ' PARTITION BY ' || pg_get_partkeydef(r.oid) END)
	FROM relations r WHERE r.relkind IN ('r', 'p', 'f')
	UNION ALL
	SELECT 7, format('ALTER TABLE %s OF %s', r.name, c.reloftype::regtype)
	FROM relations r JOIN pg_catalog.pg_class c ON c.oid = r.oid WHERE c.reloftype <> 0
	UNION ALL
	SELECT 7, format('CREATE VIEW %s AS SELECT 1', name) FROM relations WHERE relkind = 'v'
	UNION ALL
	SELECT 7, format('CREATE MATERIALIZED VIEW %s AS SELECT 1', name)
	FROM relations WHERE relkind = 'm'
	UNION ALL
	SELECT 7, format('CREATE SEQUENCE %s', name) FROM relations WHERE relkind = 'S'
	UNION ALL
	SELECT 8, format('ALTER SEQUENCE %s OWNED BY %s.%I', s.name, t.name, a.attname)
	FROM pg_catalog.pg_depend d
	JOIN relations s ON s.oid = d.objid AND s.relkind = 'S'
	JOIN relations t ON t.oid = d.refobjid
	JOIN pg_catalog.pg_attribute a ON a.attrelid = t.oid AND a.attnum = d.refobjsubid
	WHERE d.classid = 'pg_catalog.pg_class'::regclass AND d.deptype IN ('a', 'i')
	UNION ALL
	SELECT 8, pg_get_indexdef(i.indexrelid)
	FROM pg_catalog.pg_index i JOIN relations r ON r.oid = i.indrelid
	UNION ALL
	SELECT 9, format('ALTER TABLE %s ADD CONSTRAINT %I %s USING INDEX %I', r.name, k.conname,
		CASE k.contype WHEN 'p' THEN 'PRIMARY KEY' ELSE 'UNIQUE' END, i.relname)
	FROM pg_catalog.pg_constraint k JOIN relations r ON r.oid = k.conrelid
	JOIN pg_catalog.pg_class i ON i.oid = k.conindid
	WHERE k.contype IN ('p', 'u')
	UNION ALL
	SELECT 10, format('ALTER TABLE %s ADD CONSTRAINT %I %s', r.name, k.conname,
		pg_get_constraintdef(k.oid))
	FROM pg_catalog.pg_constraint k JOIN relations r ON r.oid = k.conrelid
	WHERE k.contype = 'c' OR (k.contype = 'f' AND k.conparentid = 0)
	UNION ALL
	SELECT 11, CASE WHEN c.relispartition
		THEN format('ALTER TABLE %s ATTACH PARTITION %s %s', p.name, c.name,
			pg_get_expr(b.relpartbound, b.oid))
		ELSE format('ALTER TABLE %s INHERIT %s', c.name, p.name) END
	FROM pg_catalog.pg_inherits h
	JOIN relations p ON p.oid = h.inhparent AND p.relkind NOT IN ('i', 'I')
	JOIN relations c ON c.oid = h.inhrelid
	JOIN pg_catalog.pg_class b ON b.oid = c.oid
	UNION ALL
	SELECT 0, 'SET search_path = ' || quote_ident(current_schema()::text)
	WHERE current_schema() IS NOT NULL
)
SELECT text FROM statements ORDER BY place, text
