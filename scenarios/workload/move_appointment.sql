-- An appointment gets another time.
\sample appointment appointment.id
\sample user user_account.id
\set day random(1, 90)
\set slot random(0, 53)
BEGIN;
UPDATE appointment
SET starts_at = (SELECT as_of FROM practice WHERE id = 1) + CAST(:day AS int) + TIME '08:00'
        + CAST(:slot AS int) * INTERVAL '10 minutes',
    status = 'scheduled'
WHERE id = :appointment;
INSERT INTO audit_log (user_account_id, action, detail)
VALUES (:user, 'appointment_edit', 'from workstation 2');
COMMIT;
