/* promote: MariaDB's steps. */
#include "adapters/provider_promote.h"

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

struct my_given {
	struct given_replica base;
	struct my_interlock interlock;
	struct my_quarantine quarantine;
	bool draining; /* receiving was stopped */
};

static struct my_given *mine(struct given_replica *g)
{
	return (struct my_given *)g;
}

static struct given_replica *make(void)
{
	return mem_zalloc(sizeof(struct my_given));
}

static int look(struct given_replica *g, struct err *err)
{
	return my_interlock_open(&mine(g)->interlock, g->config, err);
}

static bool asked(const struct given_replica *g)
{
	return ((const struct my_given *)g)->interlock.replica_conn;
}

static const char *redacted(const struct given_replica *g)
{
	return ((const struct my_given *)g)->interlock.replica.redacted;
}

static void plan_steps(const struct given_replica *g, struct str *out, unsigned *n)
{
	(void)g;
	str_addf(out, "%u. on the replica: stop the event scheduler and semi-synchronous commits\n",
		(*n)++);
	str_addf(out,
		"%u. stop receiving, apply what was received, forget the source (RESET REPLICA "
		"ALL), switch read_only off, prove that it is alone\n",
		(*n)++);
}

static void plan_left(const struct given_replica *g, struct str *out, unsigned *n)
{
	(void)g;
	str_addf(out,
		"%u. after the first write it cannot follow its source again: its owner builds it "
		"anew, or puts back a copy of its files that was made while it was down\n",
		(*n)++);
}

static int describe(struct given_replica *g, struct err *err)
{
	struct my_interlock *i = &mine(g)->interlock;

	if (!*i->replica.database)
		return err_set(err, ERR_USAGE,
			"provider 'promote' needs a database: put dbname into replica.standby, or "
			"name it in replica.database");
	g->info.source = mem_strdup(i->source.redacted);
	g->info.source_identity = mem_strdup(i->source.identity);
	g->info.database = mem_strdup(i->replica.database);
	g->info.dsn = mem_strdup(i->replica.dsn);
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

static int catch_up(struct given_replica *g, struct err *err)
{
	struct my_interlock *i = &mine(g)->interlock;
	const struct my_flavour *flavour = &i->replica.flavour;
	CLEANUP(cleanup_free) char *target = NULL;
	CLEANUP(cleanup_free) char *at = NULL;
	bool reached = false;

	if (source_position(i, &target, err) ||
		my_replication_wait(
			i->replica_conn, flavour, target, g->catch_up_us, &reached, err))
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
		!i->replica.replication.delay_s ? ""
			: flavour->mariadb	? "; it is told to lag (MASTER_DELAY)"
						: "; it is told to lag (SOURCE_DELAY)");
}

static int quarantine(struct given_replica *g, struct err *err)
{
	struct my_given *r = mine(g);
	struct my_interlock *i = &r->interlock;
	const struct my_replication *replication = &i->replica.replication;

	if (my_interlock_check(i, err) ||
		my_quarantine_apply(&r->quarantine, i->replica_conn, &g->info, err) ||
		my_surroundings_note(i->replica_conn, &g->info, err))
		return -1;
	if (*replication->filters)
		replica_note(&g->info, "replication-filters", true,
			"the replica had only part of its source's data (%s): what is left out "
			"was not rehearsed on",
			replication->filters);
	return 0;
}

