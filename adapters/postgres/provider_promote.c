/* promote: PostgreSQL's steps. */
#include "adapters/provider_promote.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "adapters/postgres/control.h"
#include "adapters/postgres/interlock.h"
#include "adapters/postgres/isolation.h"
#include "adapters/postgres/postgres.h"
#include "adapters/postgres/quarantine.h"
#include "adapters/postgres/surroundings.h"
#include "harness/base/cleanup.h"
#include "harness/base/fs.h"
#include "harness/base/mem.h"

struct pg_given {
	struct given_replica base;
	struct pg_interlock interlock;
	struct pg_quarantine quarantine;
};

static struct pg_given *mine(struct given_replica *g)
{
	return (struct pg_given *)g;
}

static struct given_replica *make(void)
{
	return mem_zalloc(sizeof(struct pg_given));
}

static int look(struct given_replica *g, struct err *err)
{
	return pg_interlock_open(&mine(g)->interlock, g->config, err);
}

static bool asked(const struct given_replica *g)
{
	return ((const struct pg_given *)g)->interlock.standby_conn;
}

static const char *redacted(const struct given_replica *g)
{
	return ((const struct pg_given *)g)->interlock.standby.redacted;
}

static void plan_steps(const struct given_replica *g, struct str *out, unsigned *n)
{
	(void)g;
	str_addf(out,
		"%u. on the standby: neutralise archiving, empty synchronous_standby_names and "
		"restore_command, stop pg_cron's jobs\n",
		(*n)++);
	str_addf(out, "%u. promote it, empty primary_conninfo, prove that it is alone\n", (*n)++);
}

static void plan_left(const struct given_replica *g, struct str *out, unsigned *n)
{
	const char *slot = ((const struct pg_given *)g)->interlock.slot;

	str_addf(out, "%u. it stays promoted: its owner creates it anew or rewinds it\n", (*n)++);
	if (slot && *slot)
		str_addf(out,
			"%u. slot '%s' on the source then holds WAL back until its owner drops "
			"it\n",
			(*n)++, slot);
}

static int describe(struct given_replica *g, struct err *err)
{
	struct pg_interlock *i = &mine(g)->interlock;

	(void)err;
	g->info.source = mem_strdup(i->source.redacted);
	g->info.source_identity = mem_strdup(i->source_identity);
	g->info.database = mem_strdup(i->standby.database);
	g->info.dsn = pg_source_dsn(&i->standby, "dbname", i->standby.database);
	return 0;
}

static int catch_up(struct given_replica *g, struct err *err)
{
	struct pg_interlock *i = &mine(g)->interlock;
	CLEANUP(cleanup_free) char *lsn = NULL;
	CLEANUP(cleanup_free) char *sql = NULL;
	CLEANUP(cleanup_free) char *behind = NULL;

	if (pg_control_text(i->source_conn, "SELECT pg_current_wal_flush_lsn()", &lsn, err))
		return -1;
	sql = mem_printf("SELECT pg_last_wal_replay_lsn() >= '%s'", lsn);
	if (pg_control_wait(i->standby_conn, sql, g->catch_up_us,
		    "the standby did not catch up with its primary", err) == 0)
		return 0;
	free(sql);
	sql = mem_printf(
		"SELECT pg_size_pretty(pg_wal_lsn_diff('%s', pg_last_wal_replay_lsn()))", lsn);
	if (err && err->kind == ERR_FAILED && !pg_control_text(i->standby_conn, sql, &behind, NULL))
		err_set(err, ERR_FAILED,
			"the standby did not catch up with its primary in the time given by "
			"catch_up: it is "
			"%s behind",
			behind);
	return -1;
}

static int quarantine(struct given_replica *g, struct err *err)
{
	struct pg_given *r = mine(g);
	struct pg_interlock *i = &r->interlock;

	r->quarantine.journal = g->env->journal;
	r->quarantine.dsn = i->standby.redacted;
	if (pg_interlock_check(i, err) ||
		pg_quarantine_apply(&r->quarantine, i->standby_conn, &g->info, err))
		return -1;
	return pg_surroundings_note(i->standby_conn, &g->info, err);
}

static void note_what_is_left(struct given_replica *g)
{
	const struct pg_given *r = mine(g);
	const struct pg_interlock *i = &r->interlock;
	CLEANUP(cleanup_str) struct str changed = {0};

	for (size_t k = 0; k < r->quarantine.n; k++)
		str_addf(&changed, "%s%s", k ? ", " : "", r->quarantine.changes[k].name);
	if (*i->slot)
		replica_note(&g->info, "slot-left-behind", true,
			"slot '%s' on the source (%s) holds WAL back from now on: drop it with "
			"SELECT "
			"pg_drop_replication_slot('%s'), or create the standby anew on it",
			i->slot, i->source.redacted, i->slot);
	replica_note(&g->info, "replica-spent", true,
		"the standby has left its primary for good: create it anew (pg_basebackup -R), or "
		"stop it "
		"cleanly and take it back (pg_rewind --target-pgdata=ITS_DIRECTORY "
		"--source-server='%s' -R); ALTER SYSTEM changed there: %s",
		i->source.redacted, changed.len ? str_text(&changed) : "nothing");
}

