-- Every lock wait of this moment. waitstart exists from 14 on, leader_pid from 13 on.
SELECT l.pid,
	coalesce((to_jsonb(a) ->> 'leader_pid')::int, 0),
	l.locktype,
	coalesce(l.relation, 0),
	coalesce(l.database, 0),
	CASE l.locktype
		WHEN 'relation' THEN 'relation ' || l.relation || ' of database ' || l.database
		WHEN 'extend' THEN 'extension of relation ' || l.relation || ' of database ' || l.database
		WHEN 'page' THEN 'page ' || l.page || ' of relation ' || l.relation || ' of database ' || l.database
		WHEN 'tuple' THEN 'tuple (' || l.page || ',' || l.tuple || ') of relation ' || l.relation
			|| ' of database ' || l.database
		WHEN 'transactionid' THEN 'transaction ' || l.transactionid
		WHEN 'virtualxid' THEN 'virtual transaction ' || l.virtualxid
		WHEN 'advisory' THEN 'advisory lock [' || l.database || ',' || l.classid || ',' || l.objid
			|| ',' || l.objsubid || ']'
		ELSE l.locktype
	END,
	l.mode,
	(extract(epoch FROM (to_jsonb(l) ->> 'waitstart')::timestamptz) * 1000000)::bigint,
	(extract(epoch FROM clock_timestamp()) * 1000000)::bigint,
	coalesce(a.application_name, ''),
	left(coalesce(a.query, ''), 200),
	array_to_string(pg_catalog.pg_blocking_pids(l.pid), ' ')
FROM pg_catalog.pg_locks l
LEFT JOIN pg_catalog.pg_stat_activity a ON a.pid = l.pid
WHERE NOT l.granted
