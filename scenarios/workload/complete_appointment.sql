-- A visit is over: what was done goes to the procedure log, the appointment is closed.
-- Child before parent, as the migrations lock: writers of both never meet a migration crosswise.
\sample appointment appointment.id
\sample code procedure_code.id
\sample user user_account.id
BEGIN;
INSERT INTO procedure_log (patient_id, appointment_id, provider_id, procedure_code_id,
    performed_on, status, fee, entered_by)
SELECT a.patient_id, a.id, a.provider_id, f.procedure_code_id,
    a.starts_at::date, 'complete', f.amount, :user
FROM appointment AS a JOIN fee AS f ON f.fee_schedule_id = 1 AND f.procedure_code_id = :code
WHERE a.id = :appointment;
UPDATE appointment SET status = 'complete', confirmed = true WHERE id = :appointment;
COMMIT;
