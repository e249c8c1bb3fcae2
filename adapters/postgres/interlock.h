/*
 * The interlock of the provider "promote": a table of reasons to refuse a standby. Each reads only,
 * and says what is wrong and what to do about it. Being a primary is one that nothing overrides.
 */
#ifndef REHEARSE_ADAPTERS_POSTGRES_INTERLOCK_H
#define REHEARSE_ADAPTERS_POSTGRES_INTERLOCK_H

#include <stdbool.h>

#include "adapters/db.h"
#include "adapters/postgres/source.h"
#include "adapters/provider.h"
#include "harness/base/err.h"
#include "harness/base/str.h"

struct pg_interlock {
	const struct provider_config *config;
	struct pg_source standby, source; /* what each says of itself */
	struct db_conn *standby_conn, *source_conn;
	char *name; /* how the standby calls itself to its primary */
	char *slot; /* on its primary; "" none */
	unsigned source_timeline;
	char *source_identity;
};

/* Connects to both servers, the standby first, and runs the table. ERR_REFUSED with reason and
 * remedy; ERR_FAILED when the standby cannot be asked. Release in any case. */
int pg_interlock_open(
	struct pg_interlock *i, const struct provider_config *config, struct err *err);
/* Runs the whole table again: what was true minutes ago may not be so now. */
int pg_interlock_check(struct pg_interlock *i, struct err *err);
void pg_interlock_release(struct pg_interlock *i); /* NULL-safe */

/* A line per check that does not pass; for plan and doctor. Asks on after a refusal. */
void pg_interlock_explain(struct pg_interlock *i, struct str *out);

/* How a standby is marked as one that may be used up, in two lines. */
extern const char pg_disposable_howto[];

#endif
