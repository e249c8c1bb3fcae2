/*
 * promote: an existing replica that its owner gives up. Nothing takes it back afterwards: the notes
 * say what its owner has to do.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "adapters/mysql/control.h"
#include "adapters/mysql/interlock.h"
#include "adapters/mysql/isolation.h"
#include "adapters/mysql/mysql.h"
#include "adapters/mysql/private.h"
#include "adapters/mysql/quarantine.h"
#include "adapters/mysql/surroundings.h"
#include "harness/base/cleanup.h"
#include "harness/base/fs.h"
#include "harness/base/mem.h"
#include "harness/base/units.h"

#define CATCH_UP_US 60000000

struct replica {
	const struct provider_config *config;
	const struct provider_env *env;
	struct my_interlock interlock;
	struct my_quarantine quarantine;
	bool draining; /* receiving was stopped */
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
			"replica that is given up");
	if (!config->source || !*config->source)
		return err_set(err, ERR_USAGE,
			"provider 'promote' needs replica.source, the connection string of the "
			"replica's source: only that knows whose replica it is");
	return 0;
}

static int plan(const struct provider_config *config, const struct provider_env *env,
	struct str *out, struct err *err)
{
	struct my_interlock interlock;
	struct err refusal = {0};
	char limit[UNITS_TEXT];

	(void)env;
	if (check_words(config, err))
		return -1;
	if (my_interlock_open(&interlock, config, &refusal)) {
		if (!interlock.replica_conn || refusal.kind == ERR_UNSUPPORTED) {
			my_interlock_release(&interlock);
			return err_set(err, refusal.kind, "%s", refusal.text);
		}
		str_addf(out, "would be refused: %s\n", refusal.text);
	}
	str_addf(out,
		"1. wait until the replica (%s) has applied all that its source has written, at "
		"most %s\n",
		interlock.replica.redacted, units_duration_text(catch_up_us(config), limit));
	str_add(out, "2. on the replica: stop the event scheduler and semi-synchronous commits\n");
	str_add(out,
		"3. stop receiving, apply what was received, forget the source for good (RESET "
		"REPLICA ALL), switch read_only off, prove that it is alone\n");
	str_add(out,
		"4. after the first write it cannot follow its source again: its owner builds it "
		"anew, or puts back a copy of its files that was made while it was down\n");
	my_interlock_release(&interlock);
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
	struct my_interlock *i = &r->interlock;

	if (my_interlock_open(i, r->config, err))
		return -1;
	if (!*i->replica.database)
		return err_set(err, ERR_USAGE,
			"provider 'promote' needs a database: put dbname into replica.standby, or "
			"name it in replica.database");
	r->info.source = mem_strdup(i->source.redacted);
	r->info.source_identity = mem_strdup(i->source.identity);
	r->info.database = mem_strdup(i->replica.database);
	r->info.dsn = mem_strdup(i->replica.dsn);
	return 0;
}

/* What the replica can have received, at most. */
static int source_position(const struct my_interlock *i, char **ret, struct err *err)
{
	return my_control_text(i->source_conn,
		i->source.flavour.mariadb ? "SELECT @@GLOBAL.gtid_binlog_pos"
					  : i->source.flavour.words->executed_gtid,
		ret, err);
}

static int provision(struct replica *r, struct err *err)
{
	struct my_interlock *i = &r->interlock;
	const struct my_flavour *flavour = &i->replica.flavour;
	CLEANUP(cleanup_free) char *target = NULL;
	CLEANUP(cleanup_free) char *at = NULL;
	bool reached = false;

	if (r->env->progress)
		r->env->progress(r->env->ctx, "waiting for the replica to catch up");
	if (source_position(i, &target, err) ||
		my_replication_wait(
			i->replica_conn, flavour, target, catch_up_us(r->config), &reached, err))
		return -1;
	if (reached)
		return 0;
	if (my_control_text(i->replica_conn,
		    flavour->mariadb ? "SELECT @@GLOBAL.gtid_slave_pos"
				     : flavour->words->executed_gtid,
		    &at, err))
		return -1;
	return err_set(err, ERR_FAILED,
		"the replica did not catch up with its source in the time given by catch_up: it "
		"has applied '%s', and the source is at '%s'%s",
		at, target,
		i->replica.replication.delay_s ? "; it is told to lag (MASTER_DELAY)" : "");
}