static int promote(struct given_replica *g, struct err *err)
{
	struct pg_given *r = mine(g);
	struct db_conn *conn = r->interlock.standby_conn;
	bool promoted = false;

	if (pg_quarantine_keep(&r->quarantine, err))
		return -1;
	g->promoted = true;
	if (pg_control_true(conn, "SELECT pg_promote(true, 60)", &promoted, err))
		return -1;
	if (!promoted)
		return err_set(err, ERR_FAILED, "the standby was not promoted within 60 s");
	return pg_quarantine_forget_primary(&r->quarantine, conn, &g->info, err);
}

/* The directory that a server names is its own only when its postmaster.pid says so: it may be
 * another machine's. */
static bool is_here(struct db_conn *conn, const char *data_dir)
{
	CLEANUP(cleanup_free) char *path = fs_join(data_dir, "postmaster.pid");
	CLEANUP(cleanup_free) char *text = NULL;
	int64_t started = 0;
	const char *line;

	if (fs_read(path, 0, &text, NULL, NULL) ||
		pg_control_number(conn,
			"SELECT floor(extract(epoch FROM pg_postmaster_start_time()))::bigint",
			&started, NULL))
		return false;
	line = strchr(text, '\n');
	line = line ? strchr(line + 1, '\n') : NULL;
	/* The file is written a moment before the time that SQL tells. */
	return line && llabs(strtoll(line + 1, NULL, 10) - started) <= 2;
}

static int find_data_dir(struct given_replica *g, char **ret, struct err *err)
{
	struct db_conn *conn = mine(g)->interlock.standby_conn;
	CLEANUP(cleanup_free) char *dir = NULL;

	if (pg_control_text(conn, "SHOW data_directory", &dir, err))
		return -1;
	*ret = is_here(conn, dir) ? mem_strdup(dir) : NULL;
	return 0;
}

static int follows(const struct provider_config *config, bool *ret, struct err *err)
{
	CLEANUP(pg_control_close) struct db_conn *conn = NULL;

	if (pg_control_open(config->standby, NULL, &conn, err))
		return -1;
	return pg_control_true(conn,
		"SELECT pg_is_in_recovery() AND EXISTS (SELECT FROM pg_stat_wal_receiver WHERE "
		"status = 'streaming')",
		ret, err);
}

static int find_dirs(struct given_replica *g, struct db_conn *conn, struct err *err)
{
	CLEANUP(cleanup_free) char *log_dir = NULL;
	CLEANUP(cleanup_free) char *full = NULL;

	if (find_data_dir(g, &g->info.data_dir, err) ||
		pg_control_text(conn, "SHOW log_directory", &log_dir, err))
		return -1;
	if (!g->info.data_dir)
		return 0;
	full = fs_join(g->info.data_dir, log_dir);
	if (access(full, R_OK | X_OK) == 0)
		g->info.log_dir = mem_strdup(full);
	return 0;
}

static int verify(struct given_replica *g, struct err *err)
{
	struct pg_given *r = mine(g);
	struct db_conn *conn = r->interlock.standby_conn;
	unsigned timeline = 0;
	int64_t bytes = 0;

	if (pg_isolation_prove(conn, g->info.source_identity, err) ||
		pg_identity(conn, &g->info.identity, &timeline, err) ||
		pg_control_number(
			conn, "SELECT pg_database_size(current_database())", &bytes, err) ||
		find_dirs(g, conn, err))
		return -1;
	if (timeline <= r->interlock.source_timeline)
		return err_set(err, ERR_REFUSED,
			"the replica is on timeline %u and the source on %u", timeline,
			r->interlock.source_timeline);
	g->info.bytes = (uint64_t)bytes;
	g->info.server_version = mem_strdup(r->interlock.standby.version_text);
	g->info.version_number = r->interlock.standby.version;
	replica_note(&g->info, "identity", false,
		"the replica is %s (system identifier and timeline), the source %s",
		g->info.identity, g->info.source_identity);
	return 0;
}

static int undo(struct given_replica *g, struct err *err)
{
	return pg_quarantine_undo(&mine(g)->quarantine, mine(g)->interlock.standby_conn, err);
}

static void release(struct given_replica *g)
{
	pg_quarantine_release(&mine(g)->quarantine);
	pg_interlock_release(&mine(g)->interlock);
}

static const struct promote_engine engine = {
	.replica_word = "standby",
	.source_word = "primary",
	.applied_word = "replayed all of its primary's WAL",
	.why_source = "the standby's primary: only that knows whether commits wait for it",
	.make = make,
	.look = look,
	.asked = asked,
	.redacted = redacted,
	.plan = plan_steps,
	.plan_left = plan_left,
	.describe = describe,
	.find_data_dir = find_data_dir,
	.follows = follows,
	.catch_up = catch_up,
	.quarantine = quarantine,
	.promote = promote,
	.note_what_is_left = note_what_is_left,
	.verify = verify,
	.undo = undo,
	.release = release,
};

static int plan(const struct provider_config *config, const struct provider_env *env,
	struct str *out, struct err *err)
{
	return promote_plan(&engine, config, env, out, err);
}

static int open_promote(const struct provider_config *config, const struct provider_env *env,
	struct replica **ret, struct err *err)
{
	return promote_open(&engine, config, env, ret, err);
}

const struct provider postgres_promote = {PROMOTE_STEPS, .plan = plan, .open = open_promote};
