-- Applications keep settings of their own in the server's files: app.tenant = 'north'.
SELECT name, setting
FROM pg_file_settings
WHERE applied
	AND name LIKE '%.%'
	AND name !~ '^(cron|net|pg_net|pglogical|bdr|spock|citus|repmgr|rehearse)\.'
