/* embedded: PostgreSQL's steps. The replica is a streaming standby. */
#include "adapters/provider_embedded.h"

#include "adapters/postgres/control.h"
#include "adapters/postgres/fixture_build.h"
#include "adapters/postgres/isolation.h"
#include "adapters/postgres/postgres.h"
#include "adapters/postgres/private.h"
#include "harness/base/cleanup.h"
#include "harness/base/mem.h"

#define START_TIMEOUT_US 120000000
#define SLOT "rehearse_replica"

static struct pg_private *mine(struct private_replica *base)
{
	return (struct pg_private *)base;
}

static struct private_replica *make(
	const struct provider_config *config, const struct provider_env *env)
{
	struct pg_private *p = mem_zalloc(sizeof(*p));

	private_replica_init(&p->base, "embedded", config, env);
	return &p->base;
}

static int find_programs(struct private_replica *base, const char **ret_name,
	const char **ret_version, struct err *err)
{
	struct pg_private *p = mine(base);

	if (pg_programs_find(p->config->bin_dir, 0, &p->programs, err))
		return -1;
	*ret_name = "PostgreSQL";
	*ret_version = p->programs.text;
	return 0;
}

static const void *programs(const struct private_replica *base)
{
	return &((const struct pg_private *)base)->programs;
}

static void plan_start(struct str *out, unsigned *n, const char *server, const char *user)
{
	str_addf(out, "%u. start a private primary, %s, as user %s, on a Unix socket only\n",
		(*n)++, server, user);
	str_addf(out, "%u. create replication slot '" SLOT "' there and a streaming standby\n",
		(*n)++);
}

static void choose_settings(struct private_replica *base)
{
	struct pg_private *p = mine(base);

	pg_settings_standard(&p->settings, &p->programs);
	pg_settings_add_all(&p->settings, p->config->settings, p->config->n_settings);
	pg_settings_isolate(&p->settings, &p->programs);
}

static int open_primary(
	struct private_replica *base, const char *dir, struct private_server **ret, struct err *err)
{
	struct pg_private *p = mine(base);

	*ret = &p->primary.base;
	return pg_server_open(&p->primary, &p->programs, dir, p->env->journal, err);
}

static int open_replica(
	struct private_replica *base, const char *dir, struct private_server **ret, struct err *err)
{
	struct pg_private *p = mine(base);

	*ret = &p->replica.base;
	return pg_server_open(&p->replica, &p->programs, dir, p->env->journal, err);
}

static int start(const struct pg_private *p, struct pg_server *s, struct err *err)
{
	return pg_server_configure(s, p->settings.items, p->settings.n, err) ||
			pg_server_start(s, START_TIMEOUT_US, err)
		? -1
		: 0;
}

static int open_control(const struct pg_server *s, struct db_conn **ret, struct err *err)
{
	CLEANUP(cleanup_free) char *dsn = pg_server_dsn(s, "postgres");

	return pg_control_open(dsn, NULL, ret, err);
}

static int start_primary(struct private_replica *base, struct err *err)
{
	struct pg_private *p = mine(base);
	CLEANUP(pg_control_close) struct db_conn *conn = NULL;

	if (start(p, &p->primary, err) || open_control(&p->primary, &conn, err) ||
		pg_control_exec(
			conn, "SELECT pg_create_physical_replication_slot('" SLOT "', true)", err))
		return -1;
	return pg_identity(conn, &p->info.source_identity, &p->source_timeline, err);
}

static int copy_standby(struct private_replica *base, struct err *err)
{
	const struct pg_private *p = mine(base);
	CLEANUP(cleanup_free) char *dsn = pg_server_dsn(&p->primary, "postgres");
	/* The standby's start syncs its files; the server checks the checksums. */
	const char *const argv[] = {"pg_basebackup", "-d", dsn, "-D", p->replica.data_dir, "-R",
		"-S", SLOT, "-X", "stream", "--checkpoint=fast", "--no-sync",
		p->programs.version >= 130000 ? "--no-manifest" : NULL, NULL};

	return pg_server_run(&p->replica, argv, NULL, NULL, NULL, err);
}

static int start_standby(struct private_replica *base, struct err *err)
{
	struct pg_private *p = mine(base);
	CLEANUP(cleanup_free) char *lsn = NULL;
	CLEANUP(cleanup_free) char *caught_up = NULL;
	CLEANUP(pg_control_close) struct db_conn *primary = NULL;
	CLEANUP(pg_control_close) struct db_conn *standby = NULL;

	if (start(p, &p->replica, err) || open_control(&p->primary, &primary, err) ||
		pg_control_text(primary, "SELECT pg_current_wal_lsn()", &lsn, err) ||
		open_control(&p->replica, &standby, err))
		return -1;
	caught_up = mem_printf("SELECT pg_last_wal_replay_lsn() >= '%s' AND EXISTS "
			       "(SELECT FROM pg_stat_wal_receiver WHERE status = 'streaming')",
		lsn);
	return pg_control_wait(standby, caught_up, START_TIMEOUT_US,
		"the standby did not catch up with its primary", err);
}

static int promote_standby(struct private_replica *base, struct err *err)
{
	struct pg_private *p = mine(base);

	return pg_private_promote(p, err) || pg_server_quit(&p->primary, err) ? -1 : 0;
}

static const struct embedded_engine engine = {
	.private = &pg_private_engine,
	.fixtures = &pg_fixture_engine,
	.replica_word = "standby",
	.applied_word = "replayed",
	.make = make,
	.find_programs = find_programs,
	.programs = programs,
	.room = 256u << 20,
	.plan_start = plan_start,
	.choose_settings = choose_settings,
	.open_primary = open_primary,
	.start_primary = start_primary,
	.open_replica = open_replica,
	.copy_replica = copy_standby,
	.start_replica = start_standby,
	.quarantined =
		"the replica was started by the harness, on a Unix socket only, with archiving, "
		"subscriptions and synchronous replication off from its start",
	.promote = promote_standby,
	.promoted =
		"a streaming standby was promoted after it had replayed all of its primary's WAL",
};

static int plan(const struct provider_config *config, const struct provider_env *env,
	struct str *out, struct err *err)
{
	return embedded_plan(&engine, config, env, out, err);
}

static int open_embedded(const struct provider_config *config, const struct provider_env *env,
	struct replica **ret, struct err *err)
{
	return embedded_open(&engine, config, env, ret, err);
}

const struct provider postgres_embedded = {EMBEDDED_STEPS,
	.summary = "a private primary built from a fixture, and a standby of it that is promoted",
	.plan = plan, .open = open_embedded};
