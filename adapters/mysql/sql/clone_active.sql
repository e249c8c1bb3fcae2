-- Whether MySQL's clone plugin is loaded.
SELECT EXISTS (SELECT * FROM information_schema.PLUGINS WHERE PLUGIN_NAME = 'clone' AND PLUGIN_STATUS = 'ACTIVE')
