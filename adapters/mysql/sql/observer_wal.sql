-- How much was written to the logs: the redo log's position, or what was written of it in whole
-- blocks where the server tells no position, and the binary log's bytes.
SHOW GLOBAL STATUS WHERE Variable_name IN
('Innodb_lsn_current', 'Innodb_redo_log_current_lsn', 'Innodb_os_log_written',
	'Binlog_bytes_written')
