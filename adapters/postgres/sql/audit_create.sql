CREATE TABLE IF NOT EXISTS schema_migrations_audit (
	id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	run_id text NOT NULL,
	file text NOT NULL,
	file_sha256 text NOT NULL,
	line integer NOT NULL,
	statement_index integer NOT NULL,
	statement_kind text NOT NULL,
	statement text NOT NULL,
	attempt integer NOT NULL,
	started_at timestamptz NOT NULL,
	finished_at timestamptz NOT NULL,
	outcome text NOT NULL,
	error_code text
)
