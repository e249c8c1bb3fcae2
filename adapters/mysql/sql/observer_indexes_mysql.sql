-- MySQL 8.0 and later; not run here.
SELECT TABLE_ID, INDEX_ID
FROM information_schema.INNODB_INDEXES
