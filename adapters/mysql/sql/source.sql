-- What a provider must know of a server, in one row.
SELECT @@GLOBAL.datadir, @@GLOBAL.pid_file, @@GLOBAL.server_id, CURRENT_USER(), @@hostname, @@GLOBAL.port
