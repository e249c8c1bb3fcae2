-- The mark that this very replica may be used up: 'option', 'table', or no row. A table that came from the source, or
-- with a copy of another server's files, names that one and not this.
SELECT 'option' AS mark
WHERE @@GLOBAL.report_user = 'rehearse-disposable'
UNION ALL
SELECT 'table'
FROM rehearse_disposable.mark
WHERE host = @@hostname AND port = @@GLOBAL.port AND server_id = @@GLOBAL.server_id
LIMIT 1
