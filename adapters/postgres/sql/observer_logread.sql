-- $1: file, $2: offset, $3: bytes at most. The file's size, the bytes in hexadecimal, and the file that
-- is written now.
SELECT (pg_catalog.pg_stat_file($1::text, true)).size,
	encode(pg_catalog.pg_read_binary_file($1::text, $2::bigint, $3::bigint, true), 'hex'),
	pg_catalog.pg_current_logfile($4::text)
