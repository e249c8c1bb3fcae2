-- Waits that ended: what is missing at the end is a timer's value and the shortest wait, in
-- picoseconds.
SELECT THREAD_ID, EVENT_ID, OBJECT_INSTANCE_BEGIN, EVENT_NAME LIKE 'wait/lock/table/%',
	TIMER_END, TIMER_WAIT, OBJECT_TYPE, OBJECT_SCHEMA, OBJECT_NAME, OPERATION
FROM performance_schema.events_waits_history_long
WHERE EVENT_NAME IN ('wait/lock/metadata/sql/mdl', 'wait/lock/table/sql/handler')
	AND END_EVENT_ID IS NOT NULL
