SELECT CONCAT('`', REPLACE(DATABASE(), '`', '``'), '`.`schema_migrations_audit`')
