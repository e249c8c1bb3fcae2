-- The same on MySQL 8.0 and later.
SELECT NAME, TABLE_ID
FROM information_schema.INNODB_TABLES
