-- A row per kind of thing that may reach the world from this server, or that acts by itself: id, sentence. Names only.
SELECT 'remote-tables' AS id, CONCAT('statements on these tables reach other servers or files: ',
	GROUP_CONCAT(TABLE_SCHEMA, '.', TABLE_NAME, ' (', ENGINE, ')' ORDER BY TABLE_SCHEMA, TABLE_NAME SEPARATOR ', ')) AS note
FROM information_schema.TABLES
WHERE ENGINE IN ('FEDERATED', 'CONNECT', 'SPIDER', 'S3', 'ColumnStore')
HAVING COUNT(*) > 0
UNION ALL
SELECT 'remote-servers', CONCAT('servers that tables may be linked to: ', GROUP_CONCAT(Server_name ORDER BY Server_name SEPARATOR ', '))
FROM mysql.servers
HAVING COUNT(*) > 0
UNION ALL
SELECT 'events', CONCAT('events, which do not run here: ',
	GROUP_CONCAT(EVENT_SCHEMA, '.', EVENT_NAME ORDER BY EVENT_SCHEMA, EVENT_NAME SEPARATOR ', '))
FROM information_schema.EVENTS
HAVING COUNT(*) > 0
UNION ALL
SELECT 'triggers', CONCAT('a replica does not fire triggers for replicated rows; from the promotion on these fire, with the workload and the migration: ',
	GROUP_CONCAT(TRIGGER_SCHEMA, '.', TRIGGER_NAME ORDER BY TRIGGER_SCHEMA, TRIGGER_NAME SEPARATOR ', '))
FROM information_schema.TRIGGERS
WHERE TRIGGER_SCHEMA <> 'sys'
HAVING COUNT(*) > 0
UNION ALL
SELECT 'library-functions', CONCAT('these functions come from libraries and can reach other systems: ',
	GROUP_CONCAT(name ORDER BY name SEPARATOR ', '))
FROM mysql.func
HAVING COUNT(*) > 0
