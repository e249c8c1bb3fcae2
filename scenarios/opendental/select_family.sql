-- Any change of patient reads the whole family, all columns, by name.
\sample patient patient.PatNum
SELECT DISTINCT f.PatNum, f.LName, f.FName, f.MiddleI, f.Preferred, f.PatStatus, f.Gender,
    f.Position, f.Birthdate, f.SSN, f.Address, f.Address2, f.City, f.State, f.Zip, f.HmPhone,
    f.WkPhone, f.WirelessPhone, f.Guarantor, f.CreditType, f.Email, f.Salutation, f.EstBalance,
    f.PriProv, f.SecProv, f.FeeSched, f.BillingType, f.ImageFolder, f.AddrNote, f.FamFinUrgNote,
    f.MedUrgNote, f.ApptModNote, f.StudentStatus, f.SchoolName, f.ChartNumber, f.MedicaidID,
    f.Bal_0_30, f.Bal_31_60, f.Bal_61_90, f.BalOver90, f.InsEst, f.BalTotal, f.EmployerNum,
    f.EmploymentNote, f.County, f.GradeLevel, f.Urgency, f.DateFirstVisit, f.ClinicNum, f.HasIns,
    f.TrophyFolder, f.PlannedIsDone, f.Premed, f.Ward, f.PreferConfirmMethod, f.PreferContactMethod,
    f.PreferRecallMethod, f.SchedBeforeTime, f.SchedAfterTime, f.SchedDayOfWeek, f.Language,
    f.AdmitDate, f.Title, f.PayPlanDue, f.SiteNum, f.DateTStamp, f.ResponsParty,
    f.CanadianEligibilityCode, f.AskToArriveEarly, f.PreferContactConfidential, f.SuperFamily,
    f.TxtMsgOk, f.SmokingSnoMed, f.Country, f.DateTimeDeceased, f.BillingCycleDay,
    f.SecUserNumEntry, f.SecDateEntry, f.HasSuperBilling, f.PatNumCloneFrom, f.DiscountPlanNum,
    f.HasSignedTil, f.ShortCodeOptIn, f.SecurityHash, f.Guarantor <> f.PatNum AS IsNotGuar
FROM patient AS p JOIN patient AS f ON f.Guarantor = p.Guarantor
WHERE p.PatNum IN (:patient)
ORDER BY IsNotGuar, f.Birthdate;
