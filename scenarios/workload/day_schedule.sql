-- The front desk looks at a provider's day.
\sample provider provider.id
\set day random(-5, 60)
SELECT a.id, a.starts_at, a.minutes, a.status, a.note, p.last_name, p.first_name
FROM appointment AS a JOIN patient AS p ON p.id = a.patient_id
WHERE a.provider_id = :provider
  AND a.starts_at >= (SELECT as_of FROM practice WHERE id = 1) + CAST(:day AS int)
  AND a.starts_at < (SELECT as_of FROM practice WHERE id = 1) + CAST(:day AS int) + 1
ORDER BY a.starts_at
LIMIT 40;
