-- A patient pays: the payment, its split, the balance.
\sample patient patient.id
\sample provider provider.id
\sample user user_account.id
\set amount random(20, 400)
BEGIN;
WITH paid AS (
    INSERT INTO payment (patient_id, paid_on, method, amount, entered_by)
    VALUES (:patient, (SELECT as_of FROM practice WHERE id = 1), 'card', :amount, :user)
    RETURNING id, patient_id, amount
)
INSERT INTO payment_split (payment_id, patient_id, provider_id, amount)
SELECT id, patient_id, :provider, amount FROM paid;
UPDATE patient SET balance = balance - :amount WHERE id = :patient;
COMMIT;
