-- What pg_dump holds while it runs: a snapshot, and ACCESS SHARE on every user table.
BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY;
DO $dump$
DECLARE
	rel regclass;
BEGIN
	FOR rel IN
		SELECT c.oid FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
		WHERE c.relkind IN ('r', 'p') AND c.relpersistence <> 't'
			AND n.nspname <> 'information_schema' AND n.nspname !~ '^pg_'
		ORDER BY c.oid
	LOOP
		EXECUTE format('LOCK TABLE %s IN ACCESS SHARE MODE', rel);
	END LOOP;
END
$dump$
