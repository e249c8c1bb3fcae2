/*
 * embedded: a private primary with a fixture's data and a real streaming standby of it, which is
 * promoted. After that the primary goes: two servers would share one machine's disk and memory.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "adapters/postgres/control.h"
#include "adapters/postgres/fixture_build.h"
#include "adapters/postgres/isolation.h"
#include "adapters/postgres/postgres.h"
#include "adapters/postgres/private.h"
#include "adapters/run_dir.h"
#include "harness/base/cleanup.h"
#include "harness/base/mem.h"
#include "harness/base/units.h"

#define START_TIMEOUT_US 120000000
#define SLOT "rehearse_replica"

struct replica {
	struct pg_private p;
	struct pg_server primary;
	struct fixture fixture;
};

static int plan(const struct provider_config *config, const struct provider_env *env,
	struct str *out, struct err *err)
{
	struct pg_programs programs = {0};
	struct fixture fixture = {0};
	CLEANUP(cleanup_free) char *entry = NULL;
	struct proc_user user;
	unsigned n = 1;

	if (pg_programs_find(config->bin_dir, 0, &programs, err))
		return -1;
	if (fixture_read(config, &pg_fixture_engine, programs.text, &fixture, err)) {
		pg_programs_release(&programs);
		return -1;
	}
	proc_server_user("postgres", &user);
	entry = fixture_path(&fixture, env->cache_dir);
	if (!fs_is_dir(entry))
		str_addf(out,
			"%u. build database '%s' from %zu fixture files at scale %g with "
			"PostgreSQL "
			"%s, and keep a copy in %s\n",
			n++, fixture.database, fixture.n_files, fixture.scale, programs.text,
			entry);
	str_addf(out, "%u. copy database '%s' from %s into a directory of this run\n", n++,
		fixture.database, entry);
	str_addf(out,
		"%u. start a private primary, PostgreSQL %s, as user %s, on a Unix socket only\n",
		n++, programs.text, user.name);
	str_addf(
		out, "%u. create replication slot '" SLOT "' there and a streaming standby\n", n++);
	str_addf(out, "%u. wait until the standby has replayed all, promote it, end the primary\n",
		n++);
	str_addf(out, "%u. at the end: end the replica and remove the run's directory\n", n);
	fixture_release(&fixture);
	pg_programs_release(&programs);
	return 0;
}

static int open_embedded(const struct provider_config *config, const struct provider_env *env,
	struct replica **ret, struct err *err)
{
	struct replica *r;

	if (pg_settings_check(config->settings, config->n_settings, err))
		return -1;
	r = mem_zalloc(sizeof(*r));
	pg_private_init(&r->p, "embedded", config, env);
	if (fixture_read(config, &pg_fixture_engine, NULL, &r->fixture, err)) {
		pg_private_release(&r->p, NULL);
		free(r);
		return -1;
	}
	*ret = r;
	return 0;
}

/* There is no source that could be harmed: what can be missing is programs and disk. */
static int check(struct replica *r, struct err *err)
{
	CLEANUP(cleanup_free) char *entry = NULL;
	uint64_t bytes;

	if (pg_programs_find(r->p.config->bin_dir, 0, &r->p.programs, err))
		return -1;
	fixture_release(&r->fixture);
	if (fixture_read(r->p.config, &pg_fixture_engine, r->p.programs.text, &r->fixture, err))
		return -1;
	r->p.database = r->fixture.database;
	entry = fixture_path(&r->fixture, r->p.env->cache_dir);
	bytes = fs_tree_bytes(entry); /* 0 when it is not built yet */
	return run_dir_check_space(
		"the fixture with its standby", bytes * 2 + bytes / 2 + (256u << 20), err);
}

static int start_primary(struct replica *r, struct err *err)
{
	struct pg_private *p = &r->p;
	CLEANUP(cleanup_free) char *dir = fs_join(p->dir, "primary");

	if (pg_server_open(&r->primary, &p->programs, dir, p->env->journal, err) ||
		fixture_copy(&r->fixture, &p->programs, p->env, p->dir, r->primary.data_dir, err))
		return -1;
	/* The server's user may be another than when the copy was made. */
	if (geteuid() == 0 &&
		fs_chown_tree(r->primary.data_dir, r->primary.user.uid, r->primary.user.gid, err))
		return -1;
	pg_private_tell(p, "starting the primary");
	if (pg_server_configure(&r->primary, p->settings.items, p->settings.n, err))
		return -1;
	return pg_server_start(&r->primary, START_TIMEOUT_US, err);
}

