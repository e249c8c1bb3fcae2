-- What the server has loaded besides its own; MySQL's clone plugin is for cloning alone.
SELECT PLUGIN_NAME FROM information_schema.PLUGINS WHERE PLUGIN_STATUS = 'ACTIVE' AND PLUGIN_LIBRARY IS NOT NULL
	AND PLUGIN_NAME <> 'clone'
