-- When the patient was last reminded.
--
-- Playbook: instant-safe, given a lock timeout. ACCESS EXCLUSIVE for a moment, once it is
-- granted; until then the request itself blocks everyone who comes later. Set lock_timeout and
-- retry: scenarios/lock-queue-with-timeout.
ALTER TABLE appointment ADD COLUMN reminder_sent_at timestamptz;
