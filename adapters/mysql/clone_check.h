/* Whether, and how, a source can be cloned: a table of checks, each with its remedy. Reads only. */
#ifndef REHEARSE_ADAPTERS_MYSQL_CLONE_CHECK_H
#define REHEARSE_ADAPTERS_MYSQL_CLONE_CHECK_H

#include "adapters/mysql/private.h"
#include "adapters/mysql/source.h"

enum my_clone_way { MY_CLONE_FILES, MY_CLONE_PLUGIN, MY_CLONE_DUMP };
/* "mariabackup", "its clone plugin", "a dump" */
const char *my_clone_way_name(enum my_clone_way way);

struct my_clone_plan {
	enum my_clone_way way;
	const char *why_dump; /* what keeps the files from being copied; NULL but for a dump */
	uint64_t bytes;	      /* of disk, with room to work */
};

/* Finds the programs, too. ERR_REFUSED with reason and remedy. `ret` is set as far as it is known
 * in any case. */
int my_clone_check(struct my_private *p, const struct my_source *s, struct db_conn *conn,
	struct my_clone_plan *ret, struct err *err);

#endif
