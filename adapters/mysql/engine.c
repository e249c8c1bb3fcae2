#include "adapters/engine.h"

#include "adapters/mysql/dialect.h"
#include "adapters/mysql/mysql.h"
#include "adapters/mysql/observer.h"
#include "adapters/mysql/rules.h"

static const struct provider *const providers[] = {
	&mysql_embedded, &mysql_clone, &mysql_promote, NULL};

const struct engine mysql_engine = {
	.name = "mysql",
	.db = &mysql_db,
	.dialect = &mysql_dialect,
	.observer = &mysql_observer,
	.providers = providers,
	.analyser = &my_analyser,
	.doctor = mysql_doctor,
};
