-- A row per kind of thing that may reach the world from this database: id, sentence. Names only.
SELECT 'foreign-servers' AS id, 'statements on foreign tables reach the real servers behind them: '
	|| string_agg(format('%s (%s)', s.srvname, w.fdwname), ', ' ORDER BY s.srvname) AS note
FROM pg_foreign_server s
JOIN pg_foreign_data_wrapper w ON w.oid = s.srvfdw
HAVING count(*) > 0
UNION ALL
SELECT 'extensions-that-connect', 'functions of these extensions can reach other systems: '
	|| string_agg(extname, ', ' ORDER BY extname)
FROM pg_extension
WHERE extname IN ('dblink', 'http', 'pg_net', 'plproxy', 'aws_s3', 'aws_lambda', 'azure_storage', 'pg_smtp_client',
	'plpython3u', 'plpythonu', 'plperlu', 'pltclu', 'plsh', 'amqp', 'pgsql_http', 'pg_amqp')
HAVING count(*) > 0
UNION ALL
SELECT 'event-triggers', 'event triggers run with the migration: ' || string_agg(evtname, ', ' ORDER BY evtname)
FROM pg_event_trigger
WHERE evtenabled <> 'D'
HAVING count(*) > 0
UNION ALL
SELECT 'publications', 'publications, which nobody follows here: ' || string_agg(pubname, ', ' ORDER BY pubname)
FROM pg_publication
HAVING count(*) > 0
UNION ALL
SELECT 'subscriptions', 'subscriptions, which do not run here: ' || string_agg(subname, ', ' ORDER BY subname)
FROM pg_subscription
HAVING count(*) > 0
UNION ALL
SELECT 'slots', 'replication slots on the replica, which nobody reads and which hold WAL back: '
	|| string_agg(slot_name, ', ' ORDER BY slot_name)
FROM pg_replication_slots
HAVING count(*) > 0
