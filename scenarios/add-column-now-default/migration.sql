-- When the appointment last changed.
--
-- Playbook: instant-safe. now() is stable, so that one value serves all rows that are there.
-- ACCESS EXCLUSIVE for a moment.
ALTER TABLE appointment ADD COLUMN changed_at timestamptz NOT NULL DEFAULT now();
