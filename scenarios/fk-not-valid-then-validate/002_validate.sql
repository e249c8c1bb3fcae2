-- The foreign keys of the procedure log, for the rows that are there.
--
-- Playbook: instant-safe as far as locks go: VALIDATE takes SHARE UPDATE EXCLUSIVE, readers and
-- writers go on while it scans. In transactions of its own, never in that of the ADD CONSTRAINT,
-- and never cut by a lock timeout.
ALTER TABLE procedure_log VALIDATE CONSTRAINT procedure_log_appointment_fkey;
ALTER TABLE procedure_log VALIDATE CONSTRAINT procedure_log_patient_fkey;
ALTER TABLE procedure_log VALIDATE CONSTRAINT procedure_log_provider_fkey;
ALTER TABLE procedure_log VALIDATE CONSTRAINT procedure_log_procedure_code_fkey;
ALTER TABLE procedure_log VALIDATE CONSTRAINT procedure_log_entered_by_fkey;
