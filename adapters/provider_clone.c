#include "adapters/provider_clone.h"

#include <stdlib.h>

#include "harness/base/cleanup.h"
#include "harness/base/fs.h"
#include "harness/base/mem.h"
#include "harness/base/units.h"

struct replica {
	const struct clone_engine *engine;
	struct private_replica *p;
};

static int end(const struct clone_engine *engine, struct private_replica *p, struct err *err)
{
	int result;

	engine->release_source(p);
	result = private_replica_release(p, engine->private, err);
	free(p);
	return result;
}

int clone_plan(const struct clone_engine *engine, const struct provider_config *config,
	const struct provider_env *env, struct str *out, struct err *err)
{
	struct private_replica *p = engine->make(config, env);
	struct err refusal = {0};
	unsigned n = 1;
	int result = engine->look(p, &refusal, err);

	if (!result) {
		if (*refusal.text)
			str_addf(out, "would be refused: %s\n", refusal.text);
		engine->plan(p, out, &n);
		str_addf(out,
			"%u. at the end: end it and remove the run's directory; nothing is left on "
			"the source\n",
			n);
	}
	end(engine, p, NULL);
	return result;
}

int clone_open(const struct clone_engine *engine, const struct provider_config *config,
	const struct provider_env *env, struct replica **ret, struct err *err)
{
	struct replica *r;

	if (!config->source || !*config->source)
		return err_set(err, ERR_USAGE,
			"provider 'clone' needs replica.source, the connection string of what is "
			"cloned");
	if (engine->private->check_settings(config->settings, config->n_settings, err))
		return -1;
	r = mem_zalloc(sizeof(*r));
	r->engine = engine;
	r->p = engine->make(config, env);
	*ret = r;
	return 0;
}

int clone_check(struct replica *r, struct err *err)
{
	struct err refusal = {0};

	if (r->engine->look(r->p, &refusal, err))
		return -1;
	return *refusal.text ? err_set(err, refusal.kind, "%s", refusal.text) : 0;
}

int clone_provision(struct replica *r, struct err *err)
{
	const struct clone_engine *e = r->engine;
	CLEANUP(cleanup_free) char *dir = NULL;
	char size[UNITS_TEXT];

	if (e->choose_settings(r->p, err) || private_replica_make_dir(r->p, err))
		return -1;
	dir = fs_join(r->p->dir, "replica");
	if (e->open_server(r->p, dir, err))
		return -1;
	private_replica_tell(
		r->p, "copying %s from the source", units_size_text(e->source_bytes(r->p), size));
	if (e->copy(r->p, err))
		return -1;
	private_replica_tell(r->p, "starting the clone");
	return e->start(r->p, err);
}

int clone_quarantine(struct replica *r, struct err *err)
{
	replica_note(&r->p->info, "private-server", false, "%s", r->engine->quarantined);
	return r->engine->note_surroundings(r->p, err);
}

int clone_promote(struct replica *r, struct err *err)
{
	return r->engine->promote(r->p, err);
}

int clone_verify(struct replica *r, struct err *err)
{
	if (r->engine->private->verify(r->p, err))
		return -1;
	return r->engine->note_proven ? r->engine->note_proven(r->p, err) : 0;
}

const struct replica_info *clone_info(const struct replica *r)
{
	return &r->p->info;
}

bool clone_alive(const struct replica *r)
{
	return r->engine->private->alive(r->p);
}

int clone_release(struct replica *r, struct err *err)
{
	int result;

	if (!r)
		return 0;
	result = end(r->engine, r->p, err);
	free(r);
	return result;
}
