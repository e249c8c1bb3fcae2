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

static int open_servers(struct private_replica *base, const char *primary_dir,
	const char *replica_dir, struct private_server **ret_primary,
	struct private_server **ret_replica, struct err *err)
{
	struct pg_private *p = mine(base);

	*ret_primary = &p->primary.base;
	*ret_replica = &p->replica.base;
	return pg_server_open(&p->primary, &p->programs, primary_dir, p->env->journal, err) ||
			pg_server_open(&p->replica, &p->programs, replica_dir, p->env->journal, err)
		? -1
		: 0;
}

static int open_control(const struct pg_server *s, struct db_conn **ret, struct err *err)
{
	CLEANUP(cleanup_free) char *dsn = pg_server_dsn(s, "postgres");

	return pg_control_open(dsn, NULL, ret, err);
}

/* Both servers begin with the same files, cleanly stopped: that makes one a standby of the other.
 */
static int begin_standby(struct private_replica *base, struct err *err)
{
	struct pg_private *p = mine(base);
	CLEANUP(pg_settings_release) struct pg_settings own = {0};
	CLEANUP(cleanup_free) char *dsn = pg_server_dsn(&p->primary, "postgres");

	pg_settings_add_all(&own, p->settings.items, p->settings.n);
	pg_settings_set(&own, "primary_conninfo", dsn);
	pg_settings_set(&own, "primary_slot_name", SLOT);
	/* It asks for the primary before that is up. */
	pg_settings_set(&own, "wal_retrieve_retry_interval", "20ms");
	if (private_server_write(&p->replica.base, "data/standby.signal", "", err) ||
		pg_server_configure(&p->replica, own.items, own.n, err))
		return -1;
	return pg_server_begin(&p->replica, err);
}

/* What is set here is not measured: the primary is gone by then. */
static int configure_primary(struct pg_private *p, struct err *err)
{
	CLEANUP(pg_settings_release) struct pg_settings own = {0};

	pg_settings_add_all(&own, p->settings.items, p->settings.n);
	pg_settings_set(&own, "fsync", "off");
	pg_settings_set(&own, "autovacuum", "off");
	pg_settings_set(&own, "shared_buffers", "16MB");
	pg_settings_set(&own, "shared_preload_libraries", "");
	return pg_server_configure(&p->primary, own.items, own.n, err);
}

static int start_primary(struct private_replica *base, struct err *err)
{
	struct pg_private *p = mine(base);
	CLEANUP(pg_control_close) struct db_conn *conn = NULL;

	if (configure_primary(p, err) || pg_server_start(&p->primary, START_TIMEOUT_US, err) ||
		open_control(&p->primary, &conn, err) ||
		pg_control_exec(
			conn, "SELECT pg_create_physical_replication_slot('" SLOT "', true)", err))
		return -1;
	return pg_identity(conn, &p->info.source_identity, &p->source_timeline, err);
}

static int join_standby(struct private_replica *base, struct err *err)
{
	struct pg_private *p = mine(base);
	CLEANUP(cleanup_free) char *lsn = NULL;
	CLEANUP(cleanup_free) char *caught_up = NULL;
	CLEANUP(pg_control_close) struct db_conn *primary = NULL;
	CLEANUP(pg_control_close) struct db_conn *standby = NULL;

	if (pg_server_wait(&p->replica, START_TIMEOUT_US, err) ||
		open_control(&p->primary, &primary, err) ||
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
	.open_servers = open_servers,
	.begin_replica = begin_standby,
	.start_primary = start_primary,
	.join_replica = join_standby,
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

static int pool(const struct provider_config *config, const struct provider_env *env,
	unsigned rehearsals, struct err *err)
{
	return embedded_pool(&engine, config, env, rehearsals, err);
}

static int open_embedded(const struct provider_config *config, const struct provider_env *env,
	struct replica **ret, struct err *err)
{
	return embedded_open(&engine, config, env, ret, err);
}

const struct provider postgres_embedded = {EMBEDDED_STEPS,
	.summary = "a private primary built from a fixture, and a standby of it that is promoted",
	.plan = plan, .pool = pool, .open = open_embedded};
