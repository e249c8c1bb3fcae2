-- The panes beside the chart and the account, and the caches that are read again after a signal.
\sample patient patient.PatNum
\set setting random(13, 1206)
SELECT CommlogNum, PatNum, CommDateTime, CommType, Mode_, SentOrReceived, Note, UserNum, CommSource
FROM commlog
WHERE PatNum IN (:patient);
SELECT EmailMessageNum, PatNum, MsgDateTime, SentOrReceived, Subject FROM emailmessage
WHERE PatNum IN (:patient);
SELECT ValueString FROM preference WHERE PrefName = CONCAT('Setting', LPAD(:setting, 4, '0'));
SELECT DefNum, Category, ItemOrder, ItemName, ItemValue, ItemColor, IsHidden FROM definition
ORDER BY Category, ItemOrder;
