-- Text search over appointment notes.
--
-- Playbook: concurrent-build eligible, and built so. SHARE UPDATE EXCLUSIVE lets readers and
-- writers go on. It cannot run in a transaction, and must not be cut by a lock timeout: that
-- leaves an INVALID index (scenarios/index-concurrently-cut-short).
CREATE INDEX CONCURRENTLY appointment_note_words
    ON appointment USING gin (to_tsvector('simple', note));
