-- Tables that a generated workload can read and update by key, largest first: those of the
-- connection's database, or of all when it has none. Each catalog is read once: joined row by row
-- they would be read anew for every table.
SELECT concat('`', replace(t.table_schema, '`', '``'), '`.`', replace(t.table_name, '`', '``'), '`'),
	concat('`', replace(k.key_column, '`', '``'), '`'),
	concat('`', replace(u.column_name, '`', '``'), '`'),
	coalesce(t.table_rows, 0),
	concat(t.table_schema, '.', t.table_name)
FROM information_schema.tables t
JOIN (
	SELECT table_schema, table_name, max(column_name) AS key_column
	FROM information_schema.statistics
	WHERE index_name = 'PRIMARY'
	GROUP BY table_schema, table_name
	HAVING count(*) = 1 AND max(sub_part) IS NULL
) k ON k.table_schema = t.table_schema AND k.table_name = t.table_name
LEFT JOIN (
	-- the first plain column in no index, short ones before text
	SELECT c.table_schema, c.table_name, substr(min(concat(
			CASE WHEN c.character_maximum_length > 255 THEN 1 ELSE 0 END,
			lpad(c.ordinal_position, 5, '0'), c.column_name)), 7) AS column_name
	FROM information_schema.columns c
	LEFT JOIN (
		SELECT DISTINCT table_schema, table_name, column_name
		FROM information_schema.statistics
		WHERE column_name IS NOT NULL
	) i ON i.table_schema = c.table_schema AND i.table_name = c.table_name
		AND i.column_name = c.column_name
	WHERE i.column_name IS NULL AND coalesce(c.generation_expression, '') = ''
		AND c.extra NOT LIKE '%auto_increment%' AND c.extra NOT LIKE '%on update%'
	GROUP BY c.table_schema, c.table_name
) u ON u.table_schema = t.table_schema AND u.table_name = t.table_name
WHERE t.table_type IN ('BASE TABLE', 'SYSTEM VERSIONED')
	AND t.table_schema NOT IN ('mysql', 'sys', 'information_schema', 'performance_schema')
	AND t.table_schema = coalesce(database(), t.table_schema)
	AND t.table_name <> 'schema_migrations_audit'
ORDER BY t.data_length DESC, t.table_schema, t.table_name
LIMIT 50
