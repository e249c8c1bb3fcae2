/*
 * A replica whose server the harness starts: what the providers of all engines that do so share.
 *
 *   DIR/           0711, so that the servers' user may pass
 *   DIR/replica/   the replica's server, see the engine's server.h
 *   DIR/primary/   with some: the server that it replicates from until it is promoted
 */
#ifndef REHEARSE_ADAPTERS_PRIVATE_REPLICA_H
#define REHEARSE_ADAPTERS_PRIVATE_REPLICA_H

#include "adapters/provider.h"

/* Members, so that an engine's struct can hold them under their own names: p->dir, p->base.dir. */
#define PRIVATE_REPLICA_MEMBERS                                        \
	const struct provider_config *config;                          \
	const struct provider_env *env;                                \
	char *dir;	      /* NULL before it is made */             \
	const char *database; /* borrowed: where the migration runs */ \
	struct replica_info info

struct private_replica {
	PRIVATE_REPLICA_MEMBERS;
};

/* An engine's part of it. Its own struct begins with a struct private_replica. */
struct private_engine {
	const char *account; /* "postgres": who its servers run as when there is such a user */
	int (*check_settings)(const struct server_setting *settings, size_t n, struct err *err);
	/* Proves what provider.h says, and fills in info. */
	int (*verify)(struct private_replica *p, struct err *err);
	bool (*alive)(const struct private_replica *p);
	int (*quit)(struct private_replica *p, struct err *err); /* ends its servers */
	void (*release)(struct private_replica *p);		 /* its own members */
};

/* On a zeroed struct. */
void private_replica_init(struct private_replica *p, const char *provider,
	const struct provider_config *config, const struct provider_env *env);
void private_replica_tell(const struct private_replica *p, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
/* Makes DIR and names it in the journal. */
int private_replica_make_dir(struct private_replica *p, struct err *err);
/* Ends the servers, removes DIR, releases all members. -1: something is left, and the journal
 * names it. */
int private_replica_release(
	struct private_replica *p, const struct private_engine *engine, struct err *err);

#endif
