-- The practice's own: how far an electronic form has been dealt with.
--
-- Playbook: instant-safe by itself. The application names its columns and does not see it.
ALTER TABLE eform ADD Status tinyint NOT NULL DEFAULT 0;
