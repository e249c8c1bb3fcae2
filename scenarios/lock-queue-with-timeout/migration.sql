-- When the patient was last reminded.
--
-- Playbook: instant-safe, given a lock timeout, as here: the runner's, with retries. It bounds
-- the standstill to two seconds an attempt, it does not remove it.
ALTER TABLE appointment ADD COLUMN reminder_sent_at timestamptz;
