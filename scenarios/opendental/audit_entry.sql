-- Nearly everything that anybody does leaves a line in the audit trail; it is read back, and gets
-- a hash.
\sample patient patient.PatNum
\sample user userod.UserNum
\set kind random(1, 250)
\set workstation random(1, 83)
INSERT INTO securitylog (PermType, UserNum, LogDateTime, LogText, PatNum, CompName, FKey,
    LogSource, DefNum, DefNumError, DateTPrevious)
VALUES (:kind, :user, NOW(), 'Chart module opened', :patient,
    CONCAT('WS', LPAD(:workstation, 3, '0')), 0, 0, 0, 0, '0001-01-01 00:00:00');
SELECT LAST_INSERT_ID() AS id \gset
SELECT SecurityLogNum, PermType, UserNum, LogDateTime, LogText, PatNum, CompName, FKey,
    LogSource, DefNum, DefNumError, DateTPrevious
FROM securitylog
WHERE SecurityLogNum = :id;
INSERT INTO securityloghash (SecurityLogNum, LogHash) VALUES (:id, LEFT(SHA2(:id, 256), 32));
