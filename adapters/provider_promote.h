/*
 * promote: an existing replica that its owner gives up. Where its files are here and its owner's
 * commands are given, they are copied before, and it is given back as it was. Elsewhere nothing
 * takes it back: the notes say what its owner has to do.
 *
 * The order of the steps is here; an engine brings its part of each.
 */
#ifndef REHEARSE_ADAPTERS_PROVIDER_PROMOTE_H
#define REHEARSE_ADAPTERS_PROVIDER_PROMOTE_H

#include "adapters/provider.h"
#include "harness/base/golden.h"

/* An engine's own struct begins with it. */
struct given_replica {
	const struct provider_config *config;
	const struct provider_env *env;
	uint64_t catch_up_us;
	bool promoted; /* from here on the quarantine is not put back */
	struct golden golden;
	bool borrowed;	    /* the journal has it: its server was, or is, stopped */
	bool has_golden;    /* there is a copy to give it back from */
	uint64_t copied_us; /* what it took: down, copied, following again */
	struct replica_info info;
};

struct promote_engine {
	const char *replica_word; /* "standby" */
	const char *source_word;  /* "primary" */
	const char *applied_word; /* "replayed all of its primary's WAL" */
	const char *why_source;	  /* what only its source knows */

	struct given_replica *(*make)(void);
	/* The interlock: connects, reads, refuses. */
	int (*look)(struct given_replica *g, struct err *err);
	bool (*asked)(
		const struct given_replica *g); /* look() came so far as to know the replica */
	const char *(*redacted)(const struct given_replica *g); /* its connection string */
	/* Numbered lines: from the quarantine to the promotion; what is left to its owner. */
	void (*plan)(const struct given_replica *g, struct str *out, unsigned *n);
	void (*plan_left)(const struct given_replica *g, struct str *out, unsigned *n);
	int (*describe)(
		struct given_replica *g, struct err *err); /* info, before anything is done */
	/* The data directory when it is on this machine and readable, else NULL; caller frees. */
	int (*find_data_dir)(struct given_replica *g, char **ret, struct err *err);
	/* Which of the server's files are elsewhere, "" none; caller frees. May be NULL. */
	int (*find_outside)(struct given_replica *g, char **ret, struct err *err);
	/* By a connection of its own: receives and applies what its source writes; sees to it that
	 * it tries. */
	int (*follows)(const struct provider_config *config, bool *ret, struct err *err);
	int (*catch_up)(struct given_replica *g, struct err *err);
	int (*quarantine)(struct given_replica *g, struct err *err); /* looks again first */
	/* Sets g->promoted once it is asked for: it may happen even when the answer is lost. */
	int (*promote)(struct given_replica *g, struct err *err);
	void (*note_what_is_left)(struct given_replica *g);
	int (*verify)(struct given_replica *g, struct err *err);
	/* Back to where it was found, as long as it was not promoted. */
	int (*undo)(struct given_replica *g, struct err *err);
	void (*release)(struct given_replica *g); /* its own members; look() can follow again */
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
int promote_give_back(struct replica *r, struct err *err);
int promote_release(struct replica *r, struct err *err);

/* All of a struct provider but plan and open. */
#define PROMOTE_STEPS                                                                             \
	.name = "promote",                                                                        \
	.summary = "an existing replica that its owner gives up, promoted where it is",           \
	.check = promote_check, .provision = promote_provision, .quarantine = promote_quarantine, \
	.promote = promote_promote, .verify = promote_verify, .info = promote_info,               \
	.alive = promote_alive, .give_back = promote_give_back, .release = promote_release

#endif
