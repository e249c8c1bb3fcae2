-- The foreign keys of the procedure log.
--
-- Playbook: expand-contract required. ADD FOREIGN KEY scans the table under SHARE ROW EXCLUSIVE,
-- on the tables that it points to as well. Do it as scenarios/fk-not-valid-then-validate does.
ALTER TABLE procedure_log
    ADD CONSTRAINT procedure_log_appointment_fkey FOREIGN KEY (appointment_id)
        REFERENCES appointment,
    ADD CONSTRAINT procedure_log_patient_fkey FOREIGN KEY (patient_id)
        REFERENCES patient,
    ADD CONSTRAINT procedure_log_provider_fkey FOREIGN KEY (provider_id)
        REFERENCES provider,
    ADD CONSTRAINT procedure_log_procedure_code_fkey FOREIGN KEY (procedure_code_id)
        REFERENCES procedure_code,
    ADD CONSTRAINT procedure_log_entered_by_fkey FOREIGN KEY (entered_by)
        REFERENCES user_account;
