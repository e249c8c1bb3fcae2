-- What still ties a promoted server to others: a row per tie. No row: it is alone.
SELECT 'it is still in recovery' AS tie
WHERE pg_is_in_recovery()
UNION ALL
SELECT 'it still receives from ' || coalesce(sender_host, 'its primary')
FROM pg_stat_wal_receiver
UNION ALL
SELECT format('%s replicates from it (%s)', coalesce(nullif(application_name, ''), 'a standby'),
	coalesce(host(client_addr), 'local socket'))
FROM pg_stat_replication
UNION ALL
SELECT 'synchronous_standby_names is set: commits would wait for ''' || setting || ''''
FROM pg_settings
WHERE name = 'synchronous_standby_names' AND setting <> ''
UNION ALL
SELECT 'archive_mode is on and archive_command is not neutral'
WHERE current_setting('archive_mode') <> 'off'
	AND coalesce(current_setting('archive_library', true), '') = ''
	AND current_setting('archive_command') NOT IN ('', '/bin/true')
UNION ALL
SELECT format('archive_mode is on and archive_library is ''%s''', current_setting('archive_library', true))
WHERE current_setting('archive_mode') <> 'off'
	AND coalesce(current_setting('archive_library', true), '') <> ''
UNION ALL
SELECT 'primary_conninfo is still set'
FROM pg_settings
WHERE name = 'primary_conninfo' AND setting <> '' AND context = 'sighup'
UNION ALL
SELECT 'restore_command is still set'
FROM pg_settings
WHERE name = 'restore_command' AND setting <> '' AND context = 'sighup'
UNION ALL
SELECT format('the worker of a subscription runs (process %s)', pid)
FROM pg_stat_subscription
WHERE pid IS NOT NULL
UNION ALL
SELECT format('pg_cron runs jobs (cron.launch_active_jobs is %s)',
	current_setting('cron.launch_active_jobs', true))
WHERE current_setting('shared_preload_libraries') ~ '\mpg_cron\M'
	AND coalesce(current_setting('cron.launch_active_jobs', true), 'on') NOT IN ('off', 'false', 'no', '0')