static int quarantine(struct replica *r, struct err *err)
{
	struct my_interlock *i = &r->interlock;
	const struct my_replication *replication = &i->replica.replication;

	if (my_interlock_check(i, err) ||
		my_quarantine_apply(&r->quarantine, i->replica_conn, &r->info, err) ||
		my_surroundings_note(i->replica_conn, &r->info, err))
		return -1;
	if (*replication->filters)
		replica_note(&r->info, "replication-filters", true,
			"the replica had only part of its source's data (%s): what is left out "
			"was not rehearsed on",
			replication->filters);
	return 0;
}

static void note_what_is_left(struct replica *r)
{
	const struct my_interlock *i = &r->interlock;

	replica_note(&r->info, "replica-spent", true,
		"the replica has left its source for good, and after the first write it cannot "
		"follow it again: build it anew from '%s' (mariabackup), or put back a copy of its "
		"files that was made while it was down (cp --reflink, a second's work); no such "
		"copy was taken here, since rehearse can neither stop nor start a server that is "
		"not its own",
		i->source.redacted);
	if (r->quarantine.n)
		replica_note(&r->info, "switched-off", false,
			"what was switched off there comes back with its next start: its option "
			"file was not touched");
}

static int forget_source(struct db_conn *conn, const struct my_words *words, struct err *err)
{
	if (my_control_exec(conn, words->reset_replica_all, err) ||
		(words->super_read_only &&
			my_control_exec(conn, "SET GLOBAL super_read_only = OFF", err)))
		return -1;
	return my_control_exec(conn, "SET GLOBAL read_only = OFF", err);
}

static int promote(struct replica *r, struct err *err)
{
	struct db_conn *conn = r->interlock.replica_conn;
	const struct my_flavour *flavour = &r->interlock.replica.flavour;

	if (r->env->progress)
		r->env->progress(r->env->ctx, "promoting the replica");
	r->draining = true;
	if (my_replication_drain(conn, flavour, catch_up_us(r->config), err))
		return -1;
	/* Once asked, it may happen even when the answer is lost. */
	r->promoted = true;
	if (forget_source(conn, flavour->words, err))
		return -1;
	note_what_is_left(r);
	return 0;
}

static int find_dirs(struct replica *r, struct db_conn *conn, struct err *err)
{
	const struct my_source *s = &r->interlock.replica;
	CLEANUP(cleanup_free) char *log = NULL;
	CLEANUP(cleanup_free) char *path = NULL;
	CLEANUP(cleanup_free) char *dir = NULL;
	size_t len = strlen(s->data_dir);

	if (!my_source_is_here(s, conn))
		return 0;
	r->info.data_dir =
		mem_strndup(s->data_dir, len > 1 && s->data_dir[len - 1] == '/' ? len - 1 : len);
	if (my_control_variable(conn, "log_error", &log, err))
		return -1;
	if (!*log)
		return 0;
	path = fs_join(s->data_dir, log);
	dir = fs_dirname(path);
	if (access(dir, R_OK | X_OK) == 0)
		r->info.log_dir = mem_strdup(dir);
	return 0;
}

static int verify(struct replica *r, struct err *err)
{
	struct db_conn *conn = r->interlock.replica_conn;
	const struct my_flavour *flavour = &r->interlock.replica.flavour;

	if (my_isolation_prove(conn, flavour, r->info.source_identity, err) ||
		my_fill_info(conn, flavour, r->info.database, &r->info, err) ||
		my_note_durability(conn, &r->info, err))
		return -1;
	return find_dirs(r, conn, err);
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

/* Back to where it was found. */
static int undo(struct replica *r, struct err *err)
{
	struct my_interlock *i = &r->interlock;
	int result = my_quarantine_undo(&r->quarantine, i->replica_conn, err);

	if (r->draining &&
		my_control_exec(i->replica_conn, i->replica.flavour.words->start_replica,
			result ? NULL : err))
		result = -1;
	return result;
}

static int release(struct replica *r, struct err *err)
{
	int result = 0;

	if (!r)
		return 0;
	if (!r->promoted && r->interlock.replica_conn)
		result = undo(r, err);
	my_quarantine_release(&r->quarantine);
	my_interlock_release(&r->interlock);
	replica_info_release(&r->info);
	free(r);
	return result;
}

const struct provider mysql_promote = {
	.name = "promote",
	.summary = "an existing replica that its owner gives up, promoted where it is",
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
