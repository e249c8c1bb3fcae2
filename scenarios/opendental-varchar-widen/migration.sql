-- Room for longer codes on claims.
--
-- Playbook: instant-safe on MariaDB: from 45 bytes to 300 no row changes, since so short a value
-- keeps its one length byte. MySQL copies the table, since the length needs a second byte. From
-- 128 to 255 bytes across 255, MariaDB copies as well.
ALTER TABLE claimproc MODIFY CodeSent varchar(100) DEFAULT '';
