-- A patient's insurance: plans, subscribers, benefits; the plans one by one, then all together.
\sample patient patplan.PatNum
\sample plan1 insplan.PlanNum
\sample plan2 insplan.PlanNum
\sample patplan1 patplan.PatPlanNum
\sample sub inssub.InsSubNum
SELECT PatPlanNum, PatNum, Ordinal, IsPending, Relationship, PatID, InsSubNum,
    OrthoAutoFeeBilledOverride, OrthoAutoNextClaimDate, SecDateTEntry, SecDateTEdit
FROM patplan
WHERE PatNum = :patient
ORDER BY Ordinal;
SELECT d.InsSubNum, d.PlanNum, d.Subscriber, d.DateEffective, d.DateTerm, d.ReleaseInfo,
    d.AssignBen, d.SubscriberID, d.BenefitNotes, d.SubscNote, d.SecUserNumEntry, d.SecDateEntry,
    d.SecDateTEdit
FROM inssub AS d
JOIN (SELECT a.InsSubNum FROM inssub AS a WHERE a.Subscriber = :patient
      UNION
      SELECT b.InsSubNum FROM inssub AS b, patplan AS p
      WHERE b.InsSubNum = p.InsSubNum AND p.PatNum = :patient) AS c ON c.InsSubNum = d.InsSubNum
ORDER BY d.DateEffective;
SELECT PlanNum, GroupName, GroupNum, PlanNote, FeeSched, PlanType, ClaimFormNum, UseAltCode,
    ClaimsUseUCR, CopayFeeSched, EmployerNum, CarrierNum, AllowedFeeSched, TrojanID, DivisionNo,
    IsMedical, FilingCode, DentaideCardSequence, ShowBaseUnits, CodeSubstNone, IsHidden, MonthRenew,
    FilingCodeSubtype, CanadianPlanFlag, CanadianDiagnosticCode, CanadianInstitutionCode, RxBIN,
    CobRule, SopCode, SecUserNumEntry, SecDateEntry, SecDateTEdit, HideFromVerifyList, OrthoType,
    OrthoAutoProcFreq, OrthoAutoProcCodeNumOverride, OrthoAutoFeeBilled, OrthoAutoClaimDaysWait,
    BillingType, HasPpoSubstWriteoffs, ExclusionFeeRule, ManualFeeSchedNum, IsBlueBookEnabled,
    InsPlansZeroWriteOffsOnAnnualMaxOverride, InsPlansZeroWriteOffsOnFreqOrAgingOverride,
    PerVisitPatAmount, PerVisitInsAmount
FROM insplan
WHERE PlanNum = :plan1;
SELECT PlanNum, GroupName, GroupNum, PlanNote, FeeSched, PlanType, ClaimFormNum, UseAltCode,
    ClaimsUseUCR, CopayFeeSched, EmployerNum, CarrierNum, AllowedFeeSched, TrojanID, DivisionNo,
    IsMedical, FilingCode, DentaideCardSequence, ShowBaseUnits, CodeSubstNone, IsHidden, MonthRenew,
    FilingCodeSubtype, CanadianPlanFlag, CanadianDiagnosticCode, CanadianInstitutionCode, RxBIN,
    CobRule, SopCode, SecUserNumEntry, SecDateEntry, SecDateTEdit, HideFromVerifyList, OrthoType,
    OrthoAutoProcFreq, OrthoAutoProcCodeNumOverride, OrthoAutoFeeBilled, OrthoAutoClaimDaysWait,
    BillingType, HasPpoSubstWriteoffs, ExclusionFeeRule, ManualFeeSchedNum, IsBlueBookEnabled,
    InsPlansZeroWriteOffsOnAnnualMaxOverride, InsPlansZeroWriteOffsOnFreqOrAgingOverride,
    PerVisitPatAmount, PerVisitInsAmount
FROM insplan
WHERE PlanNum = :plan2;
SELECT PlanNum, GroupName, GroupNum, PlanNote, FeeSched, PlanType, ClaimFormNum, UseAltCode,
    ClaimsUseUCR, CopayFeeSched, EmployerNum, CarrierNum, AllowedFeeSched, TrojanID, DivisionNo,
    IsMedical, FilingCode, DentaideCardSequence, ShowBaseUnits, CodeSubstNone, IsHidden, MonthRenew,
    FilingCodeSubtype, CanadianPlanFlag, CanadianDiagnosticCode, CanadianInstitutionCode, RxBIN,
    CobRule, SopCode, SecUserNumEntry, SecDateEntry, SecDateTEdit, HideFromVerifyList, OrthoType,
    OrthoAutoProcFreq, OrthoAutoProcCodeNumOverride, OrthoAutoFeeBilled, OrthoAutoClaimDaysWait,
    BillingType, HasPpoSubstWriteoffs, ExclusionFeeRule, ManualFeeSchedNum, IsBlueBookEnabled,
    InsPlansZeroWriteOffsOnAnnualMaxOverride, InsPlansZeroWriteOffsOnFreqOrAgingOverride,
    PerVisitPatAmount, PerVisitInsAmount
FROM insplan
WHERE PlanNum IN (:plan1, :plan2);
SELECT InsSubNum, PlanNum, Subscriber, DateEffective, DateTerm, ReleaseInfo, AssignBen,
    SubscriberID, BenefitNotes, SubscNote, SecUserNumEntry, SecDateEntry, SecDateTEdit
FROM inssub
WHERE InsSubNum = :sub;
SELECT BenefitNum, PlanNum, PatPlanNum, CovCatNum, BenefitType, Percent, MonetaryAmt,
    TimePeriod, QuantityQualifier, Quantity, CodeNum, CoverageLevel, SecDateTEntry, SecDateTEdit,
    CodeGroupNum, TreatArea
FROM benefit
WHERE PlanNum IN (:plan1, :plan2) OR PatPlanNum IN (:patplan1);
