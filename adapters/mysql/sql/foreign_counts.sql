-- How many statements of a command's account have ended: that may change a table's storage, and all.
SELECT COALESCE(SUM(IF(EVENT_NAME LIKE 'statement/sql/alter%'
	OR EVENT_NAME LIKE 'statement/sql/create%' OR EVENT_NAME LIKE 'statement/sql/drop%'
	OR EVENT_NAME IN ('statement/sql/rename_table', 'statement/sql/truncate',
		'statement/sql/optimize', 'statement/sql/repair', 'statement/sql/execute_sql',
		'statement/com/Execute', 'statement/sql/call_procedure'), COUNT_STAR, 0)), 0),
	COALESCE(SUM(COUNT_STAR), 0)
FROM performance_schema.events_statements_summary_by_account_by_event_name
WHERE USER = 'rehearse_command'
