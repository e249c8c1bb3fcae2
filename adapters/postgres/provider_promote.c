/*
 * promote: an existing standby that its owner gives up. Nothing takes it back afterwards: the notes
 * say what its owner has to do.
 */
#include <stdio.h>
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
#include "harness/base/units.h"

#define CATCH_UP_US 60000000

struct replica {
	const struct provider_config *config;
	const struct provider_env *env;
	struct pg_interlock interlock;
	struct pg_quarantine quarantine;
	bool promoted; /* from here on nothing is put back */
	struct replica_info info;
};

static uint64_t catch_up_us(const struct provider_config *config)
{
	return config->catch_up_us ? config->catch_up_us : CATCH_UP_US;
}

static int check_words(const struct provider_config *config, struct err *err)
{
	if (!config->standby || !*config->standby)
		return err_set(err, ERR_USAGE,
			"provider 'promote' needs replica.standby, the connection string of the "
			"standby "
			"that is given up");
	if (!config->source || !*config->source)
		return err_set(err, ERR_USAGE,
			"provider 'promote' needs replica.source, the connection string of the "
			"standby's "
			"primary: only that knows whether commits wait for it");
	return 0;
}

static int plan(const struct provider_config *config, const struct provider_env *env,
	struct str *out, struct err *err)
{
	struct pg_interlock interlock;
	struct err refusal = {0};
	char limit[UNITS_TEXT];

	(void)env;
	if (check_words(config, err))
		return -1;
	if (pg_interlock_open(&interlock, config, &refusal)) {
		if (!interlock.standby_conn) {
			pg_interlock_release(&interlock);
			return err_set(err, refusal.kind, "%s", refusal.text);
		}
		str_addf(out, "would be refused: %s\n", refusal.text);
	}
	str_addf(out,
		"1. wait until the standby (%s) has replayed all of its primary's WAL, at most "
		"%s\n",
		interlock.standby.redacted, units_duration_text(catch_up_us(config), limit));
	str_add(out,
		"2. on the standby: neutralise archiving, empty synchronous_standby_names and "
		"restore_command, stop pg_cron's jobs\n");
	str_add(out, "3. promote it for good, empty primary_conninfo, prove that it is alone\n");
	if (interlock.slot && *interlock.slot)
		str_addf(out,
			"4. slot '%s' on the source then holds WAL back until its owner drops it\n",
			interlock.slot);
	pg_interlock_release(&interlock);
	return 0;
}

static int open_promote(const struct provider_config *config, const struct provider_env *env,
	struct replica **ret, struct err *err)
{
	struct replica *r;

	if (check_words(config, err))
		return -1;
	r = mem_zalloc(sizeof(*r));
	r->config = config;
	r->env = env;
	r->info.provider = mem_strdup("promote");
	*ret = r;
	return 0;
}

static int check(struct replica *r, struct err *err)
{
	struct pg_interlock *i = &r->interlock;

	if (pg_interlock_open(i, r->config, err))
		return -1;
	r->info.source = mem_strdup(i->source.redacted);
	r->info.source_identity = mem_strdup(i->source_identity);
	r->info.database = mem_strdup(i->standby.database);
	r->info.dsn = pg_source_dsn(&i->standby, "dbname", i->standby.database);
	return 0;
}

