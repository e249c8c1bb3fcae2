CREATE TABLE IF NOT EXISTS schema_migrations_audit (
	id bigint NOT NULL AUTO_INCREMENT PRIMARY KEY,
	run_id varchar(255) NOT NULL,
	file text NOT NULL,
	file_sha256 char(64) NOT NULL,
	line int NOT NULL,
	statement_index int NOT NULL,
	statement_kind varchar(64) NOT NULL,
	statement longtext NOT NULL,
	attempt int NOT NULL,
	started_at timestamp(6) NULL DEFAULT NULL,
	finished_at timestamp(6) NULL DEFAULT NULL,
	outcome varchar(64) NOT NULL,
	error_code varchar(16) NULL DEFAULT NULL
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4
