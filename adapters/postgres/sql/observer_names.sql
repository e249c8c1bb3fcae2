-- Names of all relations, the system's own too: their locks are waited for as well.
SELECT c.oid, n.nspname || '.' || c.relname
FROM pg_catalog.pg_class c
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
