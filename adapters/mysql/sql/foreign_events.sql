-- How the statements of a command's account ended, be its sessions there or gone. What is missing
-- at the end is a timer's value in picoseconds.
SELECT s.THREAD_ID, s.EVENT_ID, t.PROCESSLIST_ID, s.TIMER_START, s.TIMER_END, s.MYSQL_ERRNO,
	s.MESSAGE_TEXT, s.ROWS_AFFECTED,
	IF(s.NO_INDEX_USED OR s.SELECT_SCAN, s.ROWS_EXAMINED, 0),
	(SELECT COUNT(*) FROM performance_schema.events_stages_history_long g
		WHERE g.THREAD_ID = s.THREAD_ID AND g.NESTING_EVENT_ID = s.EVENT_ID
			AND g.EVENT_NAME = 'stage/sql/copy to tmp table'),
	s.EVENT_NAME, LEFT(s.SQL_TEXT, 1000),
	(SELECT COUNT(*) + 1000 * COALESCE(SUM(g.EVENT_NAME LIKE '%log apply table%'), 0)
		FROM performance_schema.events_stages_history_long g
		WHERE g.THREAD_ID = s.THREAD_ID AND g.NESTING_EVENT_ID = s.EVENT_ID
			AND g.EVENT_NAME LIKE 'stage/innodb/alter table%')
FROM performance_schema.events_statements_history_long s
LEFT JOIN performance_schema.threads t ON t.THREAD_ID = s.THREAD_ID
WHERE COALESCE(s.NESTING_EVENT_TYPE, '') <> 'STATEMENT'
	AND COALESCE(t.PROCESSLIST_USER, 'rehearse_command') = 'rehearse_command'
	AND (s.EVENT_NAME NOT LIKE 'statement/com/%' OR s.EVENT_NAME IN ('statement/com/Prepare',
		'statement/com/Execute', 'statement/com/Bulk_execute', 'statement/com/Query',
		'statement/com/Error'))
	AND s.TIMER_END >
