-- What 24.3.1 changes in tables that a practice has rows in, in our own words: kinds of audit
-- entries no longer fit into one byte, chart numbers get longer.
--
-- Playbook: expand-contract required. A change of a column's type copies the table and all its
-- indexes, on MyISAM and on InnoDB, and every writer waits until it is done. The audit trail is
-- the largest table of all, and nearly every action writes to it.
ALTER TABLE userquery ADD DefaultFormatRaw tinyint NOT NULL;
ALTER TABLE msgtopaysent
    ADD ApptNum bigint NOT NULL,
    ADD ApptDateTime datetime NOT NULL DEFAULT '0001-01-01 00:00:00',
    ADD INDEX (ApptNum);
ALTER TABLE patient MODIFY ChartNumber varchar(100) NOT NULL DEFAULT '';
ALTER TABLE grouppermission MODIFY PermType smallint NOT NULL;
ALTER TABLE securitylog MODIFY PermType smallint NOT NULL;
-- Leaves out a column that is NOT NULL without a default: right with sql_mode='', an error else.
INSERT INTO grouppermission (UserGroupNum, PermType)
SELECT DISTINCT UserGroupNum, 257 FROM grouppermission;
UPDATE preference SET ValueString = '24.3.1.0' WHERE PrefName = 'DataBaseVersion';
