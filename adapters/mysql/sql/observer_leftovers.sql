-- What migrations leave behind: kind, object, table. The comparison with the state at the beginning
-- is made outside.
SELECT 'orphan-table', CONCAT(TABLE_SCHEMA, '.', TABLE_NAME), CONCAT(TABLE_SCHEMA, '.', TABLE_NAME)
FROM information_schema.TABLES
WHERE TABLE_SCHEMA = DATABASE() AND TABLE_TYPE = 'BASE TABLE'
	AND (TABLE_NAME LIKE '#sql%' OR TABLE_NAME LIKE '#mysql50##sql%' OR TABLE_NAME LIKE 'tempConv%'
		OR TABLE_NAME REGEXP '^_.*_(new|old|gho|ghc|del)$')
UNION ALL
SELECT DISTINCT 'disabled-keys', CONCAT(TABLE_SCHEMA, '.', TABLE_NAME),
	CONCAT(TABLE_SCHEMA, '.', TABLE_NAME)
FROM information_schema.STATISTICS
WHERE TABLE_SCHEMA = DATABASE() AND COMMENT = 'disabled'
