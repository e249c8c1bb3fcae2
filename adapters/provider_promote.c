#include "adapters/provider_promote.h"

#include <stdlib.h>

#include "harness/base/cleanup.h"
#include "harness/base/clock.h"
#include "harness/base/fs.h"
#include "harness/base/interrupt.h"
#include "harness/base/mem.h"
#include "harness/base/units.h"

#define CATCH_UP_US 60000000
#define FOLLOW_STEP_US 50000

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
	golden_release(&r->g->golden);
	replica_info_release(&r->g->info);
	free(r->g);
	free(r);
}

/* ---- the way back ---- */

/* Whether it can be given back as it was, when that is asked for. */
static int check_return(struct replica *r, struct err *err)
{
	const struct promote_engine *e = r->engine;
	const struct provider_config *config = r->g->config;
	CLEANUP(cleanup_free) char *dir = NULL;
	CLEANUP(cleanup_free) char *outside = NULL;
	bool follows = false;

	if (!config->give_back)
		return 0;
	if (!config->stop || !config->start)
		return err_set(err, ERR_USAGE,
			"replica.return needs replica.stop and replica.start, the commands for the "
			"%s's server",
			e->replica_word);
	if (e->find_data_dir(r->g, &dir, err) ||
		(dir && e->find_outside && e->find_outside(r->g, &outside, err)) ||
		e->follows(config, &follows, err))
		return -1;
	if (!dir)
		return err_set(err, ERR_REFUSED,
			"the %s's files are not on this machine, or this user may not read them: "
			"run there, as its owner or as root, or leave replica.return out",
			e->replica_word);
	if (outside && *outside)
		return err_set(err, ERR_REFUSED,
			"a golden copy of '%s' would not be all of the server's data (%s): leave "
			"replica.return out",
			dir, outside);
	if (!follows)
		return err_set(err, ERR_REFUSED,
			"the %s does not follow its %s now, so nobody could tell whether it does "
			"again afterwards: repair that first, or leave replica.return out",
			e->replica_word, e->source_word);
	golden_init(&r->g->golden, dir, config->stop, config->start);
	return golden_check(&r->g->golden, config->give_back == RETURN_REFLINK, err);
}

static int wait_until_follows(struct replica *r, struct err *err)
{
	uint64_t deadline = clock_us() + r->g->catch_up_us;
	struct err reason = {0};
	bool follows = false;
	char limit[UNITS_TEXT];

	for (;;) {
		err_clear(&reason);
		if (!r->engine->follows(r->g->config, &follows, &reason) && follows)
			return 0;
		if (interrupt_check(err))
			return -1;
		if (clock_us() >= deadline)
			return err_set(err, ERR_FAILED,
				"the %s did not follow its %s again within %s of its start%s%s",
				r->engine->replica_word, r->engine->source_word,
				units_duration_text(r->g->catch_up_us, limit),
				*reason.text ? ": " : "", reason.text);
		clock_sleep_us(FOLLOW_STEP_US);
	}
}

/* Before anything is changed there. Its server is down for it. */
static int take_golden(struct replica *r, struct err *err)
{
	const struct provider_config *config = r->g->config;
	struct given_replica *g = r->g;
	uint64_t begin = clock_us();

	if (!config->give_back)
		return 0;
	tell(r, "copying", "'s files");
	if (g->env->journal &&
		journal_golden(
			g->env->journal, g->golden.data_dir, config->stop, config->start, err))
		return -1;
	g->borrowed = true;
	/* Its connections would hold up an orderly stop. */
	r->engine->release(g);
	if (golden_take(&g->golden, err))
		return -1;
	g->has_golden = true;
	if (wait_until_follows(r, err))
		return -1;
	g->copied_us = clock_us() - begin;
	return r->engine->look(g, err) || r->engine->catch_up(g, err) ? -1 : 0;
}

static int put_back(struct replica *r, struct err *err)
{
	struct given_replica *g = r->g;

	/* Untouched, but perhaps still down. */
	if (!g->promoted)
		return golden_drop(&g->golden, err) || golden_return(&g->golden, err) ? -1 : 0;
	tell(r, "giving back", "");
	r->engine->release(g);
	return golden_return(&g->golden, err) || wait_until_follows(r, err) ? -1 : 0;
}

int promote_give_back(struct replica *r, struct err *err)
{
	struct given_replica *g = r->g;
	const char *what = r->engine->replica_word;
	uint64_t begin = clock_us();
	char copied[UNITS_TEXT], returned[UNITS_TEXT];
	struct err reason = {0};

	if (!g->borrowed)
		return 0;
	if (put_back(r, &reason)) {
		replica_note(&g->info, "replica-not-returned", true,
			"the %s could not be given back: %s. Its files of before are in '%s': stop "
			"its server, put them in the place of '%s', start it; `rehearse doctor "
			"--clean` does the same",
			what, reason.text, g->golden.copy, g->golden.data_dir);
		return err_set(
			err, reason.kind, "the %s could not be given back: %s", what, reason.text);
	}
	if (g->promoted)
		replica_note(&g->info, "replica-returned", false,
			"the %s was given back as it was: its files were copied before the "
			"promotion (its server was stopped for it, and followed again after %s), "
			"and put back afterwards, and it follows its %s again (%s)",
			what, units_duration_text(g->copied_us, copied), r->engine->source_word,
			units_duration_text(clock_us() - begin, returned));
	return g->env->journal ? journal_drop(g->env->journal, g->golden.data_dir, 0, err) : 0;
}

/* ---- the steps ---- */

static void plan_lines(struct replica *r, struct str *out)
{
	const struct promote_engine *e = r->engine;
	const struct golden *golden = &r->g->golden;
	char limit[UNITS_TEXT];
	unsigned n = 1;

	str_addf(out, "%u. wait until the %s (%s) has %s, at most %s\n", n++, e->replica_word,
		e->redacted(r->g), e->applied_word, units_duration_text(r->g->catch_up_us, limit));
	if (golden->copy)
		str_addf(out,
			"%u. stop it (%s), copy its files to '%s', start it (%s), wait until it "
			"follows again\n",
			n++, golden->stop, golden->copy, golden->start);
	e->plan(r->g, out, &n);
	if (golden->copy)
		str_addf(out,
			"%u. at the end: stop it, put the copy in the place of '%s', start it, "
			"wait until it follows its %s again\n",
			n, golden->data_dir, e->source_word);
	else
		e->plan_left(r->g, out, &n);
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
		if (!*refusal.text)
			check_return(r, &refusal);
		if (*refusal.text)
			str_addf(out, "would be refused: %s\n", refusal.text);
		plan_lines(r, out);
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
	return r->engine->look(r->g, err) || r->engine->describe(r->g, err) || check_return(r, err)
		? -1
		: 0;
}

int promote_provision(struct replica *r, struct err *err)
{
	tell(r, "waiting for", " to catch up");
	return r->engine->catch_up(r->g, err) || take_golden(r, err) ? -1 : 0;
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
	if (!r->g->has_golden)
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
