-- Who holds which mode on the relations that somebody waits for now.
SELECT h.relation, h.pid, h.mode
FROM pg_catalog.pg_locks h
WHERE h.granted AND h.locktype = 'relation' AND h.relation = ANY ($1::oid[])
ORDER BY h.relation, h.pid
