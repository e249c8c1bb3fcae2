-- When the patient was last reminded.
--
-- Playbook: instant-safe, given a lock timeout, as here: the runner's, with retries. It bounds
-- the standstill to a second an attempt, it does not remove it.
ALTER TABLE appointment ADD COLUMN DateTReminded datetime NOT NULL DEFAULT '0001-01-01 00:00:00';
