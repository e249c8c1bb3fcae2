-- The same on MySQL 8.0 and later; not run here, where there is MariaDB only.
SELECT NAME, TABLE_ID
FROM information_schema.INNODB_TABLES
