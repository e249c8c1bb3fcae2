-- Only waits for locks: everything else would drive them out of the ring.
UPDATE performance_schema.setup_instruments
SET ENABLED = 'NO'
WHERE ENABLED = 'YES' AND (NAME LIKE 'wait/%' OR NAME = 'idle')
	AND NAME NOT IN ('wait/lock/metadata/sql/mdl', 'wait/lock/table/sql/handler')
