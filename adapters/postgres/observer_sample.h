/* Lock waits from samples of pg_locks, where the log is out of reach. */
#ifndef REHEARSE_ADAPTERS_POSTGRES_OBSERVER_SAMPLE_H
#define REHEARSE_ADAPTERS_POSTGRES_OBSERVER_SAMPLE_H

#include "adapters/postgres/loglines_waits.h"
#include "adapters/postgres/observer_session.h"

/*
 * Takes one sample. Keeps the waits of this moment in w->open; those that are gone since the last
 * sample go to w->sink, as ended halfway between the two. Sets w->now_us.
 */
int observer_sample(struct lock_waits *w, struct observer_session *s, struct err *err);

#endif
