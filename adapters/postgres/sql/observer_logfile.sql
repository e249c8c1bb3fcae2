-- $1: 'jsonlog' or 'csvlog'.
SELECT pg_catalog.pg_current_logfile($1::text)