static int provision(struct replica *r, struct err *err)
{
	struct pg_interlock *i = &r->interlock;
	uint64_t limit = catch_up_us(r->config);
	CLEANUP(cleanup_free) char *lsn = NULL;
	CLEANUP(cleanup_free) char *sql = NULL;
	CLEANUP(cleanup_free) char *behind = NULL;

	if (r->env->progress)
		r->env->progress(r->env->ctx, "waiting for the standby to catch up");
	if (pg_control_text(i->source_conn, "SELECT pg_current_wal_flush_lsn()", &lsn, err))
		return -1;
	sql = mem_printf("SELECT pg_last_wal_replay_lsn() >= '%s'", lsn);
	if (pg_control_wait(i->standby_conn, sql, limit,
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

static int quarantine(struct replica *r, struct err *err)
{
	struct pg_interlock *i = &r->interlock;

	if (pg_interlock_check(i, err) ||
		pg_quarantine_apply(&r->quarantine, i->standby_conn, &r->info, err))
		return -1;
	return pg_surroundings_note(i->standby_conn, &r->info, err);
}

static void note_what_is_left(struct replica *r)
{
	const struct pg_interlock *i = &r->interlock;
	CLEANUP(cleanup_str) struct str changed = {0};

	for (size_t k = 0; k < r->quarantine.n; k++)
		str_addf(&changed, "%s%s", k ? ", " : "", r->quarantine.changes[k].name);
	if (*i->slot)
		replica_note(&r->info, "slot-left-behind", true,
			"slot '%s' on the source (%s) holds WAL back from now on: drop it with "
			"SELECT "
			"pg_drop_replication_slot('%s'), or create the standby anew on it",
			i->slot, i->source.redacted, i->slot);
	replica_note(&r->info, "replica-spent", true,
		"the standby has left its primary for good: create it anew (pg_basebackup -R), or "
		"stop it "
		"cleanly and take it back (pg_rewind --target-pgdata=ITS_DIRECTORY "
		"--source-server='%s' -R); ALTER SYSTEM changed there: %s",
		i->source.redacted, changed.len ? str_text(&changed) : "nothing");
}

static int promote(struct replica *r, struct err *err)
{
	struct db_conn *conn = r->interlock.standby_conn;
	bool promoted = false;

	if (r->env->progress)
		r->env->progress(r->env->ctx, "promoting the standby");
	/* Once asked, it may happen even when the answer is lost. */
	r->promoted = true;
	if (pg_control_true(conn, "SELECT pg_promote(true, 60)", &promoted, err))
		return -1;
	if (!promoted)
		return err_set(err, ERR_FAILED, "the standby was not promoted within 60 s");
	if (pg_quarantine_forget_primary(&r->quarantine, conn, &r->info, err))
		return -1;
	note_what_is_left(r);
	return 0;
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

static int find_dirs(struct replica *r, struct db_conn *conn, struct err *err)
{
	CLEANUP(cleanup_free) char *data_dir = NULL;
	CLEANUP(cleanup_free) char *log_dir = NULL;
	CLEANUP(cleanup_free) char *full = NULL;

	if (pg_control_text(conn, "SHOW data_directory", &data_dir, err) ||
		pg_control_text(conn, "SHOW log_directory", &log_dir, err))
		return -1;
	if (!is_here(conn, data_dir))
		return 0;
	r->info.data_dir = mem_strdup(data_dir);
	full = fs_join(data_dir, log_dir);
	if (access(full, R_OK | X_OK) == 0)
		r->info.log_dir = mem_strdup(full);
	return 0;
}

static int verify(struct replica *r, struct err *err)
{
	struct db_conn *conn = r->interlock.standby_conn;
	unsigned timeline = 0;
	int64_t bytes = 0;

	if (pg_isolation_prove(conn, r->info.source_identity, err) ||
		pg_identity(conn, &r->info.identity, &timeline, err) ||
		pg_control_number(
			conn, "SELECT pg_database_size(current_database())", &bytes, err) ||
		find_dirs(r, conn, err))
		return -1;
	if (timeline <= r->interlock.source_timeline)
		return err_set(err, ERR_REFUSED,
			"the replica is on timeline %u and the source on %u", timeline,
			r->interlock.source_timeline);
	r->info.bytes = (uint64_t)bytes;
	r->info.server_version = mem_strdup(r->interlock.standby.version_text);
	r->info.version_number = r->interlock.standby.version;
	replica_note(&r->info, "identity", false,
		"the replica is %s (system identifier and timeline), the source %s",
		r->info.identity, r->info.source_identity);
	return 0;
}

static const struct replica_info *info(const struct replica *r)
{
	return &r->info;
}

/* A server that its owner runs: its loss shows in the connections. */
static bool alive(const struct replica *r)
{
	(void)r;
	return true;
}

static int release(struct replica *r, struct err *err)
{
	int result = 0;

	if (!r)
		return 0;
	if (!r->promoted && r->interlock.standby_conn)
		result = pg_quarantine_undo(&r->quarantine, r->interlock.standby_conn, err);
	pg_quarantine_release(&r->quarantine);
	pg_interlock_release(&r->interlock);
	replica_info_release(&r->info);
	free(r);
	return result;
}

const struct provider postgres_promote = {
	.name = "promote",
	.summary = "an existing standby that its owner gives up, promoted where it is",
	.plan = plan,
	.open = open_promote,
	.check = check,
	.provision = provision,
	.quarantine = quarantine,
	.promote = promote,
	.verify = verify,
	.info = info,
	.alive = alive,
	.release = release,
};
