INSERT INTO schema_migrations_audit (run_id, file, file_sha256, line, statement_index,
	statement_kind, statement, attempt, started_at, finished_at, outcome, error_code,
	statement_in_file, statement_sha256, waited, applied_by, note)
VALUES ($1, $2, $3, $4::integer, $5::integer, $6, $7, $8::integer,
	timestamptz 'epoch' + $9::bigint * interval '1 microsecond',
	timestamptz 'epoch' + $10::bigint * interval '1 microsecond',
	$11, nullif($12, ''), $13::integer, $14, $15::bigint * interval '1 microsecond',
	$16, nullif($17, ''))
