-- The attachments of a claim are taken off and put on again.
\sample claim claim.ClaimNum
DELETE FROM claimattach WHERE ClaimNum = :claim;
INSERT INTO claimattach (ClaimNum, DisplayedFileName, ActualFileName, ImageReferenceId)
VALUES (:claim, 'xray.png', 'a1.png', 0);
