-- Every relation as this session sees it: an index belongs to its table, a toast table to the table
-- it serves. Run in the migration's own session it also shows what is not committed yet, and in
-- the xact columns that session's own sequential scans.
SELECT c.oid,
	n.nspname || '.' || c.relname,
	c.relkind,
	c.relfilenode,
	coalesce(i.indrelid, t.oid, 0),
	pg_catalog.pg_stat_get_numscans(c.oid),
	pg_catalog.pg_stat_get_tuples_returned(c.oid),
	pg_catalog.pg_stat_get_xact_numscans(c.oid),
	pg_catalog.pg_stat_get_xact_tuples_returned(c.oid),
	greatest(c.reltuples, 0)::bigint
FROM pg_catalog.pg_class c
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_catalog.pg_index i ON i.indexrelid = c.oid
LEFT JOIN pg_catalog.pg_class t ON t.reltoastrelid = c.oid AND c.relkind = 't'
WHERE c.oid >= 16384
ORDER BY c.oid
