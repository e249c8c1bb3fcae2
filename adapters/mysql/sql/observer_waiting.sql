-- Who waits for a metadata or a table lock; the columns up to OPERATION as in the history.
SELECT THREAD_ID, EVENT_ID, OBJECT_INSTANCE_BEGIN, EVENT_NAME LIKE 'wait/lock/table/%',
	TIMER_END, TIMER_WAIT, OBJECT_TYPE, OBJECT_SCHEMA, OBJECT_NAME, OPERATION
FROM performance_schema.events_waits_current
WHERE END_EVENT_ID IS NULL
	AND EVENT_NAME IN ('wait/lock/metadata/sql/mdl', 'wait/lock/table/sql/handler')
	AND TIMER_WAIT > 1000000000
