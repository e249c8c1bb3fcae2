-- MariaDB's slow log: statements that took long without their metadata locks. What is missing at
-- the end says from which row on.
SELECT thread_id, CAST(UNIX_TIMESTAMP(start_time) * 1000000 AS UNSIGNED),
	CAST(TIME_TO_SEC(query_time) * 1000000 AS UNSIGNED), db, LEFT(sql_text, 2000)
