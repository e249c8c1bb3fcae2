-- What is on in a room at a given time.
--
-- Playbook: concurrent-build eligible, but cut short. CREATE INDEX CONCURRENTLY waits at its end
-- for every snapshot that is older than the index; a lock timeout turns that wait into an INVALID
-- index, and IF NOT EXISTS then hides it from the retry. Build without a lock timeout, and drop
-- an INVALID index before the next attempt.
SET lock_timeout = '2s';
CREATE INDEX CONCURRENTLY IF NOT EXISTS appointment_operatory_starts
    ON appointment (operatory_id, starts_at);
