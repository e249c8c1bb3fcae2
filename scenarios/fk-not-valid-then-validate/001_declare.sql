-- The foreign keys of the procedure log, for new rows.
--
-- Playbook: instant-safe. NOT VALID takes SHARE ROW EXCLUSIVE on all six tables, but checks no
-- row. Takes its locks child first, as the application does.
ALTER TABLE procedure_log
    ADD CONSTRAINT procedure_log_appointment_fkey FOREIGN KEY (appointment_id)
        REFERENCES appointment NOT VALID,
    ADD CONSTRAINT procedure_log_patient_fkey FOREIGN KEY (patient_id)
        REFERENCES patient NOT VALID,
    ADD CONSTRAINT procedure_log_provider_fkey FOREIGN KEY (provider_id)
        REFERENCES provider NOT VALID,
    ADD CONSTRAINT procedure_log_procedure_code_fkey FOREIGN KEY (procedure_code_id)
        REFERENCES procedure_code NOT VALID,
    ADD CONSTRAINT procedure_log_entered_by_fkey FOREIGN KEY (entered_by)
        REFERENCES user_account NOT VALID;
