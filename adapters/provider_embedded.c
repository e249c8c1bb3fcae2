#include "adapters/provider_embedded.h"

#include <stdlib.h>
#include <unistd.h>

#include "adapters/pool.h"
#include "adapters/run_dir.h"
#include "harness/base/cleanup.h"
#include "harness/base/interrupt.h"
#include "harness/base/mem.h"

struct replica {
	const struct embedded_engine *engine;
	struct private_replica *p;
	char *primary_dir;
	struct fixture fixture;
};

static int end(struct replica *r, struct err *err)
{
	int result = private_replica_release(r->p, r->engine->private, err);

	fixture_release(&r->fixture);
	free(r->primary_dir);
	free(r->p);
	free(r);
	return result;
}

/* With the programs' version: then the fixture's key is known, too. */
static int read_fixture(struct replica *r, char **ret_server, struct err *err)
{
	const char *name, *version;

	if (r->engine->find_programs(r->p, &name, &version, err))
		return -1;
	if (ret_server)
		*ret_server = mem_printf("%s %s", name, version);
	fixture_release(&r->fixture);
	if (fixture_read(r->p->config, r->engine->fixtures, version, &r->fixture, err))
		return -1;
	r->p->database = r->fixture.database;
	return 0;
}

static void plan_lines(struct replica *r, const char *server, struct str *out)
{
	const struct embedded_engine *e = r->engine;
	const struct fixture *f = &r->fixture;
	CLEANUP(cleanup_free) char *entry = fixture_path(f, r->p->env->cache_dir);
	struct proc_user user;
	unsigned n = 1;

	proc_server_user(e->private->account, &user);
	if (!fs_is_dir(entry))
		str_addf(out,
			"%u. build database '%s' from %zu fixture files at scale %g with %s, and "
			"keep a copy in %s\n",
			n++, f->database, f->n_files, f->scale, server, entry);
	str_addf(out, "%u. copy database '%s' from %s twice into a directory of this run\n", n++,
		f->database, entry);
	e->plan_start(out, &n, server, user.name);
	str_addf(out, "%u. wait until the %s has %s all, promote it, end the primary\n", n++,
		e->replica_word, e->applied_word);
	str_addf(out, "%u. at the end: end the replica and remove the run's directory\n", n);
}

int embedded_plan(const struct embedded_engine *engine, const struct provider_config *config,
	const struct provider_env *env, struct str *out, struct err *err)
{
	struct replica *r = mem_zalloc(sizeof(*r));
	CLEANUP(cleanup_free) char *server = NULL;
	int result;

	r->engine = engine;
	r->p = engine->make(config, env);
	result = read_fixture(r, &server, err);
	if (!result)
		plan_lines(r, server, out);
	end(r, NULL);
	return result;
}

static int fill_pool(struct replica *r, const char *server, unsigned rehearsals, struct err *err)
{
	const struct embedded_engine *e = r->engine;

	if ((e->check && e->check(r->p, err)) || private_replica_make_dir(r->p, err))
		return -1;
	return fixture_pool_fill(
		&r->fixture, e->programs(r->p), r->p->env, r->p->dir, server, rehearsals, err);
}

int embedded_pool(const struct embedded_engine *engine, const struct provider_config *config,
	const struct provider_env *env, unsigned rehearsals, struct err *err)
{
	struct replica *r = mem_zalloc(sizeof(*r));
	CLEANUP(cleanup_free) char *server = NULL;
	CLEANUP(cleanup_free) char *pool = NULL;
	int result;

	r->engine = engine;
	r->p = engine->make(config, env);
	result = read_fixture(r, &server, err);
	if (!result && rehearsals) {
		result = fill_pool(r, server, rehearsals, err);
	} else if (!result) {
		CLEANUP(cleanup_free) char *entry = fixture_path(&r->fixture, env->cache_dir);

		pool = mem_printf("%s.pool", entry);
		result = fs_is_dir(pool) ? pool_drain(pool, env, err) : 0;
	}
	interrupt_hold();
	if (end(r, result ? NULL : err))
		result = -1;
	interrupt_release();
	return result;
}

