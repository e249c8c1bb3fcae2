-- Tooth ranges get longer, the way the vendor alters large tables: the table is renamed away, an
-- empty one of the same form takes its place, is altered while that costs nothing, and gets its
-- rows back in batches.
--
-- Playbook: expand-contract required. Nobody waits long, so that lock measurements say nothing;
-- but until the last batch is back readers see a table without their rows, and new rows get
-- numbers from 1, which the returning rows overwrite. Only with every user out.
RENAME TABLE procedurelog TO tempConv_procedurelog;
CREATE TABLE procedurelog LIKE tempConv_procedurelog;
ALTER TABLE procedurelog MODIFY ToothRange varchar(255) NOT NULL DEFAULT '';
REPLACE INTO procedurelog SELECT * FROM tempConv_procedurelog WHERE ProcNum BETWEEN 1 AND 5000;
REPLACE INTO procedurelog SELECT * FROM tempConv_procedurelog WHERE ProcNum BETWEEN 5001 AND 10000;
REPLACE INTO procedurelog SELECT * FROM tempConv_procedurelog WHERE ProcNum BETWEEN 10001 AND 15000;
REPLACE INTO procedurelog SELECT * FROM tempConv_procedurelog WHERE ProcNum BETWEEN 15001 AND 20000;
REPLACE INTO procedurelog SELECT * FROM tempConv_procedurelog WHERE ProcNum BETWEEN 20001 AND 25000;
REPLACE INTO procedurelog SELECT * FROM tempConv_procedurelog WHERE ProcNum BETWEEN 25001 AND 30000;
REPLACE INTO procedurelog SELECT * FROM tempConv_procedurelog WHERE ProcNum BETWEEN 30001 AND 35000;
REPLACE INTO procedurelog SELECT * FROM tempConv_procedurelog WHERE ProcNum BETWEEN 35001 AND 40000;
REPLACE INTO procedurelog SELECT * FROM tempConv_procedurelog WHERE ProcNum > 40000;
DROP TABLE tempConv_procedurelog;
