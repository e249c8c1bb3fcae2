-- A patient's chart: procedures with their codes.
\sample patient patient.id
SELECT l.id, l.performed_on, l.tooth, l.surface, l.status, c.code, c.description
FROM procedure_log AS l JOIN procedure_code AS c ON c.id = l.procedure_code_id
WHERE l.patient_id = :patient
ORDER BY l.performed_on DESC
LIMIT 50;
