/*
 * Cuts a standby that is about to be promoted off from the world: a table of settings that are
 * changed with ALTER SYSTEM, each when it applies. What it changed can be put back as long as the
 * standby was not promoted.
 */
#ifndef REHEARSE_ADAPTERS_POSTGRES_QUARANTINE_H
#define REHEARSE_ADAPTERS_POSTGRES_QUARANTINE_H

#include "adapters/db.h"
#include "adapters/provider.h"
#include "harness/base/err.h"

struct pg_change {
	char *name;
	char *before; /* in postgresql.auto.conf; NULL: it was not there */
};

struct pg_quarantine {
	struct journal *journal; /* for a run that is killed; NULL: none */
	const char *dsn;	 /* of the standby, without password */
	struct pg_change *changes;
	size_t n, cap;
};
void pg_quarantine_release(struct pg_quarantine *q); /* NULL-safe; undoes nothing */

/* Applies what applies, waits until the server goes by it, notes each. ERR_REFUSED when a setting
 * does not obey. */
int pg_quarantine_apply(
	struct pg_quarantine *q, struct db_conn *conn, struct replica_info *info, struct err *err);
/* The standby is to be promoted: what was changed stays, whatever happens. */
int pg_quarantine_keep(struct pg_quarantine *q, struct err *err);
/* After the promotion: the way back to the primary. Before it, this would stop replay. */
int pg_quarantine_forget_primary(
	struct pg_quarantine *q, struct db_conn *conn, struct replica_info *info, struct err *err);
/* Puts all back, last change first. */
int pg_quarantine_undo(struct pg_quarantine *q, struct db_conn *conn, struct err *err);

#endif
