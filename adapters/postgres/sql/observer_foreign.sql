-- The end of the log of changes; sessions of the command: since when the present or last statement
-- and the transaction, and the locks that are held.
SELECT (w.place - '0/0')::bigint, s.pid, s.began, s.relation, s.mode, s.xact, s.query
FROM (SELECT pg_current_wal_insert_lsn() AS place) w
LEFT JOIN (
	SELECT a.pid, (extract(epoch FROM a.query_start) * 1000000)::bigint AS began, l.relation,
		l.mode, (extract(epoch FROM a.xact_start) * 1000000)::bigint AS xact, left(a.query, 40) AS query
	FROM pg_catalog.pg_stat_activity a
	LEFT JOIN pg_catalog.pg_locks l ON l.pid = a.pid AND l.locktype = 'relation'
		AND l.granted AND l.relation >= 16384
	WHERE a.usename = 'rehearse_command'
) s ON true
