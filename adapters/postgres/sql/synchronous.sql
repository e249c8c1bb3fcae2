-- Asked of the primary: is the standby rehearse.standby_name, on the slot rehearse.standby_slot, one that
-- commits wait for? A sentence; NULL: it is not.
SELECT CASE
	WHEN NOT pg_has_role('pg_read_all_stats', 'USAGE') THEN
		format('the source does not show role ''%s'' which standbys are synchronous (GRANT pg_monitor TO it)', current_user)
	WHEN EXISTS (
		SELECT
		FROM pg_stat_replication r
		WHERE (r.application_name = current_setting('rehearse.standby_name')
				OR r.pid = (SELECT active_pid FROM pg_replication_slots
					WHERE slot_name = current_setting('rehearse.standby_slot')))
			AND r.sync_state IS DISTINCT FROM 'async')
		THEN format('the standby ''%s'' is a synchronous standby of the source', current_setting('rehearse.standby_name'))
	WHEN EXISTS (
		SELECT
		FROM regexp_split_to_table(regexp_replace(current_setting('synchronous_standby_names'),
			'^\s*((first|any)?\s*\d+\s*)\((.*)\)\s*$', '\3', 'i'), ',') AS listed
		WHERE lower(trim(BOTH ' "' FROM listed)) IN ('*', lower(current_setting('rehearse.standby_name'))))
		THEN format('synchronous_standby_names on the source lists the standby ''%s''', current_setting('rehearse.standby_name'))
END
