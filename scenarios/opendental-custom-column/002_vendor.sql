-- What 24.3.1 does to electronic forms, in our own words.
--
-- Playbook: instant-safe by itself, but the practice has taken one of the names. The step stops
-- with 1060 halfway, nothing of it is taken back, and a second run stops at its first statement.
ALTER TABLE eform ADD EFormDefNum bigint NOT NULL;
ALTER TABLE eform ADD INDEX (EFormDefNum);
ALTER TABLE eform ADD Status tinyint NOT NULL;
ALTER TABLE eform ADD RevID int NOT NULL;
UPDATE preference SET ValueString = '24.3.1.0' WHERE PrefName = 'DataBaseVersion';
