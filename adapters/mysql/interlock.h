/*
 * The interlock of the provider "promote": a table of reasons to refuse a replica. Each reads only,
 * and says what is wrong and what to do about it. Being a primary is one that nothing overrides.
 */
#ifndef REHEARSE_ADAPTERS_MYSQL_INTERLOCK_H
#define REHEARSE_ADAPTERS_MYSQL_INTERLOCK_H

#include <stdbool.h>

#include "adapters/db.h"
#include "adapters/mysql/source.h"
#include "adapters/provider.h"
#include "harness/base/err.h"
#include "harness/base/str.h"

struct my_interlock {
	const struct provider_config *config;
	struct my_source replica, source; /* what each says of itself */
	struct db_conn *replica_conn, *source_conn;
};

/* Connects to both servers, the replica first, and runs the table. ERR_REFUSED with reason and
 * remedy; ERR_FAILED when the replica cannot be asked. Release in any case. */
int my_interlock_open(
	struct my_interlock *i, const struct provider_config *config, struct err *err);
/* Runs the whole table again: what was true minutes ago may not be so now. */
int my_interlock_check(struct my_interlock *i, struct err *err);
void my_interlock_release(struct my_interlock *i); /* NULL-safe */

/* A line per check that does not pass; for plan and doctor. Asks on after a refusal. */
void my_interlock_explain(struct my_interlock *i, struct str *out);

/* How a replica is marked as one that may be used up. */
extern const char my_disposable_howto[];

#endif
