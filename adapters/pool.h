/*
 * Ready copies of fixtures in the cache: a rehearsal takes what it needs of them by renaming, so
 * that none of a series waits for a copy. `pool` of a provider makes them.
 */
#ifndef REHEARSE_ADAPTERS_POOL_H
#define REHEARSE_ADAPTERS_POOL_H

#include <stdint.h>

#include "adapters/provider.h"

struct pool {
	char *engine;
	char *about; /* "database 'dental' at scale 1, PostgreSQL 15.18" */
	char *dir;
	unsigned rehearsals; /* that it is enough for */
	uint64_t bytes;	     /* on disk; shared blocks count in each copy */
};

int pool_list(const char *cache_dir, struct pool **ret, size_t *ret_n, struct err *err);
void pool_free(struct pool *pools, size_t n);
/* Removes a pool with all that is in it; waits for somebody who fills it. */
int pool_drain(const char *dir, const struct provider_env *env, struct err *err);

#endif
