-- MariaDB: who began to wait for a row, or let go of one that others wait for; what is missing at
-- the end is a timer's value in picoseconds. Nothing else takes that mutex.
SELECT THREAD_ID, TIMER_START
FROM performance_schema.events_waits_history_long
WHERE EVENT_NAME = 'wait/synch/mutex/innodb/lock_wait_mutex' AND TIMER_START >
