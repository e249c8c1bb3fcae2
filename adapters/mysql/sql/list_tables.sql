-- Tables that a generated workload can read and update by key, largest first: those of the
-- connection's database, or of all when it has none. Each catalog is read once: joined row by row
-- they would be read anew for every table. Behind the plain name: all columns, and what an UPDATE
-- sets. That has to change the row: a server that finds the values as they were writes nothing.
-- Each value is one of its type and length, the next update takes it back, and none can get in the
-- way of a key or a constraint that a migration adds: seconds, the case of a first letter, a flag.
SET SESSION group_concat_max_len = 1000000 /*!80003 , information_schema_stats_expiry = 0 */;
SELECT concat('`', replace(t.table_schema, '`', '``'), '`.`', replace(t.table_name, '`', '``'), '`'),
	concat('`', replace(k.key_column, '`', '``'), '`'),
	u.changes,
	coalesce(t.table_rows, 0),
	concat(t.table_schema, '.', t.table_name),
	a.names
FROM information_schema.tables t
JOIN (
	SELECT table_schema, table_name, max(column_name) AS key_column
	FROM information_schema.statistics
	WHERE index_name = 'PRIMARY'
	GROUP BY table_schema, table_name
	HAVING count(*) = 1 AND max(sub_part) IS NULL
) k ON k.table_schema = t.table_schema AND k.table_name = t.table_name
JOIN (
	SELECT table_schema, table_name, group_concat(concat('`', replace(column_name, '`', '``'), '`')
		ORDER BY ordinal_position SEPARATOR ', ') AS names
	FROM information_schema.columns
	GROUP BY table_schema, table_name
) a ON a.table_schema = t.table_schema AND a.table_name = t.table_name
LEFT JOIN (
	-- of each kind the first column, short ones before long ones
	SELECT p.table_schema, p.table_name, coalesce(
		group_concat(CASE p.kind
			WHEN 'moment' THEN replace('{c} = IF(YEAR({c}) BETWEEN 1000 AND 9998, {c} + INTERVAL IF(SECOND({c}) & 1, -1, 1) SECOND, {c})', '{c}', p.name)
			WHEN 'text' THEN replace('{c} = CONCAT(IF(HEX(LEFT({c}, 1)) = HEX(UPPER(LEFT({c}, 1))), LOWER(LEFT({c}, 1)), UPPER(LEFT({c}, 1))), SUBSTR({c}, 2))', '{c}', p.name)
			WHEN 'flag' THEN replace('{c} = IF({c} IN (0, 1), 1 - {c}, {c})', '{c}', p.name)
			END ORDER BY p.kind SEPARATOR ', '),
		-- only locks, where nothing can be changed without harm
		max(concat(p.name, ' = ', p.name))) AS changes
	FROM (
		SELECT q.table_schema, q.table_name, q.kind,
			concat('`', replace(substr(min(concat(q.is_long, lpad(q.ordinal_position, 5, '0'), q.column_name)), 7), '`', '``'), '`') AS name
		FROM (
			SELECT c.table_schema, c.table_name, c.column_name, c.ordinal_position,
				CASE WHEN c.character_maximum_length > 255 THEN 1 ELSE 0 END AS is_long, CASE
				WHEN n.column_name IS NOT NULL THEN 'other'
				WHEN c.data_type IN ('datetime', 'timestamp') THEN 'moment'
				WHEN c.data_type IN ('char', 'varchar', 'tinytext', 'text', 'mediumtext', 'longtext') THEN 'text'
				WHEN c.column_type = 'tinyint(1)' THEN 'flag'
				ELSE 'other' END AS kind
			FROM information_schema.columns c
			LEFT JOIN (
				SELECT DISTINCT table_schema, table_name, column_name
				FROM information_schema.statistics
				WHERE column_name IS NOT NULL
			) i ON i.table_schema = c.table_schema AND i.table_name = c.table_name
				AND i.column_name = c.column_name
			-- named in some CHECK of the schema
			LEFT JOIN (
				SELECT DISTINCT k.constraint_schema, d.column_name
				FROM information_schema.check_constraints k
				JOIN information_schema.columns d ON d.table_schema = k.constraint_schema
					AND instr(k.check_clause, concat('`', replace(d.column_name, '`', '``'), '`'))
			) n ON n.constraint_schema = c.table_schema AND n.column_name = c.column_name
			WHERE i.column_name IS NULL AND coalesce(c.generation_expression, '') = ''
				AND c.extra NOT LIKE '%auto_increment%' AND c.extra NOT LIKE '%on update%'
		) q
		GROUP BY q.table_schema, q.table_name, q.kind
	) p
	GROUP BY p.table_schema, p.table_name
) u ON u.table_schema = t.table_schema AND u.table_name = t.table_name
WHERE t.table_type IN ('BASE TABLE', 'SYSTEM VERSIONED')
	AND t.table_schema NOT IN ('mysql', 'sys', 'information_schema', 'performance_schema')
	AND t.table_schema = coalesce(database(), t.table_schema)
	AND t.table_name <> 'schema_migrations_audit'
ORDER BY t.data_length DESC, t.table_schema, t.table_name
LIMIT 50
