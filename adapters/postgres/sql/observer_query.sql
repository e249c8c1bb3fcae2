-- $1: a session. The identifier of its latest statement (14+).
SELECT to_jsonb(a) ->> 'query_id' FROM pg_catalog.pg_stat_activity a WHERE a.pid = $1::int
