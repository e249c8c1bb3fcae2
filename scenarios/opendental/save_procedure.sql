-- A procedure is saved, every column.
\sample id procedurelog.ProcNum
\set tooth random(1, 32)
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
WHERE ProcNum = :id \gset l_
UPDATE procedurelog
SET PatNum = :l_PatNum, AptNum = :l_AptNum, OldCode = :l_OldCode, ProcDate = :l_ProcDate,
    ProcFee = :l_ProcFee, Surf = :l_Surf, ToothNum = :tooth, ToothRange = :l_ToothRange,
    Priority = :l_Priority, ProcStatus = :l_ProcStatus, ProvNum = :l_ProvNum, Dx = :l_Dx,
    PlannedAptNum = :l_PlannedAptNum, PlaceService = :l_PlaceService, Prosthesis = :l_Prosthesis,
    DateOriginalProsth = :l_DateOriginalProsth, ClaimNote = :l_ClaimNote,
    DateEntryC = :l_DateEntryC, ClinicNum = :l_ClinicNum, MedicalCode = :l_MedicalCode,
    DiagnosticCode = :l_DiagnosticCode, IsPrincDiag = :l_IsPrincDiag, ProcNumLab = :l_ProcNumLab,
    BillingTypeOne = :l_BillingTypeOne, BillingTypeTwo = :l_BillingTypeTwo, CodeNum = :l_CodeNum,
    CodeMod1 = :l_CodeMod1, CodeMod2 = :l_CodeMod2, CodeMod3 = :l_CodeMod3, CodeMod4 = :l_CodeMod4,
    RevCode = :l_RevCode, UnitQty = :l_UnitQty, BaseUnits = :l_BaseUnits, StartTime = :l_StartTime,
    StopTime = :l_StopTime, DateTP = :l_DateTP, SiteNum = :l_SiteNum,
    HideGraphics = :l_HideGraphics, CanadianTypeCodes = :l_CanadianTypeCodes,
    ProcTime = :l_ProcTime, ProcTimeEnd = :l_ProcTimeEnd, Prognosis = :l_Prognosis,
    DrugUnit = :l_DrugUnit, DrugQty = :l_DrugQty, UnitQtyType = :l_UnitQtyType,
    StatementNum = :l_StatementNum, IsLocked = :l_IsLocked, BillingNote = :l_BillingNote,
    RepeatChargeNum = :l_RepeatChargeNum, SnomedBodySite = :l_SnomedBodySite,
    DiagnosticCode2 = :l_DiagnosticCode2, DiagnosticCode3 = :l_DiagnosticCode3,
    DiagnosticCode4 = :l_DiagnosticCode4, ProvOrderOverride = :l_ProvOrderOverride,
    Discount = :l_Discount, IsDateProsthEst = :l_IsDateProsthEst, IcdVersion = :l_IcdVersion,
    IsCpoe = :l_IsCpoe, SecUserNumEntry = :l_SecUserNumEntry, SecDateEntry = :l_SecDateEntry,
    DateComplete = :l_DateComplete, OrderingReferralNum = :l_OrderingReferralNum,
    TaxAmt = :l_TaxAmt, Urgency = :l_Urgency, DiscountPlanAmt = :l_DiscountPlanAmt
WHERE ProcNum = :id;
