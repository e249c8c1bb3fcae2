#include "adapters/provider_promote.h"

#include <stdlib.h>

#include "harness/base/cleanup.h"
#include "harness/base/mem.h"
#include "harness/base/units.h"

#define CATCH_UP_US 60000000

struct replica {
	const struct promote_engine *engine;
	struct given_replica *g;
};

static void tell(const struct replica *r, const char *before, const char *after)
{
	CLEANUP(cleanup_free)
	char *text = mem_printf("%s the %s%s", before, r->engine->replica_word, after);

	if (r->g->env->progress)
		r->g->env->progress(r->g->env->ctx, text);
}

static int check_words(
	const struct promote_engine *engine, const struct provider_config *config, struct err *err)
{
	if (!config->standby || !*config->standby)
		return err_set(err, ERR_USAGE,
			"provider 'promote' needs replica.standby, the connection string of the "
			"%s that is given up",
			engine->replica_word);
	if (!config->source || !*config->source)
		return err_set(err, ERR_USAGE,
			"provider 'promote' needs replica.source, the connection string of %s",
			engine->why_source);
	return 0;
}

static struct replica *make(const struct promote_engine *engine,
	const struct provider_config *config, const struct provider_env *env)
{
	struct replica *r = mem_zalloc(sizeof(*r));

	r->engine = engine;
	r->g = engine->make();
	r->g->config = config;
	r->g->env = env;
	r->g->catch_up_us = config->catch_up_us ? config->catch_up_us : CATCH_UP_US;
	r->g->info.provider = mem_strdup("promote");
	return r;
}

static void end(struct replica *r)
{
	r->engine->release(r->g);
	replica_info_release(&r->g->info);
	free(r->g);
	free(r);
}

int promote_plan(const struct promote_engine *engine, const struct provider_config *config,
	const struct provider_env *env, struct str *out, struct err *err)
{
	struct replica *r;
	struct err refusal = {0};
	int result = 0;

	if (check_words(engine, config, err))
		return -1;
	r = make(engine, config, env);
	if (engine->look(r->g, &refusal) &&
		(!engine->asked(r->g) || refusal.kind == ERR_UNSUPPORTED)) {
		result = err_set(err, refusal.kind, "%s", refusal.text);
	} else {
		if (*refusal.text)
			str_addf(out, "would be refused: %s\n", refusal.text);
		engine->plan(r->g, out);
	}
	end(r);
	return result;
}

int promote_open(const struct promote_engine *engine, const struct provider_config *config,
	const struct provider_env *env, struct replica **ret, struct err *err)
{
	if (check_words(engine, config, err))
		return -1;
	*ret = make(engine, config, env);
	return 0;
}

int promote_check(struct replica *r, struct err *err)
{
	return r->engine->look(r->g, err) || r->engine->describe(r->g, err) ? -1 : 0;
}

int promote_provision(struct replica *r, struct err *err)
{
	tell(r, "waiting for", " to catch up");
	return r->engine->catch_up(r->g, err);
}

int promote_quarantine(struct replica *r, struct err *err)
{
	return r->engine->quarantine(r->g, err);
}

int promote_promote(struct replica *r, struct err *err)
{
	tell(r, "promoting", "");
	if (r->engine->promote(r->g, err))
		return -1;
	r->engine->note_what_is_left(r->g);
	return 0;
}

int promote_verify(struct replica *r, struct err *err)
{
	return r->engine->verify(r->g, err);
}

const struct replica_info *promote_info(const struct replica *r)
{
	return &r->g->info;
}

/* A server that its owner runs: its loss shows in the connections. */
bool promote_alive(const struct replica *r)
{
	(void)r;
	return true;
}

int promote_release(struct replica *r, struct err *err)
{
	int result = 0;

	if (!r)
		return 0;
	if (!r->g->promoted && r->engine->asked(r->g))
		result = r->engine->undo(r->g, err);
	end(r);
	return result;
}
