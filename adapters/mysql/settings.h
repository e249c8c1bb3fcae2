/* The settings of private servers: a list in which a name stands once, however it is written. */
#ifndef REHEARSE_ADAPTERS_MYSQL_SETTINGS_H
#define REHEARSE_ADAPTERS_MYSQL_SETTINGS_H

#include "adapters/mysql/flavour.h"
#include "adapters/provider.h"

struct my_settings {
	struct server_setting *items;
	size_t n, cap;
};
void my_settings_release(struct my_settings *s); /* NULL-safe */

/* Sets or replaces; both strings are copied; `value` NULL: the bare name. `innodb-x`, `innodb_x`
 * and `loose-innodb_x` are the same name. */
void my_settings_set(struct my_settings *s, const char *name, const char *value);
void my_settings_drop(struct my_settings *s, const char *name); /* no error when absent */
const char *my_settings_get(const struct my_settings *s, const char *name); /* NULL: not set */
void my_settings_add_all(struct my_settings *s, const struct server_setting *settings, size_t n);

/* ERR_USAGE when `settings` names one that a private server needs for its isolation, its place or
 * its instruments. */
int my_settings_check(const struct server_setting *settings, size_t n, struct err *err);

/* What every server that is rehearsed on needs from its start on: memory, durability, a binary log
 * as a production server has it. */
void my_settings_standard(struct my_settings *s);
/* A server that only loads a fixture: fast, and worthless after a crash. */
void my_settings_loading(struct my_settings *s);
/* No way out of the machine, whatever was set before: no network, no events, no replication. */
void my_settings_isolate(struct my_settings *s, const struct my_flavour *flavour);

#endif
