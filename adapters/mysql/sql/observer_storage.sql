-- MariaDB: what InnoDB numbers anew when it builds it anew; partitions apart. The indexes, which are
-- asked for by themselves, are joined outside: these tables have no indexes of their own.
SELECT NAME, TABLE_ID
FROM information_schema.INNODB_SYS_TABLES
