/* The parts that make up the engine "postgres"; each is defined in the file named beside it. */
#ifndef REHEARSE_ADAPTERS_POSTGRES_H
#define REHEARSE_ADAPTERS_POSTGRES_H

#include "adapters/engine.h"

extern const struct db_adapter postgres_db;	    /* db.c */
extern const struct dialect postgres_dialect;	    /* dialect.c */
extern const struct observer_ops postgres_observer; /* observer.c */
extern const struct provider postgres_embedded;	    /* provider_embedded.c */
extern const struct provider postgres_clone;	    /* provider_clone.c */
extern const struct provider postgres_promote;	    /* provider_promote.c */
extern const struct engine postgres_engine;	    /* engine.c */

/* doctor.c */
int postgres_doctor(
	const struct provider_config *config, struct doctor_report *report, struct err *err);

/* quarantine.c */
int postgres_reset_setting(const struct journal_entry *setting, struct err *err);

#endif
