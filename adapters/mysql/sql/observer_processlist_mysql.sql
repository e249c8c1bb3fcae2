-- MySQL without performance_schema. Whole seconds only.
SELECT ID, STATE, NULL, INFO, DB
FROM information_schema.PROCESSLIST
WHERE STATE LIKE 'Waiting for %lock'
