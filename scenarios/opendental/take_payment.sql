-- A patient pays: the payment and its split.
\sample patient patient.PatNum
\sample provider provider.ProvNum
\sample user userod.UserNum
\set amount random(20, 400)
INSERT INTO payment (PayType, PayDate, PayAmt, CheckNum, BankBranch, PayNote, IsSplit, PatNum,
    ClinicNum, DateEntry, DepositNum, Receipt, IsRecurringCC, SecUserNumEntry, PaymentSource,
    ProcessStatus, RecurringChargeDate, ExternalId, PaymentStatus, IsCcCompleted, MerchantFee)
VALUES (11, DATE '2026-01-05', :amount, '', '', '', 1, :patient, 0, DATE '2026-01-05', 0, '', 0,
    :user, 0, 0, '0001-01-01', '', 0, 0, 0);
SELECT LAST_INSERT_ID() AS pay \gset
INSERT INTO paysplit (SplitAmt, PatNum, ProcDate, PayNum, IsDiscount, DiscountType, ProvNum,
    PayPlanNum, DatePay, ProcNum, DateEntry, UnearnedType, ClinicNum, SecUserNumEntry, FSplitNum,
    AdjNum, PayPlanChargeNum, PayPlanDebitType, SecurityHash)
VALUES (:amount, :patient, DATE '2026-01-05', :pay, 0, 0, :provider, 0, DATE '2026-01-05', 0,
    DATE '2026-01-05', 0, 0, :user, 0, 0, 0, 0, '');
UPDATE patient SET EstBalance = EstBalance - :amount WHERE PatNum = :patient;
