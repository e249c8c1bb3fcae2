-- The slow log: statements that took long, on MariaDB without their metadata locks; those of a
-- command's account in full. MySQL has the time when it was written, and counts whole seconds apart.
-- What is missing at the end says from which row on.
SELECT thread_id, CAST(UNIX_TIMESTAMP(start_time) * 1000000 AS UNSIGNED)
		/*!80000 - (TIME_TO_SEC(query_time) * 1000000 + MICROSECOND(query_time)) */,
	CAST(FLOOR(TIME_TO_SEC(query_time)) * 1000000 + MICROSECOND(query_time) AS UNSIGNED), db,
	IF(LEFT(user_host, 17) = 'rehearse_command[', sql_text, LEFT(sql_text, 2000)),
	LEFT(user_host, 17) = 'rehearse_command['
