-- Who is due for a recall: the next page of the call list.
\sample recall_type recall_type.id
\set day random(-60, 60)
SELECT r.id, r.due_on, p.last_name, p.first_name, p.mobile_phone
FROM recall AS r JOIN patient AS p ON p.id = r.patient_id
WHERE r.recall_type_id = :recall_type
  AND NOT r.is_disabled
  AND r.due_on >= (SELECT as_of FROM practice WHERE id = 1) + CAST(:day AS int)
ORDER BY r.due_on
LIMIT 25;
