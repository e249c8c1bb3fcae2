    -- As many rows at a time as take about 10 ms, so that locks are short; behind each batch comes
    -- a pause as long as itself.
    DECLARE rehearse_rows INT DEFAULT 100;
    DECLARE rehearse_end BOOL DEFAULT FALSE;
    DECLARE rehearse_again BOOL DEFAULT FALSE;
    DECLARE rehearse_began DATETIME(6);
    DECLARE rehearse_took BIGINT;
    DECLARE CONTINUE HANDLER FOR NOT FOUND SET rehearse_end = TRUE;
    -- A lock wait that was too long, a deadlock: the batch once more.
    DECLARE CONTINUE HANDLER FOR 1205, 1213 SET rehearse_again = TRUE;

    COMMIT;
    SELECT {keys} INTO {from} FROM {table} ORDER BY {keys} LIMIT 1;
    WHILE NOT rehearse_end DO
        SET rehearse_began = SYSDATE(6), rehearse_again = FALSE;
        SELECT {keys} INTO {to} FROM {table}
        WHERE {at_from} ORDER BY {keys} LIMIT rehearse_rows, 1;
        IF rehearse_end THEN
            SELECT {keys} INTO {to} FROM {table} ORDER BY {keys_down} LIMIT 1;
        END IF;
        -- Locks on the rows alone, none on the gaps between them, where the log can tell rows.
        IF @@SESSION.binlog_format <> 'STATEMENT' THEN
            SET TRANSACTION ISOLATION LEVEL READ COMMITTED;
        END IF;
        {work};
        COMMIT;
        SET rehearse_took = TIMESTAMPDIFF(MICROSECOND, rehearse_began, SYSDATE(6));
        IF rehearse_took > 10000 THEN
            SET rehearse_rows = GREATEST(20, rehearse_rows DIV 2);
        ELSEIF rehearse_took < 4000 THEN
            SET rehearse_rows = LEAST(5000, rehearse_rows * 2);
        END IF;
        DO SLEEP(rehearse_took / 1000000);
        SET rehearse_end = FALSE;
        IF NOT rehearse_again THEN
            SELECT {keys} INTO {from} FROM {table}
            WHERE {behind_to} ORDER BY {keys} LIMIT 1;
        END IF;
    END WHILE;
