-- The chart: procedures, the last note of one, tooth states, forms, what insurance was used up.
\sample patient patient.PatNum
\sample proc procedurelog.ProcNum
SELECT ProcNum, PatNum, AptNum, OldCode, ProcDate, ProcFee, Surf, ToothNum, ToothRange,
    Priority, ProcStatus, ProvNum, Dx, PlannedAptNum, PlaceService, Prosthesis, DateOriginalProsth,
    ClaimNote, DateEntryC, ClinicNum, MedicalCode, DiagnosticCode, IsPrincDiag, ProcNumLab,
    BillingTypeOne, BillingTypeTwo, CodeNum, CodeMod1, CodeMod2, CodeMod3, CodeMod4, RevCode,
    UnitQty, BaseUnits, StartTime, StopTime, DateTP, SiteNum, HideGraphics, CanadianTypeCodes,
    ProcTime, ProcTimeEnd, DateTStamp, Prognosis, DrugUnit, DrugQty, UnitQtyType, StatementNum,
    IsLocked, BillingNote, RepeatChargeNum, SnomedBodySite, DiagnosticCode2, DiagnosticCode3,
    DiagnosticCode4, ProvOrderOverride, Discount, IsDateProsthEst, IcdVersion, IsCpoe,
    SecUserNumEntry, SecDateEntry, DateComplete, OrderingReferralNum, TaxAmt, Urgency,
    DiscountPlanAmt
FROM procedurelog
WHERE PatNum = :patient AND ProcStatus <> 6
ORDER BY ProcDate;
SELECT ProcNoteNum, PatNum, ProcNum, EntryDateTime, UserNum, Note, SigIsTopaz, Signature
FROM procnote
WHERE ProcNum = :proc
ORDER BY EntryDateTime DESC
LIMIT 1;
SELECT ToothInitialNum, PatNum, ToothNum, InitialType, Movement, DrawingSegment, ColorDraw,
    SecDateTEntry, SecDateTEdit, DrawText
FROM toothinitial
WHERE PatNum = :patient;
SELECT SheetNum, SheetType, DateTimeSheet, Description, IsDeleted FROM sheet WHERE PatNum = :patient;
SELECT c.ClaimProcNum, c.ProcNum, c.ClaimNum, c.PatNum, c.Status, c.InsPayAmt, c.DedApplied,
    c.ProcDate, c.InsSubNum, c.PlanNum, l.CodeNum, l.Surf, l.ToothRange, l.ToothNum
FROM claimproc AS c LEFT JOIN procedurelog AS l ON l.ProcNum = c.ProcNum
WHERE c.PatNum = :patient AND c.Status IN (0, 1, 3, 4) AND c.ProcDate >= DATE '2025-01-01';
