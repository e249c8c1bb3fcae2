-- A note about a call.
\sample patient patient.PatNum
\sample user userod.UserNum
INSERT INTO commlog (PatNum, CommDateTime, CommType, Note, Mode_, SentOrReceived, UserNum,
    Signature, SigIsTopaz, DateTimeEnd, CommSource, ProgramNum, DateTEntry, ReferralNum,
    CommReferralBehavior)
VALUES (:patient, NOW(), 28, 'Called about the appointment. Will call back.', 3, 1, :user, '',
    0, NOW(), 0, 0, NOW(), 0, 0);
