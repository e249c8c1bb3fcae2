-- A public id for the patients' portal.
--
-- Playbook: expand-contract required. A volatile default rewrites the table. Add the column
-- without default, set the default for new rows, backfill in batches, then make it NOT NULL
-- behind a validated CHECK.
ALTER TABLE appointment ADD COLUMN public_id uuid NOT NULL DEFAULT gen_random_uuid();
