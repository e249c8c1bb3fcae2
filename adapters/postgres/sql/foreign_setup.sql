-- A login for a migration that a command runs: the server logs what it does, whatever client it
-- uses. In all else it is the user that it is made by.
CREATE ROLE rehearse_command LOGIN SUPERUSER;
ALTER ROLE rehearse_command SET log_min_duration_statement = 0;
ALTER ROLE rehearse_command SET log_statement = none;
ALTER ROLE rehearse_command SET log_duration = off;
ALTER ROLE rehearse_command SET log_min_messages = warning;
CREATE SCHEMA rehearse_command;
-- Each DDL statement tells the locks that its session holds at its end, each rewrite its table.
CREATE FUNCTION rehearse_command.tell() RETURNS event_trigger LANGUAGE plpgsql
SET search_path = pg_catalog AS $$
DECLARE
	one record;
BEGIN
	IF session_user <> 'rehearse_command' THEN
		RETURN;
	END IF;
	IF tg_event = 'table_rewrite' THEN
		RAISE LOG 'rehearse-rewrite %', pg_event_trigger_table_rewrite_oid();
		RETURN;
	END IF;
	FOR one IN
		-- What the statement has dropped has no name any more.
		SELECT l.relation, l.mode,
			quote_ident(n.nspname) || '.' || quote_ident(c.relname) AS name
		FROM pg_locks l
		LEFT JOIN pg_class c ON c.oid = l.relation
		LEFT JOIN pg_namespace n ON n.oid = c.relnamespace
		WHERE l.pid = pg_backend_pid() AND l.locktype = 'relation' AND l.granted
			AND l.relation >= 16384
			AND coalesce(n.nspname, '') NOT IN ('pg_toast', 'rehearse_command')
	LOOP
		RAISE LOG 'rehearse-lock % % % %', one.relation, one.mode,
			(extract(epoch FROM transaction_timestamp()) * 1000000)::bigint, one.name;
	END LOOP;
END
$$;
CREATE EVENT TRIGGER rehearse_command_end ON ddl_command_end
	EXECUTE PROCEDURE rehearse_command.tell();
CREATE EVENT TRIGGER rehearse_command_rewrite ON table_rewrite
	EXECUTE PROCEDURE rehearse_command.tell();
