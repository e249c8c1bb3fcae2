/*
 * An approved migration, applied: the rehearsal's own runner on a production server, with its
 * time-outs, retries and audit table. A later run goes on where an earlier one ended.
 */
#ifndef REHEARSE_APPLY_APPLY_H
#define REHEARSE_APPLY_APPLY_H

#include <stdbool.h>
#include <stddef.h>

#include "harness/base/err.h"
#include "harness/base/str.h"
#include "harness/measure/result.h"
#include "harness/migration/migration.h"
#include "harness/scenario/scenario.h"

/* What is to be thought of a statement that was running when an earlier run ended for good. */
enum apply_doubt {
	APPLY_DOUBT_STOP,  /* nothing: stop and say so */
	APPLY_DOUBT_DONE,  /* somebody has looked: it happened */
	APPLY_DOUBT_AGAIN, /* somebody has looked: it did not */
};

struct apply_config {
	const struct engine *engine;
	const char *dsn, *database; /* of the server that is migrated; database may be NULL */
	const struct scenario_migration *settings;
	const char *result;	 /* path of the rehearsal's result; NULL: none */
	const char *unrehearsed; /* why there is none; NULL when there is one */
	enum apply_doubt doubt;
};

/* Called from the applying thread when statement i is sent; may be NULL. */
struct apply_watch {
	void *ctx;
	void (*started)(void *ctx, const struct result *r, size_t i);
};

/*
 * Before anything is written: the result must be an approval of exactly these files, in this order
 * and transaction mode, on this version of the server (ERR_REFUSED otherwise; ERR_USAGE: not
 * readable), no other apply may be at work there, and no earlier run may have left a statement in
 * doubt. Fills r->files and r->statements as migration_execute() does. 0: carried out, whatever the
 * outcomes.
 */
int apply_run(const struct apply_config *config, const struct apply_watch *watch, struct result *r,
	struct err *err);
/* What apply_run() would do, statement by statement; the same refusals. Writes nothing at all. */
int apply_plan(const struct apply_config *config, struct str *out, struct err *err);

/* ---- gate.c ---- */
int apply_gate(const struct apply_config *config, const struct migration *m, const char *version,
	struct err *err);

/* ---- history.c ---- */
/*
 * What earlier runs have done, read from schema_migrations_audit (no table: nothing). *ret_done:
 * per statement; caller frees. A statement is known by its text and its place in its file, be the
 * file changed elsewhere meanwhile; ERR_REFUSED when what was applied there had another text, or
 * when it is in doubt.
 */
int apply_history(const struct apply_config *config, struct db_conn *conn,
	const struct migration *m, bool **ret_done, struct err *err);

#endif
