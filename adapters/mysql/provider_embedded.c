/*
 * embedded: a private primary with a fixture's data and a real replica of it, which is promoted.
 * After that the primary goes: two servers would share one machine's disk and memory.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "adapters/mysql/fixture_build.h"
#include "adapters/mysql/mysql.h"
#include "adapters/mysql/pair.h"
#include "adapters/mysql/private.h"
#include "adapters/run_dir.h"
#include "harness/base/cleanup.h"
#include "harness/base/mem.h"

#define START_TIMEOUT_US 120000000

struct replica {
	struct my_private p;
	struct my_server primary;
	struct fixture fixture;
};

static int plan(const struct provider_config *config, const struct provider_env *env,
	struct str *out, struct err *err)
{
	struct my_programs programs = {0};
	struct fixture fixture = {0};
	CLEANUP(cleanup_free) char *entry = NULL;
	struct proc_user user;
	const char *name;
	unsigned n = 1;

	if (my_programs_find(config->bin_dir, &programs, err))
		return -1;
	if (fixture_read(config, &my_fixture_engine, programs.flavour.text, &fixture, err)) {
		my_programs_release(&programs);
		return -1;
	}
	name = my_flavour_name(&programs.flavour);
	proc_server_user("mysql", &user);
	entry = fixture_path(&fixture, env->cache_dir);
	if (!fs_is_dir(entry))
		str_addf(out,
			"%u. build database '%s' from %zu fixture files at scale %g with %s %s, "
			"and keep a copy in %s\n",
			n++, fixture.database, fixture.n_files, fixture.scale, name,
			programs.flavour.text, entry);
	str_addf(out, "%u. copy database '%s' from %s twice into a directory of this run\n", n++,
		fixture.database, entry);
	str_addf(out,
		"%u. start a private primary, %s %s, as user %s, on a Unix socket and, for its "
		"replica, on 127.0.0.1\n",
		n++, name, programs.flavour.text, user.name);
	str_addf(out, "%u. start a replica of it, on a Unix socket only, and see a row come over\n",
		n++);
	str_addf(out, "%u. wait until the replica has applied all, promote it, end the primary\n",
		n++);
	str_addf(out, "%u. at the end: end the replica and remove the run's directory\n", n);
	fixture_release(&fixture);
	my_programs_release(&programs);
	return 0;
}

static int open_embedded(const struct provider_config *config, const struct provider_env *env,
	struct replica **ret, struct err *err)
{
	struct replica *r;

	if (my_settings_check(config->settings, config->n_settings, err))
		return -1;
	r = mem_zalloc(sizeof(*r));
	my_private_init(&r->p, "embedded", config, env);
	if (fixture_read(config, &my_fixture_engine, NULL, &r->fixture, err)) {
		my_private_release(&r->p, NULL);
		free(r);
		return -1;
	}
	*ret = r;
	return 0;
}

/* There is no source that could be harmed: what can be missing is programs and disk. */
static int check(struct replica *r, struct err *err)
{
	struct my_private *p = &r->p;
	CLEANUP(cleanup_free) char *entry = NULL;
	uint64_t bytes;

	if (my_programs_find(p->config->bin_dir, &p->programs, err) ||
		my_provider_supports(&p->programs.flavour, "embedded", err))
		return -1;
	if (!p->programs.client)
		return err_set(err, ERR_FAILED,
			"the program 'mariadb', which loads fixtures, is not there: install the "
			"package 'mariadb-client'");
	fixture_release(&r->fixture);
	if (fixture_read(p->config, &my_fixture_engine, p->programs.flavour.text, &r->fixture, err))
		return -1;
	p->database = r->fixture.database;
	entry = fixture_path(&r->fixture, p->env->cache_dir);
	bytes = fs_tree_bytes(entry); /* 0 when it is not built yet */
	return run_dir_check_space(
		"the fixture with its replica", bytes * 2 + bytes / 2 + (1u << 30), err);
}

