-- The sessions of a command's account with the metadata locks that they hold, as
-- performance_schema has them.
SELECT l.OBJECT_TYPE, l.OBJECT_SCHEMA, l.OBJECT_NAME, l.LOCK_TYPE, t.PROCESSLIST_ID, t.THREAD_ID,
	LEFT(t.PROCESSLIST_INFO, 2000)
FROM performance_schema.threads t
LEFT JOIN performance_schema.metadata_locks l ON l.OWNER_THREAD_ID = t.THREAD_ID
	AND l.LOCK_STATUS = 'GRANTED'
WHERE t.PROCESSLIST_USER = 'rehearse_command'
