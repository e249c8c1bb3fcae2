-- MariaDB: who waits, and for how many milliseconds it has been at its statement.
SELECT ID, STATE, TIME_MS, INFO, DB
FROM information_schema.PROCESSLIST
WHERE STATE LIKE 'Waiting for %lock'
