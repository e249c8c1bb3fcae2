-- The same on MySQL 8.0 and later, and constraints that nobody enforces.
SELECT 'orphan-table', NAME, NAME
FROM information_schema.INNODB_TABLES
WHERE NAME LIKE CONCAT(DATABASE(), '/#sql%')
UNION ALL
SELECT 'not-enforced-constraint', CONCAT(CONSTRAINT_SCHEMA, '.', CONSTRAINT_NAME),
	CONCAT(TABLE_SCHEMA, '.', TABLE_NAME)
FROM information_schema.TABLE_CONSTRAINTS
WHERE TABLE_SCHEMA = DATABASE() AND ENFORCED = 'NO'
