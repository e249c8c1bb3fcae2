-- All databases but the server's own, the rehearsed one first.
SELECT SCHEMA_NAME
FROM information_schema.SCHEMATA
WHERE SCHEMA_NAME NOT IN ('mysql', 'sys', 'information_schema', 'performance_schema')
ORDER BY SCHEMA_NAME <> DATABASE(), SCHEMA_NAME
