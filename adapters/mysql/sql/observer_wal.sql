-- How far the redo log is: the first of these that the server has, its position before what is
-- written in whole blocks.
SHOW GLOBAL STATUS WHERE Variable_name IN
('Innodb_lsn_current', 'Innodb_redo_log_current_lsn', 'Innodb_os_log_written')
