-- A dump as `mariadb-dump --single-transaction` makes it, MyISAM tables included, which it reads
-- without LOCK TABLES: a snapshot, and every table read inside of it. The dump lets go of each
-- table's metadata lock when it is done with the table; here all are held, as if it were slow
-- everywhere at once. LIMIT 0 takes the lock and reads nothing.
SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ;
SET SESSION group_concat_max_len = 4194304;
SET @rehearse_q = COALESCE((SELECT GROUP_CONCAT(CONCAT('(SELECT 1 FROM `', REPLACE(table_schema, '`', '``'),
		'`.`', REPLACE(table_name, '`', '``'), '` LIMIT 0)') SEPARATOR ' UNION ALL ')
	FROM information_schema.tables
	WHERE table_type IN ('BASE TABLE', 'SYSTEM VERSIONED')
		AND table_schema NOT IN ('mysql', 'sys', 'information_schema', 'performance_schema')), 'DO 0');
PREPARE rehearse FROM @rehearse_q;
START TRANSACTION WITH CONSISTENT SNAPSHOT;
EXECUTE rehearse
