-- Every workstation asks every few seconds what the others have changed.
SELECT SignalNum, DateViewing, SigDateTime, FKey, FKeyType, IType, RemoteRole, MsgValue
FROM signalod
WHERE SigDateTime > NOW() - INTERVAL 10 SECOND AND SigDateTime < NOW()
ORDER BY SigDateTime;
