-- Values drawn at random. What is in braces is put in by dialect_sample.c.
SET @rehearse_k = NULL, @rehearse_t = NULL, @rehearse_lo = NULL, @rehearse_hi = NULL, @rehearse_from = {from};
-- The column that leads an index that random points can be laid into, of the primary key if it may
-- be, else of the index that tells rows apart best; n: a number, c: text, b: bytes.
SELECT CONCAT('`', REPLACE(s.column_name, '`', '``'), '`'),
	CASE WHEN c.data_type LIKE '%char' THEN 'c' WHEN c.data_type LIKE '%binary' THEN 'b' ELSE 'n' END
INTO @rehearse_k, @rehearse_t
FROM information_schema.statistics s
JOIN information_schema.columns c ON c.table_schema = s.table_schema
	AND c.table_name = s.table_name AND c.column_name = s.column_name
WHERE s.table_schema = {schema} AND s.table_name = {name} AND s.seq_in_index = 1
	AND s.index_type = 'BTREE' AND s.sub_part IS NULL
	AND c.data_type IN ('tinyint', 'smallint', 'mediumint', 'int', 'bigint', 'decimal', 'float',
		'double', 'char', 'varchar', 'binary', 'varbinary')
ORDER BY s.index_name = 'PRIMARY' DESC, s.non_unique, s.cardinality DESC, s.index_name
LIMIT 1;
-- Is it a small table?
SET @rehearse_n = (SELECT COUNT(*) FROM (SELECT 1 FROM {table} LIMIT {limit}) s);
-- The ends of the index; as decimals, since a variable forgets that a whole number was unsigned.
SET @rehearse_q = CASE
	WHEN @rehearse_k IS NULL THEN 'DO 0'
	WHEN @rehearse_t = 'n' THEN CONCAT('SELECT CAST(MIN(', @rehearse_k, ') AS DECIMAL(40, 0)), CAST(MAX(',
		@rehearse_k, ') AS DECIMAL(40, 0)) INTO @rehearse_lo, @rehearse_hi FROM ', @rehearse_from)
	ELSE CONCAT('SELECT MIN(', @rehearse_k, '), MAX(', @rehearse_k,
		') INTO @rehearse_lo, @rehearse_hi FROM ', @rehearse_from)
	END;
PREPARE rehearse FROM @rehearse_q;
EXECUTE rehearse;
-- All of a small table; without an index to enter by one in eight of the first rows; else the
-- neighbours of random points.
SET @rehearse_q = CONCAT('SELECT v FROM (', CASE
	WHEN @rehearse_n < {limit} THEN CONCAT('SELECT ', {value}, ' AS v FROM ', @rehearse_from)
	WHEN @rehearse_lo IS NULL THEN CONCAT('SELECT ', {value}, ' AS v FROM ', @rehearse_from,
		' WHERE RAND() < 0.125 LIMIT {first}')
	ELSE CONCAT({points}) END,
	') s WHERE v IS NOT NULL AND LOCATE(X''00'', CAST(v AS BINARY)) = 0 ORDER BY RAND() LIMIT {n}');
PREPARE rehearse FROM @rehearse_q;
EXECUTE rehearse;
DEALLOCATE PREPARE rehearse
