SET @rehearse_mode = @@SESSION.sql_mode;
-- A number 0 is copied as it is.
SET SESSION sql_mode = CONCAT_WS(',', NULLIF(@@SESSION.sql_mode, ''), 'NO_AUTO_VALUE_ON_ZERO');
CREATE TRIGGER {insert} AFTER INSERT ON {table} FOR EACH ROW
    REPLACE INTO {copy} ({columns}) VALUES ({values});
CREATE TRIGGER {delete} AFTER DELETE ON {table} FOR EACH ROW
    DELETE FROM {copy} WHERE {old_key};
CREATE TRIGGER {update} AFTER UPDATE ON {table} FOR EACH ROW
BEGIN
    DELETE FROM {copy} WHERE {old_key} AND NOT ({same_key});
    REPLACE INTO {copy} ({columns}) VALUES ({values});
END;
SET SESSION sql_mode = @rehearse_mode;
