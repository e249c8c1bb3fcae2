-- What the application has always filled in, said to the server.
--
-- Playbook: expand-contract required. SET NOT NULL scans the table under ACCESS EXCLUSIVE. Add
-- CHECK (... IS NOT NULL) NOT VALID, validate it in a transaction of its own, then SET NOT NULL
-- takes no scan, then drop the CHECK.
ALTER TABLE procedure_log ALTER COLUMN units SET NOT NULL;
ALTER TABLE procedure_log ALTER COLUMN place_of_service SET NOT NULL;
ALTER TABLE procedure_log ALTER COLUMN fee_schedule SET NOT NULL;
ALTER TABLE procedure_log ALTER COLUMN is_locked SET NOT NULL;
ALTER TABLE procedure_log ALTER COLUMN entered_by SET NOT NULL;
ALTER TABLE procedure_log ALTER COLUMN entered_at SET NOT NULL;
ALTER TABLE procedure_log ALTER COLUMN updated_by SET NOT NULL;
ALTER TABLE procedure_log ALTER COLUMN updated_at SET NOT NULL;
