-- MariaDB. The three tables share a cache that is frozen while it is read more often than every
-- 100 ms: at most 8 times a second, and nobody else may look.
SELECT r.trx_mysql_thread_id, b.trx_mysql_thread_id, b.trx_state = 'LOCK WAIT'
FROM information_schema.INNODB_LOCK_WAITS w
JOIN information_schema.INNODB_TRX r ON r.trx_id = w.requesting_trx_id
JOIN information_schema.INNODB_TRX b ON b.trx_id = w.blocking_trx_id
