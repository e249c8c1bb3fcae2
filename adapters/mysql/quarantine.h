/*
 * Cuts a replica that is about to be promoted off from the world: a table of global variables, each
 * set when it applies. What was changed can be put back as long as the replica was not promoted.
 * They are set for the running server alone: its option file is its owner's.
 */
#ifndef REHEARSE_ADAPTERS_MYSQL_QUARANTINE_H
#define REHEARSE_ADAPTERS_MYSQL_QUARANTINE_H

#include "adapters/db.h"
#include "adapters/provider.h"
#include "harness/base/err.h"

struct my_change {
	const char *name;
	char *before;
};

struct my_quarantine {
	struct my_change *changes;
	size_t n, cap;
};
void my_quarantine_release(struct my_quarantine *q); /* NULL-safe; undoes nothing */

/* Applies what applies and notes each. */
int my_quarantine_apply(
	struct my_quarantine *q, struct db_conn *conn, struct replica_info *info, struct err *err);
/* Puts all back, last change first. */
int my_quarantine_undo(struct my_quarantine *q, struct db_conn *conn, struct err *err);

#endif
