/* A workload where none was written: reads and updates by key on the schema's own tables. */
#ifndef REHEARSE_WORKLOAD_GENERATE_H
#define REHEARSE_WORKLOAD_GENERATE_H

#include "harness/workload/worker.h"

/*
 * Adds, for each table that the migration names and the largest others, up to 8 in all with a
 * single-column primary key: `read T` (weight 8) and, where a column can be updated without
 * touching an index, `update T` (weight 2). Sets w->generated. ERR_FAILED when no table fits.
 */
int generate_scripts(struct workload *w, struct db_conn *conn, const struct script_context *context,
	struct err *err);

#endif
