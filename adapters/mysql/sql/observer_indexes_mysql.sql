-- MySQL 8.0 and later.
SELECT TABLE_ID, INDEX_ID
FROM information_schema.INNODB_INDEXES
