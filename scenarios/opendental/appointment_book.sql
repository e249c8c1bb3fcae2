-- The appointment book shows a day: appointments, their production, who works, the waiting room.
\set week random(-8, 12)
\set weekday random(0, 4)
\set day :week * 7 + :weekday
\set op random(1, 13)
\set provider random(1, 20)
\sample apt1 appointment.AptNum
\sample apt2 appointment.AptNum
\sample apt3 appointment.AptNum
SELECT DISTINCT a.AptNum, a.AptDateTime, a.AptStatus, a.Confirmed, a.Op, a.Pattern, a.ProvNum,
    a.ProvHyg, a.Note, a.ProcDescript, a.IsNewPatient, p.LName, p.FName, p.Preferred, p.Address,
    p.HmPhone, p.WirelessPhone, p.MedUrgNote, g.FamFinUrgNote, IF(g.BalTotal > 0, '$', '') AS owes
FROM appointment AS a
LEFT JOIN patient AS p ON p.PatNum = a.PatNum
LEFT JOIN patient AS g ON g.PatNum = p.Guarantor
LEFT JOIN patplan AS pp ON pp.PatNum = p.PatNum AND pp.Ordinal = 1
LEFT JOIN discountplansub AS d ON d.PatNum = p.PatNum
WHERE a.AptDateTime >= DATE '2026-01-05' + INTERVAL :day DAY
  AND a.AptDateTime < DATE '2026-01-05' + INTERVAL :day + 1 DAY
  AND a.AptStatus IN (1, 2, 5, 7, 8)
  AND (a.Op IN (:op, :op + 1, :op + 2) OR a.ProvNum IN (:provider, 1) OR a.ProvHyg IN (:provider, 1));
SELECT l.ProcNum, l.AptNum, l.PlannedAptNum, l.CodeNum, l.ProcStatus,
    l.ProcFee * (l.UnitQty + l.BaseUnits) AS fee,
    SUM(CASE WHEN c.Status IN (7, 8) THEN 0 WHEN c.ClaimNum > 0 THEN c.WriteOff
             WHEN c.WriteOffEstOverride <> -1 THEN c.WriteOffEstOverride
             WHEN c.WriteOffEst <> -1 THEN c.WriteOffEst ELSE 0 END) AS write_off
FROM procedurelog AS l
LEFT JOIN claimproc AS c ON c.ProcNum = l.ProcNum AND c.Status NOT IN (5, 2)
WHERE l.ProcNumLab = 0 AND l.AptNum <> 0 AND l.AptNum IN (:apt1, :apt2, :apt3)
GROUP BY l.ProcNum;
SELECT s.ScheduleNum, s.SchedDate, s.StartTime, s.StopTime, s.SchedType, s.ProvNum,
    s.BlockoutType, s.Note, s.Status, s.EmployeeNum, COALESCE(o.ClinicNum, 0) AS OpClinicNum
FROM schedule AS s
LEFT JOIN scheduleop AS so ON so.ScheduleNum = s.ScheduleNum
LEFT JOIN operatory AS o ON o.OperatoryNum = so.OperatoryNum
WHERE s.SchedDate = DATE '2026-01-05' + INTERVAL :day DAY;
-- The functions on the column are the application's: no index helps.
SELECT a.DateTimeArrived, a.DateTimeSeated, p.LName, p.FName, p.Preferred, a.Op
FROM appointment AS a JOIN patient AS p ON p.PatNum = a.PatNum
WHERE DATE(a.AptDateTime) = DATE '2026-01-05' AND a.DateTimeArrived > DATE '2026-01-05'
  AND DATE(a.DateTimeArrived) = DATE(a.AptDateTime) AND TIME(a.DateTimeSeated) = 0
  AND TIME(a.DateTimeDismissed) = 0 AND a.AptStatus IN (1, 2);
