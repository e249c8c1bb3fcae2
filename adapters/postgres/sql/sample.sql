-- Values drawn at random from rehearse.sample_table's rehearse.sample_column, put into a setting of
-- the transaction, since only a block can choose how to read: pages at random where the table is
-- large, all of a small one, the first rows of a view.
DO $sample$
DECLARE
	rel regclass := current_setting('rehearse.sample_table')::regclass;
	wanted integer := current_setting('rehearse.sample_size')::integer;
	query text := format('SELECT (%s)::text AS v FROM %s', current_setting('rehearse.sample_column'), rel);
	present text := format(' WHERE (%s) IS NOT NULL', current_setting('rehearse.sample_column'));
	kind "char";
	pages numeric;
	found json;
BEGIN
	SELECT relkind INTO kind FROM pg_class WHERE oid = rel;
	IF kind IN ('r', 'm', 'p') THEN
		SELECT sum(pg_relation_size(relid)) / current_setting('block_size')::numeric INTO pages
			FROM (SELECT relid FROM pg_partition_tree(rel) WHERE isleaf
				UNION SELECT rel::oid) AS parts (relid);
		EXECUTE format('SELECT json_agg(v) FROM (%s TABLESAMPLE SYSTEM (%s)%s ORDER BY random() LIMIT %s) s',
			query, least(100, 100 * (least(wanted, 2000) + 64) * 1.5 / greatest(pages, 1)),
			present, wanted) INTO found;
	END IF;
	IF found IS NULL THEN
		EXECUTE format('SELECT json_agg(v) FROM (%s%s LIMIT %s) s', query, present, wanted) INTO found;
	END IF;
	PERFORM set_config('rehearse.sample', coalesce(found, '[]')::text, true);
END
$sample$;
SELECT json_array_elements_text(current_setting('rehearse.sample')::json)
