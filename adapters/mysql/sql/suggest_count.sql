    IF (SELECT COUNT(*) FROM {table}) <> (SELECT COUNT(*) FROM {copy}) THEN
        SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'the copy has not all rows: its keys take some for equal';
    END IF;
