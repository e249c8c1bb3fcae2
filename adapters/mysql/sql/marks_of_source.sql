-- What on the source looks like the mark of a disposable replica.
SELECT CONCAT('database ''', SCHEMA_NAME, '''') AS mark
FROM information_schema.SCHEMATA
WHERE SCHEMA_NAME = 'rehearse_disposable'
UNION ALL
SELECT 'report_user = ''rehearse-disposable'''
WHERE @@GLOBAL.report_user = 'rehearse-disposable'
