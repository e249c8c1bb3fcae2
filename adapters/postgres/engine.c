#include "adapters/postgres/postgres.h"

#include "adapters/postgres/rules.h"

static const struct provider *const providers[] = {
	&postgres_embedded, &postgres_clone, &postgres_promote, NULL};

const struct engine postgres_engine = {
	.name = "postgres",
	.db = &postgres_db,
	.dialect = &postgres_dialect,
	.observer = &postgres_observer,
	.providers = providers,
	.analyser = &pg_analyser,
	.doctor = postgres_doctor,
	.reset_setting = postgres_reset_setting,
};
