-- A claim's line is saved: the application writes every column, whatever has changed.
\sample id claimproc.ClaimProcNum
\set cents random(0, 50000)
SELECT ClaimProcNum, ProcNum, ClaimNum, PatNum, ProvNum, FeeBilled, InsPayEst, DedApplied,
    Status, InsPayAmt, Remarks, ClaimPaymentNum, PlanNum, DateCP, WriteOff, CodeSent,
    AllowedOverride, Percentage, PercentOverride, CopayAmt, NoBillIns, PaidOtherIns, BaseEst,
    CopayOverride, ProcDate, DateEntry, LineNumber, DedEst, DedEstOverride, InsEstTotal,
    InsEstTotalOverride, PaidOtherInsOverride, EstimateNote, WriteOffEst, WriteOffEstOverride,
    ClinicNum, InsSubNum, PaymentRow, PayPlanNum, ClaimPaymentTracking, SecUserNumEntry,
    SecDateEntry, SecDateTEdit, DateSuppReceived, DateInsFinalized, IsTransfer, ClaimAdjReasonCodes,
    IsOverpay, SecurityHash
FROM claimproc
WHERE ClaimProcNum = :id \gset c_
UPDATE claimproc
SET ProcNum = :c_ProcNum, ClaimNum = :c_ClaimNum, PatNum = :c_PatNum, ProvNum = :c_ProvNum,
    FeeBilled = :c_FeeBilled, InsPayEst = :cents / 100, DedApplied = :c_DedApplied,
    Status = :c_Status, InsPayAmt = :c_InsPayAmt, Remarks = :c_Remarks,
    ClaimPaymentNum = :c_ClaimPaymentNum, PlanNum = :c_PlanNum, DateCP = :c_DateCP,
    WriteOff = :c_WriteOff, CodeSent = :c_CodeSent, AllowedOverride = :c_AllowedOverride,
    Percentage = :c_Percentage, PercentOverride = :c_PercentOverride, CopayAmt = :c_CopayAmt,
    NoBillIns = :c_NoBillIns, PaidOtherIns = :c_PaidOtherIns, BaseEst = :c_BaseEst,
    CopayOverride = :c_CopayOverride, ProcDate = :c_ProcDate, DateEntry = :c_DateEntry,
    LineNumber = :c_LineNumber, DedEst = :c_DedEst, DedEstOverride = :c_DedEstOverride,
    InsEstTotal = :c_InsEstTotal, InsEstTotalOverride = :c_InsEstTotalOverride,
    PaidOtherInsOverride = :c_PaidOtherInsOverride, EstimateNote = :c_EstimateNote,
    WriteOffEst = :c_WriteOffEst, WriteOffEstOverride = :c_WriteOffEstOverride,
    ClinicNum = :c_ClinicNum, InsSubNum = :c_InsSubNum, PaymentRow = :c_PaymentRow,
    PayPlanNum = :c_PayPlanNum, ClaimPaymentTracking = :c_ClaimPaymentTracking,
    SecUserNumEntry = :c_SecUserNumEntry, SecDateEntry = :c_SecDateEntry,
    DateSuppReceived = :c_DateSuppReceived, DateInsFinalized = :c_DateInsFinalized,
    IsTransfer = :c_IsTransfer, ClaimAdjReasonCodes = :c_ClaimAdjReasonCodes,
    IsOverpay = :c_IsOverpay, SecurityHash = :c_SecurityHash
WHERE ClaimProcNum = :id;
