/*
 * promote: an existing replica that its owner gives up. Nothing takes it back afterwards: the notes
 * say what its owner has to do.
 *
 * The order of the steps is here; an engine brings its part of each.
 */
#ifndef REHEARSE_ADAPTERS_PROVIDER_PROMOTE_H
#define REHEARSE_ADAPTERS_PROVIDER_PROMOTE_H

#include "adapters/provider.h"

/* An engine's own struct begins with it. */
struct given_replica {
	const struct provider_config *config;
	const struct provider_env *env;
	uint64_t catch_up_us;
	bool promoted; /* from here on nothing is put back */
	struct replica_info info;
};

struct promote_engine {
	const char *replica_word; /* "standby" */
	const char *why_source;	  /* what only its source knows */

	struct given_replica *(*make)(void);
	/* The interlock: connects, reads, refuses. */
	int (*look)(struct given_replica *g, struct err *err);
	bool (*asked)(
		const struct given_replica *g); /* look() came so far as to know the replica */
	void (*plan)(const struct given_replica *g, struct str *out); /* numbered lines */
	int (*describe)(
		struct given_replica *g, struct err *err); /* info, before anything is done */
	int (*catch_up)(struct given_replica *g, struct err *err);
	int (*quarantine)(struct given_replica *g, struct err *err); /* looks again first */
	/* Sets g->promoted once it is asked for: it may happen even when the answer is lost. */
	int (*promote)(struct given_replica *g, struct err *err);
	void (*note_what_is_left)(struct given_replica *g);
	int (*verify)(struct given_replica *g, struct err *err);
	/* Back to where it was found, as long as it was not promoted. */
	int (*undo)(struct given_replica *g, struct err *err);
	void (*release)(struct given_replica *g); /* its own members */
};

int promote_plan(const struct promote_engine *engine, const struct provider_config *config,
	const struct provider_env *env, struct str *out, struct err *err);
int promote_open(const struct promote_engine *engine, const struct provider_config *config,
	const struct provider_env *env, struct replica **ret, struct err *err);
int promote_check(struct replica *r, struct err *err);
int promote_provision(struct replica *r, struct err *err);
int promote_quarantine(struct replica *r, struct err *err);
int promote_promote(struct replica *r, struct err *err);
int promote_verify(struct replica *r, struct err *err);
const struct replica_info *promote_info(const struct replica *r);
bool promote_alive(const struct replica *r);
int promote_release(struct replica *r, struct err *err);

/* All of a struct provider but plan and open. */
#define PROMOTE_STEPS                                                                             \
	.name = "promote",                                                                        \
	.summary = "an existing replica that its owner gives up, promoted where it is",           \
	.check = promote_check, .provision = promote_provision, .quarantine = promote_quarantine, \
	.promote = promote_promote, .verify = promote_verify, .info = promote_info,               \
	.alive = promote_alive, .release = promote_release

#endif
