-- A provider writes a note into the chart.
\sample patient patient.id
\sample provider provider.id
\sample user user_account.id
BEGIN;
INSERT INTO clinical_note (patient_id, provider_id, body)
VALUES (:patient, :provider,
    'Examined soft tissue, within normal limits. Advised to return in six months.');
INSERT INTO audit_log (user_account_id, patient_id, action, detail)
VALUES (:user, :patient, 'chart_edit', 'from workstation 3');
COMMIT;