static void note_what_is_left(struct given_replica *g)
{
	const struct my_given *r = mine(g);
	const struct my_interlock *i = &r->interlock;

	replica_note(&g->info, "replica-spent", true,
		"the replica has left its source for good, and after the first write it cannot "
		"follow it again: build it anew from '%s' (%s), or put back a copy of its "
		"files that was made while it was down (cp --reflink, a second's work); "
		"replica.return does that where rehearse is told how to stop and start it",
		i->source.redacted, i->source.flavour.mariadb ? "mariabackup" : "CLONE INSTANCE");
	if (r->quarantine.n)
		replica_note(&g->info, "switched-off", false,
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

static int promote(struct given_replica *g, struct err *err)
{
	struct my_given *r = mine(g);
	struct db_conn *conn = r->interlock.replica_conn;
	const struct my_flavour *flavour = &r->interlock.replica.flavour;

	r->draining = true;
	if (my_replication_drain(conn, flavour, g->catch_up_us, err))
		return -1;
	g->promoted = true;
	return forget_source(conn, flavour->words, err);
}

static int find_data_dir(struct given_replica *g, char **ret, struct err *err)
{
	const struct my_source *s = &mine(g)->interlock.replica;
	size_t len = strlen(s->data_dir);

	(void)err;
	*ret = NULL;
	if (my_source_is_here(s, mine(g)->interlock.replica_conn))
		*ret = mem_strndup(
			s->data_dir, len > 1 && s->data_dir[len - 1] == '/' ? len - 1 : len);
	return 0;
}

/* Directories that may lie elsewhere, as variables name them. */
static int find_outside(struct given_replica *g, char **ret, struct err *err)
{
	static const char *const names[] = {"innodb_data_home_dir", "innodb_log_group_home_dir",
		"innodb_undo_directory", "log_bin_basename", "relay_log_basename"};
	const char *data_dir = mine(g)->interlock.replica.data_dir;
	CLEANUP(cleanup_str) struct str out = {0};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		CLEANUP(cleanup_free) char *value = NULL;

		if (my_control_variable(mine(g)->interlock.replica_conn, names[i], &value, err))
			return -1;
		if (strncmp(value, "../", 3) == 0 ||
			(*value == '/' && strncmp(value, data_dir, strlen(data_dir)) != 0))
			str_addf(&out, "%s%s is '%s'", out.len ? ", " : "", names[i], value);
	}
	*ret = str_take(&out);
	return 0;
}

/* With skip_slave_start its owner starts it by hand after each start of the server. */
static int start_again(struct db_conn *conn, const struct my_flavour *flavour,
	const struct my_replication *now, struct err *err)
{
	if (now->io_errno || now->sql_errno)
		return err_set(err, ERR_FAILED, "error %d: %s",
			now->io_errno ? now->io_errno : now->sql_errno,
			now->io_errno ? now->io_error : now->sql_error);
	if (strcmp(now->io_running, "No") == 0 || strcmp(now->sql_running, "No") == 0)
		return my_control_exec(conn, flavour->words->start_replica, err);
	return 0;
}

static int follows(const struct provider_config *config, bool *ret, struct err *err)
{
	CLEANUP(my_control_close) struct db_conn *conn = NULL;
	struct my_replication now = {0};
	struct my_flavour flavour;
	int result;

	if (my_control_open(config->standby, NULL, &conn, err) ||
		my_flavour_ask(conn, &flavour, err) ||
		my_replication_read(conn, &flavour, &now, err))
		return -1;
	*ret = now.sources && strcmp(now.io_running, "Yes") == 0 &&
		strcmp(now.sql_running, "Yes") == 0;
	result = *ret || !now.sources ? 0 : start_again(conn, &flavour, &now, err);
	my_replication_release(&now);
	return result;
}

static int find_dirs(struct given_replica *g, struct db_conn *conn, struct err *err)
{
	const struct my_source *s = &mine(g)->interlock.replica;
	CLEANUP(cleanup_free) char *log = NULL;
	CLEANUP(cleanup_free) char *path = NULL;
	CLEANUP(cleanup_free) char *dir = NULL;

	if (find_data_dir(g, &g->info.data_dir, err))
		return -1;
	if (!g->info.data_dir)
		return 0;
	if (my_control_variable(conn, "log_error", &log, err))
		return -1;
	if (!*log)
		return 0;
	path = fs_join(s->data_dir, log);
	dir = fs_dirname(path);
	if (access(dir, R_OK | X_OK) == 0)
		g->info.log_dir = mem_strdup(dir);
	return 0;
}

static int verify(struct given_replica *g, struct err *err)
{
	struct db_conn *conn = mine(g)->interlock.replica_conn;
	const struct my_flavour *flavour = &mine(g)->interlock.replica.flavour;

	if (my_isolation_prove(conn, flavour, g->info.source_identity, err) ||
		my_fill_info(conn, flavour, g->info.database, &g->info, err) ||
		my_note_durability(conn, &g->info, err))
		return -1;
	return find_dirs(g, conn, err);
}

static int undo(struct given_replica *g, struct err *err)
{
	struct my_given *r = mine(g);
	struct my_interlock *i = &r->interlock;
	int result = my_quarantine_undo(&r->quarantine, i->replica_conn, err);

	if (r->draining &&
		my_control_exec(i->replica_conn, i->replica.flavour.words->start_replica,
			result ? NULL : err))
		result = -1;
	return result;
}

static void release(struct given_replica *g)
{
	my_quarantine_release(&mine(g)->quarantine);
	my_interlock_release(&mine(g)->interlock);
}

static const struct promote_engine engine = {
	.replica_word = "replica",
	.source_word = "source",
	.applied_word = "applied all that its source has written",
	.why_source = "the replica's source: only that knows whose replica it is",
	.make = make,
	.look = look,
	.asked = asked,
	.redacted = redacted,
	.plan = plan_steps,
	.plan_left = plan_left,
	.describe = describe,
	.find_data_dir = find_data_dir,
	.find_outside = find_outside,
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

const struct provider mysql_promote = {PROMOTE_STEPS, .plan = plan, .open = open_promote};
