/* Everything that makes up one engine, in one table. */
#ifndef REHEARSE_ADAPTERS_ENGINE_H
#define REHEARSE_ADAPTERS_ENGINE_H

#include "adapters/db.h"
#include "adapters/dialect.h"
#include "adapters/observer.h"
#include "adapters/provider.h"
#include "adapters/rules.h"

struct engine {
	const char *name; /* "postgres" */
	const struct db_adapter *db;
	const struct dialect *dialect;
	const struct observer_ops *observer;
	const struct provider *const *providers; /* NULL-terminated */
	const struct analyser *analyser;

	/* Programs, versions, and, with a DSN, rights, log settings and marks there (read-only). */
	int (*doctor)(const struct provider_config *config, struct doctor_report *report,
		struct err *err);
	/* Puts one setting back that a killed run changed on a server that is another's, unless it
	 * has been changed since, or that server was promoted: then it stays spent. NULL: runs on
	 * this engine leave none. -1: it could not be. */
	int (*reset_setting)(const struct journal_entry *setting, struct err *err);
};

const struct engine *engine_find(const char *name); /* NULL when there is none */
const struct engine *const *engine_all(void);	    /* NULL-terminated */
const struct provider *engine_provider(const struct engine *engine, const char *name);

#endif
