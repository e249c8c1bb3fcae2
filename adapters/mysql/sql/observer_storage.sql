-- MariaDB: what InnoDB numbers anew when it builds it anew. One row per index; partitions apart.
SELECT t.NAME, t.TABLE_ID, i.INDEX_ID
FROM information_schema.INNODB_SYS_TABLES t
JOIN information_schema.INNODB_SYS_INDEXES i ON i.TABLE_ID = t.TABLE_ID
