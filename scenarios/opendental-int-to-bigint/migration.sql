-- Quantities beyond two thousand million.
--
-- Playbook: expand-contract required. INT to BIGINT copies the table on every MariaDB and MySQL;
-- up to MariaDB 10.11 under LOCK=SHARED: writers wait for the whole copy.
ALTER TABLE procedurelog MODIFY UnitQty bigint NOT NULL;
