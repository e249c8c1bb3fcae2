-- A patient's account: balance, what was done, what was paid, the last visits.
\sample patient patient.id
SELECT last_name, first_name, balance, medical_alert, note FROM patient WHERE id = :patient;
SELECT count(*), sum(fee) FROM procedure_log WHERE patient_id = :patient AND status = 'complete';
SELECT sum(amount) FROM payment_split WHERE patient_id = :patient;
SELECT id, starts_at, status, note FROM appointment
WHERE patient_id = :patient
ORDER BY starts_at DESC
LIMIT 5;
