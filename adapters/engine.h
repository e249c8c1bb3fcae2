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
	/* Clears one thing that a killed run left on a source: a slot. -1: it is still there. */
	int (*clear_slot)(const char *slot, const char *dsn, struct err *err);
};

const struct engine *engine_find(const char *name); /* NULL when there is none */
const struct engine *const *engine_all(void);	    /* NULL-terminated */
const struct provider *engine_provider(const struct engine *engine, const char *name);

#endif
