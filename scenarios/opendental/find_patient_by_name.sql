-- Somebody types the beginning of a name into the search.
\sample last patient.LName
\sample first patient.FName
SELECT DISTINCT PatNum, LName, FName, MiddleI, Preferred, Birthdate, HmPhone, WirelessPhone, Address,
    PatStatus, BillingType, ClinicNum
FROM patient
WHERE PatStatus NOT IN (3, 4, 5)
  AND PatNum NOT IN (SELECT DISTINCT l1.PatNumFrom FROM patientlink AS l1
                     LEFT JOIN patientlink AS l2 ON l2.PatNumTo = l1.PatNumFrom
                         AND l2.DateTimeLink > l1.DateTimeLink AND l2.LinkType = 0
                     WHERE l2.PatNumTo IS NULL AND l1.LinkType = 0)
  AND LName LIKE CONCAT(LEFT(:last, 3), '%') AND FName LIKE CONCAT(LEFT(:first, 1), '%')
ORDER BY LName, FName
LIMIT 40;
