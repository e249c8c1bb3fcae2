-- What the sessions' programs call themselves.
SELECT PROCESSLIST_ID, ATTR_VALUE
FROM performance_schema.session_connect_attrs
WHERE ATTR_NAME = 'program_name'
