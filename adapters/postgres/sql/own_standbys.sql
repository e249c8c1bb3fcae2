-- Who replicates from this standby, in a sentence; NULL: nobody.
SELECT 'the standby has standbys of its own: ' || string_agg(who, ', ' ORDER BY who)
FROM (
	SELECT coalesce(nullif(application_name, ''), 'one without a name') AS who
	FROM pg_stat_replication
	UNION
	SELECT format('slot ''%s''', slot_name)
	FROM pg_replication_slots
	WHERE active
) AS followers
