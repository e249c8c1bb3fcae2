/* Whether a source can be cloned to this machine: a table of checks, each a refusal with a remedy.
 */
#ifndef REHEARSE_ADAPTERS_POSTGRES_CLONE_CHECK_H
#define REHEARSE_ADAPTERS_POSTGRES_CLONE_CHECK_H

#include "adapters/postgres/private.h"
#include "adapters/postgres/source.h"

/* Room for the copy, its WAL and what a rewrite adds. */
uint64_t pg_clone_needs_bytes(const struct pg_source *s);

/* Fills p->programs, p->source_timeline and info.source_identity. ERR_REFUSED or ERR_FAILED. */
int pg_clone_check(struct pg_private *p, const struct pg_source *s, struct err *err);

#endif
