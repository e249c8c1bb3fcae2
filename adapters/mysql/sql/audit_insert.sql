INSERT INTO schema_migrations_audit (run_id, file, file_sha256, line, statement_index,
	statement_kind, statement, attempt, started_at, finished_at, outcome, error_code,
	statement_in_file, statement_sha256, waited_us, applied_by, note)
VALUES (?, ?, ?, ?, ?, ?, ?, ?,
	from_unixtime(CAST(? AS decimal(24, 6)) / 1000000),
	from_unixtime(CAST(? AS decimal(24, 6)) / 1000000),
	?, nullif(?, ''), ?, ?, ?, ?, nullif(?, ''))
