UPDATE performance_schema.setup_consumers SET ENABLED = 'YES' WHERE NAME IN
('events_statements_current', 'events_statements_history_long', 'events_stages_current',
	'events_stages_history_long')
