-- What needs work: indexes that no query may use, constraints that no row was checked against.
-- A constraint that is NOT ENFORCED (18) is meant to be unchecked.
SELECT 'invalid-index', x.indexrelid, n.nspname || '.' || c.relname, tn.nspname || '.' || t.relname
FROM pg_catalog.pg_index x
JOIN pg_catalog.pg_class c ON c.oid = x.indexrelid
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
JOIN pg_catalog.pg_class t ON t.oid = x.indrelid
JOIN pg_catalog.pg_namespace tn ON tn.oid = t.relnamespace
WHERE NOT (x.indisvalid AND x.indisready AND x.indislive) AND tn.nspname !~ '^pg_t'
UNION ALL
SELECT 'unvalidated-constraint', k.oid, n.nspname || '.' || k.conname,
	coalesce(tn.nspname || '.' || t.relname, yn.nspname || '.' || y.typname, '')
FROM pg_catalog.pg_constraint k
JOIN pg_catalog.pg_namespace n ON n.oid = k.connamespace
LEFT JOIN pg_catalog.pg_class t ON t.oid = k.conrelid
LEFT JOIN pg_catalog.pg_namespace tn ON tn.oid = t.relnamespace
LEFT JOIN pg_catalog.pg_type y ON y.oid = k.contypid
LEFT JOIN pg_catalog.pg_namespace yn ON yn.oid = y.typnamespace
WHERE NOT k.convalidated AND coalesce((to_jsonb(k) ->> 'conenforced')::boolean, true)
ORDER BY 1, 3
