/* The observer for MariaDB and MySQL, with the server as an oracle. */
#ifndef REHEARSE_ADAPTERS_MYSQL_OBSERVER_H
#define REHEARSE_ADAPTERS_MYSQL_OBSERVER_H

#include "adapters/observer.h"

/*
 * Sources: "performance-schema" (waits for metadata and table locks as events, row-lock waits
 * estimated between exact sums) and "processlist" (states of sessions, where performance_schema is
 * off).
 */
extern const struct observer_ops mysql_observer;

#endif