int embedded_open(const struct embedded_engine *engine, const struct provider_config *config,
	const struct provider_env *env, struct replica **ret, struct err *err)
{
	struct replica *r;

	if (engine->private->check_settings(config->settings, config->n_settings, err))
		return -1;
	r = mem_zalloc(sizeof(*r));
	r->engine = engine;
	r->p = engine->make(config, env);
	if (fixture_read(config, engine->fixtures, NULL, &r->fixture, err)) {
		end(r, NULL);
		return -1;
	}
	*ret = r;
	return 0;
}

/* There is no source that could be harmed: what can be missing is programs and disk. */
int embedded_check(struct replica *r, struct err *err)
{
	const struct embedded_engine *e = r->engine;
	CLEANUP(cleanup_free) char *what = mem_printf("the fixture with its %s", e->replica_word);
	CLEANUP(cleanup_free) char *entry = NULL;
	uint64_t bytes;

	if (read_fixture(r, NULL, err) || (e->check && e->check(r->p, err)))
		return -1;
	entry = fixture_path(&r->fixture, r->p->env->cache_dir);
	bytes = fs_tree_bytes(entry); /* 0 when it is not built yet */
	return run_dir_check_space(what, bytes * 2 + bytes / 2 + e->room, err);
}

static int own(const struct private_server *s, struct err *err)
{
	/* The server's user may be another than when the copy was made. */
	return geteuid() == 0 ? fs_chown_tree(s->data_dir, s->user.uid, s->user.gid, err) : 0;
}

static int copy_fixture(struct replica *r, struct err *err)
{
	CLEANUP(cleanup_free) char *replica_dir = fs_join(r->p->dir, "replica");
	struct private_server *primary, *replica;

	r->primary_dir = fs_join(r->p->dir, "primary");
	if (r->engine->open_servers(r->p, r->primary_dir, replica_dir, &primary, &replica, err) ||
		fixture_copy(&r->fixture, r->engine->programs(r->p), r->p->env, r->p->dir,
			(const char *const[]){replica->data_dir, primary->data_dir, NULL}, err))
		return -1;
	return own(primary, err) || own(replica, err) ? -1 : 0;
}

int embedded_provision(struct replica *r, struct err *err)
{
	const struct embedded_engine *e = r->engine;
	const struct fixture *f = &r->fixture;

	e->choose_settings(r->p);
	if (private_replica_make_dir(r->p, err) || copy_fixture(r, err))
		return -1;
	private_replica_tell(r->p, "starting the primary and its %s", e->replica_word);
	if (e->begin_replica(r->p, err) || e->start_primary(r->p, err))
		return -1;
	private_replica_tell(r->p, "replicating");
	if (e->join_replica(r->p, err))
		return -1;
	r->p->info.source = f->dir
		? mem_printf("embedded fixture '%s' at scale %g", f->database, f->scale)
		: mem_printf("embedded empty database '%s'", f->database);
	return 0;
}

int embedded_quarantine(struct replica *r, struct err *err)
{
	(void)err;
	replica_note(&r->p->info, "private-server", false, "%s", r->engine->quarantined);
	return 0;
}

int embedded_promote(struct replica *r, struct err *err)
{
	private_replica_tell(r->p, "promoting the replica");
	if (r->engine->promote(r->p, err))
		return -1;
	replica_note(&r->p->info, "promoted", false, "%s; the primary was then ended",
		r->engine->promoted);
	/* Frees the disk, and keeps its unwritten pages from competing with the replica's. What a
	 * last child still held goes with the run's directory. */
	fs_remove_tree(r->primary_dir, NULL);
	return 0;
}

int embedded_verify(struct replica *r, struct err *err)
{
	return r->engine->private->verify(r->p, err);
}

const struct replica_info *embedded_info(const struct replica *r)
{
	return &r->p->info;
}

bool embedded_alive(const struct replica *r)
{
	return r->engine->private->alive(r->p);
}

int embedded_release(struct replica *r, struct err *err)
{
	return r ? end(r, err) : 0;
}
