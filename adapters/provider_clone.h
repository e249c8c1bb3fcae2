/*
 * clone: a copy of the source, started privately without a way back to it. Nothing is left on the
 * source.
 *
 * The order of the steps is here; an engine brings its part of each.
 */
#ifndef REHEARSE_ADAPTERS_PROVIDER_CLONE_H
#define REHEARSE_ADAPTERS_PROVIDER_CLONE_H

#include "adapters/private_replica.h"

struct clone_engine {
	const struct private_engine *private;

	/* An own struct, initialised; the caller frees it after release_source() and
	 * private_replica_release(). */
	struct private_replica *(*make)(
		const struct provider_config *config, const struct provider_env *env);
	/* Reads the source, then looks whether it can be cloned: `ret_refusal`, when it cannot.
	 * -1: it could not be read. Fills in what info says of the source. */
	int (*look)(struct private_replica *p, struct err *ret_refusal, struct err *err);
	void (*release_source)(struct private_replica *p);
	uint64_t (*source_bytes)(const struct private_replica *p);

	/* Numbered lines, all but the last. */
	void (*plan)(const struct private_replica *p, struct str *out, unsigned *n);

	/* provision, in this order */
	int (*choose_settings)(struct private_replica *p, struct err *err);
	int (*open_server)(struct private_replica *p, const char *dir, struct err *err);
	int (*copy)(struct private_replica *p, struct err *err);
	int (*start)(struct private_replica *p, struct err *err);

	const char *quarantined; /* a note */
	int (*note_surroundings)(struct private_replica *p, struct err *err);
	int (*promote)(struct private_replica *p, struct err *err);	/* and note it */
	int (*note_proven)(struct private_replica *p, struct err *err); /* may be NULL */
};

int clone_plan(const struct clone_engine *engine, const struct provider_config *config,
	const struct provider_env *env, struct str *out, struct err *err);
int clone_open(const struct clone_engine *engine, const struct provider_config *config,
	const struct provider_env *env, struct replica **ret, struct err *err);
int clone_check(struct replica *r, struct err *err);
int clone_provision(struct replica *r, struct err *err);
int clone_quarantine(struct replica *r, struct err *err);
int clone_promote(struct replica *r, struct err *err);
int clone_verify(struct replica *r, struct err *err);
const struct replica_info *clone_info(const struct replica *r);
bool clone_alive(const struct replica *r);
int clone_release(struct replica *r, struct err *err);

/* All of a struct provider but plan, open and summary. */
#define CLONE_STEPS                                                                       \
	.name = "clone", .check = clone_check, .provision = clone_provision,              \
	.quarantine = clone_quarantine, .promote = clone_promote, .verify = clone_verify, \
	.info = clone_info, .alive = clone_alive, .release = clone_release

#endif
