-- When the patient was last reminded.
--
-- Playbook: instant-safe, given a lock timeout. The exclusive metadata lock is held for a moment
-- once it is granted; until then the request itself stops everyone who comes later. Set
-- lock_wait_timeout and retry: scenarios/opendental-mdl-queue-with-timeout.
ALTER TABLE appointment ADD COLUMN DateTReminded datetime NOT NULL DEFAULT '0001-01-01 00:00:00';
