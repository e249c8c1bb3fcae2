-- The schema of this database as statements that would make it, as far as the analyser looks at it:
-- engines, character sets, columns with their types, indexes.
SET SESSION group_concat_max_len = 16777216;
SELECT CONCAT('USE `', REPLACE(DATABASE(), '`', '``'), '`') AS statement
UNION ALL
SELECT CONCAT('CREATE TABLE `', REPLACE(t.TABLE_NAME, '`', '``'), '` (', c.list, COALESCE(i.list, ''), ') ENGINE=',
	COALESCE(t.ENGINE, 'InnoDB'), ' DEFAULT CHARSET=', COALESCE(SUBSTRING_INDEX(t.TABLE_COLLATION, '_', 1), 'utf8mb4'))
FROM information_schema.TABLES t
JOIN (
	SELECT TABLE_NAME AS name, GROUP_CONCAT(CONCAT('`', REPLACE(COLUMN_NAME, '`', '``'), '` ', COLUMN_TYPE,
		COALESCE(CONCAT(' CHARACTER SET ', CHARACTER_SET_NAME), ''),
		IF(EXTRA LIKE '%VIRTUAL GENERATED%', ' AS (1) VIRTUAL',
			IF(EXTRA LIKE '%STORED GENERATED%', ' AS (1) STORED', '')),
		IF(IS_NULLABLE = 'NO', ' NOT NULL', ''),
		IF(COLUMN_DEFAULT IS NULL, '', ' DEFAULT 0'),
		IF(EXTRA LIKE '%auto_increment%', ' AUTO_INCREMENT', ''))
		ORDER BY ORDINAL_POSITION SEPARATOR ', ') AS list
	FROM information_schema.COLUMNS
	WHERE TABLE_SCHEMA = DATABASE()
	GROUP BY TABLE_NAME
) c ON c.name = t.TABLE_NAME
LEFT JOIN (
	SELECT TABLE_NAME AS name, GROUP_CONCAT(IF(INDEX_TYPE = 'FULLTEXT', ', FULLTEXT KEY (`', ', KEY (`'),
		REPLACE(COALESCE(COLUMN_NAME, ''), '`', '``'), '`)' SEPARATOR '') AS list
	FROM information_schema.STATISTICS
	WHERE TABLE_SCHEMA = DATABASE()
	GROUP BY TABLE_NAME
) i ON i.name = t.TABLE_NAME
WHERE t.TABLE_SCHEMA = DATABASE() AND t.TABLE_TYPE = 'BASE TABLE'
