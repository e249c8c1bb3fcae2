-- The mark that this very standby may be used up: 'parameter', 'comment', or no row. A setting of a database
-- or role would have come from the primary, and mark that as well: only the server's own files count.
SELECT 'parameter' AS mark
FROM pg_file_settings
WHERE name = 'rehearse.disposable'
	AND lower(setting) IN ('on', 'true', 'yes', '1')
	AND error IS NULL
	AND lower(current_setting('rehearse.disposable', true)) IN ('on', 'true', 'yes', '1')
UNION ALL
SELECT 'comment'
FROM pg_database d
WHERE current_setting('cluster_name') <> ''
	AND position(' rehearse:disposable=' || current_setting('cluster_name') || ' '
		IN ' ' || shobj_description(d.oid, 'pg_database') || ' ') > 0
LIMIT 1
