-- A search by last name, the first page of hits.
\sample last_name patient.last_name
SELECT id, last_name, first_name, birth_date, mobile_phone, status
FROM patient
WHERE last_name = :last_name
ORDER BY first_name
LIMIT 20;
