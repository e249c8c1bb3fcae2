-- The same on MariaDB with its plugin, which tells what a lock has become.
SELECT l.LOCK_TYPE, l.TABLE_SCHEMA, l.TABLE_NAME, l.LOCK_MODE, t.PROCESSLIST_ID, t.THREAD_ID,
	LEFT(t.PROCESSLIST_INFO, 2000)
FROM performance_schema.threads t
LEFT JOIN information_schema.METADATA_LOCK_INFO l ON l.THREAD_ID = t.PROCESSLIST_ID
WHERE t.PROCESSLIST_USER = 'rehearse_command'
