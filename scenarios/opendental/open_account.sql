-- The account of a family: what was done, what insurers and patients paid, claims, plans, notes.
-- The index that the join names is part of the contract: without it the statement fails.
\sample patient patient.PatNum
SELECT Guarantor AS guarantor FROM patient WHERE PatNum = :patient \gset
SELECT (SELECT SUM(d.AdjAmt) FROM adjustment AS d
        WHERE d.ProcNum = l.ProcNum AND d.ProcNum <> 0) AS adj,
    l.ProcNum, l.ProcDate, l.ProcFee, l.UnitQty, l.BaseUnits, l.ToothNum, l.PatNum, k.ProcCode,
    k.Descript, SUM(c.InsPayAmt) AS ins_pay, SUM(c.InsPayEst) AS ins_est,
    SUM(c.WriteOff) AS write_off
FROM procedurelog AS l
JOIN procedurecode AS k ON k.CodeNum = l.CodeNum
LEFT JOIN claimproc AS c USE INDEX (indexAcctCov) ON c.ProcNum = l.ProcNum
LEFT JOIN insplan AS i ON i.PlanNum = c.PlanNum
WHERE l.ProcStatus = 2 AND l.PatNum IN (:patient, :guarantor)
GROUP BY l.ProcNum;
SELECT ClaimNum, DateCP, PatNum, SUM(InsPayAmt) AS paid, SUM(WriteOff) AS write_off, ProvNum, ClinicNum
FROM claimproc
WHERE PatNum IN (:patient, :guarantor) AND (Status IN (1, 4, 5) OR Status = 7) AND ClaimNum > 0
GROUP BY ClaimNum, DateCP;
SELECT s.SplitNum, s.SplitAmt, s.PatNum, s.PayNum, s.ProvNum, s.DatePay, s.ProcNum, s.UnearnedType,
    s.ClinicNum, s.PayPlanNum, s.AdjNum, y.PayType, y.CheckNum, y.PayNote, y.PayAmt
FROM paysplit AS s LEFT JOIN payment AS y ON y.PayNum = s.PayNum
WHERE s.PatNum IN (:patient, :guarantor);
SELECT a.AdjNum, a.AdjDate, a.AdjAmt, a.PatNum, a.AdjType, a.ProvNum, a.AdjNote, a.ProcNum
FROM adjustment AS a LEFT JOIN paysplit AS s ON s.AdjNum > 0 AND s.AdjNum = a.AdjNum
WHERE a.PatNum IN (:patient, :guarantor)
GROUP BY a.AdjNum;
SELECT r.CarrierName, m.ClaimNum, m.ClaimStatus, m.ClaimType, m.DateService, m.DateSent, m.ClaimFee,
    m.InsPayAmt, GROUP_CONCAT(DISTINCT c.ProcNum) AS procs
FROM claim AS m
LEFT JOIN insplan AS i ON i.PlanNum = m.PlanNum
LEFT JOIN carrier AS r ON r.CarrierNum = i.CarrierNum
JOIN claimproc AS c ON c.ClaimNum = m.ClaimNum
WHERE m.ClaimType <> 'PreAuth' AND m.PatNum IN (:patient, :guarantor)
GROUP BY m.ClaimNum;
SELECT pp.PayPlanNum, pp.PatNum, pp.Guarantor, pp.PayPlanDate, pp.CompletedAmt, h.ChargeDate,
    h.Principal
FROM payplan AS pp LEFT JOIN payplancharge AS h ON h.PayPlanNum = pp.PayPlanNum
WHERE pp.PatNum IN (:patient, :guarantor) OR pp.Guarantor IN (:patient, :guarantor);
SELECT StatementNum, DateSent, Mode_, Note, IsSent, BalTotal, InsEst
FROM statement
WHERE PatNum IN (:patient, :guarantor);
