-- What performance_schema tells of metadata locks: is the instrument on, and the consumers that keep waits.
SELECT
	(SELECT ENABLED FROM performance_schema.setup_instruments WHERE NAME = 'wait/lock/metadata/sql/mdl'),
	(SELECT ENABLED FROM performance_schema.setup_consumers WHERE NAME = 'events_waits_current'),
	(SELECT ENABLED FROM performance_schema.setup_consumers WHERE NAME = 'events_waits_history_long')
