SELECT file, file_sha256, statement_in_file, statement_sha256, outcome, CAST(finished_at AS char(19))
FROM schema_migrations_audit
WHERE applied_by <> 'rehearsal'
ORDER BY id
