SHOW GLOBAL STATUS WHERE Variable_name IN
('Innodb_row_lock_current_waits', 'Innodb_row_lock_waits', 'Innodb_row_lock_time')
