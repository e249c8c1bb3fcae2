-- A new appointment with the procedures that are planned for it.
\sample patient patient.PatNum
\sample provider provider.ProvNum
\sample code1 procedurecode.CodeNum
\sample code2 procedurecode.CodeNum
\sample user userod.UserNum
\set op random(1, 16)
\set day random(1, 120)
\set slot random(0, 53)
INSERT INTO appointment (PatNum, AptStatus, Pattern, Confirmed, TimeLocked, Op, Note, ProvNum,
    ProvHyg, AptDateTime, NextAptNum, UnschedStatus, IsNewPatient, ProcDescript, Assistant,
    ClinicNum, IsHygiene, DateTimeArrived, DateTimeSeated, DateTimeDismissed, InsPlan1, InsPlan2,
    DateTimeAskedToArrive, ProcsColored, ColorOverride, AppointmentTypeNum, SecUserNumEntry,
    SecDateTEntry, Priority, ProvBarText, PatternSecondary, SecurityHash, ItemOrderPlanned)
VALUES (:patient, 1, '//XXXX//', 3, 0, :op, 'Booked by phone.', :provider, 0,
    DATE '2026-01-05' + INTERVAL :day DAY + INTERVAL 480 + :slot * 10 MINUTE, 0, 0, 0, 'Ex, Cln', 0,
    0, 0, DATE '2026-01-05' + INTERVAL :day DAY, DATE '2026-01-05' + INTERVAL :day DAY,
    DATE '2026-01-05' + INTERVAL :day DAY, 0, 0, '0001-01-01 00:00:00', '', 0, 0, :user, NOW(), 0,
    '', '', '', 0);
SELECT LAST_INSERT_ID() AS apt \gset
INSERT INTO procedurelog (PatNum, AptNum, OldCode, ProcDate, ProcFee, Surf, ToothNum,
    ToothRange, Priority, ProcStatus, ProvNum, Dx, PlannedAptNum, PlaceService, Prosthesis,
    DateOriginalProsth, ClaimNote, DateEntryC, ClinicNum, MedicalCode, DiagnosticCode, IsPrincDiag,
    ProcNumLab, BillingTypeOne, BillingTypeTwo, CodeNum, CodeMod1, CodeMod2, CodeMod3, CodeMod4,
    RevCode, UnitQty, BaseUnits, StartTime, StopTime, DateTP, SiteNum, HideGraphics,
    CanadianTypeCodes, ProcTime, ProcTimeEnd, Prognosis, DrugUnit, DrugQty, UnitQtyType,
    StatementNum, IsLocked, BillingNote, RepeatChargeNum, SnomedBodySite, DiagnosticCode2,
    DiagnosticCode3, DiagnosticCode4, ProvOrderOverride, Discount, IsDateProsthEst, IcdVersion,
    IsCpoe, SecUserNumEntry, SecDateEntry, DateComplete, OrderingReferralNum, TaxAmt, Urgency,
    DiscountPlanAmt)
VALUES (:patient, :apt, '', DATE '2026-01-05' + INTERVAL :day DAY, 120, '', '', '', 0, 1,
    :provider, 0, 0, 0, '', '0001-01-01', '', DATE '2026-01-05', 0, '', '', 0, 0, 0, 0, :code1, '',
    '', '', '', '', 1, 0, 0, 0, DATE '2026-01-05', 0, 0, '', '00:00:00', '00:00:00', 0, 0, 0, 0, 0,
    0, '', 0, '', '', '', '', 0, 0, 0, 0, 0, :user, NOW(), '0001-01-01', 0, 0, 0, 0);
INSERT INTO procedurelog (PatNum, AptNum, OldCode, ProcDate, ProcFee, Surf, ToothNum,
    ToothRange, Priority, ProcStatus, ProvNum, Dx, PlannedAptNum, PlaceService, Prosthesis,
    DateOriginalProsth, ClaimNote, DateEntryC, ClinicNum, MedicalCode, DiagnosticCode, IsPrincDiag,
    ProcNumLab, BillingTypeOne, BillingTypeTwo, CodeNum, CodeMod1, CodeMod2, CodeMod3, CodeMod4,
    RevCode, UnitQty, BaseUnits, StartTime, StopTime, DateTP, SiteNum, HideGraphics,
    CanadianTypeCodes, ProcTime, ProcTimeEnd, Prognosis, DrugUnit, DrugQty, UnitQtyType,
    StatementNum, IsLocked, BillingNote, RepeatChargeNum, SnomedBodySite, DiagnosticCode2,
    DiagnosticCode3, DiagnosticCode4, ProvOrderOverride, Discount, IsDateProsthEst, IcdVersion,
    IsCpoe, SecUserNumEntry, SecDateEntry, DateComplete, OrderingReferralNum, TaxAmt, Urgency,
    DiscountPlanAmt)
VALUES (:patient, :apt, '', DATE '2026-01-05' + INTERVAL :day DAY, 120, '', '', '', 0, 1,
    :provider, 0, 0, 0, '', '0001-01-01', '', DATE '2026-01-05', 0, '', '', 0, 0, 0, 0, :code2, '',
    '', '', '', '', 1, 0, 0, 0, DATE '2026-01-05', 0, 0, '', '00:00:00', '00:00:00', 0, 0, 0, 0, 0,
    0, '', 0, '', '', '', '', 0, 0, 0, 0, 0, :user, NOW(), '0001-01-01', 0, 0, 0, 0);
INSERT INTO signalod (DateViewing, SigDateTime, FKey, FKeyType, IType, RemoteRole, MsgValue)
VALUES (DATE '2026-01-05' + INTERVAL :day DAY, NOW(), 0, 'Provider', 13, 0, '');
