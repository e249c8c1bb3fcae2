-- The same on MySQL 8.0 and later; not run here, where there is MariaDB only.
SELECT t.NAME, t.TABLE_ID, i.INDEX_ID
FROM information_schema.INNODB_TABLES t
JOIN information_schema.INNODB_INDEXES i ON i.TABLE_ID = t.TABLE_ID
