-- Procedures by tooth, for a report.
--
-- Playbook: concurrent-build eligible on InnoDB: built in place while readers and writers go on,
-- with a short exclusive lock at both ends. On MyISAM the table is copied and writers wait.
ALTER TABLE procedurelog ADD INDEX PatTooth (PatNum, ToothNum);