static int copy_data(struct replica *r, struct my_server *s, struct err *err)
{
	struct my_private *p = &r->p;

	if (fixture_copy(&r->fixture, &p->programs, p->env, p->dir, s->data_dir, err))
		return -1;
	/* The server's user may be another than when the copy was made. */
	return geteuid() == 0 ? fs_chown_tree(s->data_dir, s->user.uid, s->user.gid, err) : 0;
}

static int start_primary(struct replica *r, unsigned *ret_port, struct err *err)
{
	struct my_private *p = &r->p;
	CLEANUP(cleanup_free) char *dir = fs_join(p->dir, "primary");

	if (my_server_open(&r->primary, &p->programs, dir, p->env->journal, err) ||
		copy_data(r, &r->primary, err))
		return -1;
	my_private_tell(p, "starting the primary");
	return my_pair_start_primary(&r->primary, &p->settings, ret_port, err);
}

static int start_replica(struct replica *r, unsigned port, struct err *err)
{
	struct my_private *p = &r->p;

	if (copy_data(r, &p->replica, err))
		return -1;
	my_private_tell(p, "starting the replica");
	my_settings_set(&p->settings, "server-id", "2");
	if (my_server_configure(&p->replica, p->settings.items, p->settings.n, err) ||
		my_server_start(&p->replica, START_TIMEOUT_US, err))
		return -1;
	my_private_tell(p, "replicating");
	return my_pair_replicate(&r->primary, port, &p->replica, err);
}

static int provision(struct replica *r, struct err *err)
{
	struct my_private *p = &r->p;
	unsigned port = 0;

	my_settings_standard(&p->settings);
	my_settings_add_all(&p->settings, p->config->settings, p->config->n_settings);
	my_settings_isolate(&p->settings, &p->programs.flavour);
	if (my_private_open(p, err) || start_primary(r, &port, err) ||
		my_pair_identity(&r->primary, &p->info.source_identity, err) ||
		start_replica(r, port, err))
		return -1;
	p->info.source = r->fixture.dir
		? mem_printf("embedded fixture '%s' at scale %g", r->fixture.database,
			  r->fixture.scale)
		: mem_printf("embedded empty database '%s'", r->fixture.database);
	return 0;
}

static int quarantine(struct replica *r, struct err *err)
{
	(void)err;
	replica_note(&r->p.info, "private-server", false,
		"the replica was started by the harness, on a Unix socket only, with a server id "
		"of its own, without events, and nothing follows it");
	return 0;
}

static int promote(struct replica *r, struct err *err)
{
	CLEANUP(cleanup_free) char *dir = mem_strdup(r->primary.dir);

	my_private_tell(&r->p, "promoting the replica");
	if (my_pair_promote(&r->p.replica, err) || my_server_quit(&r->primary, err))
		return -1;
	replica_note(&r->p.info, "promoted", false,
		"a replica was promoted after it had applied all that its primary had written; the "
		"primary was then ended");
	/* Frees the disk, and keeps its unwritten pages from competing with the replica's. What a
	 * last child still held goes with the run's directory. */
	fs_remove_tree(dir, NULL);
	return 0;
}

static int verify(struct replica *r, struct err *err)
{
	return my_private_verify(&r->p, err);
}

static const struct replica_info *info(const struct replica *r)
{
	return &r->p.info;
}

static bool alive(const struct replica *r)
{
	return my_server_alive(&r->p.replica);
}

static int release(struct replica *r, struct err *err)
{
	int result;

	if (!r)
		return 0;
	result = my_server_quit(&r->primary, err);
	if (my_private_release(&r->p, result ? NULL : err))
		result = -1;
	my_server_release(&r->primary);
	fixture_release(&r->fixture);
	free(r);
	return result;
}

const struct provider mysql_embedded = {
	.name = "embedded",
	.summary = "a private primary built from a fixture, and a replica of it that is promoted",
	.plan = plan,
	.open = open_embedded,
	.check = check,
	.provision = provision,
	.quarantine = quarantine,
	.promote = promote,
	.verify = verify,
	.info = info,
	.alive = alive,
	.release = release,
};
