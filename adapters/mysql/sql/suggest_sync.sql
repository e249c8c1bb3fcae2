CREATE TRIGGER {insert} BEFORE INSERT ON {table} FOR EACH ROW
BEGIN
    IF NEW.{second} IS NULL THEN
        SET NEW.{second} = NEW.{first};
    ELSE
        SET NEW.{first} = NEW.{second};
    END IF;
END;
CREATE TRIGGER {update} BEFORE UPDATE ON {table} FOR EACH ROW
BEGIN
    -- To the byte: what a collation takes for equal is a change, too.
    IF CAST(NEW.{second} AS BINARY) <=> CAST(OLD.{second} AS BINARY) THEN
        SET NEW.{second} = NEW.{first};
    ELSE
        SET NEW.{first} = NEW.{second};
    END IF;
END;
