-- Metadata locks of all sessions; table locks are added when there are any to be waited for.
SELECT OWNER_THREAD_ID, OBJECT_INSTANCE_BEGIN, LOCK_STATUS = 'PENDING', OBJECT_TYPE, OBJECT_SCHEMA,
	OBJECT_NAME, LOCK_TYPE, OWNER_EVENT_ID
FROM performance_schema.metadata_locks
WHERE LOCK_STATUS IN ('GRANTED', 'PENDING')
