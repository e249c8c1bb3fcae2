/* embedded: MariaDB's steps. The replica starts from the same files as its primary. */
#include "adapters/provider_embedded.h"

#include "adapters/mysql/fixture_build.h"
#include "adapters/mysql/mysql.h"
#include "adapters/mysql/pair.h"
#include "adapters/mysql/private.h"
#include "harness/base/mem.h"

#define START_TIMEOUT_US 120000000

static struct my_private *mine(struct private_replica *base)
{
	return (struct my_private *)base;
}

static struct private_replica *make(
	const struct provider_config *config, const struct provider_env *env)
{
	struct my_private *p = mem_zalloc(sizeof(*p));

	private_replica_init(&p->base, "embedded", config, env);
	return &p->base;
}

static int find_programs(struct private_replica *base, const char **ret_name,
	const char **ret_version, struct err *err)
{
	struct my_private *p = mine(base);

	if (my_programs_find(p->config->bin_dir, &p->programs, err))
		return -1;
	*ret_name = my_flavour_name(&p->programs.flavour);
	*ret_version = p->programs.flavour.text;
	return 0;
}

static int check(struct private_replica *base, struct err *err)
{
	const struct my_programs *programs = &mine(base)->programs;

	if (!programs->client)
		return err_set(err, ERR_FAILED,
			"the program 'mariadb', which loads fixtures, is not there: install the "
			"package 'mariadb-client'");
	return 0;
}

static const void *programs(const struct private_replica *base)
{
	return &((const struct my_private *)base)->programs;
}

static void plan_start(struct str *out, unsigned *n, const char *server, const char *user)
{
	str_addf(out,
		"%u. start a private primary, %s, as user %s, on a Unix socket and, for its "
		"replica, on 127.0.0.1\n",
		(*n)++, server, user);
	str_addf(out, "%u. start a replica of it, on a Unix socket only, and see a row come over\n",
		(*n)++);
}

static void choose_settings(struct private_replica *base)
{
	struct my_private *p = mine(base);

	my_settings_standard(&p->settings);
	/* Nobody has written down what there was in it. */
	my_settings_set(&p->settings, "innodb_buffer_pool_load_at_startup", "OFF");
	my_settings_add_all(&p->settings, p->config->settings, p->config->n_settings);
	my_settings_isolate(&p->settings, &p->programs.flavour);
}

static int open_servers(struct private_replica *base, const char *primary_dir,
	const char *replica_dir, struct private_server **ret_primary,
	struct private_server **ret_replica, struct err *err)
{
	struct my_private *p = mine(base);

	*ret_primary = &p->primary.base;
	*ret_replica = &p->replica.base;
	return my_server_open(&p->primary, &p->programs, primary_dir, p->env->journal, err) ||
			my_server_open(&p->replica, &p->programs, replica_dir, p->env->journal, err)
		? -1
		: 0;
}

static int begin_replica(struct private_replica *base, struct err *err)
{
	struct my_private *p = mine(base);

	my_settings_set(&p->settings, "server-id", "2");
	if (my_server_configure(&p->replica, p->settings.items, p->settings.n, err))
		return -1;
	return my_server_begin(&p->replica, err);
}

static int start_primary(struct private_replica *base, struct err *err)
{
	struct my_private *p = mine(base);

	if (my_pair_start_primary(&p->primary, &p->settings, &p->primary_port, err))
		return -1;
	return my_pair_identity(&p->primary, &p->info.source_identity, err);
}

static int join_replica(struct private_replica *base, struct err *err)
{
	struct my_private *p = mine(base);

	if (my_server_wait(&p->replica, START_TIMEOUT_US, err))
		return -1;
	return my_pair_replicate(&p->primary, p->primary_port, &p->replica, err);
}

static int promote_replica(struct private_replica *base, struct err *err)
{
	struct my_private *p = mine(base);

	return my_pair_promote(&p->replica, err) || my_server_quit(&p->primary, err) ? -1 : 0;
}

static const struct embedded_engine engine = {
	.private = &my_private_engine,
	.fixtures = &my_fixture_engine,
	.replica_word = "replica",
	.applied_word = "applied",
	.make = make,
	.find_programs = find_programs,
	.check = check,
	.programs = programs,
	.room = 1u << 30,
	.plan_start = plan_start,
	.choose_settings = choose_settings,
	.open_servers = open_servers,
	.begin_replica = begin_replica,
	.start_primary = start_primary,
	.join_replica = join_replica,
	.quarantined =
		"the replica was started by the harness, on a Unix socket only, with a server id "
		"of its own, without events, and nothing follows it",
	.promote = promote_replica,
	.promoted = "a replica was promoted after it had applied all that its primary had written",
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

const struct provider mysql_embedded = {EMBEDDED_STEPS,
	.summary = "a private primary built from a fixture, and a replica of it that is promoted",
	.plan = plan, .pool = pool, .open = open_embedded};
