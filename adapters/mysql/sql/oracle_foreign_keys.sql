-- Foreign keys from and to a table: name, table, columns, referenced table and columns, rules. The
-- place of the schema and of the table, as bytes, is in the condition that follows.
SELECT k.CONSTRAINT_NAME, k.TABLE_NAME,
	GROUP_CONCAT(CONCAT('`', REPLACE(k.COLUMN_NAME, '`', '``'), '`')
		ORDER BY k.ORDINAL_POSITION),
	k.REFERENCED_TABLE_NAME,
	GROUP_CONCAT(CONCAT('`', REPLACE(k.REFERENCED_COLUMN_NAME, '`', '``'), '`')
		ORDER BY k.ORDINAL_POSITION),
	MAX(r.UPDATE_RULE), MAX(r.DELETE_RULE)
FROM information_schema.KEY_COLUMN_USAGE k
JOIN information_schema.REFERENTIAL_CONSTRAINTS r
	ON r.CONSTRAINT_SCHEMA = k.CONSTRAINT_SCHEMA AND r.CONSTRAINT_NAME = k.CONSTRAINT_NAME
	AND r.TABLE_NAME = k.TABLE_NAME
WHERE k.REFERENCED_TABLE_SCHEMA = k.TABLE_SCHEMA
