-- Tables that InnoDB still has and the server no longer knows; MariaDB.
SELECT 'orphan-table', NAME, NAME
FROM information_schema.INNODB_SYS_TABLES
WHERE NAME LIKE CONCAT(DATABASE(), '/#sql%')
