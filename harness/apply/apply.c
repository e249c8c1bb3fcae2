#include "harness/apply/apply.h"

#include <inttypes.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "harness/base/cleanup.h"
#include "harness/base/clock.h"
#include "harness/base/mem.h"
#include "harness/base/units.h"

struct apply {
	const struct apply_config *config;
	const struct apply_watch *watch;
	const struct db_adapter *db;
	const struct dialect *dialect;
	struct migration migration;
	struct db_conn *conn; /* holds the lock against others; watches the migration's waits */
	bool *done;
	struct result *result;
	uint64_t session; /* the migration's */
	size_t running;	  /* its statement, from 1; 0 none */
	uint64_t looked_us;
};

static void apply_close(struct apply *a)
{
	if (a->conn)
		a->db->close(a->conn);
	migration_release(&a->migration);
	MEM_FREE(a->done);
}

/* What the team's own tool has applied there already. */
static int skip_applied(struct apply *a, struct err *err)
{
	CLEANUP(cleanup_free) char *note = NULL;

	return migration_skip_applied(&a->migration, a->config->engine, a->conn, &note, err);
}

/* Everything that only reads. */
static int prepare(struct apply *a, const struct apply_config *c, struct err *err)
{
	struct db_target target = {
		.dsn = c->dsn, .database = c->database, .application = "rehearse-apply"};
	CLEANUP(cleanup_free) char *version = NULL;

	a->config = c;
	a->db = c->engine->db;
	a->dialect = c->engine->dialect;
	if (migration_load(c->settings, a->dialect, &a->migration, err) ||
		db_connect(a->db, &target, &a->conn, err) ||
		db_text(a->db, a->conn, a->dialect->server_version, &version, err) ||
		skip_applied(a, err) || apply_gate(c, &a->migration, version, err))
		return -1;
	return apply_history(c, a->conn, &a->migration, &a->done, err);
}

static int take_lock(struct apply *a, struct err *err)
{
	int64_t got;

	if (db_number(a->db, a->conn, a->dialect->apply_lock, &got, err))
		return -1;
	if (!got)
		return err_set(err, ERR_REFUSED,
			"another apply is at work on this database: wait until it has ended");
	return 0;
}

/* ---- while it runs ---- */

static void on_session(void *ctx, uint64_t session)
{
	((struct apply *)ctx)->session = session;
}

static void on_started(void *ctx, unsigned index, uint64_t wall_us)
{
	struct apply *a = ctx;

	(void)wall_us;
	a->running = index;
	a->looked_us = clock_us();
	if (a->watch && a->watch->started)
		a->watch->started(a->watch->ctx, a->result, index - 1);
}

static void on_ended(void *ctx, unsigned index, uint64_t wall_us)
{
	struct apply *a = ctx;

	(void)index;
	(void)wall_us;
	a->running = 0;
}

/* Whoever holds the lock must know that it still does; and it tells how long the migration waited,
 * from one look to the next. */
static int on_tick(void *ctx, struct err *err)
{
	struct apply *a = ctx;
	CLEANUP(cleanup_free) char *query = a->dialect->waiting(a->session);
	uint64_t now;
	int64_t waits;

	if (db_number(a->db, a->conn, query, &waits, err))
		return err_prefix(err, "the session that keeps other applies away");
	now = clock_us();
	if (waits && a->running)
		a->result->statements[a->running - 1].waited_us += now - a->looked_us;
	a->looked_us = now;
	return 0;
}

/* ---- in all ---- */

static char *who(void)
{
	const struct passwd *user = getpwuid(geteuid());
	char host[64] = "";

	gethostname(host, sizeof(host) - 1);
	return mem_printf("%s@%s", user ? user->pw_name : "unknown", host);
}

static void new_id(char ret[static 17])
{
	unsigned char bytes[8];

	if (getentropy(bytes, sizeof(bytes)))
		memset(bytes, 0, sizeof(bytes));
	for (size_t i = 0; i < sizeof(bytes); i++)
		snprintf(ret + 2 * i, 3, "%02x", bytes[i]);
}

/* What the audit table says beside each statement. */
static char *provenance(const struct apply_config *c)
{
	return c->result ? mem_printf("rehearsed: %s", c->result)
			 : mem_printf("without a rehearsal: %s", c->unrehearsed);
}

static int execute(struct apply *a, struct err *err)
{
	const struct apply_config *c = a->config;
	CLEANUP(cleanup_free) char *name = who();
	CLEANUP(cleanup_free) char *note = provenance(c);
	struct migration_ledger ledger = {.done = a->done, .who = name, .note = note};
	struct migration_watch watch = {.ctx = a,
		.session = on_session,
		.statement_started = on_started,
		.statement_ended = on_ended,
		.tick = on_tick};
	char id[17];
	struct migration_run run = {.engine = c->engine,
		.dsn = c->dsn,
		.database = c->database,
		.settings = c->settings,
		.watch = &watch,
		.run_id = id,
		.ledger = &ledger,
		.seed = clock_us(),
		.origin_us = clock_wall_us()};

	new_id(id);
	return migration_execute(&a->migration, &run, a->result, err);
}

int apply_run(const struct apply_config *config, const struct apply_watch *watch, struct result *r,
	struct err *err)
{
	struct apply a = {.watch = watch, .result = r};
	int failed = prepare(&a, config, err) || take_lock(&a, err) || execute(&a, err) ? -1 : 0;

	apply_close(&a);
	return failed;
}

static void describe(const struct apply *a, struct str *out)
{
	const struct migration *m = &a->migration;
	size_t done = 0;

	for (size_t i = 0; i < m->n_statements; i++) {
		const struct migration_statement *s = &m->statements[i];

		done += a->done[i];
		str_addf(out, "%4u  %-14s %s:%u  %s\n", s->index,
			a->done[i] ? "applied before" : "to be run", s->file->path, s->sql->line,
			*s->sql->kind ? s->sql->kind : "(not recognised)");
	}
	str_addf(out, "\n%zu of %zu statements are to be run. Nothing was changed.\n",
		m->n_statements - done, m->n_statements);
}

int apply_plan(const struct apply_config *config, struct str *out, struct err *err)
{
	struct apply a = {0};
	int failed = prepare(&a, config, err);

	if (!failed) {
		describe(&a, out);
		str_add(out, "\n");
		migration_describe(&a.migration, config->settings, out);
	}
	apply_close(&a);
	return failed;
}
