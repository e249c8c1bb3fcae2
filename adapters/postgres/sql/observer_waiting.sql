-- The sessions that wait for a lock now.
SELECT DISTINCT pid FROM pg_catalog.pg_locks WHERE NOT granted
