#include "adapters/engine.h"

#include <string.h>

#include "adapters/mysql/mysql.h"
#include "adapters/postgres/postgres.h"

static const struct engine *const engines[] = {&postgres_engine, &mysql_engine, NULL};

const struct engine *const *engine_all(void)
{
	return engines;
}

const struct engine *engine_find(const char *name)
{
	for (size_t i = 0; engines[i]; i++)
		if (strcmp(engines[i]->name, name) == 0)
			return engines[i];
	return NULL;
}

const struct provider *engine_provider(const struct engine *engine, const char *name)
{
	for (size_t i = 0; engine->providers[i]; i++)
		if (strcmp(engine->providers[i]->name, name) == 0)
			return engine->providers[i];
	return NULL;
}
