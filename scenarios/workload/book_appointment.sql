-- A new appointment in the next three months, with its line in the audit trail.
\sample patient patient.id
\sample provider provider.id
\sample operatory operatory.id
\sample user user_account.id
\set day random(1, 90)
\set slot random(0, 53)
BEGIN;
INSERT INTO appointment (patient_id, provider_id, operatory_id, starts_at, minutes, note)
VALUES (:patient, :provider, :operatory,
    (SELECT as_of FROM practice WHERE id = 1) + CAST(:day AS int) + TIME '08:00'
        + CAST(:slot AS int) * INTERVAL '10 minutes',
    30, 'Recall examination. Booked by phone.');
INSERT INTO audit_log (user_account_id, patient_id, action, detail)
VALUES (:user, :patient, 'appointment_create', 'from workstation 1');
COMMIT;
