-- Settings of the source's own configuration that change how statements run. Sessions, roles and
-- databases bring theirs along in the copy; files, network, logs and archive are the clone's own.
SELECT name, setting
FROM pg_settings
WHERE source IN ('configuration file', 'command line', 'environment variable')
	AND (category LIKE 'Query Tuning%'
		OR category LIKE 'Resource Usage%'
		OR category LIKE 'Autovacuum%'
		OR category LIKE 'Vacuuming%'
		OR category LIKE 'Lock Management%'
		OR category LIKE 'Version and Platform Compatibility%'
		OR category IN ('Client Connection Defaults / Statement Behavior',
			'Client Connection Defaults / Locale and Formatting',
			'Write-Ahead Log / Checkpoints',
			'Customized Options'))
	AND name NOT LIKE 'lc\_%'
	AND name !~ '^(cron|net|pg_net|pglogical|bdr|spock|citus|repmgr|rehearse)\.'
	AND name NOT IN ('deadlock_timeout', 'default_transaction_read_only', 'dynamic_shared_memory_type',
		'huge_pages', 'huge_page_size', 'io_method', 'max_stack_depth', 'shared_memory_type', 'client_encoding')
ORDER BY name
