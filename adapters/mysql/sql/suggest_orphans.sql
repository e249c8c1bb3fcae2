    IF EXISTS (SELECT 1 FROM {table} AS child LEFT JOIN {parent} AS parent ON {join}
            WHERE {given} AND {missing}) THEN
        SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = '{message}';
    END IF;
