-- What is there of the index "wanted": whole, or INVALID and not being built at this moment.
SELECT CASE
		WHEN x.indisvalid AND x.indisready AND x.indislive THEN 'done'
		ELSE format('DROP INDEX CONCURRENTLY %I.%I', n.nspname, c.relname)
	END
FROM wanted w
JOIN pg_catalog.pg_index x ON x.indrelid = pg_catalog.to_regclass(w.owner)
JOIN pg_catalog.pg_class c ON c.oid = x.indexrelid AND c.relname = w.name
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE NOT EXISTS (
	SELECT FROM pg_catalog.pg_stat_progress_create_index p WHERE p.index_relid = x.indexrelid)
