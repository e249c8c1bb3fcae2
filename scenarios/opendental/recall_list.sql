-- Who is due for a recall: the long join that locks tables on MyISAM, then what was said to some.
\set month random(-4, 4)
\sample pat1 patient.PatNum
\sample pat2 patient.PatNum
\sample pat3 patient.PatNum
SELECT r.RecallNum, r.PatNum, r.DateDue, r.RecallInterval, r.RecallStatus, k.Description, p.LName,
    p.FName, p.Birthdate, p.Guarantor, p.HmPhone, p.WirelessPhone, p.Email, p.PreferRecallMethod,
    g.BalTotal, g.InsEst, GROUP_CONCAT(c.CarrierName) AS carriers
FROM recall AS r
JOIN patient AS p ON p.PatNum = r.PatNum
JOIN patient AS g ON g.PatNum = p.Guarantor
JOIN recalltype AS k ON k.RecallTypeNum = r.RecallTypeNum
LEFT JOIN patplan AS pp ON pp.PatNum = p.PatNum
LEFT JOIN inssub AS s ON s.InsSubNum = pp.InsSubNum
LEFT JOIN insplan AS i ON i.PlanNum = s.PlanNum
LEFT JOIN carrier AS c ON c.CarrierNum = i.CarrierNum
WHERE r.DateDue BETWEEN DATE '2026-01-05' + INTERVAL :month MONTH
    AND DATE '2026-01-05' + INTERVAL :month + 2 MONTH
  AND r.IsDisabled = 0 AND r.RecallTypeNum IN (1, 2, 3) AND r.DateScheduled = '0001-01-01'
  AND p.PatStatus = 0
GROUP BY r.RecallNum;
SELECT PatNum, CommDateTime, CommSource FROM commlog
WHERE CommType = 28 AND PatNum IN (:pat1, :pat2, :pat3);
