-- Who reads this server's binary log: connection and host.
SELECT CONCAT('connection ', ID, ' from ', HOST)
FROM information_schema.PROCESSLIST
WHERE COMMAND LIKE 'Binlog Dump%'
ORDER BY ID
