/* The settings of private servers: a list in which a name stands once. */
#ifndef REHEARSE_ADAPTERS_POSTGRES_SETTINGS_H
#define REHEARSE_ADAPTERS_POSTGRES_SETTINGS_H

#include <stdbool.h>

#include "adapters/postgres/server.h"
#include "adapters/provider.h"

struct pg_settings {
	struct server_setting *items;
	size_t n, cap;
};
void pg_settings_release(struct pg_settings *s); /* NULL-safe */

/* Sets or replaces; both strings are copied. */
void pg_settings_set(struct pg_settings *s, const char *name, const char *value);
const char *pg_settings_get(const struct pg_settings *s, const char *name); /* NULL: not set */

/* ERR_USAGE when `settings` names one that a private server needs for its isolation or its logs. */
int pg_settings_check(const struct server_setting *settings, size_t n, struct err *err);

/* What every server that is rehearsed on needs from its start on: logs, statistics, durability. */
void pg_settings_standard(struct pg_settings *s, const struct pg_programs *programs);
/* A server that only loads a fixture: fast, and worthless after a crash. */
void pg_settings_loading(struct pg_settings *s);
void pg_settings_add_all(struct pg_settings *s, const struct server_setting *settings, size_t n);
/* No way out of the machine, whatever was set before: archive, replication, jobs, subscriptions. */
void pg_settings_isolate(struct pg_settings *s, const struct pg_programs *programs);

/* True when the server could preload LIBRARY.so of its own package. */
bool pg_programs_have_library(const struct pg_programs *programs, const char *library);

#endif
