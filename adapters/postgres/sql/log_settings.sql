-- What the observer will find of the server's log.
SELECT
	current_setting('logging_collector') AS collector,
	current_setting('log_destination') AS destination,
	current_setting('log_lock_waits') AS lock_waits,
	current_setting('deadlock_timeout') AS deadlock_timeout
