SELECT file, file_sha256, statement_in_file, statement_sha256, outcome,
	to_char(finished_at AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS') || ' UTC'
FROM schema_migrations_audit
WHERE applied_by <> 'rehearsal'
ORDER BY id
