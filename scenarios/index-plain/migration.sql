-- Text search over appointment notes.
--
-- Playbook: concurrent-build eligible. A plain CREATE INDEX holds SHARE on the table until it is
-- built: readers go on, every writer waits. Do it as scenarios/index-concurrently does.
CREATE INDEX appointment_note_words
    ON appointment USING gin (to_tsvector('simple', note));
