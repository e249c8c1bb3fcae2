/*
 * embedded: a private primary with a fixture's data and a real replica of it, which is promoted.
 * After that the primary goes: two servers would share one machine's disk and memory.
 *
 * The order of the steps is here; an engine brings its part of each.
 */
#ifndef REHEARSE_ADAPTERS_PROVIDER_EMBEDDED_H
#define REHEARSE_ADAPTERS_PROVIDER_EMBEDDED_H

#include "adapters/fixture.h"
#include "adapters/private_replica.h"
#include "adapters/private_server.h"

struct embedded_engine {
	const struct private_engine *private;
	const struct fixture_engine *fixtures;
	const char *replica_word; /* "standby" */
	const char *applied_word; /* "replayed": what it does with what the primary wrote */

	/* An own struct, initialised; the caller frees it after private_replica_release(). */
	struct private_replica *(*make)(
		const struct provider_config *config, const struct provider_env *env);

	/* The programs' name ("PostgreSQL") and version, which is part of a fixture's key. */
	int (*find_programs)(struct private_replica *p, const char **ret_name,
		const char **ret_version, struct err *err);
	int (*check)(struct private_replica *p, struct err *err); /* of them; may be NULL */
	const void *(*programs)(const struct private_replica *p); /* as the fixture's build wants */
	uint64_t room; /* bytes beyond those of the data */

	/* Numbered lines between the copy of the fixture and the catching up. */
	void (*plan_start)(struct str *out, unsigned *n, const char *server, const char *user);

	/* provision, in this order; both servers get a copy of the fixture and start at once. */
	void (*choose_settings)(struct private_replica *p);
	int (*open_servers)(struct private_replica *p, const char *primary_dir,
		const char *replica_dir, struct private_server **ret_primary,
		struct private_server **ret_replica, struct err *err);
	int (*begin_replica)(struct private_replica *p, struct err *err); /* does not wait */
	int (*start_primary)(struct private_replica *p, struct err *err); /* and its identity */
	int (*join_replica)(struct private_replica *p, struct err *err);  /* until it has all */

	const char *quarantined, *promoted;			    /* notes */
	int (*promote)(struct private_replica *p, struct err *err); /* and end the primary */
};

int embedded_plan(const struct embedded_engine *engine, const struct provider_config *config,
	const struct provider_env *env, struct str *out, struct err *err);
int embedded_pool(const struct embedded_engine *engine, const struct provider_config *config,
	const struct provider_env *env, unsigned rehearsals, struct err *err);
int embedded_open(const struct embedded_engine *engine, const struct provider_config *config,
	const struct provider_env *env, struct replica **ret, struct err *err);
int embedded_check(struct replica *r, struct err *err);
int embedded_provision(struct replica *r, struct err *err);
int embedded_quarantine(struct replica *r, struct err *err);
int embedded_promote(struct replica *r, struct err *err);
int embedded_verify(struct replica *r, struct err *err);
const struct replica_info *embedded_info(const struct replica *r);
bool embedded_alive(const struct replica *r);
int embedded_release(struct replica *r, struct err *err);

/* All of a struct provider but plan, pool, open and summary. */
#define EMBEDDED_STEPS                                                                             \
	.name = "embedded", .check = embedded_check, .provision = embedded_provision,              \
	.quarantine = embedded_quarantine, .promote = embedded_promote, .verify = embedded_verify, \
	.info = embedded_info, .alive = embedded_alive, .release = embedded_release

#endif
