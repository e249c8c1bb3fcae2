-- An appointment moves: all its columns are written, a copy of it goes to the history, and a signal
-- tells the other workstations.
\sample id appointment.AptNum
\sample user userod.UserNum
\set day random(1, 120)
\set slot random(0, 53)
SELECT AptNum, PatNum, AptStatus, Pattern, Confirmed, TimeLocked, Op, Note, ProvNum, ProvHyg,
    AptDateTime, NextAptNum, UnschedStatus, IsNewPatient, ProcDescript, Assistant, ClinicNum,
    IsHygiene, DateTStamp, DateTimeArrived, DateTimeSeated, DateTimeDismissed, InsPlan1, InsPlan2,
    DateTimeAskedToArrive, ProcsColored, ColorOverride, AppointmentTypeNum, SecUserNumEntry,
    SecDateTEntry, Priority, ProvBarText, PatternSecondary, SecurityHash, ItemOrderPlanned
FROM appointment
WHERE AptNum = :id \gset a_
UPDATE appointment
SET PatNum = :a_PatNum, AptStatus = 1, Pattern = :a_Pattern, Confirmed = :a_Confirmed,
    TimeLocked = :a_TimeLocked, Op = :a_Op, Note = :a_Note, ProvNum = :a_ProvNum,
    ProvHyg = :a_ProvHyg,
    AptDateTime = DATE '2026-01-05' + INTERVAL :day DAY + INTERVAL 480 + :slot * 10 MINUTE,
    NextAptNum = :a_NextAptNum, UnschedStatus = :a_UnschedStatus, IsNewPatient = :a_IsNewPatient,
    ProcDescript = :a_ProcDescript, Assistant = :a_Assistant, ClinicNum = :a_ClinicNum,
    IsHygiene = :a_IsHygiene, DateTimeArrived = :a_DateTimeArrived,
    DateTimeSeated = :a_DateTimeSeated, DateTimeDismissed = :a_DateTimeDismissed,
    InsPlan1 = :a_InsPlan1, InsPlan2 = :a_InsPlan2,
    DateTimeAskedToArrive = :a_DateTimeAskedToArrive, ProcsColored = :a_ProcsColored,
    ColorOverride = :a_ColorOverride, AppointmentTypeNum = :a_AppointmentTypeNum,
    SecUserNumEntry = :a_SecUserNumEntry, SecDateTEntry = :a_SecDateTEntry, Priority = :a_Priority,
    ProvBarText = :a_ProvBarText, PatternSecondary = :a_PatternSecondary,
    SecurityHash = :a_SecurityHash, ItemOrderPlanned = :a_ItemOrderPlanned
WHERE AptNum = :id;
INSERT INTO histappointment (HistUserNum, HistDateTStamp, HistApptAction, ApptSource, AptNum,
    PatNum, AptStatus, Pattern, Confirmed, TimeLocked, Op, Note, ProvNum, ProvHyg, AptDateTime,
    NextAptNum, UnschedStatus, IsNewPatient, ProcDescript, Assistant, ClinicNum, IsHygiene,
    DateTimeArrived, DateTimeSeated, DateTimeDismissed, InsPlan1, InsPlan2, DateTimeAskedToArrive,
    ProcsColored, ColorOverride, AppointmentTypeNum, SecUserNumEntry, SecDateTEntry, Priority,
    ProvBarText, PatternSecondary, SecurityHash, ItemOrderPlanned)
SELECT :user, NOW(), 1, 0, AptNum, PatNum, AptStatus, Pattern, Confirmed, TimeLocked, Op, Note,
    ProvNum, ProvHyg, AptDateTime, NextAptNum, UnschedStatus, IsNewPatient, ProcDescript, Assistant,
    ClinicNum, IsHygiene, DateTimeArrived, DateTimeSeated, DateTimeDismissed, InsPlan1, InsPlan2,
    DateTimeAskedToArrive, ProcsColored, ColorOverride, AppointmentTypeNum, SecUserNumEntry,
    SecDateTEntry, Priority, ProvBarText, PatternSecondary, SecurityHash, ItemOrderPlanned
FROM appointment
WHERE AptNum = :id;
INSERT INTO signalod (DateViewing, SigDateTime, FKey, FKeyType, IType, RemoteRole, MsgValue)
VALUES (DATE '2026-01-05' + INTERVAL :day DAY, NOW(), 0, 'Provider', 13, 0, '');
