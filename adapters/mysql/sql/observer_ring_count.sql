-- All events that went through the ring, in the end.
SELECT SUM(COUNT_STAR)
FROM performance_schema.events_waits_summary_global_by_event_name
WHERE EVENT_NAME IN ('wait/lock/metadata/sql/mdl', 'wait/lock/table/sql/handler',
	'wait/synch/mutex/innodb/lock_wait_mutex')
