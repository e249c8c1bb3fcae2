-- Tables that a generated workload can read and update by key, largest first. A partition is left
-- out: its parent stands for it.
WITH tables AS (
	SELECT c.oid, n.nspname, c.relname, c.reltuples,
		CASE WHEN c.relkind = 'p'
			THEN (SELECT coalesce(sum(pg_relation_size(p.relid)), 0)
				FROM pg_partition_tree(c.oid) p WHERE p.isleaf)
			ELSE pg_relation_size(c.oid) END AS bytes,
		CASE WHEN c.relkind = 'p'
			THEN (SELECT sum(greatest(l.reltuples, 0)) FROM pg_partition_tree(c.oid) p
				JOIN pg_class l ON l.oid = p.relid WHERE p.isleaf)
			ELSE c.reltuples END AS tuples
	FROM pg_class c
	JOIN pg_namespace n ON n.oid = c.relnamespace
	WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition AND c.relpersistence <> 't'
		AND n.nspname <> 'information_schema' AND n.nspname !~ '^pg_'
		AND c.relname <> 'schema_migrations_audit'
		AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass
			AND d.objid = c.oid AND d.deptype = 'e')
)
SELECT quote_ident(t.nspname) || '.' || quote_ident(t.relname),
	quote_ident(key.attname),
	(SELECT quote_ident(a.attname) || ' = ' || quote_ident(a.attname)
		FROM pg_attribute a
		WHERE a.attrelid = t.oid AND a.attnum > 0 AND NOT a.attisdropped
			AND a.attgenerated = '' AND a.attidentity = ''
			-- in no index, its expressions and predicate included
			AND NOT EXISTS (SELECT FROM pg_index i
				WHERE i.indrelid = t.oid AND a.attnum = ANY (i.indkey))
			AND NOT EXISTS (SELECT FROM pg_depend d
				JOIN pg_index i ON i.indexrelid = d.objid
				WHERE d.classid = 'pg_class'::regclass
					AND d.refclassid = 'pg_class'::regclass
					AND d.refobjid = t.oid AND d.refobjsubid = a.attnum)
			-- in no key, and not what the partition hangs on
			AND NOT EXISTS (SELECT FROM pg_constraint k
				WHERE k.contype IN ('p', 'u', 'f', 'x')
					AND ((k.conrelid = t.oid AND a.attnum = ANY (k.conkey))
						OR (k.confrelid = t.oid AND a.attnum = ANY (k.confkey))))
			AND NOT EXISTS (SELECT FROM pg_partitioned_table p
				WHERE p.partrelid = t.oid AND a.attnum = ANY (p.partattrs))
		ORDER BY a.attlen < 0, a.attnum
		LIMIT 1),
	-- never analyzed: about 100 bytes a row
	CASE WHEN t.tuples > 0 OR t.bytes = 0 THEN greatest(t.tuples, 0) ELSE t.bytes / 100 END::bigint,
	t.nspname || '.' || t.relname,
	-- by name: a prepared SELECT * would break on every new column, as no application should
	(SELECT string_agg(quote_ident(a.attname), ', ' ORDER BY a.attnum) FROM pg_attribute a
		WHERE a.attrelid = t.oid AND a.attnum > 0 AND NOT a.attisdropped)
FROM tables t
JOIN pg_index i ON i.indrelid = t.oid AND i.indisprimary AND i.indnkeyatts = 1
JOIN pg_attribute key ON key.attrelid = t.oid AND key.attnum = i.indkey[0]
ORDER BY t.bytes DESC, t.nspname, t.relname
LIMIT 50
