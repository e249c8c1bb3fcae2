-- Claims that wait to be sent, with their carriers; then what three of them are made of.
\sample claim1 claim.ClaimNum
\sample claim2 claim.ClaimNum
\sample claim3 claim.ClaimNum
SELECT m.ClaimNum, r.NoSendElect, m.ClaimStatus, r.CarrierName, p.PatNum, p.LName, p.FName, r.ElectID,
    m.MedType, m.DateService, m.ClinicNum, m.CustomTracking,
    (SELECT MIN(pp.Ordinal) FROM patplan AS pp
     WHERE pp.PatNum = m.PatNum AND pp.InsSubNum = m.InsSubNum) AS ordinal
FROM claim AS m
LEFT JOIN patient AS p ON p.PatNum = m.PatNum
LEFT JOIN insplan AS i ON i.PlanNum = m.PlanNum
LEFT JOIN carrier AS r ON r.CarrierNum = i.CarrierNum
WHERE m.ClaimStatus IN ('W', 'P')
ORDER BY m.DateService, p.LName, p.FName;
SELECT ClaimProcNum, ClaimNum, ProcNum, Status, FeeBilled, InsPayEst, InsPayAmt, CodeSent, LineNumber
FROM claimproc
WHERE ClaimNum IN (:claim1, :claim2, :claim3);
