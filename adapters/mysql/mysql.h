/* The parts that make up the engine "mysql", which is MariaDB and MySQL; each is defined in the
 * file named beside it. */
#ifndef REHEARSE_ADAPTERS_MYSQL_MYSQL_H
#define REHEARSE_ADAPTERS_MYSQL_MYSQL_H

#include "adapters/engine.h"
#include "adapters/mysql/client.h"

extern const struct provider mysql_embedded; /* provider_embedded.c */
extern const struct provider mysql_clone;    /* provider_clone.c */
extern const struct provider mysql_promote;  /* provider_promote.c */

extern const struct engine mysql_engine; /* engine.c */

/* doctor.c */
int mysql_doctor(
	const struct provider_config *config, struct doctor_report *report, struct err *err);

#endif
