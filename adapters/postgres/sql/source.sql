-- One row: what decides whether and how this server can be copied.
SELECT
	current_setting('server_version_num')::int AS version,
	split_part(current_setting('server_version'), ' ', 1) AS version_text,
	(SELECT system_identifier FROM pg_control_system()) AS system_identifier,
	pg_is_in_recovery() AS in_recovery,
	current_setting('wal_level') AS wal_level,
	current_setting('max_wal_senders')::int AS max_wal_senders,
	current_setting('max_wal_senders')::int - (SELECT count(*) FROM pg_stat_replication) AS free_wal_senders,
	current_setting('max_replication_slots')::int - (SELECT count(*) FROM pg_replication_slots) AS free_slots,
	r.rolsuper AS superuser,
	r.rolsuper OR r.rolreplication AS may_replicate,
	r.rolname AS role,
	current_database() AS database,
	(SELECT rolname FROM pg_roles WHERE rolsuper AND rolcanlogin ORDER BY oid LIMIT 1) AS admin,
	d.bytes,
	d.hidden
FROM pg_roles r
CROSS JOIN (
	SELECT
		coalesce(sum(CASE WHEN visible THEN pg_database_size(oid) END), 0)::bigint AS bytes,
		count(*) FILTER (WHERE NOT visible) AS hidden
	FROM (
		SELECT oid, has_database_privilege(oid, 'CONNECT') OR pg_has_role('pg_read_all_stats', 'USAGE') AS visible
		FROM pg_database
	) AS all_databases
) AS d
WHERE r.rolname = current_user
