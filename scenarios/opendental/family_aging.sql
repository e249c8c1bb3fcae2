-- How old a family's debts are, and the result onto the guarantor's row: whenever the account
-- changes.
\sample patient patient.PatNum
SELECT Guarantor AS guarantor FROM patient WHERE PatNum = :patient \gset
SELECT COALESCE(SUM(t.amount), 0) AS total, COALESCE(SUM(t.estimate), 0) AS estimate,
    COALESCE(SUM(IF(t.amount > 0 AND t.day < DATE '2025-10-07', t.amount, 0)), 0) AS old,
    -COALESCE(SUM(IF(t.amount < 0, t.amount, 0)), 0) AS credits
FROM (SELECT l.PatNum, l.ProcDate AS day, l.ProcFee * (l.UnitQty + l.BaseUnits) AS amount, 0 AS estimate
      FROM procedurelog AS l
      WHERE l.ProcStatus = 2 AND l.ProcFee <> 0 AND l.PatNum IN (:patient, :guarantor)
      UNION ALL
      SELECT c.PatNum, c.DateCP,
          IF(c.Status <> 0, IF(c.PayPlanNum = 0, -c.InsPayAmt, 0) - c.WriteOff, 0),
          IF(c.Status = 0, c.InsPayEst, 0)
      FROM claimproc AS c LEFT JOIN procedurelog AS l ON l.ProcNum = c.ProcNum
      WHERE c.Status IN (0, 1, 4, 5, 7) AND (c.ProcNum = 0 OR l.ProcStatus = 2)
        AND c.PatNum IN (:patient, :guarantor)
      UNION ALL
      SELECT a.PatNum, a.AdjDate, a.AdjAmt, 0 FROM adjustment AS a
      WHERE a.AdjAmt <> 0 AND a.PatNum IN (:patient, :guarantor)
      UNION ALL
      SELECT s.PatNum, s.DatePay, -s.SplitAmt, 0 FROM paysplit AS s
      WHERE s.SplitAmt <> 0 AND s.PatNum IN (:patient, :guarantor)
      UNION ALL
      SELECT pp.PatNum, pp.PayPlanDate, -pp.CompletedAmt, 0 FROM payplan AS pp
      WHERE pp.CompletedAmt <> 0 AND pp.PatNum IN (:patient, :guarantor)) AS t
JOIN patient AS p ON p.PatNum = t.PatNum \gset
UPDATE patient
SET BalOver90 = :old, Bal_61_90 = 0, Bal_31_60 = 0, Bal_0_30 = :total - :old, InsEst = :estimate,
    BalTotal = :total, PayPlanDue = 0
WHERE PatNum = :guarantor;
