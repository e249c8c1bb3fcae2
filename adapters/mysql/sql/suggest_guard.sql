    IF EXISTS (SELECT 1 FROM information_schema.TRIGGERS
            WHERE EVENT_OBJECT_SCHEMA = {schema} AND EVENT_OBJECT_TABLE = {table}) THEN
        SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'the table has triggers, which its copy would lack';
    ELSEIF EXISTS (SELECT 1 FROM information_schema.REFERENTIAL_CONSTRAINTS
            WHERE CONSTRAINT_SCHEMA = {schema} AND {table} IN (TABLE_NAME, REFERENCED_TABLE_NAME)) THEN
        SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'the table has foreign keys, or others refer to it';
    ELSEIF (SELECT COUNT(*) FROM information_schema.COLUMNS
            WHERE TABLE_SCHEMA = {schema} AND TABLE_NAME = {table}
                AND COALESCE(GENERATION_EXPRESSION, '') = '') <> {columns} THEN
        SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'the table has other columns than were known';
    END IF;
