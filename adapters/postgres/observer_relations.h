/* A snapshot of all user relations, and what differs between two. */
#ifndef REHEARSE_ADAPTERS_POSTGRES_OBSERVER_RELATIONS_H
#define REHEARSE_ADAPTERS_POSTGRES_OBSERVER_RELATIONS_H

#include "adapters/postgres/observer_session.h"

struct relation {
	uint32_t oid;
	char *name;
	char kind;		/* pg_class.relkind */
	uint32_t filenode;	/* 0: none */
	uint32_t owner;		/* index: its table; toast: the table it serves; else 0 */
	uint64_t scans, tuples; /* sequential, by all sessions */
	/* By the session that was asked, and not yet in the two above. */
	uint64_t own_scans, own_tuples;
	uint64_t rows; /* estimated */
};

struct relation_set {
	struct relation *list; /* by oid */
	size_t n;
};

/* Replaces what is in the set. */
int relation_set_load(struct relation_set *set, struct observer_session *s, struct err *err);
/* The same, read by a connection that is not the observer's. */
int relation_set_load_own(struct relation_set *set, struct db_conn *conn, struct err *err);
const struct relation *relation_set_find(const struct relation_set *set, uint32_t oid);
/* The table in the end: of an index, of a toast table, of a toast table's index. */
uint32_t relation_set_table(const struct relation_set *set, uint32_t oid);
void relation_set_copy(struct relation_set *to, const struct relation_set *from);
void relation_set_release(struct relation_set *set);

/* Names of those relations of `known` whose storage differs between before and after; indexes and
 * toast tables go by their table when that was rewritten too. */
void relation_set_rewritten(const struct relation_set *known, const struct relation_set *before,
	const struct relation_set *after, char ***ret, size_t *ret_n);

#endif