static int copy_standby(struct replica *r, struct err *err)
{
	CLEANUP(cleanup_free) char *dsn = pg_server_dsn(&r->primary, "postgres");
	/* The standby's start syncs its files; the server checks the checksums. */
	const char *const argv[] = {"pg_basebackup", "-d", dsn, "-D", r->p.replica.data_dir, "-R",
		"-S", SLOT, "-X", "stream", "--checkpoint=fast", "--no-sync",
		r->p.programs.version >= 130000 ? "--no-manifest" : NULL, NULL};

	pg_private_tell(&r->p, "copying the standby");
	return pg_server_run(&r->p.replica, argv, NULL, NULL, NULL, err);
}

static int start_standby(struct replica *r, struct db_conn *primary, struct err *err)
{
	struct pg_private *p = &r->p;
	CLEANUP(cleanup_free) char *dir = fs_join(p->dir, "replica");
	CLEANUP(cleanup_free) char *dsn = NULL;
	CLEANUP(cleanup_free) char *lsn = NULL;
	CLEANUP(cleanup_free) char *caught_up = NULL;
	CLEANUP(pg_control_close) struct db_conn *standby = NULL;

	if (pg_server_open(&p->replica, &p->programs, dir, p->env->journal, err) ||
		copy_standby(r, err))
		return -1;
	pg_private_tell(p, "starting the standby");
	if (pg_server_configure(&p->replica, p->settings.items, p->settings.n, err) ||
		pg_server_start(&p->replica, START_TIMEOUT_US, err) ||
		pg_control_text(primary, "SELECT pg_current_wal_lsn()", &lsn, err))
		return -1;
	dsn = pg_server_dsn(&p->replica, "postgres");
	caught_up = mem_printf("SELECT pg_last_wal_replay_lsn() >= '%s' AND EXISTS "
			       "(SELECT FROM pg_stat_wal_receiver WHERE status = 'streaming')",
		lsn);
	if (pg_control_open(dsn, NULL, &standby, err))
		return -1;
	return pg_control_wait(standby, caught_up, START_TIMEOUT_US,
		"the standby did not catch up with its primary", err);
}

static int provision(struct replica *r, struct err *err)
{
	struct pg_private *p = &r->p;
	CLEANUP(cleanup_free) char *dsn = NULL;
	CLEANUP(pg_control_close) struct db_conn *conn = NULL;

	pg_settings_standard(&p->settings, &p->programs);
	pg_settings_add_all(&p->settings, p->config->settings, p->config->n_settings);
	pg_settings_isolate(&p->settings, &p->programs);
	if (pg_private_make_dir(p, err) || start_primary(r, err))
		return -1;
	dsn = pg_server_dsn(&r->primary, "postgres");
	if (pg_control_open(dsn, NULL, &conn, err) ||
		pg_control_exec(conn,
			"SELECT pg_create_physical_replication_slot('" SLOT "', true)", err) ||
		pg_identity(conn, &p->info.source_identity, &p->source_timeline, err) ||
		start_standby(r, conn, err))
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
		"the replica was started by the harness, on a Unix socket only, with archiving, "
		"subscriptions and synchronous replication off from its start");
	return 0;
}

static int promote(struct replica *r, struct err *err)
{
	CLEANUP(cleanup_free) char *dir = mem_strdup(r->primary.dir);

	if (pg_private_promote(&r->p, err) || pg_server_quit(&r->primary, err))
		return -1;
	replica_note(&r->p.info, "promoted", false,
		"a streaming standby was promoted after it had replayed all of its primary's WAL; "
		"the primary was then ended");
	/* Frees the disk, and keeps its unwritten pages from competing with the replica's. What a
	 * last child still held goes with the run's directory. */
	fs_remove_tree(dir, NULL);
	return 0;
}

static int verify(struct replica *r, struct err *err)
{
	return pg_private_verify(&r->p, err);
}

static const struct replica_info *info(const struct replica *r)
{
	return &r->p.info;
}

static bool alive(const struct replica *r)
{
	return pg_server_alive(&r->p.replica);
}

static int release(struct replica *r, struct err *err)
{
	int result;

	if (!r)
		return 0;
	result = pg_server_quit(&r->primary, err);
	if (pg_private_release(&r->p, result ? NULL : err))
		result = -1;
	pg_server_release(&r->primary);
	fixture_release(&r->fixture);
	free(r);
	return result;
}

const struct provider postgres_embedded = {
	.name = "embedded",
	.summary = "a private primary built from a fixture, and a standby of it that is promoted",
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
