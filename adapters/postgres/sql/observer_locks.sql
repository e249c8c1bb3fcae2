-- $1: a session. Its locks on relations, the system's own left out.
SELECT relation, mode, granted, virtualtransaction
FROM pg_catalog.pg_locks
WHERE pid = $1::int AND locktype = 'relation' AND relation >= 16384
