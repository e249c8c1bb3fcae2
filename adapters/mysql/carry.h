/* What a clone takes over of its source's configuration. */
#ifndef REHEARSE_ADAPTERS_MYSQL_CARRY_H
#define REHEARSE_ADAPTERS_MYSQL_CARRY_H

#include "adapters/db.h"
#include "adapters/mysql/settings.h"
#include "adapters/provider.h"

/*
 * Adds to `s` what of the source's global variables changes how statements run or what they may
 * do: sql_mode, character sets, time zone, isolation, optimizer, memory (the buffer pool at most a
 * quarter of this machine's), the files' own layout. What is left out and matters becomes a note.
 * `has_zones`: the clone gets the source's tables of time zones.
 */
int my_carry(struct db_conn *source, bool has_zones, struct my_settings *s,
	struct replica_info *info, struct err *err);
/* Plugins that the source has loaded and the clone has not become a note. */
int my_carry_note_plugins(
	struct db_conn *source, struct db_conn *clone, struct replica_info *info, struct err *err);

#endif
