/*
 * MySQL's clone plugin: a copy of the source's InnoDB files as of one moment, made by the source's
 * own server. Over TCP a server of ours fetches them; where only a Unix socket leads to the source,
 * it writes them into a directory on this machine.
 */
#ifndef REHEARSE_ADAPTERS_MYSQL_CLONE_PLUGIN_H
#define REHEARSE_ADAPTERS_MYSQL_CLONE_PLUGIN_H

#include "adapters/mysql/private.h"
#include "adapters/mysql/source.h"

/* Why it cannot be used, a static text; NULL: it can. */
const char *my_clone_plugin_lacks(
	const struct my_private *p, const struct my_source *s, struct db_conn *source);
/* Copies into the replica's data directory, which is absent so far: the server can be started on
 * it. p->settings are what it will be started with. */
int my_clone_plugin_copy(struct my_private *p, const struct my_source *s, struct err *err);

#endif
