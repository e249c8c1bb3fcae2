-- Bytes of all user tables, of those whose engine knows no transactions, and their number.
SELECT CAST(COALESCE(SUM(t.DATA_LENGTH + t.INDEX_LENGTH), 0) AS UNSIGNED),
	CAST(COALESCE(SUM(IF(e.TRANSACTIONS = 'YES', 0, t.DATA_LENGTH + t.INDEX_LENGTH)), 0) AS UNSIGNED),
	CAST(COALESCE(SUM(e.TRANSACTIONS <> 'YES'), 0) AS UNSIGNED)
FROM information_schema.TABLES t
JOIN information_schema.ENGINES e ON e.ENGINE = t.ENGINE
WHERE t.TABLE_TYPE = 'BASE TABLE' AND t.TABLE_SCHEMA NOT IN ('mysql', 'sys', 'information_schema', 'performance_schema')
